"""The course of one candidate along a grid of days: what he loses untreated, and where his death lies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadin.designs.kernels.plan import CLOCK_DAYS, GAP_DAYS, PARTS, Record
from leadin.disease.kernels.decline import STEP, describe_step, drift_after, step_loss
from leadin.disease.kernels.people import RATE, U_DEATH
from leadin.disease.kernels.survival import HIGHEST_SCORE, clock, moment_within, times_hazard
from leadin.engine.kernels.compiled import kernel
from leadin.months import DAYS_PER_MONTH

Floats = NDArray[np.float64]

BEFORE_ZERO: Any = np.int64(0)
AFTER_ZERO: Any = np.int64(1)
OF_A_WAIT: Any = np.int64(2)
"""Which steps lie between nodes: those of the lead-in, of the follow-up, or one. Numbers of numpy, because a kernel is
compiled anew for each whole number of Python that is written into a call."""


@kernel(inline=True)
def jittered_day(day: float, early: float, late: float, sd_days: float, normal: float) -> float:
    """The actual day of a visit: whole days about the planned one, held within its window."""
    return day + min(max(math.floor(sd_days * normal + 0.5), -early), late)


@kernel
def untreated(
    nature: Record, plan: Record, scratch: Record, which: int, gaps: int, first: int, place: int, drift: float
) -> float:
    """Goes on from step `first` of scratch.day and scratch.lost through `gaps` gaps between scratch.nodes; gives the
    drift at the end.

    which: BEFORE_ZERO, ... place: of the first normal; a step takes two. A gap of no steps has no length.
    """
    nodes, z, day, lost, step = scratch.nodes, scratch.normals, scratch.day, scratch.lost, scratch.step
    rate, sd = scratch.traits[RATE], scratch.drift_sd
    total = lost[first]
    for j in range(gaps):
        steps = 1
        if which == BEFORE_ZERO:
            steps = plan.lead_in_parts[j]
        elif which == AFTER_ZERO:
            steps = plan.follow_up_parts[j]
        if steps == 0:
            continue
        start, gap = nodes[j], nodes[j + 1] - nodes[j]
        whole = int(gap)
        if whole == gap and steps <= PARTS and whole < GAP_DAYS:
            for i in range(STEP):
                step[i] = plan.step_table[steps - 1, whole, i]
        else:
            describe_step(gap / steps / DAYS_PER_MONTH, nature.drift_months, step)
        for s in range(steps):
            z1, z2 = z[place], z[place + 1]
            total += step_loss(step, rate, sd, drift, z1, z2)
            drift = drift_after(step, sd, drift, z1)
            first, place = first + 1, place + 2
            lost[first] = total
            day[first] = nodes[j + 1] if s == steps - 1 else start + gap * (s + 1) / steps
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
def safe(nature: Record, plan: Record, scratch: Record, last: float, lowest: float) -> bool:
    """Whether he lives to the day `last` even if his score had been at its lowest all the time: then his death need
    not be looked for. He dies at a hazard of -log(1 - u), which is more than u, over what his rate does to it."""
    score = min(max(lowest, 0.0), HIGHEST_SCORE)
    faster = nature.hazard_per_rate * (scratch.traits[RATE] - nature.rate_mean)
    most = math.exp(faster - nature.hazard_per_point * (score - nature.reference_score))
    return clock_at(nature, plan, last, scratch.enrolment) * most < scratch.uniforms[U_DEATH]


@kernel
def day_of_death(
    nature: Record, plan: Record, scratch: Record, day: Floats, score: Floats, steps: int, hazard: float, until: float
) -> float:
    """The day on which the cumulative hazard, `hazard` on the first day, passes the threshold; infinite when not up to
    `until`, or on this path. Leaves the hazard at the end in scratch.hazard[0] where he lives."""
    slower = math.exp(-nature.hazard_per_rate * (scratch.traits[RATE] - nature.rate_mean))
    threshold = -math.log(1.0 - scratch.uniforms[U_DEATH]) * slower
    before = clock_at(nature, plan, day[0], scratch.enrolment)
    times = times_hazard(score[0], nature.hazard_per_point, nature.reference_score)
    for s in range(steps):
        now = clock_at(nature, plan, day[s + 1], scratch.enrolment)
        later = times_hazard(score[s + 1], nature.hazard_per_point, nature.reference_score)
        rise = (now - before) * (times + later) / 2.0
        if hazard + rise > threshold:
            return moment_within(day[s], day[s + 1], hazard, hazard + rise, threshold)
        hazard += rise
        before, times = now, later
        if day[s + 1] >= until:
            break
    scratch.hazard[0] = hazard
    return math.inf
