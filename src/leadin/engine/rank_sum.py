"""Wilcoxon's rank-sum test of two samples, and van Elteren's, which ranks within strata.

References: Wilcoxon (1945), Individual comparisons by ranking methods, Biometrics Bulletin 1:80-83,
doi:10.2307/3001968; Mann & Whitney (1947), On a test of whether one of two random variables is stochastically larger
than the other, Ann Math Stat 18:50-60, doi:10.1214/aoms/1177730491; van Elteren (1960), On the combination of
independent two-sample tests of Wilcoxon, Bull Inst Int Stat 37:351-361.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from leadin.errors import DataError

Floats = NDArray[np.float64]

EXACT_BELOW = 50
"""With fewer values than this in each sample and no ties the p value is exact; otherwise the normal approximation with
continuity correction serves (the rule of R's wilcox.test)."""


@dataclass(frozen=True)
class RankSumTest:
    """statistic: number of pairs in which the first sample is larger, ties half (W of R). p: two-sided."""

    statistic: float
    p: float
    exact: bool


@dataclass(frozen=True)
class StratifiedRankSumTest:
    """difference: mean of the first sample's ridits minus that of the second's, within strata, strata weighted by
    n m / (n + m); z, without continuity correction, and its two-sided p. used: how many values, of how many strata,
    are in strata where both samples are."""

    difference: float
    z: float
    p: float
    used: int
    strata: int


def mid_ranks(values: ArrayLike) -> Floats:
    """Ranks (n,) from 1, the smallest, to n; equal values share their mean rank."""
    x = np.asarray(values, dtype=np.float64)
    _, position, shared = np.unique(x, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(shared) - (shared - 1) / 2.0)[position.reshape(-1)]
    return ranks


def rank_sum_test(first: ArrayLike, second: ArrayLike) -> RankSumTest:
    """Tests that first (n,) and second (m,) come from one distribution.

    Raises DataError for missing or infinite numbers, an empty sample, and values that are all equal.
    """
    x, y = _sample("first", first), _sample("second", second)
    n, m = x.size, y.size
    both = np.concatenate([x, y])
    if np.ptp(both) == 0.0:
        raise DataError(f"first, second: expected values that vary; all {both.size} are {both[0]:g}.")
    ranks = mid_ranks(both)
    statistic = float(ranks[:n].sum()) - n * (n + 1) / 2.0
    exact = np.unique(both).size == both.size and max(n, m) < EXACT_BELOW
    p = _exact_p(statistic, n, m) if exact else _normal_p(statistic, n, m, ranks)
    return RankSumTest(statistic, p, bool(exact))


def stratified_rank_sum_test(values: ArrayLike, first: ArrayLike, stratum: Sequence[object]) -> StratifiedRankSumTest:
    """Van Elteren's test of values (n,), of the first sample where `first` (n,) is True, within strata (n labels).

    Each stratum's rank sum counts with the weight 1 / (its size + 1). Strata that hold one sample only tell nothing and
    are left out. Raises DataError for missing or infinite numbers, and where no stratum holds both samples and values
    that vary.
    """
    x, mine = _sample("values", values), np.asarray(first, dtype=np.bool_)
    labels = np.array([str(label) for label in stratum])
    total = variance = weights = 0.0
    used = strata = 0
    for label in np.unique(labels):
        inside = labels == label
        n, size = int((inside & mine).sum()), int(inside.sum())
        if n in (0, size):
            continue
        ranks = mid_ranks(x[inside])
        weight = n * (size - n) / size
        total += (float(ranks[mine[inside]].sum()) - n * (size + 1) / 2.0) / (size + 1)
        variance += weight * float(ranks.var(ddof=1)) / (size + 1) ** 2
        weights += weight
        used, strata = used + size, strata + 1
    if variance == 0.0:
        raise DataError("values: expected a stratum that holds both samples and values that vary; got none.")
    z = total / float(np.sqrt(variance))
    return StratifiedRankSumTest(total / weights, z, float(2.0 * ndtr(-abs(z))), used, strata)


def exact_p_values(n: int, m: int) -> Floats:
    """The exact p (n m + 1,) of each number of pairs won, 0 to n m, by n values over m others, without ties."""
    ways = _ways(n, m)
    lower = np.cumsum(ways) / ways.sum()
    # The distribution is symmetric: both tails are counted from the lower end.
    nearer = np.minimum(np.arange(n * m + 1), np.arange(n * m, -1, -1))
    p: Floats = np.minimum(1.0, 2.0 * lower[nearer])
    return p


def _exact_p(statistic: float, n: int, m: int) -> float:
    """Twice the smaller tail of the number of pairs won when every choice of n ranks out of n + m is as likely."""
    ways = _ways(n, m)
    # The distribution is symmetric: both tails are counted from the lower end.
    nearer = int(min(statistic, n * m - statistic))
    return min(1.0, 2.0 * float(ways[: nearer + 1].sum() / ways.sum()))


def _ways(n: int, m: int) -> Floats:
    """In how many ways (n m + 1,) n values and m others give 0, 1, ... n m pairs in which the first is larger."""
    # ways[i]: of i values against as many others as the outer loop has reached. Sums alone, so that nothing cancels.
    ways: list[Floats] = [np.eye(1, n * m + 1)[0] for _ in range(n + 1)]
    for _ in range(m):
        for i in range(1, n + 1):
            # The largest of all is one of the i values' or, beaten by none of them, it is theirs.
            wider = ways[i - 1].copy()
            wider[i:] += ways[i][: n * m + 1 - i]
            ways[i] = wider
    return ways[n]


def _normal_p(statistic: float, n: int, m: int, ranks: Floats) -> float:
    distance = abs(statistic - n * m / 2.0)
    spread = float(np.sqrt(n * m / (n + m) * ranks.var(ddof=1)))
    # Half a pair nearer to the mean; statistic and mean both come in halves, so that the mean is never passed.
    return float(2.0 * ndtr(-max(distance - 0.5, 0.0) / spread))


def _sample(name: str, values: ArrayLike) -> Floats:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or x.size == 0 or not bool(np.all(np.isfinite(x))):
        raise DataError(f"{name}: expected one row of finite numbers, at least one. Leave missing ones out.")
    return x
