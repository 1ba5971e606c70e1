"""Which analyses chance can imitate, the settings that its figures depend on, and why others are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadin.analysis.slopes import FEWEST_VISITS
from leadin.designs.carried import MOST_VISITS, refusal
from leadin.designs.questions import BETWEEN_ARMS, COUNTED
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.protocol import Protocol

LEAD_IN_METHODS = ("slope_change", "responders", "broken_stick")
"""Methods that compare participants with their own lead-in, in each arm; the model in a trial of one arm."""
SAID_OF_IT = ("name", "role", "arm", "rerandomisations", "estimand", "covariance_fallbacks")
"""Settings that no figure depends on."""
DEFAULTS = ("slope_change", "responders")
NOT_SIMULATED = "not among the analyses that are simulated"


@dataclass(frozen=True)
class LeftOut:
    """An analysis of which chance shows nothing, and why, as the end of a sentence."""

    analysis: PlannedAnalysis
    reason: str


@dataclass(frozen=True)
class Imitated:
    """The settings of the analyses that chance imitates, once each; and those that it cannot."""

    analyses: tuple[PlannedAnalysis, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def sloped(self) -> PlannedAnalysis | None:
        """The first that looks at each participant's own slopes; None without one."""
        return next((each for each in self.analyses if each.method in DEFAULTS), None)

    @property
    def endpoint(self) -> str:
        """The measure of `sloped`, else of the first analysis."""
        return next((each.measure for each in (self.sloped, *self.analyses) if each is not None), "alsfrs_r")


def settings(planned: PlannedAnalysis, *, alone: bool) -> PlannedAnalysis:
    """The analysis with only those settings that its figures depend on, all else as by default: equal for two analyses
    of which chance shows the same. alone: in a trial of one arm, where the broken-stick model is imitated in its plain
    form, without covariates."""
    dropped = (*SAID_OF_IT, "covariates") if alone and planned.method == "broken_stick" else SAID_OF_IT
    fields = PlannedAnalysis.model_fields
    return planned.model_copy(update={name: fields[name].get_default() for name in dropped})


def imitated(protocol: Protocol, analyses: Sequence[PlannedAnalysis] | None = None) -> Imitated:
    """Of `analyses` what chance can imitate; None: of the plan, and where that compares nobody with his own lead-in, of
    slope change and responders, and in a trial of one arm the broken-stick model, by default."""
    alone = len(protocol.arms) == 1
    asked = tuple(analyses) if analyses is not None else () if protocol.plan is None else protocol.plan.analyses
    if analyses is None and not any(_of_its_lead_in(each, alone) for each in asked):
        names = (*DEFAULTS, "broken_stick") if alone else DEFAULTS
        asked = (*asked, *(PlannedAnalysis.model_validate({"method": name}) for name in names))
    kept: dict[PlannedAnalysis, None] = {}
    left_out: dict[LeftOut, None] = {}
    for each in asked:
        known = settings(each, alone=alone)
        reason = why_not(protocol, known)
        if reason is None:
            kept[known] = None
        else:
            left_out[LeftOut(known, reason)] = None
    return Imitated(tuple(kept), tuple(left_out))


def _of_its_lead_in(planned: PlannedAnalysis, alone: bool) -> bool:
    return planned.method in LEAD_IN_METHODS and (alone or planned.method != "broken_stick")


def why_not(protocol: Protocol, planned: PlannedAnalysis) -> str | None:
    """Why chance cannot imitate the analysis, as the end of a sentence; None where it can."""
    if planned.method not in COUNTED:
        return NOT_SIMULATED
    if refusal(protocol, planned, fast=True) is None:
        return None
    return _settings_not_simulated(protocol, planned) or _lacking(protocol, planned)


def _settings_not_simulated(protocol: Protocol, planned: PlannedAnalysis) -> str | None:
    """The setting that the fast fits do not carry; None where it is the protocol that does not fit."""
    if refusal(protocol, planned, fast=False) is not None:
        return None
    if planned.covariates:
        return f"adjusted for {', '.join(planned.covariates)}"
    if planned.strata:
        return f"stratified by {', '.join(planned.strata)}"
    if planned.imputation is not None:
        return "values are imputed"
    if planned.method == "mmrm" and planned.covariance != "unstructured":
        return f"{planned.covariance.replace('_', ' ')} covariance"
    if planned.method == "mmrm" and planned.degrees_of_freedom == "kenward_roger":
        return "degrees of freedom by Kenward and Roger"
    if planned.method == "mmrm" and _visits(protocol, planned) > MOST_VISITS:
        return f"more than {MOST_VISITS} visits after time zero"
    if planned.fatal_events and "death" not in planned.fatal_events:
        return "of fatal events only deaths are simulated"
    events = [
        f"{item.event} by {item.strategy}".replace("_", " ")
        for item in planned.intercurrent_events
        if refusal(protocol, planned.model_copy(update={"intercurrent_events": (item,)}), fast=True) is not None
    ]
    return ", ".join(events) or "the clock of survival starts on another day for each participant"


def _visits(protocol: Protocol, planned: PlannedAnalysis) -> int:
    return sum(visit.day > 0 and planned.measure in visit.measures for visit in protocol.visits)


def _lacking(protocol: Protocol, planned: PlannedAnalysis) -> str:
    """What the protocol lacks for the method."""
    if planned.method in ("slope_change", "responders"):
        return (
            f"needs {FEWEST_VISITS} visits with the measure up to time zero and {FEWEST_VISITS} after it in the "
            "protocol"
        )
    if len(protocol.arms) == 1 and planned.method in BETWEEN_ARMS:
        return "needs two arms"
    return "needs other visits with the measure in the protocol"
