"""What tells the analyses of one plan apart where a row of results stands by itself: a name, else what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadin.protocols.planned_analysis import PlannedAnalysis


def labels(analyses: Sequence[PlannedAnalysis]) -> dict[PlannedAnalysis, str | None]:
    """The name of each analysis; without one, where another has the same method and measure, the settings in which it
    differs from any of those (`month 6, role secondary`; the default ones too); None where nothing needs telling."""
    distinct = list(dict.fromkeys(analyses))
    return {
        each: each.name
        if each.name is not None
        else _differences(each, [other for other in distinct if other != each and _alike(other, each)])
        for each in distinct
    }


def _alike(one: PlannedAnalysis, other: PlannedAnalysis) -> bool:
    return (one.method, one.measure) == (other.method, other.measure)


def _differences(one: PlannedAnalysis, others: Sequence[PlannedAnalysis]) -> str | None:
    fields = [
        field
        for field in PlannedAnalysis.model_fields
        if field != "name" and any(getattr(other, field) != getattr(one, field) for other in others)
    ]
    return ", ".join(f"{field.replace('_', ' ')} {_words(getattr(one, field))}" for field in fields) or None


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " and ".join(_words(each) for each in value) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    if hasattr(value, "event"):
        return f"{value.event} by {value.strategy}".replace("_", " ")
    return "as by default" if value is None else str(value).replace("_", " ")
