"""Intervals for proportions, their difference, and rates of events, on arrays.

References: Clopper & Pearson (1934), Biometrika 26:404-413, doi:10.1093/biomet/26.4.404; Wilson (1927), J Am Stat
Assoc 22:209-212, doi:10.1080/01621459.1927.10502953; Newcombe (1998), Stat Med 17:873-890, method 10,
doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I; Garwood (1936), Biometrika 28:437-442,
doi:10.1093/biomet/28.3-4.437.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, gammaincinv, ndtri

from leadin.errors import DataError

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """Lower and upper bounds, in the shape of the counts they were made from."""

    low: Floats
    high: Floats


def clopper_pearson(events: ArrayLike, n: ArrayLike, level: float = 0.95) -> Interval:
    """Exact two-sided interval for a proportion: `events` of `n`, whole numbers that broadcast. 0 of 7: 0 to 0.41.

    Each tail holds at most (1 - level) / 2. n = 0 says nothing: 0 to 1. Raises DataError for counts that are not
    whole, or not within 0 to n, and for a level not between 0 and 1.
    """
    x, total = _counts(events, n)
    tail = _tail(level)
    # betaincinv is not defined where a parameter is zero; those bounds are 0 and 1 by definition.
    low = np.where(x > 0, betaincinv(np.maximum(x, 1.0), total - x + 1.0, tail), 0.0)
    high = np.where(x < total, betaincinv(x + 1.0, np.maximum(total - x, 1.0), 1.0 - tail), 1.0)
    return Interval(low, high)


def wilson(events: ArrayLike, n: ArrayLike, level: float = 0.95) -> Interval:
    """Score interval for a proportion: `events` of `n`, whole numbers that broadcast; without continuity correction.

    n = 0 says nothing: 0 to 1. Raises DataError as `clopper_pearson` does.
    """
    x, total = _counts(events, n)
    z = float(ndtri(1.0 - _tail(level)))
    # With n = 0 the formula itself gives 0 to 1; the bounds at 0 of n and n of n are exact zeros and ones, up to
    # rounding.
    centre = (x + z**2 / 2.0) / (total + z**2)
    share = np.divide(x * (total - x), total, out=np.zeros_like(x), where=total > 0)
    half = z * np.sqrt(share + z**2 / 4.0) / (total + z**2)
    return Interval(np.where(x == 0, 0.0, centre - half), np.where(x == total, 1.0, centre + half))


def newcombe(
    events: ArrayLike, n: ArrayLike, reference_events: ArrayLike, reference_n: ArrayLike, level: float = 0.95
) -> Interval:
    """Newcombe's method 10 for a difference of two proportions, `events / n - reference_events / reference_n`.

    The two Wilson intervals, joined by the squares of their half-lengths. An empty group (n = 0) says nothing: NaN.
    Raises DataError as `clopper_pearson` does.
    """
    x, total = _counts(events, n)
    y, reference = _counts(reference_events, reference_n)
    p = np.divide(x, total, out=np.full(x.shape, np.nan), where=total > 0)
    q = np.divide(y, reference, out=np.full(y.shape, np.nan), where=reference > 0)
    first, second = wilson(x, total, level), wilson(y, reference, level)
    low = (p - q) - np.sqrt((p - first.low) ** 2 + (second.high - q) ** 2)
    high = (p - q) + np.sqrt((first.high - p) ** 2 + (q - second.low) ** 2)
    return Interval(low, high)


def poisson_rate(events: ArrayLike, exposure: ArrayLike, level: float = 0.95) -> Interval:
    """Exact two-sided interval for a rate: whole numbers of `events` in an `exposure` > 0 (person-months), events per
    unit of it.

    Each tail holds at most (1 - level) / 2. Raises DataError for counts that are not whole or negative, an exposure
    that is not positive and finite, and a level not between 0 and 1.
    """
    x, time = np.broadcast_arrays(np.asarray(events, dtype=np.float64), np.asarray(exposure, dtype=np.float64))
    if not bool(np.all((x >= 0) & (x == np.floor(x)) & np.isfinite(x))):
        raise DataError("events: expected whole numbers of at least 0.")
    if not bool(np.all((time > 0) & np.isfinite(time))):
        raise DataError("exposure: expected positive times; a rate needs time at risk.")
    tail = _tail(level)
    low = np.where(x > 0, gammaincinv(np.maximum(x, 1.0), tail), 0.0) / time
    return Interval(low, gammaincinv(x + 1.0, 1.0 - tail) / time)


def _counts(events: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    x, total = np.broadcast_arrays(np.asarray(events, dtype=np.float64), np.asarray(n, dtype=np.float64))
    whole = (x == np.floor(x)) & (total == np.floor(total)) & np.isfinite(total)
    if not bool(np.all(whole & (x >= 0) & (x <= total))):
        raise DataError("events: expected whole numbers between 0 and n.")
    return x.copy(), total.copy()


def _tail(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise DataError(f"level: expected a number between 0 and 1, such as 0.95; got {level!r}.")
    return (1.0 - level) / 2.0
