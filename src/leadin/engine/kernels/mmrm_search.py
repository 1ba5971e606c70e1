"""The covariance at which the REML deviance of an mmrm fit is smallest, by damped Newton steps in its variances and
covariances.

The Hessian taken on the way is the one that costs little (see `mmrm_information`); where it is not positive definite,
its expectation. Near the optimum, or where that does not lead there soon, the exact one is taken. Every point is a
positive definite covariance. The point found is an optimum: its gradient is zero to rounding and the exact Hessian
there is positive definite.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.fits import CONVERGED, NOT_CONVERGED
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mmrm_deviance import deviance, slope
from leadin.engine.kernels.mmrm_information import sum_hessian, take_off_forms
from leadin.engine.kernels.mmrm_rows import add, dot, put, put_product
from leadin.engine.kernels.mmrm_scratch import (
    CANDIDATE,
    COUNT,
    GRADIENT,
    HALF,
    HESSIAN,
    SEEN,
    SIGMA,
    STEP,
    SYY,
    TENSOR,
    VECTORS,
    pair,
    pairs_of,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_STEPS = 200
SOON = 12
"""Steps after which the exact Hessian is taken."""
REFUSED_POINTS = 12
"""So many points as good as singular are no overshooting."""
SHORTEST = 1e-9
"""Share of a Newton step below which it leads nowhere."""
THERE = 1e-17
"""Newton decrement (squared length of the step in the metric of the Hessian) below which a point is the optimum."""
ROUNDING = 1e-10
"""Newton decrement below which a point is the optimum when another step does not make it smaller."""
NEAR = 1e-6
"""Newton decrement below which the decrease left is too small to be seen in the deviance."""
FLAT = 1e-10
"""The data do not determine a parameter where the others leave less than this share of its curvature."""
WELL_APART = 0.01
"""Share of its variance that a time has left, given those before it, where the search starts."""


@kernel
def start(work: Floats, first: Ints, m: int, g: int) -> None:
    """Fills SIGMA with the correlations of what the regressions left, of units seen at both times, drawn towards zero
    until they are well positive definite.
    """
    sigma, factor, both = first[VECTORS] + SIGMA, first[TENSOR], first[HALF]
    for s in range(m):
        work[sigma, pair(s, s)] = 1.0
        for t in range(s):
            put_product(work, both, 1.0, first[SEEN] + s, first[SEEN] + t, g)
            together = dot(work, both, first[SEEN] + m + COUNT, g)
            put(work, both, 1.0 / together, g)
            work[sigma, pair(s, t)] = min(0.95, max(-0.95, dot(work, both, first[SYY] + pair(s, t), g)))
    kept = 1.0
    while True:
        for s in range(m):
            for t in range(s + 1):
                work[factor + s, t] = work[sigma, pair(s, t)]
        if cholesky(work, factor, m, WELL_APART):
            return
        kept *= 0.9
        for s in range(m):
            for t in range(s):
                work[sigma, pair(s, t)] *= kept


@kernel
def cholesky(work: Floats, matrix: int, many: int, smallest: float) -> bool:
    """Turns the lower triangle of rows from `matrix` (many, many) into its Cholesky factor; False where a pivot is not
    above so small a share of its diagonal.
    """
    for i in range(many):
        own = matrix + i
        whole = work[own, i]
        for j in range(i):
            work[own, j] = (work[own, j] - dot(work, own, matrix + j, j)) / work[matrix + j, j]
        pivot = whole - dot(work, own, own, i)
        if not pivot > smallest * whole or not pivot > 0.0:
            return False
        work[own, i] = math.sqrt(pivot)
    return True


@kernel
def solve(work: Floats, factor: int, many: int, given: int, out: int) -> float:
    """out = M^-1 given, for M of Cholesky factor (many, many); returns given' M^-1 given."""
    for i in range(many):
        work[out, i] = (work[given, i] - dot(work, factor + i, out, i)) / work[factor + i, i]
    form = dot(work, out, out, many)
    for back in range(many):
        i = many - 1 - back
        work[out, i] /= work[factor + i, i]
        add(work, out, -work[out, i], factor + i, i)
    return form


@kernel
def search(work: Floats, first: Ints, groups: int, m: int, g: int, share: float) -> int:
    """Looks for the optimum from SIGMA; CONVERGED with it in SIGMA, and with weights, effects and the factor of the
    exact Hessian there in `work`, or NOT_CONVERGED. share: effects at a time for each unit.
    """
    vectors, pairs = first[VECTORS], pairs_of(m)
    value = deviance(work, first, groups, m, g, SIGMA)
    before, exact, refused, number = math.inf, False, 0, 0
    while number < MOST_STEPS and not math.isnan(value):
        number += 1
        slope(work, first, groups, m, g)
        usable = _curvature(work, first, groups, m, g, exact, share)
        left = solve(work, first[HESSIAN], pairs, vectors + GRADIENT, vectors + STEP)
        if exact and usable and (left < THERE or (before < ROUNDING and left > 0.5 * before)):
            return CONVERGED
        small, size = usable and left < NEAR, 1.0
        while True:
            _step(work, vectors, size, pairs)
            found = deviance(work, first, groups, m, g, CANDIDATE)
            refused += 1 if math.isnan(found) else 0
            if not math.isnan(found) and (small or value - found > 1e-4 * size * left):
                break
            size *= 0.5
            if size < SHORTEST or refused >= REFUSED_POINTS:
                return NOT_CONVERGED
        value = found
        put(work, vectors + SIGMA, 0.0, pairs)
        add(work, vectors + SIGMA, 1.0, vectors + CANDIDATE, pairs)
        was, before = before, left if usable else math.inf
        if not exact:
            slow = number >= SOON or (small and left > 0.1 * was)
            exact = slow or (small and left * min(1.0, left / was) < THERE)
            before = math.inf if exact else before
    return NOT_CONVERGED


@kernel
def _step(work: Floats, vectors: int, size: float, pairs: int) -> None:
    """CANDIDATE = SIGMA - size STEP."""
    put(work, vectors + CANDIDATE, 0.0, pairs)
    add(work, vectors + CANDIDATE, 1.0, vectors + SIGMA, pairs)
    add(work, vectors + CANDIDATE, -size, vectors + STEP, pairs)


@kernel
def _curvature(work: Floats, first: Ints, groups: int, m: int, g: int, exact: bool, share: float) -> bool:
    """Puts the factor of the Hessian into HESSIAN, or where that is not positive definite of its expectation: False."""
    sum_hessian(work, first, m, g, 2.0, -1.0 if exact else -1.0 - share)
    if exact:
        take_off_forms(work, first, groups, m, g)
    if cholesky(work, first[HESSIAN], pairs_of(m), FLAT):
        return True
    sum_hessian(work, first, m, g, 0.0, 1.0)
    cholesky(work, first[HESSIAN], pairs_of(m), 0.0)
    return False
