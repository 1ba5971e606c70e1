"""What follows from a batch of fits at a level: p, interval, whether it holds a value.

Reference: Student (1908), The probable error of a mean, Biometrika 6:1-25, doi:10.1093/biomet/6.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.engine.fits import DF, ESTIMATE, NOT_FILLED, SINGULAR, STANDARD_ERROR, STATISTIC, Codes, Fits, Floats, P

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Completed:
    """Of fits in any shape, all arrays in it: estimate, standard error, two-sided p, interval, and code; NaN where the
    code is above SINGULAR. alpha: one minus the level of the interval."""

    alpha: float
    estimate: Floats
    standard_error: Floats
    p: Floats
    low: Floats
    high: Floats
    codes: Codes

    @property
    def evaluable(self) -> Flags:
        """Which gave an estimate."""
        return np.asarray(self.codes <= SINGULAR)

    @property
    def rejected(self) -> Flags:
        """Where p is below alpha; what is not evaluable is not."""
        return np.asarray(self.p < self.alpha)

    def covers(self, truth: ArrayLike) -> Flags:
        """Where the interval holds `truth`, that broadcasts to the fits; what is not evaluable holds nothing."""
        value = np.asarray(truth, dtype=np.float64)
        return np.asarray((self.low <= value) & (value <= self.high))


def completed(fits: Fits, alpha: float = 0.05) -> Completed:
    """p where the fit left it open, and estimate -+ quantile * standard error: of Student's t with the degrees of
    freedom of each, of the normal distribution where they are infinite.

    Intervals are on the scale of the estimate. Raises ValueError for an alpha not between 0 and 1.
    """
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha: expected a number between 0 and 1; got {alpha!r}")
    estimate, error = fits.figures[..., ESTIMATE], fits.figures[..., STANDARD_ERROR]
    half = _quantile(fits.figures[..., DF], 1.0 - alpha / 2.0) * error
    return Completed(alpha, estimate, error, p_values(fits), estimate - half, estimate + half, fits.codes)


def p_values(fits: Fits) -> Floats:
    """Two-sided p of each fit (R, C): as it stands there, else from statistic and degrees of freedom."""
    from scipy.special import ndtr, stdtr

    given, df = fits.figures[..., P], fits.figures[..., DF]
    below = -np.abs(fits.figures[..., STATISTIC])
    tail = np.where(np.isinf(df), ndtr(below), stdtr(np.where(np.isinf(df), 1.0, df), below))
    return np.where(np.isnan(given), 2.0 * tail, given)


def _quantile(df: Floats, share: float) -> Floats:
    from scipy.special import ndtri, stdtrit

    normal = np.isinf(df)
    return np.asarray(np.where(normal, ndtri(share), stdtrit(np.where(normal, 1.0, df), share)))


def only_filled(fits: Fits, filled: Flags) -> Fits:
    """The fits with NOT_FILLED and NaN for trials (R,) whose units were not all found."""
    return Fits(
        np.where(filled[:, None, None], fits.figures, np.nan),
        np.where(filled[:, None], fits.codes, NOT_FILLED).astype(np.int8),
    )
