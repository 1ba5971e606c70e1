"""Has each planned analysis what its method needs: visits, arms, columns, a treated side, secretion?"""

from __future__ import annotations

from collections.abc import Iterator

from leadin.months import DAYS_PER_MONTH
from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.nearest import nearest
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.protocol import Protocol
from leadin.protocols.strategies import known_strategies

COMPARING = ("log_rank", "cox", "restricted_mean", "win_ratio", "joint_rank")
"""Methods that say nothing of one arm."""
WITH_BASELINE = ("mmrm", "ancova", "joint_rank", "win_ratio")
"""Methods that hold a measure after time zero against its baseline."""
AT_A_VISIT = ("mmrm", "ancova", "paired_side")
"""Methods whose month is that of a visit."""
LIMBS = ("strength.left", "strength.right")
SAME_MONTH = 0.05
"""Months by which a planned month and the month of a visit may differ, as in `analysis.visit_grid`."""
PARTICIPANT_COLUMNS = (
    "stratum",
    "site",
    "sex",
    "weight_kg",
    "age_years",
    "onset_region",
    "months_since_onset",
    "diagnostic_delay_months",
    "riluzole",
    "onset_site",
    "definite_el_escorial",
    "frontotemporal_dementia",
    "c9orf72",
    "encals_linear_predictor",
    "tricals_risk_profile",
)
"""Columns of the table of participants that a trial folder knows of itself, but for the id and the arm."""


def method_findings(protocol: Protocol, analysis: PlannedAnalysis, field: str) -> Iterator[ProtocolFinding]:
    """Findings on one planned analysis, but for slopes; `field` is its path."""
    if analysis.method in COMPARING and len(protocol.arms) < 2:
        yield ProtocolFinding(
            "nothing-to-compare",
            "warning",
            field,
            f"{analysis.method} compares arms, and there is one arm. Remove it, or add a control.",
        )
    if analysis.method in WITH_BASELINE:
        yield from _baseline(protocol, analysis, field)
    yield from _month(protocol, analysis, field)
    yield from _columns(analysis, field)
    if analysis.method == "paired_side":
        yield from _side(protocol, field)
    if analysis.method == "potency":
        yield from _secretion(protocol, field)
    yield from _strategies(analysis, field)
    if analysis.rerandomisations is not None and not protocol.randomised:
        yield ProtocolFinding(
            "nothing-to-re-randomise",
            "warning",
            f"{field}.rerandomisations",
            "A re-randomisation test allocates participants as the trial did, and this trial is not randomised. Remove "
            "it, or write randomisation.",
        )


def _measured(protocol: Protocol, analysis: PlannedAnalysis) -> list[int]:
    """Days of the visits that take the measure; of a limb compared with the other, its strength on either side."""
    names = set(LIMBS) if analysis.method == "paired_side" else {analysis.measure}
    return [visit.day for visit in protocol.visits if names & set(visit.measures)]


def _baseline(protocol: Protocol, analysis: PlannedAnalysis, field: str) -> Iterator[ProtocolFinding]:
    days, method, measure = _measured(protocol, analysis), analysis.method, analysis.measure
    if not days:
        message = f"{method} needs {measure}, which no visit measures. Add it to the visits."
        yield ProtocolFinding("measure-not-taken", "warning", field, message)
    elif not any(day <= 0 for day in days) or not any(day > 0 for day in days):
        yield ProtocolFinding(
            "change-not-evaluable",
            "warning",
            field,
            f"{method} needs {measure} at a visit up to day 0 and at one after it; it is measured on days {min(days)} "
            f"to {max(days)}. Add visits, or remove the analysis.",
        )


def _month(protocol: Protocol, analysis: PlannedAnalysis, field: str) -> Iterator[ProtocolFinding]:
    month = analysis.month
    if month is None:
        return
    if analysis.method in AT_A_VISIT:
        months = [day / DAYS_PER_MONTH for day in _measured(protocol, analysis) if day > 0]
        if months and min(abs(each - month) for each in months) > SAME_MONTH:
            near = min(months, key=lambda each: abs(each - month))
            yield ProtocolFinding(
                "month-without-visit",
                "warning",
                f"{field}.month",
                f"{analysis.method} compares at month {month:g}, and no visit measures {analysis.measure} then; the "
                f"nearest does at month {near:.4g}. Write that, or leave month out for the last visit.",
            )
    elif month > protocol.follow_up_months:
        yield ProtocolFinding(
            "month-beyond-follow-up",
            "warning",
            f"{field}.month",
            f"{analysis.method} looks up to month {month:g}, and the follow-up ends after "
            f"{protocol.follow_up_months:g}. Write at most that.",
        )


def _columns(analysis: PlannedAnalysis, field: str) -> Iterator[ProtocolFinding]:
    for kind in ("covariates", "strata"):
        for position, name in enumerate(getattr(analysis, kind)):
            if name not in PARTICIPANT_COLUMNS:
                near = nearest(name, PARTICIPANT_COLUMNS)
                yield ProtocolFinding(
                    "column-of-its-own",
                    "note",
                    f"{field}.{kind}[{position}]",
                    f"{name} is no column that a trial folder knows by itself; the table of participants has to have "
                    f"it.{f' Did you mean {near}?' if near else ''}",
                )


def _strategies(analysis: PlannedAnalysis, field: str) -> Iterator[ProtocolFinding]:
    for position, item in enumerate(analysis.intercurrent_events):
        known = known_strategies(analysis.method, item.event)
        if item.strategy not in known:
            asked, ways = item.strategy.replace("_", " "), " or ".join(way.replace("_", " ") for way in known)
            yield ProtocolFinding(
                "strategy-not-carried-out",
                "warning" if analysis.role == "primary" else "note",
                f"{field}.intercurrent_events[{position}]",
                f"{analysis.method} cannot handle {item.event.replace('_', ' ')} by {asked}, only by {ways}; it will "
                "take the first of these and say so. Write that, or choose a method that can.",
            )


def _side(protocol: Protocol, field: str) -> Iterator[ProtocolFinding]:
    taken = {measure for visit in protocol.visits for measure in visit.measures}
    lacking = [limb for limb in LIMBS if limb not in taken]
    if lacking:
        message = f"paired_side needs {' and '.join(lacking)}, which no visit measures. Add it to the visits."
        yield ProtocolFinding("measure-not-taken", "warning", field, message)
    doses = [dose for arm in protocol.arms for dose in arm.administrations]
    if not any(dose.side is not None for dose in doses):
        yield ProtocolFinding(
            "no-treated-side",
            "warning",
            field,
            "paired_side holds the treated limb against the other, and no administration is to one side. Write side: "
            "left, right or either, or remove the analysis.",
        )


def _secretion(protocol: Protocol, field: str) -> Iterator[ProtocolFinding]:
    made = [product.manufacturing for product in protocol.products if product.manufacturing is not None]
    if not any(each.differentiation_days > 0 or "secretion" in each.release_tests for each in made):
        yield ProtocolFinding(
            "no-secretion",
            "warning",
            field,
            "potency compares secretion before and after differentiation, and no product is differentiated or tested "
            "for secretion. Write differentiation_days or the release test secretion, or remove the analysis.",
        )
