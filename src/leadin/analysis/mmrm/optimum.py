"""Where the REML deviance of a covariance structure is smallest: starts, attempts, and refusals that say why not."""

from __future__ import annotations

import numpy as np

from leadin.analysis.mmrm.likelihood import VisitArrays, at_covariance, slope_and_curvature
from leadin.analysis.mmrm.structures import Floats, Structure
from leadin.analysis.trust_region import Attempt, best_first, newton
from leadin.errors import ConvergenceError

FLAT = 1e-10
"""A parameter is not determined where the deviance curves less than this share of how it curves where it curves most.
"""

SINGULAR = (
    "there is no best fit, the likelihood grows without end as visits come to predict one another without error: too "
    "few participants for so many visits, or a visit that repeats another"
)
SINGULAR_POINTS = 12
"""So many refused points in one run are no overshooting."""

SMALLEST_VARIANCE = 1e-16
"""Share of the residual variance of all visits that a start takes a visit to have at least."""


def reml_optimum(data: VisitArrays, structure: Structure, visits: tuple[str, ...]) -> tuple[Attempt, ...]:
    """All attempts, the best first; their coordinates are those of the structure's `search`, with `search_unit`.

    Raises ConvergenceError, in one line, where the structure has more parameters than the data can tell, where a run
    ends in a singular covariance before any has found an optimum, and where the best point found is no optimum: then
    with every attempt.
    """
    _check_determined(data, structure, visits)
    attempts: list[Attempt] = []
    for name, near in _starts(data):
        attempts.append(_attempt(data, structure, name, near))
        if attempts[-1].reason == SINGULAR and not any(attempt.converged for attempt in attempts):
            before = f". Tried before: {_told(attempts[:-1])}" if len(attempts) > 1 else ""
            raise ConvergenceError(f"{SINGULAR} ({attempts[-1].optimiser}){before}")
    ranked = sorted(attempts, key=best_first)
    best = ranked[0]
    if not best.converged:
        raise ConvergenceError(f"no optimum was found. Tried: {_told(attempts)}")
    # In the parameters of the structure, which have no unit, unlike the coordinates of the search.
    sigma = structure.covariance(structure.parameters(np.array(best.end), search_unit(data)), data.m)
    curvatures = np.linalg.eigvalsh(slope_and_curvature(data, at_covariance(data, sigma.value), sigma)[1])
    if not curvatures[0] > FLAT * curvatures[-1]:
        raise ConvergenceError(
            f"the data do not determine all {len(best.end)} covariance parameters. Tried: {_told(attempts)}"
        )
    return tuple(ranked)


def _deviance(data: VisitArrays, structure: Structure, place: Floats) -> tuple[float, Floats, Floats]:
    sigma = structure.search(place, search_unit(data))
    at = at_covariance(data, sigma.value)
    return (at.value, *slope_and_curvature(data, at, sigma))


def _attempt(data: VisitArrays, structure: Structure, name: str, near: Floats) -> Attempt:
    """One run of Newton's method; given up where it keeps running into covariances that are as good as singular."""
    refused: list[Floats] = []

    def objective(place: Floats) -> tuple[float, Floats, Floats]:
        try:
            return _deviance(data, structure, place)
        except FloatingPointError:
            refused.append(place)
            if len(refused) == SINGULAR_POINTS:
                raise ConvergenceError(SINGULAR) from None
            raise

    start, optimiser = structure.search_start(near, search_unit(data)), f"newton from {name}"
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        try:
            return newton(objective, start, optimiser)
        except ConvergenceError:
            ends = (tuple(start.tolist()), tuple(refused[-1].tolist()))
            return Attempt(*ends, optimiser, float("nan"), False, SINGULAR, len(refused))


def _told(attempts: list[Attempt]) -> str:
    """The attempts without their many numbers."""
    return "; ".join(
        f"{attempt.optimiser}: {attempt.reason} (step {attempt.steps}, deviance {attempt.criterion:.6g})"
        for attempt in attempts
    )


def _check_determined(data: VisitArrays, structure: Structure, visits: tuple[str, ...]) -> None:
    """Raises ConvergenceError for more parameters than observations are left, and where no participant was seen at the
    visits that a parameter is about.
    """
    k, left = structure.size(data.m), data.n - data.p
    if k > left:
        raise ConvergenceError(
            f"expected at least {k + data.p} observations for its {k} covariance parameters and {data.p} fixed "
            f"effects; got {data.n}"
        )
    together = (data.seen[:, :, None] & data.seen[:, None, :]).any(axis=0)
    sigma = structure.covariance(structure.start(_even(data.m)), data.m)
    if np.linalg.matrix_rank(sigma.first[:, together]) < k:
        pairs = [f"{visits[a]} and {visits[b]}" for a, b in zip(*np.nonzero(np.triu(~together)), strict=True)]
        raise ConvergenceError(
            f"its {k} covariance parameters need participants seen at both of two visits; nobody was at "
            f"{', '.join(pairs)}"
        )


def search_unit(data: VisitArrays) -> Floats:
    """Standard deviation of the least-squares residuals at each visit (m,), never quite zero."""
    seen = data.seen[data.pattern].sum(axis=0)
    deviation: Floats = np.sqrt(np.maximum((data.y**2).sum(axis=0) / np.maximum(seen, 1), SMALLEST_VARIANCE))
    return deviation


def _starts(data: VisitArrays) -> tuple[tuple[str, Floats], ...]:
    """Covariances to begin from, in units of the outcome's scale: as the least-squares residuals vary together, with
    their variances and nothing between visits, and with half the variance shared.
    """
    seen = data.seen[data.pattern].astype(np.float64)
    together = seen.T @ seen
    moments = (data.y.T @ data.y) / np.maximum(together, 1.0)
    deviation = search_unit(data)
    correlation = np.clip(moments / np.outer(deviation, deviation), -0.95, 0.95)
    np.fill_diagonal(correlation, 1.0)
    scale = np.outer(deviation, deviation)
    smallest = float(np.linalg.eigvalsh(correlation)[0])
    share = max(0.0, (0.02 - smallest) / (1.0 - smallest)) if data.m > 1 else 0.0
    observed = (1.0 - share) * correlation + share * np.eye(data.m)
    return (
        ("the residuals", scale * observed),
        ("independence", scale * np.eye(data.m)),
        ("half shared", scale * _even(data.m)),
    )


def _even(visits: int) -> Floats:
    """Ones with half of them shared between visits."""
    return 0.5 + 0.5 * np.eye(visits)
