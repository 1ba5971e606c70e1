"""Wilcoxon's signed-rank test of paired differences.

Reference: Wilcoxon (1945), Individual comparisons by ranking methods, Biometrics Bulletin 1:80-83, doi:10.2307/3001968.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from leadin.errors import DataError

Floats = NDArray[np.float64]

EXACT_BELOW = 50
"""With fewer differences than this, none of them zero or tied, the p value is exact; otherwise the normal approximation
with continuity correction serves (the rule of R's wilcox.test)."""


@dataclass(frozen=True)
class SignedRankTest:
    """statistic: sum of the ranks of the positive differences. p: two-sided. n: differences that are not zero."""

    statistic: float
    p: float
    n: int
    exact: bool


def signed_rank_test(differences: ArrayLike, *, decimals: int | None = None) -> SignedRankTest:
    """Tests that the differences (n,) are symmetric about zero; zeros are left out, ties share their mean rank.

    decimals: round the differences to so many before they are ranked, so that equal ones which differ by the rounding
    of the arithmetic are ties. Raises DataError for missing or infinite numbers and where no difference is left.
    """
    d = np.asarray(differences, dtype=np.float64)
    if d.ndim != 1 or not bool(np.all(np.isfinite(d))):
        raise DataError("differences: expected one row of finite numbers. Leave missing ones out.")
    given = d.size
    if decimals is not None:
        d = np.round(d, decimals)
    d = d[d != 0.0]
    if d.size == 0:
        raise DataError(f"differences: expected at least one that is not zero; got {given}, all zero.")
    size, position, shared = np.unique(np.abs(d), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(shared) - (shared - 1) / 2.0)[position.reshape(-1)]
    statistic = float(ranks[d > 0].sum())
    exact = given == d.size and size.size == d.size and d.size < EXACT_BELOW
    p = _exact_p(statistic, d.size) if exact else _normal_p(statistic, d.size, shared)
    return SignedRankTest(statistic, p, d.size, exact)


def _exact_p(statistic: float, n: int) -> float:
    """Twice the smaller tail of the sum of a random subset of the ranks 1 to n."""
    ways = np.zeros(n * (n + 1) // 2 + 1)
    ways[0] = 1.0
    for rank in range(1, n + 1):
        # Every subset sum so far, with this rank and without it; below 2^53 ways, so the counts are exact.
        ways[rank:] = ways[rank:] + ways[:-rank]
    # The distribution is symmetric: both tails are counted from the lower end.
    nearer = int(min(statistic, n * (n + 1) // 2 - statistic))
    return min(1.0, 2.0 * float(ways[: nearer + 1].sum()) / 2.0**n)


def _normal_p(statistic: float, n: int, shared: NDArray[np.intp]) -> float:
    ties = shared.astype(np.float64)
    variance = n * (n + 1) * (2 * n + 1) / 24.0 - float((ties**3 - ties).sum()) / 48.0
    distance = abs(statistic - n * (n + 1) / 4.0)
    # Half a rank nearer to the mean; statistic and mean both come in halves, so that the mean is never passed.
    return float(2.0 * ndtr(-max(distance - 0.5, 0.0) / np.sqrt(variance)))
