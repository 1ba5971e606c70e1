"""Many trials, each collapsed to what its analyses need: sums over times, values at planned times, times to an event.

Units (n) stand group by group, the same number in each group of every trial, so that no array of groups is needed.
What is kept of a unit's series is this, in `sums`:

    BEFORE, AFTER   for times t < 0 and t > 0: count, sum t, sum t^2, sum y, sum t y, sum y^2
    ZERO            for t = 0: count (0 or 1) and y
    BASE            the last time t <= 0 with a value, and its y; NaN when there is none
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COUNT, T, TT, Y, TY, YY = range(6)
"""Within BEFORE and within AFTER."""
BEFORE = 0
AFTER = 6
ZERO = 12
BASE = 14
SUMS = 16
"""Numbers kept of each series."""
MONTHS, EVENT = range(2)
"""Rows of `survival`: time from the start of the clock to the event or to the end of observation; 1 = event, else 0."""


@dataclass(frozen=True)
class Collapsed:
    """R trials of n units in A groups.

    sizes (A,): units of each group. sums (R, M, 16, n): of each of M measures, 0 where nothing was seen (BASE: NaN).
    seen (R, M, k, n): values at the k planned times after 0, NaN where not seen; k is 0 where no analysis wants them.
    survival (R, 2, n): see MONTHS and EVENT. filled (R,): whether all n units were found; the arrays of a trial that
    was not filled mean nothing.
    """

    sizes: Ints
    sums: Floats
    seen: Floats
    survival: Floats
    filled: NDArray[np.bool_] = field(default_factory=lambda: np.ones(0, dtype=np.bool_))


def group_starts(sizes: Ints) -> Ints:
    """The first unit of each group, and the number of all units at the end: (A + 1,)."""
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)))
