"""How two quantities go together: the least-squares line, Pearson's and Spearman's correlation.

References: Fisher (1921), On the probable error of a coefficient of correlation, Metron 1:3-32; Spearman (1904), Am J
Psychol 15:72-101, doi:10.2307/1412159; Bonett & Wright (2000), Psychometrika 65:23-28, doi:10.1007/BF02294183 (interval
of Spearman's correlation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtr, stdtrit

from leadin.errors import DataError

Floats = NDArray[np.float64]

EXACT_BELOW = 10
"""With fewer pairs than this and no ties Spearman's p counts all orders; otherwise Student's t serves (the rule of R's
cor.test, but for its Edgeworth series)."""
FEWEST = 3
FEWEST_FOR_INTERVAL = 4


@dataclass(frozen=True)
class Association:
    """An estimate with its two-sided test against zero; what does not exist is NaN.

    statistic: t on df degrees of freedom; of an exact test the sum of squared differences of ranks, and df NaN.
    """

    estimate: float
    standard_error: float
    statistic: float
    df: float
    p: float
    ci_low: float
    ci_high: float
    n: int
    exact: bool = False


def least_squares_line(x: ArrayLike, y: ArrayLike, level: float = 0.95) -> Association:
    """The slope of y (n,) over x (n,), with Student's t and interval on n - 2 degrees of freedom.

    Raises DataError for shapes that differ, missing numbers, fewer than 3 pairs, values of either that are all equal,
    and pairs that all lie on one line.
    """
    a, b = _pairs(x, y)
    dx, dy = a - a.mean(), b - b.mean()
    slope = float((dx * dy).sum() / (dx * dx).sum())
    left = dy - slope * dx
    if float((left * left).sum()) <= 1e-24 * float((dy * dy).sum()):
        raise DataError(f"y: expected pairs that do not all lie on one line; all {a.size} do.")
    df = float(a.size - 2)
    error = float(np.sqrt((left * left).sum() / df / (dx * dx).sum()))
    half = float(stdtrit(df, 0.5 + level / 2.0)) * error
    t = slope / error
    return Association(slope, error, t, df, float(2.0 * stdtr(df, -abs(t))), slope - half, slope + half, a.size)


def pearson(x: ArrayLike, y: ArrayLike, level: float = 0.95) -> Association:
    """Pearson's correlation of x (n,) and y (n,), with Student's t and Fisher's interval (from 4 pairs on).

    Raises DataError as `least_squares_line`, but not for pairs on one line.
    """
    a, b = _pairs(x, y)
    return _correlation(a, b, level, 1.0)


def spearman(x: ArrayLike, y: ArrayLike, level: float = 0.95) -> Association:
    """Spearman's correlation, ties at their mean rank; the interval is that of Bonett and Wright. Raises as above."""
    a, b = (_ranks(each) for each in _pairs(x, y))
    rho = float(np.corrcoef(a, b)[0, 1])
    found = _correlation(a, b, level, 1.0 + rho * rho / 2.0)
    if a.size >= EXACT_BELOW or np.unique(a).size < a.size or np.unique(b).size < b.size:
        return found
    squares = float(((a - b) ** 2).sum())
    nan = float("nan")
    p = _exact_p(round(squares), a.size)
    return Association(rho, nan, squares, nan, p, found.ci_low, found.ci_high, a.size, exact=True)


def _correlation(a: Floats, b: Floats, level: float, spread: float) -> Association:
    """spread: the variance of the transformed correlation, times n - 3."""
    r = float(np.clip(np.corrcoef(a, b)[0, 1], -1.0, 1.0))
    df = float(a.size - 2)
    with np.errstate(divide="ignore"):
        t = float(r * np.sqrt(df) / np.sqrt(np.float64(1.0 - r * r)))
        low = high = float("nan")
        if a.size >= FEWEST_FOR_INTERVAL:
            half = -ndtri((1.0 - level) / 2.0) * np.sqrt(spread / (a.size - 3))
            low, high = float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))
    return Association(r, float("nan"), t, df, float(2.0 * stdtr(df, -abs(t))), low, high, a.size)


def _exact_p(squares: int, n: int) -> float:
    """Twice the smaller tail of the sum of squared differences of ranks, over all orders of one of them.

    ways[s][k]: in how many ways the first members can take the set s of ranks with a sum of k.
    """
    most = n * (n * n - 1) // 3
    ways = np.zeros((1 << n, most + 1))
    ways[0, 0] = 1.0
    for taken in range(1, 1 << n):
        member = taken.bit_count() - 1
        for rank in range(n):
            if taken >> rank & 1:
                apart = (member - rank) ** 2
                ways[taken, apart:] += ways[taken ^ (1 << rank), : most + 1 - apart]
    orders = ways[-1]
    # The distribution is symmetric about its mean, most / 2.
    tail = orders[squares:] if 2 * squares > most else orders[: squares + 1]
    return min(1.0, 2.0 * float(tail.sum() / orders.sum()))


def _ranks(values: Floats) -> Floats:
    _, position, shared = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(shared) - (shared - 1) / 2.0)[position.reshape(-1)]
    return ranks


def _pairs(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape or not bool(np.isfinite(a).all() and np.isfinite(b).all()):
        raise DataError("x, y: expected as many finite numbers of one as of the other. Leave missing ones out.")
    if a.size < FEWEST:
        raise DataError(f"x, y: expected at least {FEWEST} pairs; got {a.size}.")
    for name, each in (("x", a), ("y", b)):
        if np.ptp(each) == 0.0:
            raise DataError(f"{name}: expected values that vary; all {a.size} are {each[0]:g}.")
    return a, b
