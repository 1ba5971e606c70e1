"""The course of one candidate along a grid of days: what he loses untreated, and where his death lies."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.designs.kernels.plan import CLOCK_DAYS, GAP_DAYS, PARTS, Record
from leadin.disease.kernels.decline import STEP, describe_step, drift_after, step_loss
from leadin.disease.kernels.survival import clock, moment_within, times_hazard
from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYS_PER_MONTH = 30.4375


@kernel
def jittered_day(day: float, early: float, late: float, sd_days: float, normal: float) -> float:
    """The actual day of a visit: whole days about the planned one, held within its window."""
    return day + min(max(math.floor(sd_days * normal + 0.5), -early), late)


@kernel
def fill_step(plan: Record, correlation_months: float, gap: float, parts: int, step: Floats) -> None:
    """Describes each of `parts` steps of a gap of so many days: from the table where they are whole."""
    whole = int(gap)
    if whole == gap and parts <= PARTS and whole < GAP_DAYS:
        for i in range(STEP):
            step[i] = plan.step_table[parts - 1, whole, i]
    else:
        describe_step(gap / parts / DAYS_PER_MONTH, correlation_months, step)


@kernel
def untreated(
    nature: Record,
    plan: Record,
    nodes: Floats,
    parts: Ints,
    count: int,
    rate: float,
    drift: float,
    z: Floats,
    day: Floats,
    lost: Floats,
    step: Floats,
) -> float:
    """Goes on from day[0] and lost[0] through `count` gaps between nodes; gives the drift at the end.

    parts (count,): steps of each gap, 0 for one of no length. z: two normals a step. step: scratch. Fills day and lost at
    every step.
    """
    sd = nature.drift_sd * math.sqrt(rate)
    at = 0
    for j in range(count):
        steps = parts[j]
        if steps == 0:
            continue
        start, gap = nodes[j], nodes[j + 1] - nodes[j]
        fill_step(plan, nature.drift_months, gap, steps, step)
        for s in range(steps):
            loss = step_loss(step, rate, sd, drift, z[2 * at], z[2 * at + 1])
            drift = drift_after(step, sd, drift, z[2 * at])
            lost[at + 1] = lost[at] + loss
            day[at + 1] = nodes[j + 1] if s == steps - 1 else start + gap * (s + 1) / steps
            at += 1
    return drift


@kernel
def clock_at(nature: Record, plan: Record, day: float, enrolment: float) -> float:
    """The Weibull clock on a day, from the table where it is whole."""
    since = day - math.floor(enrolment)
    whole = int(since)
    if whole == since and 0 <= whole < CLOCK_DAYS:
        return plan.clock_table[whole]
    return clock((day - enrolment) / DAYS_PER_MONTH, nature.scale_months, nature.weibull_shape)


@kernel
def day_of_death(
    nature: Record,
    plan: Record,
    day: Floats,
    score: Floats,
    steps: int,
    enrolment: float,
    hazard: Floats,
    threshold: float,
    until: float,
) -> float:
    """The day on which the cumulative hazard passes the threshold; infinite when not up to `until`, or on this path.

    hazard (1,): cumulative at the first day, and left at the last one that was looked at.
    """
    total = hazard[0]
    before = clock_at(nature, plan, day[0], enrolment)
    times = times_hazard(score[0], nature.hazard_per_point, nature.reference_score)
    for s in range(steps):
        now = clock_at(nature, plan, day[s + 1], enrolment)
        later = times_hazard(score[s + 1], nature.hazard_per_point, nature.reference_score)
        rise = (now - before) * (times + later) / 2.0
        if total + rise > threshold:
            hazard[0] = total
            return moment_within(day[s], day[s + 1], total, total + rise, threshold)
        total += rise
        before, times = now, later
        if day[s + 1] >= until:
            break
    hazard[0] = total
    return math.inf
