"""Patterns of missing values, and sums of squares and products over the units of each pattern.

Units seen at the same times share the inverse of their covariance, whatever their group: all that a fit needs of them
are these sums. In what follows G patterns lie along the rows.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mmrm_rows import put
from leadin.engine.kernels.mmrm_scratch import (
    COUNT,
    PATTERN,
    RESIDUAL,
    SEEN,
    SXX,
    SXY,
    SYY,
    TABLE,
    UNITS,
    X,
    pair,
    pairs_of,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def patterns(work: Floats, first: Ints, units: int, m: int) -> int:
    """Numbers the patterns of RESIDUAL (m, units), NaN where not seen, in the order in which they come; returns how
    many there are.

    Fills PATTERN with the number of each unit's, -1 for none seen; SEEN (m + 1, G) with 1 where the pattern was seen at
    a time, else 0, then how many units have it.
    """
    table, seen, own, residual = first[TABLE], first[SEEN], first[UNITS] + PATTERN, first[RESIDUAL]
    width = work.shape[1]
    for row in range(table, first[TABLE + 1]):
        put(work, row, 0.0, width)
    found = 0
    for i in range(units):
        mask = 0
        for t in range(m):
            mask |= 0 if math.isnan(work[residual + t, i]) else 1 << t
        work[own, i] = -1.0
        if mask == 0:
            continue
        row, place = table + mask // width, mask % width
        if work[row, place] == 0.0:
            for t in range(m):
                work[seen + t, found] = 1.0 if mask & (1 << t) else 0.0
            work[seen + m + COUNT, found] = 0.0
            found += 1
            work[row, place] = found
        number = int(work[row, place]) - 1
        work[own, i] = number
        work[seen + m + COUNT, number] += 1.0
    return found


@kernel
def cross_products(work: Floats, first: Ints, starts: Ints, m: int, g: int) -> None:
    """Sums over the units of each pattern, A groups.

    SXX (2 A + 1, G): of each group the number, of each group the sum of x, the sum of squares of x. SXY ((A + 1) m, G):
    of each group the sums of the values at each time, then the sums of their products with x. SYY (pairs, G).
    """
    groups = starts.size - 1
    for row in range(first[SXX], first[SYY] + pairs_of(m)):
        put(work, row, 0.0, g)
    sxx, sxy, syy, residual = first[SXX], first[SXY], first[SYY], first[RESIDUAL]
    for group in range(groups):
        for i in range(starts[group], starts[group + 1]):
            p, x = int(work[first[UNITS] + PATTERN, i]), work[first[UNITS] + X, i]
            if p < 0:
                continue
            work[sxx + group, p] += 1.0
            work[sxx + groups + group, p] += x
            work[sxx + 2 * groups, p] += x * x
            for s in range(m):
                value = work[residual + s, i]
                if math.isnan(value):
                    continue
                work[sxy + group * m + s, p] += value
                work[sxy + groups * m + s, p] += x * value
                for t in range(s + 1):
                    other = work[residual + t, i]
                    if not math.isnan(other):
                        work[syy + pair(s, t), p] += value * other
