"""Which times an mmrm fit can use, and what an ordinary regression at each leaves over.

At each time the values are regressed on the means of the groups and, where it varies, the baseline. What that leaves,
divided by its standard deviation, is what the model of all times is fitted to: its coefficients are added to those of
the regressions.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.fits import CONVERGED, NO_VARIATION, RANK_DEFICIENT, TOO_FEW
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mmrm_scratch import MEANS, UNITS, X

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EXACT = 1e-10
"""Share of the largest value below which what a regression leaves over is rounding."""


@kernel
def centred_baseline(baseline: Floats, starts: Ints, work: Floats, first: Ints) -> tuple[float, bool]:
    """Fills X (n,) with the baseline counted from the mean of the group, in units of its standard deviation within
    groups, NaN where there is none; MEANS (A,) with the means, 0 of a group without.

    Returns that unit, and whether baselines differ at all. starts (A + 1,): the first unit of each group.
    """
    row, means = first[UNITS] + X, first[UNITS] + MEANS
    lowest, highest, squares, total = math.inf, -math.inf, 0.0, 0
    for group in range(starts.size - 1):
        count, summed = 0, 0.0
        for i in range(starts[group], starts[group + 1]):
            if not math.isnan(baseline[i]):
                count += 1
                summed += baseline[i]
                lowest, highest = min(lowest, baseline[i]), max(highest, baseline[i])
        mean = summed / max(count, 1)
        work[means, group] = mean
        for i in range(starts[group], starts[group + 1]):
            work[row, i] = baseline[i] - mean
            if not math.isnan(baseline[i]):
                squares += work[row, i] * work[row, i]
        total += count
    unit = math.sqrt(squares / max(total, 1))
    for i in range(baseline.size):
        work[row, i] = work[row, i] / unit if unit > 0.0 else work[row, i]
    return unit, highest > lowest


@kernel
def regression(
    values: Floats, starts: Ints, unit: float, adjusted: bool, work: Floats, x: int, residual: int, ordinary: int
) -> int:
    """Regresses values (n,) at one time on groups and, where `adjusted`, on row x; a code for what came of it.

    Fills row `residual` (n,), divided by its standard deviation, NaN where there is no value or no x; row `ordinary`
    (3 A + 2,): the mean of each group at x = 0, the slope, the standard deviation, how many of each group were seen,
    the mean x of each.
    """
    groups = starts.size - 1
    count, columns, most = 0, 1 if adjusted else 0, 0
    sxx, sxy = 0.0, 0.0
    for group in range(groups):
        here, xx, xy = _about_means(values, starts, group, work, x, residual, ordinary)
        count += here
        columns += 1 if here > 0 else 0
        most = max(most, here)
        sxx += xx
        sxy += xy
    if count <= columns:
        return TOO_FEW
    if adjusted and not unit * unit * sxx > EXACT * EXACT * most:
        return RANK_DEFICIENT
    slope = sxy / sxx if adjusted else 0.0
    squares, largest, value = 0.0, 0.0, 1.0
    for group in range(groups):
        mean_x = work[ordinary, 2 * groups + 2 + group]
        work[ordinary, group] -= slope * mean_x
        for i in range(starts[group], starts[group + 1]):
            if not math.isnan(work[residual, i]):
                work[residual, i] -= slope * (work[x, i] - mean_x)
                squares += work[residual, i] * work[residual, i]
                largest, value = max(largest, abs(work[residual, i])), max(value, abs(values[i]))
    if largest <= EXACT * value:
        return NO_VARIATION
    deviation = math.sqrt(squares / (count - columns))
    work[ordinary, groups] = slope
    work[ordinary, groups + 1] = deviation
    for i in range(values.size):
        work[residual, i] /= deviation
    return CONVERGED


@kernel
def _about_means(
    values: Floats, starts: Ints, group: int, work: Floats, x: int, residual: int, ordinary: int
) -> tuple[int, float, float]:
    """Values of one group less their mean; how many, and sums of squares and products of x about the means."""
    groups = starts.size - 1
    here, sum_x, sum_y = 0, 0.0, 0.0
    for i in range(starts[group], starts[group + 1]):
        work[residual, i] = values[i] if not math.isnan(work[x, i]) else math.nan
        if not math.isnan(work[residual, i]):
            here += 1
            sum_x += work[x, i]
            sum_y += values[i]
    mean_x, mean_y = sum_x / max(here, 1), sum_y / max(here, 1)
    xx, xy = 0.0, 0.0
    for i in range(starts[group], starts[group + 1]):
        if not math.isnan(work[residual, i]):
            work[residual, i] -= mean_y
            xx += (work[x, i] - mean_x) * (work[x, i] - mean_x)
            xy += (work[x, i] - mean_x) * work[residual, i]
    work[ordinary, group] = mean_y
    work[ordinary, groups + 2 + group] = here
    work[ordinary, 2 * groups + 2 + group] = mean_x
    return here, xx, xy
