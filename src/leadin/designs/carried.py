"""What of a plan a design can count, and why not: said before anything is simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from leadin.analysis.measures import measure_name
from leadin.analysis.slopes import FEWEST_VISITS
from leadin.designs.collapse import clock_start
from leadin.designs.questions import AT_A_VISIT, BETWEEN_ARMS, COUNTED, SURVIVAL, compared_visit
from leadin.errors import DataError, UsageError
from leadin.protocols.estimand import IntercurrentEvent
from leadin.protocols.nearest import nearest
from leadin.protocols.planned_analysis import Method, PlannedAnalysis
from leadin.protocols.problems import shown
from leadin.protocols.protocol import Protocol
from leadin.protocols.strategies import known_strategies
from leadin.simulation.timetable import timetable

MOST_VISITS = 12
"""Visits after time zero that the fast `mmrm` takes."""
PLAIN = "Leave it out of the analysis, or count it slowly: engine='plain' of leadin.design."


@dataclass(frozen=True)
class Chosen:
    """The analyses whose operating characteristics are counted; told: of those of the plan that are not, why."""

    analyses: tuple[PlannedAnalysis, ...]
    told: tuple[str, ...]


def chosen(protocol: Protocol, names: Sequence[str] | None, *, fast: bool) -> Chosen:
    """The analyses of those names, of the plan or a method by default; None: all of the plan that can be counted (of a
    protocol without plan: all methods).

    Raises UsageError for an unknown name, one named twice, and for one that cannot be counted or that the protocol
    cannot carry; without names where nothing is left.
    """
    planned = () if protocol.plan is None else protocol.plan.analyses
    if names is None:
        asked = planned or tuple(PlannedAnalysis.model_validate({"method": name}) for name in COUNTED)
        reasons = [(each, refusal(protocol, each, fast=fast)) for each in dict.fromkeys(asked)]
        kept = tuple(each for each, reason in reasons if reason is None)
        told = tuple(reason for _, reason in reasons if reason is not None)
        if not kept:
            raise UsageError(
                f"analysis: expected at least one analysis of {protocol.name} that a design can count; got none. "
                + " ".join(told)
            )
        return Chosen(kept, told)
    found = tuple(dict.fromkeys(each for name in _once(names) for each in _named(protocol, planned, name)))
    for each in found:
        reason = refusal(protocol, each, fast=fast)
        if reason is not None:
            raise UsageError(reason)
    return Chosen(found, ())


def _once(names: Sequence[str]) -> Sequence[str]:
    if isinstance(names, str):
        raise UsageError(f"analysis: expected a list of names; got the text {names!r}. Write [{names!r}].")
    if not names:
        raise UsageError(f"analysis: expected at least one of {', '.join(COUNTED)}, or a name of the plan; got none.")
    for name in names:
        if list(names).count(name) > 1:
            raise UsageError(f"analysis: expected each name once; got {shown(name)} twice. Remove one.")
    return names


def _named(protocol: Protocol, planned: Sequence[PlannedAnalysis], name: str) -> list[PlannedAnalysis]:
    """The planned analyses of that name or method; else the method with its defaults."""
    found = [each for each in planned if each.name == name] or [each for each in planned if each.method == name]
    if found:
        return found
    if name in get_args(Method):
        return [PlannedAnalysis.model_validate({"method": name})]
    known = (*(each.name for each in planned if each.name is not None), *COUNTED)
    near = nearest(str(name), known)
    advice = f" Did you mean {near}?" if near else ""
    raise UsageError(
        f"analysis: expected an analysis of {protocol.name} or a method ({', '.join(dict.fromkeys(known))}); got "
        f"{shown(name)}.{advice}"
    )


def refusal(protocol: Protocol, planned: PlannedAnalysis, *, fast: bool) -> str | None:
    """Why the analysis cannot be counted for this protocol: field, what was expected, what came, what to do; None where
    it can."""
    if planned.method not in COUNTED:
        return (
            f"{planned.called}: expected one of {', '.join(COUNTED)}; got {planned.method}, which gives no comparison "
            "to count. Analyse single trials for it (leadin analyse)."
        )
    for reason in (_arms(protocol, planned), _visits(protocol, planned), _fields(protocol, planned) if fast else None):
        if reason is not None:
            return f"{planned.called}{reason}"
    return None


def _arms(protocol: Protocol, planned: PlannedAnalysis) -> str | None:
    if len(protocol.arms) > 1 or planned.method not in BETWEEN_ARMS:
        return None
    return (
        f": expected at least two arms to compare; got one ({protocol.arms[0].name}). Choose an analysis that "
        "compares participants with their own lead-in, such as slope_change."
    )


def _visits(protocol: Protocol, planned: PlannedAnalysis) -> str | None:
    """Whether the protocol has the visits that the method needs."""
    if planned.method in SURVIVAL:
        return None
    for measure in dict.fromkeys((planned.measure, *planned.either_of)):
        days = [visit.day for visit in protocol.visits if measure in visit.measures]
        if not days:
            listed = dict.fromkeys(name for visit in protocol.visits for name in visit.measures)
            return (
                f", measure: expected one that visits of {protocol.name} list ({', '.join(listed)}); got {measure}. "
                "Choose one of these."
            )
        lacking = _lacking(planned, days)
        if lacking is not None:
            return (
                f": expected {lacking[0]} with the {measure_name(measure)}; {protocol.name} has {lacking[1]}. "
                "Choose another analysis, or add visits to the protocol."
            )
    if planned.method in AT_A_VISIT:
        try:
            compared_visit(protocol, planned)
        except DataError as error:
            return f", {error}"
    return None


def _lacking(planned: PlannedAnalysis, days: Sequence[int]) -> tuple[str, str] | None:
    """What visits were expected, and what there are; None where they are enough."""
    method, after = planned.method, sum(day > 0 for day in days)
    before, up_to = sum(day < 0 for day in days), sum(day <= 0 for day in days)
    if method in ("slope_change", "responders"):
        shared = 1 if planned.share_baseline and up_to else 0
        if up_to < FEWEST_VISITS or after + shared < FEWEST_VISITS:
            return f"{FEWEST_VISITS} visits up to time zero and {FEWEST_VISITS} after it", f"{up_to} and {after}"
    elif method == "broken_stick":
        if not before or not after:
            return "visits before time zero and after it", f"{before} and {after}"
    elif method == "random_slope":
        if not after or sum(day >= 0 for day in days) < 2:
            return "at least 2 visits from time zero on", f"{sum(day >= 0 for day in days)}"
    elif not up_to or not after:
        return "a visit up to time zero and one after it", f"{up_to} and {after}"
    return None


def _fields(protocol: Protocol, planned: PlannedAnalysis) -> str | None:
    """What of the settings the fast fits do not carry."""
    for field in ("covariates", "strata"):
        if getattr(planned, field):
            got = ", ".join(getattr(planned, field))
            return f", {field}: expected none in the analyses of a design; got {got}. {PLAIN}"
    if planned.imputation is not None:
        return f", imputation: expected none in the analyses of a design; got {planned.imputation.assumption}. {PLAIN}"
    reason = _mmrm(protocol, planned) if planned.method == "mmrm" else None
    if reason is not None:
        return reason
    if planned.fatal_events and "death" not in planned.fatal_events:
        got = ", ".join(planned.fatal_events)
        return f", fatal_events: expected death, the only one that is simulated; got {got}. Add death."
    until = planned.month if planned.method == "joint_rank" else None
    if until is not None and clock_start(protocol, timetable(protocol)) is None:
        return (
            f", month: expected a survival clock that starts on one day for all; got month {until:g} and a clock that "
            f"starts when each is enrolled. {PLAIN}"
        )
    for item in planned.intercurrent_events:
        if not _carried(planned, item):
            own = known_strategies(planned.method, item.event)[0]
            return f", intercurrent_events: expected {own} for {item.event} in a design; got {item.strategy}. {PLAIN}"
    return None


def _mmrm(protocol: Protocol, planned: PlannedAnalysis) -> str | None:
    if planned.covariance != "unstructured":
        return f", covariance: expected unstructured in a design; got {planned.covariance}. {PLAIN}"
    if planned.degrees_of_freedom == "kenward_roger":
        return (
            ", degrees_of_freedom: expected satterthwaite or kenward_roger_linear in a design; got kenward_roger. "
            f"{PLAIN}"
        )
    after = sum(visit.day > 0 and planned.measure in visit.measures for visit in protocol.visits)
    if after > MOST_VISITS:
        return f": expected at most {MOST_VISITS} visits after time zero; {protocol.name} has {after}. {PLAIN}"
    return None


def _carried(planned: PlannedAnalysis, item: IntercurrentEvent) -> bool:
    """Whether the strategy leaves the data of a simulated trial as the fast fits take them. Only deaths and undosed
    participants are simulated; a strategy that the method does not know is not carried out by an analysis either."""
    known = known_strategies(planned.method, item.event)
    if item.event not in ("death", "not_dosed") or item.strategy not in known or item.strategy == known[0]:
        return True
    return item.event == "death" and planned.method in ("responders", "log_rank", "cox")
