"""The linear mixed model of one trial: any fixed effects, one to three random effects per participant, REML.

y = X beta + Z_i b_i + e with b_i ~ N(0, Sigma), Sigma unstructured, and e ~ N(0, sigma^2 I). The criterion is lme4's:
the REML deviance, profiled over beta and sigma. It is minimised by Newton steps from several starts over all entries
of a square factor F of Sigma = sigma^2 F F', so that an optimum at the edge (a variance of zero, a correlation of
one) is an ordinary stationary point; F is then turned into lme4's theta, the lower triangle of the triangular factor
L with a diagonal that is not negative. Singular fits are fits: they are flagged, not refused.

Reference: Bates, Maechler, Bolker & Walker (2015), Fitting linear mixed-effects models using lme4, J Stat Softw
67(1), doi:10.18637/jss.v067.i01.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from leadin.analysis.mixed_model_input import (
    check_columns,
    check_residual,
    checked_arrays,
    checked_names,
    checked_start,
)
from leadin.analysis.reml_deviance import Floats, GroupSums, group_sums, lower_triangle, pieces, profiled_deviance
from leadin.analysis.reml_optimum import lower_factor, reml_optima
from leadin.analysis.satterthwaite import ContrastTest, VarianceUncertainty, contrast_test, variance_uncertainty
from leadin.analysis.trust_region import Attempt
from leadin.errors import DataError

SINGULAR = 1e-4
"""A fit is singular when a diagonal entry of L is below this (lme4's isSingular)."""


@dataclass(frozen=True)
class MixedModelFit:
    """A fitted model: p fixed effects, q random effects, g groups.

    coefficients (p,) and their covariance (p, p), in the order of `names`; theta (q(q+1)/2,): lme4's, the lower
    triangle of L column by column; sigma: residual standard deviation; random_covariance (q, q); group_labels (g,)
    and random_effects (g, q): conditional modes. singular: a variance of zero or a correlation of one, by lme4's
    rule. attempts: all runs of the optimiser, the best first. Where a variance other than the last is exactly zero, L
    is not unique; the one returned has a zero column there.
    """

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    theta: Floats
    sigma: float
    random_covariance: Floats
    reml_log_likelihood: float
    singular: bool
    group_labels: tuple[object, ...]
    random_effects: Floats
    n: int
    uncertainty: VarianceUncertainty
    attempts: tuple[Attempt, ...]

    @property
    def residual_variance(self) -> float:
        """Square of sigma."""
        return self.sigma**2

    def test(self, contrast: ArrayLike | str, level: float = 0.95) -> ContrastTest:
        """Test a linear combination (p,) of the coefficients, or one coefficient by name, with Satterthwaite's df.

        Raises DataError for an unknown name and for a contrast of the wrong shape, not finite, or all zero.
        """
        if isinstance(contrast, str):
            if contrast not in self.names:
                raise DataError(f"contrast: expected one of {', '.join(self.names)}; got {contrast!r}")
            contrast = np.array([float(name == contrast) for name in self.names])
        return contrast_test(self.coefficients, self.covariance, self.uncertainty, contrast, level)


def fit_mixed_model(
    y: ArrayLike,
    fixed: ArrayLike,
    random: ArrayLike,
    group: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    start: ArrayLike | None = None,
) -> MixedModelFit:
    """Fit by REML: outcome y (n,), fixed effects (n, p), random effects (n, q) with q from 1 to 3, group labels (n,).

    names: of the fixed effects, `x1`, `x2`, ... by default. start: a theta to begin from, besides the usual starts.
    Missing values are not allowed: leave such rows out. Raises DataError for shapes that do not match, missing or
    infinite numbers, a constant outcome, fewer than two groups, redundant fixed or random effects (by name), and data
    that cannot tell residual from random effects; ConvergenceError, with all attempts, when the best optimum found is
    not one.
    """
    outcome, x, z, labels, index = checked_arrays(y, fixed, random, group)
    titles = checked_names(names, x.shape[1])
    check_columns(x, "fixed", titles)
    check_columns(z, "random", tuple(f"column {j + 1}" for j in range(z.shape[1])))
    sums = group_sums(outcome, x, z, index, len(labels))
    check_residual(sums, outcome, index)
    scale = np.sqrt((z**2).mean(axis=0))
    attempts = reml_optima(sums.rescaled(scale), [] if start is None else [checked_start(start, scale)])
    factor = lower_factor(np.reshape(attempts[0].end, (sums.q, sums.q))) / scale[:, None]
    return _fit_at(factor, sums, titles, labels, attempts)


def _fit_at(
    factor: Floats, sums: GroupSums, names: tuple[str, ...], labels: tuple[object, ...], attempts: tuple[Attempt, ...]
) -> MixedModelFit:
    theta: Floats = factor[lower_triangle(sums.q)]
    at = pieces(sums, factor)
    variance = at.r2 / (sums.n - sums.p)
    r_inverse = np.linalg.inv(sums.r)
    return MixedModelFit(
        names=names,
        coefficients=r_inverse @ (sums.least_squares + at.gamma),
        covariance=variance * (r_inverse @ at.c_inverse @ r_inverse.T),
        theta=theta,
        sigma=float(np.sqrt(variance)),
        random_covariance=variance * (factor @ factor.T),
        reml_log_likelihood=-0.5 * profiled_deviance(sums, factor).value,
        singular=bool((np.diag(factor) < SINGULAR).any()),
        group_labels=labels,
        random_effects=at.modes,
        n=sums.n,
        uncertainty=variance_uncertainty(sums, theta, at),
        attempts=attempts,
    )
