"""What is asked of each simulated trial: of every analysis the figures that answer for it, one for each comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from leadin.analysis.measures import measure_unit, slope_unit
from leadin.analysis.responder_rules import Rule, rules_of
from leadin.analysis.told_apart import labels
from leadin.analysis.visit_grid import VisitGrid
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.protocol import Protocol

COUNTED = (
    "random_slope",
    "broken_stick",
    "mmrm",
    "ancova",
    "slope_change",
    "responders",
    "log_rank",
    "cox",
    "joint_rank",
)
"""Methods whose operating characteristics a design can count."""
SURVIVAL = ("log_rank", "cox")
"""Those whose endpoint is survival, whatever measure stands in the plan."""
BETWEEN_ARMS = ("log_rank", "cox", "joint_rank")
"""Those that say nothing of one arm."""
AT_A_VISIT = ("mmrm", "ancova")
"""Those that compare arms at one visit."""
OWN_LEAD_IN = ("slope_change", "broken_stick")
"""Those that hold each participant against himself, so that their p value asks something in one arm too."""
WITHIN = {
    "random_slope": "mean slope",
    "broken_stick": "change of slope at time zero",
    "slope_change": "follow-up - lead-in",
    "mmrm": "change from baseline",
    "ancova": "change from baseline",
    "responders": "share",
}
"""What is told of one arm."""


@dataclass(frozen=True)
class Question:
    """One figure of an analysis for each of C comparisons.

    called: the analysis as the plan names it; label: what tells it apart from the others, if anything does. endpoint,
    rule: as in the results of the method. threshold: the responder rule behind `rule`. either: any of several measures
    counts. month, visit: of the visit that is compared, by its number among those that list the measure. arms,
    contrasts (C,): each arm and what it is held against. reference: position of that arm; None in a trial of one. unit:
    of the estimate. better: 1 where a higher estimate favours the arm, -1 where a lower one does. tested: its p value
    asks whether there is an effect; not so in one arm where a mean is held against zero, or nothing is tested.
    """

    planned: PlannedAnalysis
    called: str
    label: str | None
    endpoint: str
    arms: tuple[str, ...]
    contrasts: tuple[str, ...]
    reference: int | None
    unit: str | None
    better: int = 1
    rule: str | None = None
    threshold: Rule | None = None
    either: bool = False
    month: float | None = None
    visit: int | None = None
    tested: bool = True

    @property
    def estimated(self) -> bool:
        """Whether there is an estimate of a quantity, and not only a direction."""
        return self.planned.method != "log_rank"

    @property
    def ranked(self) -> bool:
        """Whether the estimate is counted in ranks, of which a larger trial has more."""
        return self.planned.method == "joint_rank"


def reference_number(protocol: Protocol, named: str | None = None) -> int | None:
    """Position of the arm that others are held against: as named, where the protocol has it, else of the plan, else the
    first control, else the first arm; None where there is one arm."""
    names = [arm.name for arm in protocol.arms]
    if len(names) == 1:
        return None
    if named in names:
        return names.index(named)
    if protocol.plan is not None and protocol.plan.reference_arm is not None:
        return names.index(protocol.plan.reference_arm)
    return 0 if protocol.control_arm is None else names.index(protocol.control_arm.name)


def measures_of(analyses: Sequence[PlannedAnalysis]) -> tuple[str, ...]:
    """The measures that the analyses look at, once each."""
    asked = [(a.measure, *a.either_of) for a in analyses if a.method not in SURVIVAL]
    return tuple(dict.fromkeys(measure for some in asked for measure in some))


def compared_visit(protocol: Protocol, planned: PlannedAnalysis) -> tuple[int, float]:
    """Number and month of the visit that the analysis compares, among those after time zero that list its measure.

    Raises DataError where there is no such visit.
    """
    visits = [visit for visit in protocol.visits if visit.day > 0 and planned.measure in visit.measures]
    months = np.array([visit.day for visit in visits]) / DAYS_PER_MONTH
    nobody, nothing = pl.DataFrame(), np.empty((0, months.size))
    names = tuple(visit.name for visit in visits)
    grid = VisitGrid(planned.measure, nobody, np.empty(0), months, names, nothing, nothing, 0)
    number = grid.visit_at(planned.month)
    return number, float(months[number])


def questions(
    protocol: Protocol, analyses: Sequence[PlannedAnalysis], reference: str | None = None
) -> tuple[Question, ...]:
    """The questions of the analyses, in order: one each, of responders one for each rule.

    Each must be one that the protocol can carry (`carried.refusal`). reference: see `reference_number`.
    """
    told, against = labels(analyses), reference_number(protocol, reference)
    return tuple(question for planned in analyses for question in _of(protocol, planned, told[planned], against))


def within_arms(protocol: Protocol, asked: Sequence[Question]) -> tuple[Question, ...]:
    """Of questions on arms held against a reference those that can be asked of each arm by itself, against its own
    lead-in: change of slope, and responders."""
    names = tuple(arm.name for arm in protocol.arms)
    return tuple(
        replace(
            question, arms=names, contrasts=(WITHIN[method],) * len(names), reference=None, tested=method in OWN_LEAD_IN
        )
        for question in asked
        for method in (question.planned.method,)
        if question.reference is not None and method in ("slope_change", "responders")
    )


def _of(protocol: Protocol, planned: PlannedAnalysis, label: str | None, reference: int | None) -> list[Question]:
    method = planned.method
    names = [arm.name for arm in protocol.arms]
    if reference is None:
        arms, contrasts = names, [WITHIN[method]]
    else:
        arms = [name for number, name in enumerate(names) if number != reference]
        contrasts = [f"{name} - {names[reference]}" for name in arms]
    visit, month = compared_visit(protocol, planned) if method in AT_A_VISIT else (None, planned.month)
    common: dict[str, Any] = {
        "planned": planned,
        "called": planned.called,
        "label": label,
        "arms": tuple(arms),
        "contrasts": tuple(contrasts),
        "reference": reference,
        "unit": _unit(planned),
        "better": -1 if method in SURVIVAL else 1,
        "month": month,
        "visit": visit,
        "tested": reference is not None or method in OWN_LEAD_IN,
    }
    if method != "responders":
        return [Question(endpoint="survival" if method in SURVIVAL else planned.measure, **common)]
    several = tuple(dict.fromkeys((planned.measure, *planned.either_of)))
    either = [(rule, True) for rule in rules_of(planned.relative, ())] if len(several) > 1 else []
    one = rules_of(planned.relative, planned.absolute, measure_unit(planned.measure))
    return [
        Question(
            endpoint=" or ".join(several) if any_of else planned.measure,
            rule=rule.name,
            threshold=rule,
            either=any_of,
            **common,
        )
        for rule, any_of in [*either, *((rule, False) for rule in one)]
    ]


def _unit(planned: PlannedAnalysis) -> str | None:
    if planned.method in ("random_slope", "broken_stick", "slope_change"):
        return slope_unit(planned.measure)
    others = {
        "responders": "proportion of participants",
        "log_rank": None,
        "cox": "log hazard ratio",
        "joint_rank": "ranks",
    }
    return others[planned.method] if planned.method in others else measure_unit(planned.measure)
