"""Change from baseline at one visit, between arms: analysis of covariance, and the t test without adjustment beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from leadin.engine.least_squares import least_squares
from leadin.engine.t_tests import MeanTest
from leadin.errors import DataError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AncovaFit:
    """A fit of a arms. means (a,): mean of each arm at the mean baseline and at `at` of the covariates; covariance
    (a, a) of them; df: participants minus coefficients; residual_sd: standard deviation around the fit."""

    arms: tuple[str, ...]
    means: Floats
    covariance: Floats
    df: int
    residual_sd: float

    def mean(self, arm: str, level: float = 0.95) -> MeanTest:
        """The adjusted mean of an arm, against zero."""
        i = self.arms.index(arm)
        return self._tested(float(self.means[i]), float(self.covariance[i, i]), level)

    def difference(self, arm: str, reference: str, level: float = 0.95) -> MeanTest:
        """The adjusted mean of an arm minus that of `reference`, against zero."""
        i, j = self.arms.index(arm), self.arms.index(reference)
        variance = self.covariance[i, i] + self.covariance[j, j] - 2.0 * self.covariance[i, j]
        return self._tested(float(self.means[i] - self.means[j]), float(variance), level)

    def _tested(self, estimate: float, variance: float, level: float) -> MeanTest:
        error = float(np.sqrt(variance))
        t, half = estimate / error, float(stdtrit(self.df, 0.5 + level / 2.0)) * error
        p = float(2.0 * stdtr(self.df, -abs(t)))
        return MeanTest(estimate, error, t, float(self.df), p, estimate - half, estimate + half)


def fit_ancova(
    change: ArrayLike,
    baseline: ArrayLike,
    arm: Sequence[str],
    covariates: ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
    at: ArrayLike | None = None,
) -> AncovaFit:
    """Least squares of change (n,) on arm (n labels), baseline (n,) and covariates (n, k): one slope in all arms, one
    residual variance.

    names (k,): of the covariates, for messages. at (k,): values of the covariates at which means are taken, their own
    means where nothing is said; differences between arms do not depend on it. Nothing may be missing. Raises DataError
    for missing or infinite numbers, too few participants, a covariate that the others explain, and an exact fit.
    """
    arms = tuple(dict.fromkeys(arm))
    label, y, start = np.asarray(arm), np.asarray(change, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    extra = np.empty((y.size, 0)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    if extra.ndim != 2 or not (y.ndim == 1 and y.size == start.size == label.size == extra.shape[0] > 0):
        raise DataError("change: expected as many baselines, arms and rows of covariates as changes, at least one.")
    named = [f"covariate {i + 1}" for i in range(extra.shape[1])] if names is None else list(names)
    centre = extra.mean(axis=0) if at is None else np.asarray(at, dtype=np.float64)
    # An indicator for every arm and no constant; an adjusted mean is its coefficient and the rest at its centre.
    groups = (label[:, None] == np.array(arms)).astype(np.float64)
    fit = least_squares(
        y, np.column_stack([groups, start, extra]), [*(f"arm {name}" for name in arms), "baseline", *named]
    )
    centres = np.concatenate([[start.mean()], centre])
    means = np.column_stack([np.eye(len(arms)), np.tile(centres, (len(arms), 1))])
    return AncovaFit(
        arms, means @ fit.coefficients, means @ fit.covariance @ means.T, fit.df, float(np.sqrt(fit.variance))
    )
