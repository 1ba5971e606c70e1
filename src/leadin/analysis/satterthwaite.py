"""Satterthwaite's degrees of freedom for contrasts of the fixed effects of a mixed model.

For a contrast with variance v(theta, sigma) = L' Cov(beta) L the degrees of freedom are 2 v^2 / (g' A g): g is the
gradient of v with respect to lme4's theta and sigma, and A = 2 H^+ their asymptotic covariance, with H the Hessian of
the REML deviance, not profiled over sigma. H is inverted over its eigenvalues above 1e-8 only, as lmerTest does, so
that singular fits have degrees of freedom too; in the (co)variances themselves the answer would differ there. Sigma
is counted in units of its estimate, so that the cut does not depend on the unit of the outcome. All derivatives are
exact.

References: Giesbrecht & Burns (1985), Biometrics 41:477-486; Kuznetsova, Brockhoff & Christensen (2017), lmerTest
Package: Tests in Linear Mixed Effects Models, J Stat Softw 82(13), doi:10.18637/jss.v082.i13.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from leadin.analysis.reml_deviance import (
    Floats,
    GroupSums,
    Pieces,
    along_factor,
    factor_of,
    lower_triangle,
    quadratic_forms,
)
from leadin.errors import DataError

SMALLEST_EIGENVALUE = 1e-8
"""Directions in which the deviance is flatter than this are left out of the inverse of its Hessian."""


@dataclass(frozen=True)
class VarianceUncertainty:
    """How surely the k entries of theta, and sigma in units of its estimate, are known; the last index is sigma.

    hessian (k + 1, k + 1): of the REML deviance. inverse: its inverse over eigenvalues above 1e-8. flat_directions:
    how many eigenvalues are not above it. covariance_gradient (k + 1, p, p): derivatives of Cov(beta).
    """

    hessian: Floats
    inverse: Floats
    flat_directions: int
    covariance_gradient: Floats


@dataclass(frozen=True)
class ContrastTest:
    """A linear combination of the fixed effects: t test of zero and confidence interval at `level`."""

    estimate: float
    standard_error: float
    df: float
    t: float
    p: float
    ci_low: float
    ci_high: float
    level: float


def variance_uncertainty(sums: GroupSums, theta: Floats, at: Pieces) -> VarianceUncertainty:
    """Hessian and gradients at an optimum theta (k,), where sigma^2 = r2 / (n - p); `at`: the pieces of the deviance
    there.
    """
    freedom = sums.n - sums.p
    variance = at.r2 / freedom
    slope = at.log_det_1 + at.r2_1 / variance
    curve = at.log_det_2 + at.r2_2 / variance
    factor = factor_of(theta, sums.q)
    rows, columns = lower_triangle(sums.q)
    lower = rows * sums.q + columns
    _, over_factor = along_factor(factor, slope, curve)
    jacobian = (quadratic_forms(sums.q) @ factor.ravel())[:, lower]

    k = theta.size
    hessian = np.empty((k + 1, k + 1))
    hessian[:k, :k] = over_factor[np.ix_(lower, lower)]
    hessian[:k, k] = hessian[k, :k] = -2.0 * jacobian.T @ at.r2_1 / variance
    hessian[k, k] = 4.0 * freedom

    r_inverse = np.linalg.inv(sums.r)
    spread = r_inverse @ at.c_inverse
    over_s = -variance * (spread @ at.c_1 @ spread.T)
    over_theta = np.einsum("jxy,ja->axy", over_s, jacobian)
    over_sigma = 2.0 * variance * (spread @ r_inverse.T)
    inverse, flat = _inverse_where_curved(hessian)
    return VarianceUncertainty(hessian, inverse, flat, np.concatenate([over_theta, over_sigma[None]]))


def _inverse_where_curved(hessian: Floats) -> tuple[Floats, int]:
    eigenvalues, vectors = np.linalg.eigh(hessian)
    curved = eigenvalues > SMALLEST_EIGENVALUE
    kept = vectors[:, curved]
    return (kept / eigenvalues[curved]) @ kept.T, int((~curved).sum())


def degrees_of_freedom(uncertainty: VarianceUncertainty, covariance: Floats, contrast: Floats) -> float:
    """Satterthwaite's degrees of freedom of `contrast` (p,); infinite where its variance does not depend on what was
    estimated.
    """
    variance = contrast @ covariance @ contrast
    gradient = uncertainty.covariance_gradient @ contrast @ contrast
    spread = gradient @ uncertainty.inverse @ gradient
    return float(variance**2 / spread) if spread > 0.0 else float("inf")


def contrast_test(
    coefficients: Floats,
    covariance: Floats,
    uncertainty: VarianceUncertainty,
    contrast: ArrayLike,
    level: float = 0.95,
    *,
    adjusted: Floats | None = None,
) -> ContrastTest:
    """Test of `contrast` (p,) of the coefficients (p,) with covariance (p, p).

    adjusted (p, p): where given, what the standard error is taken from; the degrees of freedom stay those of
    `covariance`. Raises DataError for a contrast of another length, with missing or infinite entries, or all zero, and
    for a level outside 0 to 1.
    """
    from scipy.special import stdtr, stdtrit

    weights = np.asarray(contrast, dtype=np.float64)
    if weights.shape != coefficients.shape:
        raise DataError(
            f"contrast: expected one number per fixed effect, shape {coefficients.shape}; got shape {weights.shape}"
        )
    if not np.isfinite(weights).all() or not weights.any():
        raise DataError(f"contrast: expected finite numbers, not all zero; got {weights.tolist()}")
    if not 0.0 < level < 1.0:
        raise DataError(f"level: expected a number between 0 and 1; got {level}")
    estimate = float(weights @ coefficients)
    standard_error = float(np.sqrt(weights @ (covariance if adjusted is None else adjusted) @ weights))
    df = degrees_of_freedom(uncertainty, covariance, weights)
    t = estimate / standard_error
    half = float(stdtrit(df, 0.5 + level / 2.0)) * standard_error
    p = 2.0 * float(stdtr(df, -abs(t)))
    return ContrastTest(estimate, standard_error, df, t, p, estimate - half, estimate + half, level)
