"""Who may enter; the plain twins are `leadin.simulation.entry`, `places` and `leadin.disease.belonging`."""

from __future__ import annotations

import math

from leadin.designs.kernels.plan import (
    AGE as AGE_BOUND,
)
from leadin.designs.kernels.plan import (
    ALLOCATION,
    AT_ENROLMENT,
    BASELINE,
    BOUND_CAPACITY,
    BOUND_DELTA_FS,
    BOUND_ONSET,
    BOUND_SCORE,
    LOST_IN_LEAD_IN,
    MEASURED,
    NONE,
    ON_ITS_DAY,
    SCREENING,
    Record,
)
from leadin.designs.kernels.plan import (
    ONSET as ONSET_BOUND,
)
from leadin.disease.kernels.measurement import HIGHEST_SCORE
from leadin.disease.kernels.people import AGE, CAPACITY, CAPACITY_LOSS, ONSET
from leadin.engine.kernels.compiled import kernel
from leadin.months import DAYS_PER_MONTH


@kernel
def belongs_to_population(plan: Record, scratch: Record) -> bool:
    """Whether he lies within every bound of the population, as he truly is at enrolment."""
    traits, bounds = scratch.traits, plan.population_bound
    score = min(max(scratch.lead_score[0], 0.0), HIGHEST_SCORE)
    for b in range(plan.population_bounds):
        kind = int(bounds[b, 0])
        if kind == BOUND_SCORE:
            value = score
        elif kind == BOUND_ONSET:
            value = traits[ONSET]
        elif kind == BOUND_DELTA_FS:
            value = (HIGHEST_SCORE - score) / traits[ONSET]
        elif kind == BOUND_CAPACITY:
            value = traits[CAPACITY] - traits[CAPACITY_LOSS] * scratch.enrolment / DAYS_PER_MONTH
        else:
            value = traits[AGE]
        if not bounds[b, 1] <= value <= bounds[b, 2]:
            return False
    return True


@kernel
def allocation_day(plan: Record, enrolment: float) -> float:
    """The day from which a participant belongs to an arm, whatever becomes of him."""
    if plan.belongs == ON_ITS_DAY:
        return max(plan.allocation, enrolment)
    return enrolment if plan.belongs == AT_ENROLMENT else 0.0


@kernel
def judged_day(plan: Record, scratch: Record, occasion: int) -> float:
    """The day on which criteria of an occasion are judged."""
    if occasion == SCREENING:
        return scratch.enrolment
    visit = plan.allocation_visit if occasion == ALLOCATION else plan.baseline_visit
    if visit != NONE:
        return scratch.visit_day[visit]
    return 0.0 if occasion == BASELINE else scratch.enrolment


@kernel
def criterion_value(plan: Record, scratch: Record, c: int) -> float:
    """The value that a criterion judges."""
    variable, measure, occasion = plan.criterion[c, 0], plan.criterion[c, 1], plan.criterion[c, 2]
    if variable == MEASURED:
        return scratch.entry[occasion, measure]
    if variable == LOST_IN_LEAD_IN:
        return scratch.entry[SCREENING, measure] - scratch.entry[occasion, measure]
    if variable == AGE_BOUND:
        return scratch.traits[AGE]
    onset = scratch.traits[ONSET]
    if variable == ONSET_BOUND and occasion != SCREENING:
        until = 0.0 if occasion == BASELINE or math.isnan(plan.allocation) else plan.allocation
        onset += max(until - scratch.enrolment, 0.0) / DAYS_PER_MONTH
    return onset


@kernel
def fills_place(plan: Record, scratch: Record, arm: int) -> bool:
    """Whether he takes a place in that arm: he meets every criterion judged while he is there, and enters or leaves
    after he came to belong to an arm. arm: NONE where criteria are the same for all."""
    leaves = min(scratch.death, scratch.drop_out)
    for c in range(plan.criteria):
        mask, occasion = plan.criterion[c, 3], plan.criterion[c, 2]
        if arm != NONE and mask != 0 and not (mask >> arm) & 1:
            continue
        if occasion != SCREENING and not leaves > judged_day(plan, scratch, occasion):
            continue
        value = criterion_value(plan, scratch, c)
        if not plan.bound[c, 0] <= value <= plan.bound[c, 1]:
            return False
    return leaves > 0.0 or leaves > allocation_day(plan, scratch.enrolment)
