"""What is kept of one participant: sums over his visits, values at visits, time under risk; nothing else of him.

The layout is that of `leadin.engine.collapsed`; the plain twin is `leadin.designs.collapse`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.designs.kernels.entry import allocation_day
from leadin.designs.kernels.observe import whole_day
from leadin.designs.kernels.plan import FROM_ALLOCATION, FROM_ENROLMENT, NONE, Record
from leadin.disease.kernels.people import UNIFORMS
from leadin.engine.collapsed import EVENT, MONTHS
from leadin.engine.kernels.compiled import kernel
from leadin.months import DAYS_PER_MONTH

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
def held_by(plan: Record, m: int, day: float) -> int:
    """The visit after time zero that holds a value of that day: of those whose windows it is in, the nearest; NONE
    where it is in no window."""
    held, nearest = NONE, math.inf
    for v in range(plan.lead_in, plan.visits):
        distance = abs(day - plan.days[v])
        if plan.listed[m, v] != 0 and plan.opens[v] <= day <= plan.closes[v] and distance < nearest:
            held, nearest = v, distance
    return held


@kernel(sums=True)
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
    """The sums (16, n) and values at visits (k, n) of one measure. Lead-in visits are never after time zero, later ones
    always are."""
    base_t = base_y = math.nan
    b0 = b1 = b2 = b3 = b4 = b5 = z0 = z1 = 0.0
    for v in range(plan.lead_in):
        if not made(nature, plan, scratch, m, v, stays, last):
            continue
        day, y = scratch.visit_day[v], scratch.value[m, v]
        t = (day - zero) / DAYS_PER_MONTH
        base_t, base_y = t, y
        if day < zero:
            b0, b1, b2, b3, b4, b5 = b0 + 1.0, b1 + t, b2 + t * t, b3 + y, b4 + t * y, b5 + y * y
        else:
            z0, z1 = z0 + 1.0, z1 + y
    a0 = a1 = a2 = a3 = a4 = a5 = 0.0
    if followed:
        for v in range(plan.lead_in, plan.visits):  # without a branch, so that visits run side by side
            w = 1.0 if made(nature, plan, scratch, m, v, stays, last) else 0.0
            t, y = (scratch.visit_day[v] - zero) / DAYS_PER_MONTH, scratch.value[m, v]
            a0, a1, a2 = a0 + w, a1 + w * t, a2 + w * t * t
            a3, a4, a5 = a3 + w * y, a4 + w * t * y, a5 + w * y * y
    for row, value in enumerate((b0, b1, b2, b3, b4, b5, a0, a1, a2, a3, a4, a5, z0, z1, base_t, base_y)):
        sums[row, slot] = value
    if plan.keep_seen:
        keep_seen(nature, plan, scratch, m, followed, stays, last, zero, slot, seen)


@kernel(inline=True)
def made(nature: Record, plan: Record, scratch: Record, m: int, v: int, stays: bool, last: float) -> bool:
    """Whether the visit was made, and takes the measure. Nobody misses the first and the baseline visit."""
    day = scratch.visit_day[v]
    there = (day < last) | (stays & (day == last))
    always = (v == plan.screening_visit) | (v == plan.baseline_visit)
    came = always | (scratch.uniforms[UNIFORMS + v] >= nature.missed_visit_share)
    return there & came & (plan.listed[m, v] != 0)


@kernel
def keep_seen(
    nature: Record,
    plan: Record,
    scratch: Record,
    m: int,
    followed: bool,
    stays: bool,
    last: float,
    zero: float,
    slot: int,
    seen: Floats,
) -> None:
    """Values at the visits after time zero (k, n) of one measure, NaN where there is none."""
    for k in range(seen.shape[0]):
        seen[k, slot] = math.nan
    moved = followed and scratch.wait != zero  # he waited, was not dosed, and his time zero is the scheduled one
    held_before, nearest = NONE, math.inf
    for v in range(plan.lead_in, plan.visits if followed else plan.lead_in):
        if not made(nature, plan, scratch, m, v, stays, last):
            continue
        day = scratch.visit_day[v]
        held = held_by(plan, m, day) if moved else v
        if held != NONE:
            distance = abs(day - plan.days[held])
            if held != held_before or distance < nearest:
                seen[plan.seen_place[m, held], slot] = scratch.value[m, v]
                held_before, nearest = held, distance
