"""One estimate from the analyses of many completed tables.

References: Rubin (1987), Multiple Imputation for Nonresponse in Surveys, doi:10.1002/9780470316696; Barnard & Rubin
(1999), Biometrika 86:948-955, doi:10.1093/biomet/86.4.948.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from leadin.engine.t_tests import MeanTest
from leadin.errors import DataError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pooled:
    """estimate: mean over the m tables. within, between: mean variance of the estimates, and variance between them.
    variance: within + (1 + 1/m) between. df: Barnard and Rubin's."""

    estimate: float
    within: float
    between: float
    m: int
    variance: float
    df: float

    @property
    def missing_share(self) -> float:
        """Share of the variance that is due to missing values (lambda)."""
        return (1.0 + 1.0 / self.m) * self.between / self.variance

    @property
    def monte_carlo_error(self) -> float:
        """How far the estimate itself is expected to lie from that of endlessly many tables (one standard error)."""
        return float(np.sqrt(self.between / self.m))

    def test(self, level: float = 0.95) -> MeanTest:
        """The estimate against zero, with its interval."""
        error = float(np.sqrt(self.variance))
        t, half = self.estimate / error, float(stdtrit(self.df, 0.5 + level / 2.0)) * error
        p = float(2.0 * stdtr(self.df, -abs(t)))
        return MeanTest(self.estimate, error, t, self.df, p, self.estimate - half, self.estimate + half)


def pool(estimates: ArrayLike, variances: ArrayLike, complete_df: float) -> Pooled:
    """Rubin's rules for one estimate and its variance in each of m tables, arrays (m,).

    complete_df: degrees of freedom of the analysis of a complete table. Tables that all give the same estimate have
    nothing missing: their df are the complete ones. Raises DataError for fewer than two tables, and for variances that
    are not positive.
    """
    q, u = np.asarray(estimates, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if q.ndim != 1 or q.size < 2 or u.shape != q.shape:
        raise DataError(f"estimates: expected one estimate and variance from each of at least 2 tables; got {q.size}.")
    if not (bool(np.all(np.isfinite(q))) and bool(np.all(u > 0.0))):
        raise DataError("variances: expected finite estimates with variances above zero.")
    m, within = q.size, float(u.mean())
    # Estimates that are all equal do not vary, whatever the rounding of their mean.
    between = 0.0 if np.ptp(q) == 0.0 else float(q.var(ddof=1))
    variance = within + (1.0 + 1.0 / m) * between
    share = (1.0 + 1.0 / m) * between / variance
    if between == 0.0:
        return Pooled(float(q.mean()), within, between, m, variance, complete_df)
    between_df = (m - 1) / share**2
    if not np.isfinite(complete_df):
        return Pooled(float(q.mean()), within, between, m, variance, between_df)
    observed_df = (complete_df + 1.0) / (complete_df + 3.0) * complete_df * (1.0 - share)
    df = between_df * observed_df / (between_df + observed_df)
    return Pooled(float(q.mean()), within, between, m, variance, df)
