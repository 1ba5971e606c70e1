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
from leadin.engine.kernels.mmrm_rows import add, dot, put, put_product
from leadin.engine.kernels.mmrm_scratch import (
    CANDIDATE,
    COUNT,
    GRADIENT,
    HALF,
    HESSIAN,
    SEEN,
    SIGMA,
    STATE,
    STEP,
    SYY,
    TENSOR,
    VECTORS,
    pair,
    pairs_of,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GOING = -1
"""The search goes on at CANDIDATE."""
ACCEPTED = -2
"""A point is better than those before, and its gradient and Hessian are wanted."""

VALUE, LEFT, BEFORE, SIZE, SMALL, EXACT, STEPS, REFUSED, OFF = range(9)
"""State of a search: the deviance at SIGMA, the Newton decrement there, the one before it, which share of the step is
tried, whether the decrement is NEAR, whether the exact Hessian is taken, points accepted, points as good as singular,
what the effects take off the Hessian that is not exact: effects at a time for each unit.
"""

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
    """Fills CANDIDATE with the correlations of what the regressions left, of units seen at both times, drawn towards
    zero until they are well positive definite.
    """
    sigma, factor, both = first[VECTORS] + CANDIDATE, first[TENSOR], first[HALF]
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
def going(work: Floats, first: Ints, off: float) -> None:
    """The state of a search at its start, which is in CANDIDATE; off: see OFF."""
    for place in range(REFUSED + 1):
        work[first[VECTORS] + STATE, place] = 0.0
    work[first[VECTORS] + STATE, VALUE] = math.inf
    work[first[VECTORS] + STATE, BEFORE] = math.inf
    work[first[VECTORS] + STATE, OFF] = off


@kernel
def judged(work: Floats, first: Ints, m: int, found: float) -> int:
    """Whether CANDIDATE, of deviance `found`, is better than SIGMA: ACCEPTED, and it is SIGMA; else GOING, and it is
    half as far from there; NOT_CONVERGED where that has led nowhere or too many points were as good as singular.
    """
    vectors, state, pairs = first[VECTORS], first[VECTORS] + STATE, pairs_of(m)
    promised = 1e-4 * work[state, SIZE] * work[state, LEFT]
    singular = math.isnan(found)
    if not singular and (work[state, SMALL] > 0.0 or work[state, VALUE] - found > promised):
        work[state, VALUE] = found
        work[state, STEPS] += 1.0
        put(work, vectors + SIGMA, 0.0, pairs)
        add(work, vectors + SIGMA, 1.0, vectors + CANDIDATE, pairs)
        return ACCEPTED
    work[state, REFUSED] += 1.0 if singular else 0.0
    work[state, SIZE] *= 0.5
    if work[state, SIZE] < SHORTEST or work[state, REFUSED] >= REFUSED_POINTS:
        return NOT_CONVERGED
    put(work, vectors + CANDIDATE, 0.0, pairs)
    add(work, vectors + CANDIDATE, 1.0, vectors + SIGMA, pairs)
    add(work, vectors + CANDIDATE, -work[state, SIZE], vectors + STEP, pairs)
    return GOING


@kernel
def directed(work: Floats, first: Ints, m: int, expected: bool) -> int:
    """From the gradient and HESSIAN at SIGMA: ACCEPTED where that is not positive definite, and its expectation is to
    be taken; CONVERGED where SIGMA is the optimum; else GOING, CANDIDATE being a Newton step away; NOT_CONVERGED after
    MOST_STEPS. expected: HESSIAN is the expectation. Leaves the factor of HESSIAN in its place.
    """
    vectors, state, pairs = first[VECTORS], first[VECTORS] + STATE, pairs_of(m)
    if not cholesky(work, first[HESSIAN], pairs, FLAT) and not expected:
        return ACCEPTED
    left = solve(work, first[HESSIAN], pairs, vectors + GRADIENT, vectors + STEP)
    was, exact = work[state, BEFORE], work[state, EXACT] > 0.0
    if exact and not expected and (left < THERE or (was < ROUNDING and left > 0.5 * was)):
        return CONVERGED
    if work[state, STEPS] >= MOST_STEPS:
        return NOT_CONVERGED
    small = left < NEAR and not expected
    work[state, LEFT] = left
    work[state, SIZE] = 1.0
    work[state, SMALL] = 1.0 if small else 0.0
    work[state, BEFORE] = math.inf if expected else left
    slow = work[state, STEPS] >= SOON or (small and left > 0.1 * was)
    if not exact and (slow or (small and left * min(1.0, left / was) < THERE)):
        work[state, EXACT] = 1.0
        work[state, BEFORE] = math.inf
    put(work, vectors + CANDIDATE, 0.0, pairs)
    add(work, vectors + CANDIDATE, 1.0, vectors + SIGMA, pairs)
    add(work, vectors + CANDIDATE, -1.0, vectors + STEP, pairs)
    return GOING
