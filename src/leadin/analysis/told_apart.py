"""What tells the analyses of one plan apart where a row of results stands by itself: a name, else what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadin.protocols.planned_analysis import PlannedAnalysis

SAID_LAST = ("alpha", "role", "rerandomisations")
"""Settings that change no estimate: told only where nothing else tells two analyses apart."""


def labels(analyses: Sequence[PlannedAnalysis]) -> dict[PlannedAnalysis, str | None]:
    """The name of each analysis; without one, where another without one has the same method and measure, as many
    settings as it takes to tell it from those (`month 6`; the default ones too); None where nothing needs telling."""
    distinct = list(dict.fromkeys(analyses))
    return {
        each: each.name
        if each.name is not None
        else _differences(each, [other for other in distinct if other != each and _alike(other, each)])
        for each in distinct
    }


def _alike(one: PlannedAnalysis, other: PlannedAnalysis) -> bool:
    return one.name is None and (one.method, one.measure) == (other.method, other.measure)


def _differences(one: PlannedAnalysis, others: Sequence[PlannedAnalysis]) -> str | None:
    told: list[str] = []
    left = list(others)
    for field in (*(field for field in PlannedAnalysis.model_fields if field not in SAID_LAST), *SAID_LAST):
        alike = [other for other in left if getattr(other, field) == getattr(one, field)]
        if field != "name" and len(alike) < len(left):
            told.append(f"{field.replace('_', ' ')} {_words(getattr(one, field))}")
            left = alike
    return ", ".join(told) or None


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " and ".join(_words(each) for each in value) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    if hasattr(value, "event"):
        return f"{value.event} by {value.strategy}".replace("_", " ")
    return "not said" if value is None else str(value).replace("_", " ")
