"""Student's t for one mean and Welch's for the difference of two.

References: Student (1908), Biometrika 6:1-25, doi:10.1093/biomet/6.1.1; Welch (1947), Biometrika 34:28-35,
doi:10.1093/biomet/34.1-2.28.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from leadin.errors import DataError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MeanTest:
    """A mean, or a difference of means, with its test against zero and its interval; p is two-sided."""

    estimate: float
    standard_error: float
    statistic: float
    df: float
    p: float
    ci_low: float
    ci_high: float


def one_sample_t(values: ArrayLike, level: float = 0.95) -> MeanTest:
    """The mean of values (n,) against zero, n - 1 degrees of freedom.

    Raises DataError for fewer than two values, values that are missing, and values that are all equal.
    """
    x = _sample("values", values)
    spread = _variance(x) / x.size
    if spread == 0.0:
        raise DataError(f"values: expected values that vary; all {x.size} are {x[0]:g}.")
    return _tested(float(x.mean()), spread, float(x.size - 1), level)


def welch_t(values: ArrayLike, reference: ArrayLike, level: float = 0.95) -> MeanTest:
    """The mean of values (n,) minus the mean of reference (m,), variances not assumed equal.

    Raises DataError for fewer than two values in either, values that are missing, and where neither group varies.
    """
    x, y = _sample("values", values), _sample("reference", reference)
    first, second = _variance(x) / x.size, _variance(y) / y.size
    spread = first + second
    if spread == 0.0:
        raise DataError("values: expected values that vary; they are all equal within each of the two groups.")
    df = spread**2 / (first**2 / (x.size - 1) + second**2 / (y.size - 1))
    return _tested(float(x.mean() - y.mean()), spread, df, level)


def _tested(estimate: float, variance: float, df: float, level: float) -> MeanTest:
    error = float(np.sqrt(variance))
    half = float(stdtrit(df, 0.5 + level / 2.0)) * error
    t = estimate / error
    return MeanTest(estimate, error, t, df, float(2.0 * stdtr(df, -abs(t))), estimate - half, estimate + half)


def _variance(x: Floats) -> float:
    # Values that are all equal have no variance, whatever the rounding of their mean.
    return 0.0 if np.ptp(x) == 0.0 else float(x.var(ddof=1))


def _sample(name: str, values: ArrayLike) -> Floats:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or not bool(np.all(np.isfinite(x))):
        raise DataError(f"{name}: expected one row of finite numbers. Leave missing ones out.")
    if x.size < 2:
        raise DataError(f"{name}: expected at least 2 values to judge their spread; got {x.size}.")
    return x
