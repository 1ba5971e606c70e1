"""Who may enter: the protocol's criteria, applied to what was measured in each simulated candidate."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from leadin.months import DAYS_PER_MONTH
from leadin.protocols.eligibility import Criterion
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


def entry_value(criterion: Criterion, candidates: Candidates) -> Floats:
    """The value (n,) that a criterion judges."""
    people, variable = candidates.people, criterion.variable
    measured = candidates.at_screening if criterion.at == "screening" else candidates.at_baseline
    if variable == "alsfrs_r_lost_in_lead_in":
        return candidates.at_screening["alsfrs_r"] - candidates.at_baseline["alsfrs_r"]
    if variable == "age_years":
        return people.age_years
    if variable == "months_since_onset":
        waited = 0.0 if criterion.at == "screening" else -candidates.enrolment_day / DAYS_PER_MONTH
        return people.months_since_onset + waited
    return measured[variable]


def meets(criterion: Criterion, candidates: Candidates) -> Flags:
    """Who is within the bounds (n,), which are inclusive."""
    value = entry_value(criterion, candidates)
    low = -np.inf if criterion.minimum is None else criterion.minimum
    high = np.inf if criterion.maximum is None else criterion.maximum
    return (value >= low) & (value <= high)


def judge(criteria: tuple[Criterion, ...], candidates: Candidates, times: Timetable) -> tuple[Ints, Ints]:
    """The outcome (n,) of each candidate, and the position (n,) of the first criterion that he failed, else
    NO_CRITERION.

    Criteria at screening come first. Those at baseline are judged in whoever is still there at the baseline visit, so
    that a death in the lead-in is a death and not a failure.
    """
    n = candidates.enrolment_day.size
    outcome = np.full(n, int(Outcome.ENTERED))
    failed = np.full(n, NO_CRITERION)
    leaves = np.minimum(candidates.death_day, candidates.drop_out_day)
    baseline = candidates.visit_days[:, times.baseline_visit] if times.baseline_visit is not None else np.zeros(n)
    for stage, reached, code in (
        ("screening", np.ones(n, dtype=np.bool_), Outcome.SCREEN_FAILURE),
        ("baseline", leaves > baseline, Outcome.RUN_IN_FAILURE),
    ):
        for position, criterion in enumerate(criteria):
            if criterion.at == stage:
                fails = reached & (failed == NO_CRITERION) & ~meets(criterion, candidates)
                failed[fails], outcome[fails] = position, int(code)
    outcome[(leaves <= 0.0) & (outcome == Outcome.ENTERED)] = int(Outcome.LEFT_IN_LEAD_IN)
    return outcome, failed


def told(criterion: Criterion) -> str:
    """A criterion in words: `alsfrs_r at screening from 31 to 46`."""
    if criterion.minimum is not None and criterion.maximum is not None:
        bounds = f"from {criterion.minimum:g} to {criterion.maximum:g}"
    elif criterion.minimum is not None:
        bounds = f"at least {criterion.minimum:g}"
    else:
        bounds = f"at most {criterion.maximum:g}"
    return f"{criterion.variable} at {criterion.at} {bounds}"
