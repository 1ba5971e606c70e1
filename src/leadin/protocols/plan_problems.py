"""What an analysis plan must not say: names used twice, settings of a method that does not use them, a
multiplicity that does not add up.

The rules read plain data and skip whatever has the wrong type, as those of `consistency` do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, get_args

from leadin.protocols.multiplicity_problems import multiplicity_problems
from leadin.protocols.planned_analysis import Method, PlannedAnalysis, methods_using
from leadin.protocols.problems import FieldPath, Problem, shown

Said = Mapping[str, Any]


def plan_problems(said: Said) -> tuple[Problem, ...]:
    """The ways in which plain data of a plan contradicts itself; paths are within the plan."""
    rules = (_names_twice, _unused_settings, _imputed_anew, _events, multiplicity_problems)
    return tuple(chain.from_iterable(rule(said) for rule in rules))


def _analyses(said: Said) -> Iterator[tuple[FieldPath, Said]]:
    analyses = said.get("analyses")
    for i, analysis in enumerate(analyses if isinstance(analyses, list | tuple) else ()):
        if isinstance(analysis, Mapping):
            yield ("analyses", i), analysis


def _names_twice(said: Said) -> Iterator[Problem]:
    seen: set[str] = set()
    for path, analysis in _analyses(said):
        name = analysis.get("name")
        if isinstance(name, str) and name in seen:
            yield Problem((*path, "name"), "a name that no other analysis has", f"{shown(name)} again", "Rename one.")
        if isinstance(name, str):
            seen.add(name)


def _unused_settings(said: Said) -> Iterator[Problem]:
    """Settings of other methods, where they say anything but the default."""
    for path, analysis in _analyses(said):
        method = analysis.get("method")
        for field, value in analysis.items():
            if method not in get_args(Method) or field not in PlannedAnalysis.model_fields:
                continue
            users, default = methods_using(field), PlannedAnalysis.model_fields[field].default
            told = tuple(value) if isinstance(value, list) else value
            if method not in users and told != default:
                yield Problem(
                    (*path, field),
                    f"only settings that {method} uses (this one is for {', '.join(users)})",
                    f"{field}: {shown(value)}",
                    "Remove it, or change the method.",
                )


def _imputed_anew(said: Said) -> Iterator[Problem]:
    """Every allocation would have to be imputed anew, by a model in which the arm stands."""
    for path, analysis in _analyses(said):
        if analysis.get("rerandomisations") is not None and analysis.get("imputation") is not None:
            yield Problem(
                (*path, "rerandomisations"),
                "no re-randomisation test of an analysis with imputation",
                f"both, with rerandomisations: {shown(analysis['rerandomisations'])}",
                "Remove one of the two, or plan two analyses.",
            )


def _events(said: Said) -> Iterator[Problem]:
    """Events said twice, an assumption of what assumes nothing, and settings that contradict a strategy."""
    for path, analysis in _analyses(said):
        events = analysis.get("intercurrent_events")
        seen: set[object] = set()
        for i, item in enumerate(events if isinstance(events, list | tuple) else ()):
            if not isinstance(item, Mapping):
                continue
            at: FieldPath = (*path, "intercurrent_events", i)
            event, strategy = item.get("event"), item.get("strategy")
            if isinstance(event, str) and event in seen:
                yield Problem((*at, "event"), "each event once", f"{shown(event)} again", "Keep one strategy for it.")
            if isinstance(event, str):
                seen.add(event)
            if item.get("assumption") is not None and strategy != "hypothetical":
                yield Problem(
                    (*at, "assumption"),
                    "an assumption with a hypothetical strategy only",
                    f"one with {shown(strategy)}",
                    "Remove it, or change the strategy.",
                )
            if (event, strategy, analysis.get("died")) == ("death", "composite", "excluded"):
                yield Problem(
                    (*path, "died"),
                    "'not_responder', since the strategy for death is composite",
                    "'excluded'",
                    "Remove it, or plan death as while_alive.",
                )
