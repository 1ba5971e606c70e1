"""Each patient's own slope: the least-squares line through his scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.errors import DataError

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def ols_slopes(months: ArrayLike, values: ArrayLike) -> tuple[Floats, Counts]:
    """Least-squares slope of each row's values over its months.

    months (n, k), or (k,) for all rows alike; values (n, k). A NaN in either is a missing visit. Gives the slopes
    (n,), in units of value per month (of 30.4375 days), NaN where fewer than two distinct months are left, and the
    visits used (n,). DataError when the shapes do not fit.
    """
    y, t = aligned_visits(months, values)
    seen = np.isfinite(y) & np.isfinite(t)
    count = seen.sum(axis=1)
    divisor = np.maximum(count, 1)
    t = np.where(seen, t, 0.0)
    y = np.where(seen, y, 0.0)
    # Centring both keeps the sums small, so that slopes of whole scores are right to the last few digits.
    t = np.where(seen, t - (t.sum(axis=1) / divisor)[:, None], 0.0)
    y = np.where(seen, y - (y.sum(axis=1) / divisor)[:, None], 0.0)
    spread = (t * t).sum(axis=1)
    slope = np.full(count.shape, np.nan)
    np.divide((t * y).sum(axis=1), spread, out=slope, where=(count >= 2) & (spread > 0.0))
    return slope, count


def aligned_visits(months: ArrayLike, values: ArrayLike) -> tuple[Floats, Floats]:
    """values (n, k) as numbers, and months (n, k) beside them, from months (n, k) or (k,); else DataError."""
    y = np.asarray(values, dtype=np.float64)
    t = np.asarray(months, dtype=np.float64)
    if y.ndim != 2:
        raise DataError(f"values: expected one row per participant and one column per visit; got shape {y.shape}.")
    if t.shape not in (y.shape, y.shape[1:]):
        raise DataError(f"months: expected shape {y.shape} or {y.shape[1:]}, as the values; got {t.shape}.")
    return y, np.broadcast_to(t, y.shape)
