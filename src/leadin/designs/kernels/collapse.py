"""What is kept of one participant: sums over his visits, values at visits, time under risk; nothing else of him.

The layout is that of `leadin.engine.collapsed`; the plain twin is `leadin.designs.collapse`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.designs.kernels.entry import allocation_day
from leadin.designs.kernels.observe import whole_day
from leadin.designs.kernels.path import DAYS_PER_MONTH
from leadin.designs.kernels.plan import FROM_ALLOCATION, FROM_ENROLMENT, NONE, Record
from leadin.disease.kernels.people import UNIFORMS
from leadin.engine.collapsed import AFTER, BASE, BEFORE, COUNT, EVENT, MONTHS, SUMS, TT, TY, YY, ZERO, T, Y
from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]


@kernel
def last_day(plan: Record, scratch: Record, followed: bool) -> float:
    """The end of follow-up, to which a participant stays who neither dies nor leaves; 0 for who has none."""
    if not followed:
        return 0.0
    end = max(plan.end + scratch.wait, scratch.last_dose)
    for v in range(plan.lead_in, plan.visits):
        end = max(end, scratch.visit_day[v])
    return end


@kernel
def collapse(
    nature: Record, plan: Record, scratch: Record, followed: bool, slot: int, sums: Floats, seen: Floats, risk: Floats
) -> None:
    """Puts the participant into his slot of a trial's arrays.

    followed: he lived and stayed to time zero. sums (m, 16, n), seen (m, k, n), risk (2, n): of one trial.
    """
    end = last_day(plan, scratch, followed)
    zero = scratch.wait if followed and scratch.dosed else 0.0
    last = min(min(scratch.death, scratch.drop_out), end)
    origin = 0.0
    if plan.origin == FROM_ALLOCATION:
        origin = allocation_day(plan, scratch.enrolment)
    elif plan.origin == FROM_ENROLMENT:
        origin = scratch.enrolment - zero
    until = whole_day(last - zero)
    risk[MONTHS, slot] = (until - origin) / DAYS_PER_MONTH  # negative: left out of survival analyses
    risk[EVENT, slot] = 1.0 if scratch.death <= last and until >= origin else 0.0
    stays = followed and last >= end
    for m in range(plan.kept):
        collapse_measure(nature, plan, scratch, m, followed, stays, last, zero, slot, sums[m], seen[m])


@kernel
def collapse_measure(
    nature: Record,
    plan: Record,
    scratch: Record,
    m: int,
    followed: bool,
    stays: bool,
    last: float,
    zero: float,
    slot: int,
    sums: Floats,
    seen: Floats,
) -> None:
    """The sums (16, n) and values at visits (k, n) of one measure."""
    for row in range(SUMS):
        sums[row, slot] = 0.0
    base_t, base_y = math.nan, math.nan
    visits = plan.visits if followed else plan.lead_in
    if plan.keep_seen:
        for v in range(plan.lead_in, plan.visits):
            if plan.seen_place[m, v] != NONE:
                seen[plan.seen_place[m, v], slot] = math.nan
    for v in range(visits):
        day = scratch.visit_day[v]
        there = day < last or (stays and day == last)
        always = v == plan.screening_visit or v == plan.baseline_visit
        missed = not always and scratch.uniforms[UNIFORMS + v] < nature.missed_visit_share
        if not there or missed or plan.listed[m, v] == 0:
            continue
        t, y = (day - zero) / DAYS_PER_MONTH, scratch.value[m, v]
        if day - zero <= 0.0:
            base_t, base_y = t, y
        if day == zero:
            sums[ZERO, slot] += 1.0
            sums[ZERO + 1, slot] += y
        else:
            side = BEFORE if day < zero else AFTER
            sums[side + COUNT, slot] += 1.0
            sums[side + T, slot] += t
            sums[side + TT, slot] += t * t
            sums[side + Y, slot] += y
            sums[side + TY, slot] += t * y
            sums[side + YY, slot] += y * y
        if plan.keep_seen and plan.seen_place[m, v] != NONE:
            seen[plan.seen_place[m, v], slot] = y
    sums[BASE, slot], sums[BASE + 1, slot] = base_t, base_y
