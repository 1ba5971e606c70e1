"""Which analyses chance can imitate, and the settings of each that it depends on."""

from __future__ import annotations

from collections.abc import Sequence

from leadin.analysis.slopes import FEWEST_VISITS
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.protocol import Protocol

IMITATED = {
    "slope_change": ("measure", "share_baseline"),
    "responders": (
        "measure",
        "share_baseline",
        "either_of",
        "relative",
        "absolute",
        "non_declining",
        "missing",
        "died",
    ),
    "broken_stick": ("measure",),
}
"""Methods that compare participants with their own lead-in, each with the settings that its figures depend on."""


def settings(planned: PlannedAnalysis) -> PlannedAnalysis:
    """The analysis with only those settings that chance depends on, all else as by default: equal for two analyses of
    which chance shows the same. A model is imitated in its plain form, without covariates."""
    kept = {field: getattr(planned, field) for field in IMITATED.get(planned.method, ())}
    return PlannedAnalysis.model_validate({"method": planned.method, **kept})


def imitated(protocol: Protocol, analyses: Sequence[PlannedAnalysis] | None = None) -> tuple[PlannedAnalysis, ...]:
    """Of `analyses` (None: those of the plan) the settings of those that chance can imitate, once each; none of them:
    slope change and responders by default, and in a trial of one arm the broken-stick model.

    The broken-stick model says something of one arm by itself only where there is no other.
    """
    alone = len(protocol.arms) == 1
    asked = analyses if analyses is not None else () if protocol.plan is None else protocol.plan.analyses
    found = [settings(each) for each in asked if each.method in IMITATED and (alone or each.method != "broken_stick")]
    if analyses is None and not found:
        names = ("slope_change", "responders", "broken_stick") if alone else ("slope_change", "responders")
        found = [PlannedAnalysis.model_validate({"method": name}) for name in names]
    return tuple(dict.fromkeys(found))


def can_be_imitated(protocol: Protocol, planned: PlannedAnalysis) -> bool:
    """Whether the protocol has enough visits, up to time zero and after it: for slopes three on each side, for the
    broken-stick model one before time zero and one after it."""
    days = [visit.day for visit in protocol.visits if planned.measure in visit.measures]
    if planned.method == "broken_stick":
        return any(day < 0 for day in days) and any(day > 0 for day in days)
    before = sum(day <= 0 for day in days)
    after = len(days) - before + (1 if planned.share_baseline and before else 0)
    return before >= FEWEST_VISITS and after >= FEWEST_VISITS
