"""Student's t for one mean and Welch's for the difference of two, from what is summed of each group.

References: Student (1908), Biometrika 6:1-25, doi:10.1093/biomet/6.1.1; Welch (1947), Biometrika 34:28-35,
doi:10.1093/biomet/34.1-2.28.
"""

from __future__ import annotations

import math

from leadin.engine.collapsed import Floats
from leadin.engine.fits import CONVERGED, DF, ESTIMATE, NO_VARIATION, STANDARD_ERROR, STATISTIC, TOO_FEW, P
from leadin.engine.kernels.compiled import kernel

N, MEAN, SQUARES, VARIES = range(4)
"""What `summed` keeps of a group: values, their mean, the squares about it, and 1 where they are not all equal."""
SUMMED = 4


@kernel(sums=True)
def summed(values: Floats, within: float, group: Floats) -> None:
    """Of values (n,), NaN left out, to group (4,). within: values no further apart than this are equal."""
    count, total = 0.0, 0.0
    for i in range(values.size):
        x = values[i]
        count += 1.0 if x == x else 0.0
        total += x if x == x else 0.0
    mean = total / count if count > 0.0 else 0.0
    squares = 0.0
    for i in range(values.size):
        x = values[i]
        rest = x - mean if x == x else 0.0
        squares += rest * rest
    group[N] = count
    group[MEAN] = mean
    group[SQUARES] = squares
    # Squares about a mean are at most a quarter of n times the range squared: most often there is no need to look.
    varies = squares > count * within * within or _range(values) > within
    group[VARIES] = 1.0 if varies else 0.0


@kernel
def _range(values: Floats) -> float:
    low, high = math.inf, -math.inf
    for i in range(values.size):
        low = min(low, values[i]) if values[i] == values[i] else low
        high = max(high, values[i]) if values[i] == values[i] else high
    return high - low


@kernel
def one_mean(group: Floats, figures: Floats) -> int:
    """The mean of a group (4,) against zero, to figures (5,); gives the code."""
    if group[N] < 2.0:
        return unfitted(figures, TOO_FEW)
    if group[VARIES] == 0.0:
        return unfitted(figures, NO_VARIATION)
    variance = group[SQUARES] / (group[N] - 1.0) / group[N]
    return tested(group[MEAN], variance, group[N] - 1.0, figures)


@kernel
def two_means(group: Floats, reference: Floats, figures: Floats) -> int:
    """The mean of a group (4,) minus that of another (4,), variances not assumed equal, to figures (5,); gives the
    code."""
    if group[N] < 2.0 or reference[N] < 2.0:
        return unfitted(figures, TOO_FEW)
    if group[VARIES] == 0.0 and reference[VARIES] == 0.0:
        return unfitted(figures, NO_VARIATION)
    first = group[SQUARES] / (group[N] - 1.0) / group[N]
    second = reference[SQUARES] / (reference[N] - 1.0) / reference[N]
    variance = first + second
    df = variance * variance / (first * first / (group[N] - 1.0) + second * second / (reference[N] - 1.0))
    return tested(group[MEAN] - reference[MEAN], variance, df, figures)


@kernel
def tested(estimate: float, variance: float, df: float, figures: Floats) -> int:
    """An estimate with its variance and degrees of freedom to figures (5,); p is left to whoever wants it."""
    error = math.sqrt(variance)
    figures[ESTIMATE] = estimate
    figures[STANDARD_ERROR] = error
    figures[DF] = df
    figures[STATISTIC] = estimate / error
    figures[P] = math.nan
    return CONVERGED


@kernel
def unfitted(figures: Floats, code: int) -> int:
    """NaN to figures (5,), and the code back."""
    for i in range(figures.size):
        figures[i] = math.nan
    return code
