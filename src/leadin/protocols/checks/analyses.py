"""Can the planned analyses, endpoints and entry criteria be judged from what the visits measure?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from leadin.months import DAYS_PER_MONTH
from leadin.protocols.checks.family import family_findings
from leadin.protocols.checks.methods import method_findings
from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.protocol import Protocol

_LEAD_IN_METHODS = ("slope_change", "responders")
_SLOPE_METHODS = ("slope_change", "responders", "random_slope", "broken_stick")
_VISITS_FOR_A_SLOPE = 3


def analysis_findings(protocol: Protocol) -> Iterator[ProtocolFinding]:
    """Findings on the plan, the endpoints and the entry criteria."""
    if protocol.plan is None:
        yield ProtocolFinding("no-plan", "note", "plan", "There is no analysis plan: every analysis is exploratory.")
    else:
        for position, analysis in enumerate(protocol.plan.analyses):
            yield from _planned(protocol, analysis, f"plan.analyses[{position}]")
        yield from family_findings(protocol)
    yield from _endpoints(protocol)
    yield from _criteria(protocol)


def _planned(protocol: Protocol, analysis: PlannedAnalysis, field: str) -> Iterator[ProtocolFinding]:
    if analysis.method in _SLOPE_METHODS:
        for measure in analysis.either_of or (analysis.measure,):
            yield from _slope(protocol, analysis, measure, field)
    yield from method_findings(protocol, analysis, field)


def _slope(protocol: Protocol, analysis: PlannedAnalysis, measure: str, field: str) -> Iterator[ProtocolFinding]:
    days = [visit.day for visit in protocol.visits if measure in visit.measures]
    before, after = sum(day <= 0 for day in days), sum(day > 0 for day in days)
    needs_lead_in = analysis.method in _LEAD_IN_METHODS
    if not days:
        message = f"{analysis.method} needs {measure}, which no visit measures. Add it to the visits."
        yield ProtocolFinding("measure-not-taken", "warning", field, message)
    elif needs_lead_in and min(before, after + analysis.share_baseline) < _VISITS_FOR_A_SLOPE:
        yield ProtocolFinding(
            "slope-not-evaluable",
            "warning",
            field,
            f"{analysis.method} needs {measure} at {_VISITS_FOR_A_SLOPE} visits up to day 0 and at as many after it; "
            f"there are {before} and {after}. Add visits, or remove the analysis.",
        )
    elif analysis.method == "broken_stick" and (min(days) >= 0 or after == 0):
        yield ProtocolFinding(
            "slope-not-evaluable",
            "warning",
            field,
            f"broken_stick needs {measure} before and after day 0; it is measured on days {min(days)} to {max(days)}. "
            "Add visits, or remove the analysis.",
        )


def _endpoints(protocol: Protocol) -> Iterator[ProtocolFinding]:
    end = math.ceil(protocol.follow_up_months * DAYS_PER_MONTH)
    for endpoint in protocol.endpoints:
        field = f"endpoints.{endpoint.name}"
        if endpoint.measure is not None and not any(endpoint.measure in visit.measures for visit in protocol.visits):
            message = f"No visit measures {endpoint.measure}. Add it to the visits."
            yield ProtocolFinding("measure-not-taken", "warning", field, message)
        if endpoint.months is not None and endpoint.months * DAYS_PER_MONTH > end:
            yield ProtocolFinding(
                "endpoint-beyond-follow-up",
                "warning",
                field,
                f"It is judged at {endpoint.months:g} months; the follow-up ends after {protocol.follow_up_months:g}.",
            )


def _criteria(protocol: Protocol) -> Iterator[ProtocolFinding]:
    baseline = protocol.baseline_visit
    visits = {"screening": protocol.visits[0], "allocation": protocol.allocation_visit, "baseline": baseline}
    for position, criterion in enumerate(protocol.eligibility.criteria):
        field = f"eligibility.criteria[{position}]"
        visit = visits[criterion.at]
        if criterion.variable == "alsfrs_r_lost_in_lead_in":
            if visit is None or visit.day == protocol.visits[0].day:
                until = "allocation" if criterion.at == "allocation" else "day 0"
                message = f"A loss in the lead-in needs two visits up to {until}. Add one, or remove the criterion."
                yield ProtocolFinding("criterion-not-measured", "warning", field, message)
            continue
        measured = criterion.variable in ("age_years", "months_since_onset") or (
            visit is not None and criterion.variable in visit.measures
        )
        if not measured:
            where = f"there is no {criterion.at} visit" if visit is None else f"{visit.name} does not measure it"
            yield ProtocolFinding(
                "criterion-not-measured",
                "warning",
                field,
                f"{criterion.variable} is judged at {criterion.at}, but {where}. Add it to that visit.",
            )
