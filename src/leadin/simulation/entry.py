"""Who may enter: the protocol's criteria, applied to what was measured in each simulated candidate."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from leadin.months import DAYS_PER_MONTH
from leadin.protocols.eligibility import Criterion
from leadin.protocols.protocol import Protocol
from leadin.simulation.candidates import Candidates
from leadin.simulation.timetable import Timetable

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

NO_CRITERION = -1


class Outcome(IntEnum):
    """How far a candidate came."""

    SCREEN_FAILURE = 0
    RUN_IN_FAILURE = 1
    LEFT_IN_LEAD_IN = 2
    ENTERED = 3


STAGES = (
    ("screening", Outcome.SCREEN_FAILURE),
    ("allocation", Outcome.RUN_IN_FAILURE),
    ("baseline", Outcome.RUN_IN_FAILURE),
)
"""When criteria are judged, in order, and what those are who fail then."""


def entry_value(criterion: Criterion, candidates: Candidates, times: Timetable) -> Floats:
    """The value (n,) that a criterion judges."""
    people, variable, at = candidates.people, criterion.variable, criterion.at
    measured = {
        "screening": candidates.at_screening,
        "allocation": candidates.at_allocation,
        "baseline": candidates.at_baseline,
    }[at]
    if variable == "alsfrs_r_lost_in_lead_in":
        return candidates.at_screening["alsfrs_r"] - measured["alsfrs_r"]
    if variable == "age_years":
        return people.age_years
    if variable == "months_since_onset":
        if at == "screening":
            return people.months_since_onset
        until = 0.0 if at == "baseline" or times.allocation is None else times.allocation
        return people.months_since_onset + np.maximum(until - candidates.enrolment_day, 0.0) / DAYS_PER_MONTH
    return measured[variable]


def allocation_days(protocol: Protocol, times: Timetable, enrolment_day: Floats) -> Floats:
    """The day (n,) from which a participant belongs to an arm, whatever becomes of him: of allocation, or of enrolment
    where nobody is randomised."""
    how = protocol.randomisation
    if times.allocation is not None:
        return np.maximum(times.allocation, enrolment_day)
    return np.zeros(enrolment_day.size) if how is not None and how.at == "baseline" else enrolment_day


def judged_days(stage: str, candidates: Candidates, times: Timetable) -> Floats:
    """The day (n,) on which criteria of a stage are judged."""
    visit = {"allocation": times.allocation_visit, "baseline": times.baseline_visit}.get(stage)
    if stage == "screening" or (visit is None and stage == "allocation"):
        return candidates.enrolment_day
    return np.zeros(candidates.enrolment_day.size) if visit is None else candidates.visit_days[:, visit]


def meets(criterion: Criterion, candidates: Candidates, times: Timetable) -> Flags:
    """Who is within the bounds (n,), which are inclusive."""
    value = entry_value(criterion, candidates, times)
    low = -np.inf if criterion.minimum is None else criterion.minimum
    high = np.inf if criterion.maximum is None else criterion.maximum
    return (value >= low) & (value <= high)


def judge(
    criteria: tuple[Criterion, ...], candidates: Candidates, times: Timetable, arm: str | None = None
) -> tuple[Ints, Ints]:
    """The outcome (n,) of each candidate, and the position (n,) of the first criterion that he failed, else
    NO_CRITERION. arm: judged for that arm, so without the criteria of other arms; None: by every criterion.

    Criteria at screening come first, then those at allocation and at baseline, each judged in whoever is still there on
    that visit, so that a death in the lead-in is a death and not a failure.
    """
    n = candidates.enrolment_day.size
    outcome = np.full(n, int(Outcome.ENTERED))
    failed = np.full(n, NO_CRITERION)
    leaves = np.minimum(candidates.death_day, candidates.drop_out_day)
    for stage, code in STAGES:
        mine = [
            (position, criterion)
            for position, criterion in enumerate(criteria)
            if criterion.at == stage and (arm is None or not criterion.arms or arm in criterion.arms)
        ]
        if not mine:
            continue
        reached = leaves > judged_days(stage, candidates, times)
        for position, criterion in mine:
            fails = (failed == NO_CRITERION) & ~meets(criterion, candidates, times)
            if stage != "screening":
                fails &= reached
            failed[fails], outcome[fails] = position, int(code)
    outcome[(leaves <= 0.0) & (outcome == Outcome.ENTERED)] = int(Outcome.LEFT_IN_LEAD_IN)
    return outcome, failed


def fills_a_place(protocol: Protocol, candidates: Candidates, outcome: Ints, times: Timetable) -> Flags:
    """Who takes a place (n,): whoever entered, or left in the lead-in after he came to belong to an arm."""
    leaves = np.minimum(candidates.death_day, candidates.drop_out_day)
    allocated = leaves > allocation_days(protocol, times, candidates.enrolment_day)
    fills: Flags = (outcome == Outcome.ENTERED) | ((outcome == Outcome.LEFT_IN_LEAD_IN) & allocated)
    return fills


def told(criterion: Criterion) -> str:
    """A criterion in words: `alsfrs_r at screening from 31 to 46`, with the arms that it is asked of, if not all."""
    if criterion.minimum is not None and criterion.maximum is not None:
        bounds = f"from {criterion.minimum:g} to {criterion.maximum:g}"
    elif criterion.minimum is not None:
        bounds = f"at least {criterion.minimum:g}"
    else:
        bounds = f"at most {criterion.maximum:g}"
    words = f"{criterion.variable} at {criterion.at} {bounds}"
    return f"{words} for {', '.join(criterion.arms)}" if criterion.arms else words
