"""The least-squares slopes of each unit before and after time 0, from its sums."""

from __future__ import annotations

import math

from leadin.engine.collapsed import AFTER, BASE, BEFORE, COUNT, TT, TY, ZERO, Floats, T, Y
from leadin.engine.kernels.compiled import kernel

FEWEST = 3
"""A slope counts from this many values on: two always lie on a line and say nothing of error."""
DISTINCT = 1e-12
"""Times whose squares about their mean are no larger a share of their squares than this are one time."""


@kernel(sums=True)
def unit_slopes(sums: Floats, share: bool, before: Floats, after: Floats) -> None:
    """Slopes of n units over times <= 0 and over times > 0; NaN in both for a unit that lacks either.

    sums (16, n): see `Collapsed`. share: the last value at or before 0 counts in both. A slope needs FEWEST values on
    at least two distinct times. before, after (n,): the slopes.
    """
    for unit in range(before.size):
        first = _slope(
            sums[BEFORE + COUNT, unit] + sums[ZERO, unit],
            sums[BEFORE + T, unit],
            sums[BEFORE + TT, unit],
            sums[BEFORE + Y, unit] + sums[ZERO + 1, unit],
            sums[BEFORE + TY, unit],
        )
        base = sums[BASE, unit]
        shared = 1.0 if share and base == base else 0.0
        base = base if shared == 1.0 else 0.0
        value = sums[BASE + 1, unit] if shared == 1.0 else 0.0
        second = _slope(
            sums[AFTER + COUNT, unit] + shared,
            sums[AFTER + T, unit] + base,
            sums[AFTER + TT, unit] + base * base,
            sums[AFTER + Y, unit] + value,
            sums[AFTER + TY, unit] + base * value,
        )
        known = first == first and second == second
        before[unit] = first if known else math.nan
        after[unit] = second if known else math.nan


@kernel(sums=True)
def _slope(count: float, t: float, tt: float, y: float, ty: float) -> float:
    """NaN where it cannot be told."""
    spread = count * tt - t * t
    told = count >= FEWEST and spread > DISTINCT * count * tt
    return (count * ty - t * y) / (spread if told else math.nan)
