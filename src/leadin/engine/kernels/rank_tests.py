"""Mid-ranks of whole-number scores of one trial, and tests of them: Wilcoxon's and analysis of covariance.

Scores of n units lie between -(n - 1) and n - 1, so that counting ranks them.

References: Wilcoxon (1945), Individual comparisons by ranking methods, Biometrics Bulletin 1:80-83,
doi:10.2307/3001968; Conover & Iman (1982), Analysis of covariance using the rank transformation, Biometrics 38:715-724,
doi:10.2307/2530051.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.fits import CONVERGED, DF, ESTIMATE, NO_VARIATION, STANDARD_ERROR, STATISTIC, TOO_FEW, P
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.normal_tail import two_sided_p

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EXACT_BELOW = 50
"""With fewer units than this in each group and no ties the exact p is wanted (the rule of R's wilcox.test)."""


@kernel
def rank_scores(score: Ints, rank: Floats, tally: Ints, ranks: Floats) -> None:
    """Fills rank (n,): 1 the lowest score, equal ones share their mean. Scratch, 2 n each: tally, ranks."""
    n = score.size
    for s in range(2 * n):
        tally[s] = 0
    for i in range(n):
        tally[score[i] + n] += 1
    _mid_ranks(tally, 2 * n, ranks)
    for i in range(n):
        rank[i] = ranks[score[i] + n]


@kernel
def fit_wilcoxon(
    score: Ints,
    rank: Floats,
    begin: int,
    stop: int,
    other_begin: int,
    other_stop: int,
    figures: Floats,
    tally: Ints,
    ranks: Floats,
) -> int:
    """Wilcoxon's test of the units from `begin` to `stop` against the others: fills figures (5,), gives the code.

    The estimate is the difference of their mean ranks among ALL units; its standard error that of the null hypothesis,
    over all allocations. The statistic counts the pairs won, ties half (W of R). p: the normal approximation with
    continuity correction; NaN where the exact one is wanted. Scratch, 2 n each: tally, ranks.
    """
    n, m, size = stop - begin, other_stop - other_begin, 2 * score.size
    for f in range(figures.size):
        figures[f] = math.nan
    if n == 0 or m == 0:
        return TOO_FEW
    for s in range(size):
        tally[s] = 0
    _count(score, begin, stop, tally)
    _count(score, other_begin, other_stop, tally)
    ties = _mid_ranks(tally, size, ranks)
    both = float(n + m)
    most = both * both * both - both
    if ties == most:
        return NO_VARIATION
    total = 0.0
    for i in range(begin, stop):
        total += ranks[score[i] + score.size]
    won = total - n * (n + 1) / 2.0
    figures[ESTIMATE] = _mean(rank[begin:stop]) - _mean(rank[other_begin:other_stop])
    figures[STANDARD_ERROR] = math.sqrt(_variance(rank[begin:stop], rank[other_begin:other_stop]) * (1.0 / n + 1.0 / m))
    figures[DF] = math.inf
    figures[STATISTIC] = won
    if ties > 0.0 or max(n, m) >= EXACT_BELOW:
        spread = math.sqrt(n * m / both * (most - ties) / (12.0 * (both - 1.0)))
        # Half a pair nearer to the mean; both come in halves, so that the mean is never passed.
        figures[P] = two_sided_p(max(abs(won - n * m / 2.0) - 0.5, 0.0) / spread)
    return CONVERGED


@kernel
def _count(score: Ints, begin: int, stop: int, tally: Ints) -> None:
    for i in range(begin, stop):
        tally[score[i] + score.size] += 1


@kernel
def _mid_ranks(tally: Ints, size: int, ranks: Floats) -> float:
    """Fills ranks (size,), that of each score; gives the sum of t^3 - t over the numbers of units t with equal
    scores."""
    below, ties = 0, 0.0
    for s in range(size):
        t = float(tally[s])
        ranks[s] = below + (t + 1.0) / 2.0
        below += tally[s]
        ties += t * t * t - t
    return ties


@kernel(sums=True)
def _mean(values: Floats) -> float:
    total = 0.0
    for i in range(values.size):
        total += values[i]
    return total / values.size


@kernel(sums=True)
def _variance(first: Floats, second: Floats) -> float:
    """Of both together, with one less than their number as divisor."""
    n = first.size + second.size
    mean = (_mean(first) * first.size + _mean(second) * second.size) / n
    squares = 0.0
    for i in range(first.size):
        squares += (first[i] - mean) * (first[i] - mean)
    for i in range(second.size):
        squares += (second[i] - mean) * (second[i] - mean)
    return squares / (n - 1)
