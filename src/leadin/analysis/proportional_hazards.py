"""The maximum of Cox's partial likelihood by Newton's method, or why there is none.

Ours rather than lifelines': with covariates and strata lifelines reaches coxph to 1e-14 at tight settings, but it does
not halve a Newton step that makes things worse (large effects are given up), cannot say along which covariate the
likelihood rises for ever, and takes some fifty times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.analysis.partial_likelihood import Likelihood, Stratum, likelihood_at, never_falling, strata_of
from leadin.errors import ConvergenceError, DataError

Floats = NDArray[np.float64]

CONVERGED = 1e-18
"""The step is the last one when it would raise twice the likelihood by less: the next would be lost in rounding."""
MOST_STEPS = 100
MOST_HALVINGS = 40
LONGEST = 5.0
"""A step changes the log hazard ratio of no two participants by more. One that goes too far may end where the
likelihood is higher but so flat that its information is lost in rounding, and no way leads back."""
SINGULAR = 1e-10
"""An information this small beside the largest (columns at their own scale) tells nothing of that direction."""
WIDE = 15.0
"""Log hazards of two participants that differ by more may be on their way to infinity: it is then looked into."""
RISES = 1e-5
"""A direction counts as never falling when it lifts the deaths by this much (columns at their own scale): the solver
takes feasible to 1e-7."""
UNKNOWN = f"the fit did not converge in {MOST_STEPS} steps of Newton's method, each halved as needed"


@dataclass(frozen=True)
class ProportionalHazards:
    """Coefficients (k,), their covariance (k, k), and the log partial likelihood there and at zero."""

    coefficients: Floats
    covariance: Floats
    log_likelihood: float
    log_likelihood_at_zero: float


def proportional_hazards(
    months: ArrayLike, event: ArrayLike, columns: ArrayLike, titles: Sequence[str], stratum: ArrayLike | None = None
) -> ProportionalHazards:
    """Cox's model, ties by Efron, from times (n,), events (n,), columns (n, k) with their titles, and labels of strata
    (n,), each with a baseline hazard of its own.

    Raises DataError for shapes that differ and missing numbers; ConvergenceError, with the columns at fault by title,
    where nobody died, where columns say the same, and where no finite coefficients fit best.
    """
    time, x = np.asarray(months, dtype=np.float64), np.asarray(columns, dtype=np.float64)
    if x.ndim != 2 or x.shape != (time.size, len(titles)) or np.shape(event) != time.shape:
        raise DataError(
            f"columns: expected a row for each time and a title for each column; got {x.shape}, {time.shape}, "
            f"{np.shape(event)} and {len(titles)} titles."
        )
    if not (np.isfinite(time).all() and np.isfinite(x).all()):
        raise DataError("columns: expected finite numbers. Leave participants with missing ones out.")
    strata = strata_of(time, event, stratum)
    if not strata:
        raise ConvergenceError("nobody died, so that no hazard ratio can be estimated")
    spread = x.std(axis=0)
    scale = np.where(spread > 0.0, spread, 1.0)
    z = (x - x.mean(axis=0)) / scale
    start = likelihood_at(np.zeros(x.shape[1]), z, strata)
    _refuse_alike(start, titles)
    try:
        beta, best = _maximum(z, strata, start)
    except (ConvergenceError, np.linalg.LinAlgError):
        _refuse_monotone(z, strata, titles)
        raise ConvergenceError(UNKNOWN) from None
    # Where the likelihood rises for ever it is still rising, by more than a last step would, at hazards that differ
    # less than this.
    if np.ptp(z @ beta) > WIDE:
        _refuse_monotone(z, strata, titles)
    covariance = np.linalg.inv(best.information) / np.outer(scale, scale)
    return ProportionalHazards(beta / scale, covariance, best.value, start.value)


def _maximum(z: Floats, strata: tuple[Stratum, ...], start: Likelihood) -> tuple[Floats, Likelihood]:
    """Newton's method from zero; a step too long is cut, one that lowers the likelihood halved until it does not."""
    beta, now = np.zeros(z.shape[1]), start
    for _ in range(MOST_STEPS):
        step = np.linalg.solve(now.information, now.score)
        gain = float(now.score @ step)
        step = step * (LONGEST / max(float(np.ptp(z @ step)), LONGEST))
        for _ in range(MOST_HALVINGS):
            ahead = likelihood_at(beta + step, z, strata)
            # Close to the maximum a step may lower the value by rounding alone.
            if ahead.value >= now.value - 1e-12 * (1.0 + abs(now.value)):
                break
            step = step / 2.0
        beta, now = beta + step, ahead
        if gain < CONVERGED:
            return beta, now
    raise ConvergenceError(UNKNOWN)


def _refuse_alike(start: Likelihood, titles: Sequence[str]) -> None:
    """Columns that differ in nobody at risk when somebody died, alone or taken together."""
    values, vectors = np.linalg.eigh(start.information)
    if values[-1] > 0.0 and values[0] >= SINGULAR * values[-1]:
        return
    flat = vectors[:, values <= SINGULAR * max(values[-1], SINGULAR)]
    named = [title for title, weight in zip(titles, np.abs(flat).max(axis=1), strict=True) if weight > 1e-6]
    what = (
        f"{named[0]} is the same in everybody at risk"
        if len(named) == 1
        else f"{', '.join(named[:-1])} and {named[-1]} say the same of everybody at risk"
    )
    raise ConvergenceError(f"whenever somebody died, {what}, so that no coefficient can be told. Leave one out.")


def _refuse_monotone(z: Floats, strata: tuple[Stratum, ...], titles: Sequence[str]) -> None:
    """Directions along which the likelihood rises for ever: linear programming, after Albert & Anderson's idea of
    separation (Biometrika 1984;71:1-10, doi:10.1093/biomet/71.1.1)."""
    rows = never_falling(z, strata)
    k = z.shape[1]
    # Loaded here: most fits do without.
    from scipy.optimize import linprog

    def furthest(goal: Floats) -> float:
        found = linprog(-goal, A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=[(-1.0, 1.0)] * k, method="highs")
        if not found.success:
            raise ConvergenceError(f"whether a finite maximum exists could not be found out: {found.message}")
        return -float(found.fun)

    if furthest(rows.sum(axis=0)) <= RISES:
        return
    said = []
    for column, title in enumerate(titles):
        one = np.zeros(k)
        one[column] = 1.0
        up, down = furthest(one) > RISES, furthest(-one) > RISES
        if up or down:
            said.append(f"{title} {'moves either way' if up and down else 'rises' if up else 'falls'}")
    raise ConvergenceError(
        f"no finite hazard ratio fits best (monotone likelihood): it rises for ever as the coefficient of "
        f"{', and that of '.join(said)}. Too few died to tell; leave it out, or join its levels."
    )
