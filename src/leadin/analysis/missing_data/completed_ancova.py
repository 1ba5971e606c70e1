"""Analysis of covariance of many completed tables at once: what `fit_ancova` gives, table by table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CompletedFits:
    """Each arm but the first minus the first: estimates (d, a - 1), their variances (d, a - 1), df of each fit."""

    estimates: Floats
    variances: Floats
    df: int


@dataclass(frozen=True)
class CompletedAncova:
    """The part of the least squares that does not depend on the outcome, so that outcomes can be changed cheaply.

    solver (d, k, n): from outcomes to coefficients, those of the a arms first. design (d, n, k); inverse (d, k, k) of
    its products. The first axis is 1 where all tables share baseline and covariates.
    """

    solver: Floats
    design: Floats
    inverse: Floats
    arms: int

    def fit(self, change: Floats) -> CompletedFits:
        """The fits of changes (d, n)."""
        coefficients = (self.solver @ change[:, :, None])[:, :, 0]
        residuals = change - (self.design @ coefficients[:, :, None])[:, :, 0]
        df = change.shape[1] - self.design.shape[2]
        variance = (residuals**2).sum(axis=1) / df
        diagonal = np.diagonal(self.inverse, axis1=1, axis2=2)[:, : self.arms]
        spread = diagonal[:, 1:] + diagonal[:, :1] - 2.0 * self.inverse[:, 0, 1 : self.arms]
        estimates = coefficients[:, 1 : self.arms] - coefficients[:, :1]
        return CompletedFits(estimates, variance[:, None] * spread, df)


def completed_ancova(baseline: ArrayLike, covariates: ArrayLike, arm: NDArray[np.intp], arms: int) -> CompletedAncova:
    """baseline (d, n) or (1, n), covariates (n, c), arm (n,): number of the arm, 0 the one that others are held
    against. Nothing may be missing or redundant; `fit_ancova` on one table finds that out."""
    start, extra = np.asarray(baseline, dtype=np.float64), np.asarray(covariates, dtype=np.float64)
    groups = (arm[:, None] == np.arange(arms)).astype(np.float64)
    shared = np.column_stack([groups, extra])
    # Centred, so that a baseline far from zero costs no digits.
    start = start - start.mean(axis=1, keepdims=True)
    design = np.concatenate([np.broadcast_to(shared, (start.shape[0], *shared.shape)), start[:, :, None]], axis=2)
    orthogonal, triangle = np.linalg.qr(design)
    inverse_triangle = np.linalg.inv(triangle)
    solver = inverse_triangle @ orthogonal.transpose(0, 2, 1)
    return CompletedAncova(solver, design, inverse_triangle @ inverse_triangle.transpose(0, 2, 1), arms)
