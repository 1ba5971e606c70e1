"""The optimum of the REML deviance: starts, attempts, the best of them, and lme4's theta for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.analysis.reml_deviance import Floats, GroupSums, profiled_deviance, turning_directions
from leadin.analysis.trust_region import Attempt, best_first, nelder_mead, newton
from leadin.errors import ConvergenceError

RANK_TOLERANCE = 1e-10
"""Eigenvalues of Z'Z below this share of the largest count as zero."""


def reml_optima(sums: GroupSums, starts: list[Floats]) -> tuple[Attempt, ...]:
    """All attempts, the best first, from `starts` and the usual ones; raises ConvergenceError when the best is not an
    optimum.
    """

    def objective(entries: Floats) -> tuple[float, Floats, Floats]:
        factor = entries.reshape(sums.q, sums.q)
        at = profiled_deviance(sums, factor)
        return at.value, at.gradient, at.hessian + sums.n * lent_curvature(factor)

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        starts = [each.ravel() for each in (*starts, *_starts(sums))]
        attempts = [newton(objective, each) for each in starts]
        if not any(attempt.converged for attempt in attempts):
            attempts.append(nelder_mead(objective, np.array(min(attempts, key=best_first).end)))
    ranked = sorted(attempts, key=best_first)
    if not ranked[0].converged:
        tried = "\n".join(f"  {attempt}" for attempt in attempts)
        raise ConvergenceError(
            "The mixed model did not converge: the best point found is not an optimum. The data may not tell the "
            f"residual from the random effects; use fewer random effects. Tried (criterion: REML deviance):\n{tried}"
        )
    return tuple(ranked)


def lent_curvature(factor: Floats) -> Floats:
    """Curvature (q^2, q^2) in the directions in which F only turns, about one per unit of F.

    The deviance is level along them, on both sides of the optimum; lending it curvature there keeps the steps off them.
    """
    turns = turning_directions(factor)
    return (turns @ turns.T) / max(float((factor**2).sum()), 1e-300)


def _starts(sums: GroupSums) -> list[Floats]:
    """Starts for F: from least squares within groups; random effects as large as the residual, smaller, larger and
    correlated.
    """
    one = np.eye(sums.q)
    return [_least_squares_start(sums), one, 0.2 * one, 3.0 * (one - np.tril(np.ones_like(one), -1))]


def _least_squares_start(sums: GroupSums) -> Floats:
    """Factor of the covariance of the groups' own least-squares coefficients, less what their errors add to it."""
    inverse = np.linalg.pinv(sums.zz, rcond=RANK_TOLERANCE, hermitian=True)
    toward = sums.zw[:, :, -1]
    own = np.einsum("gab,gb->ga", inverse, toward)
    ranks = group_ranks(sums.zz)
    total = float(sums.ww[-1, -1])
    within = max(total - float((own * toward).sum()), 1e-6 * total) / max(sums.n - ranks.sum(), 1)
    full = ranks == sums.q
    if not full.any():
        return np.eye(sums.q)
    excess = own[full].T @ own[full] / (within * full.sum()) - inverse[full].mean(axis=0)
    values, vectors = np.linalg.eigh(excess)
    factor: Floats = vectors * np.sqrt(np.maximum(values, 0.01))
    return factor


def group_ranks(zz: Floats) -> NDArray[np.intp]:
    """How many random effects the observations of each group can tell apart."""
    eigenvalues = np.linalg.eigvalsh(zz)
    ranks: NDArray[np.intp] = (eigenvalues > RANK_TOLERANCE * eigenvalues[:, -1:]).sum(axis=1)
    return ranks


def lower_factor(factor: Floats) -> Floats:
    """The triangular factor of the same S, with a diagonal that is not negative and zeros below a diagonal entry that
    is zero.
    """
    q = factor.shape[0]
    upper = np.linalg.qr(factor.T)[1]
    lower: Floats = upper.T * np.where(np.diag(upper) < 0.0, -1.0, 1.0)
    small = 1e-6 * max(1.0, float(np.abs(lower).max()))
    for j in range(q - 1):
        if lower[j, j] < small and np.abs(lower[j + 1 :, j]).max() >= small:
            lower[j:, j] = 0.0
            rest = factor @ factor.T - lower[:, :j] @ lower[:, :j].T
            lower[j + 1 :, j + 1 :] = _semidefinite_factor(rest[j + 1 :, j + 1 :], small)
            break
    return lower


def _semidefinite_factor(s: Floats, small: float) -> Floats:
    """Cholesky factor of a positive semi-definite matrix; a column whose pivot is below small^2 is zero."""
    q = s.shape[0]
    factor = np.zeros((q, q))
    for j in range(q):
        rest = s[j:, j] - factor[j:, :j] @ factor[j, :j]
        if rest[0] >= small**2:
            factor[j:, j] = rest / np.sqrt(rest[0])
    return factor
