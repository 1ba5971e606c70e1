"""Analysis of covariance of ranks in one trial: groups compared at equal baselines, one slope in all groups.

Reference: Conover & Iman (1982), Analysis of covariance using the rank transformation, Biometrics 38:715-724,
doi:10.2307/2530051.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.fits import (
    CONVERGED,
    DF,
    ESTIMATE,
    NO_VARIATION,
    RANK_DEFICIENT,
    STANDARD_ERROR,
    STATISTIC,
    TOO_FEW,
)
from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int8]

DEPENDENT_BELOW = 1e-7
"""A baseline of which no larger share than this is left within groups is a combination of them (R's lm)."""
EXACT_BELOW = 1e-24
"""Where no larger share of the squares than this is left, no error can be told."""
COUNT, START, RANK = range(3)
"""Of each group in `groups`: units with a baseline; mean baseline; mean rank."""


@kernel
def fit_rank_ancova(
    rank: Floats, baseline: Floats, starts: Ints, reference: int, figures: Floats, codes: Codes, groups: Floats
) -> None:
    """Each group but the reference against it: fills figures (C, 5) and codes (C,). Who has no baseline is left out.

    The p value follows from Student's t with the degrees of freedom given. Scratch: groups (3 A,).
    """
    used, fitted, size_x, size_y = 0.0, 0, 0.0, 0.0
    xx = xy = 0.0
    for g in range(starts.size - 1):
        x, y = baseline[starts[g] : starts[g + 1]], rank[starts[g] : starts[g + 1]]
        count, all_xx, all_yy = _means(x, y, groups[3 * g : 3 * g + 3])
        within_xx, within_xy = _products(x, y, groups[3 * g + START], groups[3 * g + RANK])
        used, fitted = used + count, fitted + (1 if count > 0.0 else 0)
        size_x, size_y, xx, xy = size_x + all_xx, size_y + all_yy, xx + within_xx, xy + within_xy
    df = used - fitted - 1.0
    dependent = xx <= DEPENDENT_BELOW * DEPENDENT_BELOW * size_x
    slope = 0.0 if dependent else xy / xx
    squares = 0.0
    for g in range(starts.size - 1):
        x, y = baseline[starts[g] : starts[g + 1]], rank[starts[g] : starts[g + 1]]
        squares += _rest(x, y, groups[3 * g + START], groups[3 * g + RANK], slope)
    code = CONVERGED
    if df <= 0.0:
        code = TOO_FEW
    elif dependent:
        code = RANK_DEFICIENT
    elif squares <= EXACT_BELOW * size_y:
        code = NO_VARIATION
    other = groups[3 * reference : 3 * reference + 3]
    contrast = 0
    for g in range(starts.size - 1):
        if g != reference or starts.size == 2:
            mine = groups[3 * g : 3 * g + 3]
            absent = g == reference or mine[COUNT] == 0.0 or other[COUNT] == 0.0
            codes[contrast] = TOO_FEW if absent else code
            _contrast(mine, other, codes[contrast] == CONVERGED, slope, xx, squares, df, figures[contrast])
            contrast += 1


@kernel
def _contrast(
    mine: Floats, other: Floats, told: bool, slope: float, xx: float, squares: float, df: float, figures: Floats
) -> None:
    """Fills figures (5,) of one group against another; NaN where there is nothing to tell."""
    for f in range(figures.size):
        figures[f] = math.nan
    if told:
        apart = mine[START] - other[START]
        variance = squares / df * (1.0 / mine[COUNT] + 1.0 / other[COUNT] + apart * apart / xx)
        figures[ESTIMATE] = mine[RANK] - other[RANK] - slope * apart
        figures[STANDARD_ERROR] = math.sqrt(variance)
        figures[DF] = df
        figures[STATISTIC] = figures[ESTIMATE] / figures[STANDARD_ERROR]


@kernel(sums=True)
def _means(x: Floats, y: Floats, group: Floats) -> tuple[float, float, float]:
    """Fills group (3,), see COUNT; gives the count and the sums of squares of x and y."""
    count = sum_x = sum_y = xx = yy = 0.0
    for i in range(x.size):
        known = x[i] == x[i]
        a, b = x[i] if known else 0.0, y[i] if known else 0.0
        count += 1.0 if known else 0.0
        sum_x += a
        sum_y += b
        xx += a * a
        yy += b * b
    group[COUNT] = count
    group[START] = sum_x / count if count > 0.0 else 0.0
    group[RANK] = sum_y / count if count > 0.0 else 0.0
    return count, xx, yy


@kernel(sums=True)
def _products(x: Floats, y: Floats, mean_x: float, mean_y: float) -> tuple[float, float]:
    xx = xy = 0.0
    for i in range(x.size):
        a = x[i] - mean_x if x[i] == x[i] else 0.0
        xx += a * a
        xy += a * (y[i] - mean_y)
    return xx, xy


@kernel(sums=True)
def _rest(x: Floats, y: Floats, mean_x: float, mean_y: float, slope: float) -> float:
    squares = 0.0
    for i in range(x.size):
        rest = y[i] - mean_y - slope * (x[i] - mean_x) if x[i] == x[i] else 0.0
        squares += rest * rest
    return squares
