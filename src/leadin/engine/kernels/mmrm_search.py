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
from leadin.engine.kernels.mmrm_rows import add, dot, put
from leadin.engine.kernels.mmrm_scratch import (
    CANDIDATE,
    GRADIENT,
    HESSIAN,
    SIGMA,
    STATE,
    STEP,
    VECTORS,
    pairs_of,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GOING = -1
"""The search goes on at CANDIDATE."""
ACCEPTED = -2
"""A point is better than those before, and its gradient and Hessian are wanted."""

VALUE, LEFT, BEFORE, SIZE, SMALL, EXACT, STEPS, REFUSED, OFF, THIN, TRIED, LOWEST, AGAIN, USED = range(14)
"""State of a search. VALUE: the deviance at SIGMA; LEFT: the Newton decrement there; BEFORE: the one before it; SIZE:
which share of the step is tried; SMALL: whether the decrement is NEAR; EXACT: whether the exact Hessian is taken;
STEPS: points accepted; REFUSED: points as good as singular. Of all searches: OFF: effects at a time for each unit,
which the Hessian that is not exact goes by; THIN: whether all starts are tried; TRIED: how many were; LOWEST: the
deviance of the best optimum, BEST; AGAIN: whether that is being gone back to; USED: units in the model.
"""

LONGEST = 0.5
"""How far a first try goes: the change of the covariance in its own metric, one being about all of a variance."""
TINY = 1e-300
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
def judged(work: Floats, first: Ints, m: int, found: float) -> int:
    """Whether CANDIDATE, of deviance `found`, is better than SIGMA: ACCEPTED, and it is SIGMA; else GOING, and it is
    half as far from there; NOT_CONVERGED where that has led nowhere or too many points were as good as singular.
    """
    vectors, state, pairs = first[VECTORS], first[VECTORS] + STATE, pairs_of(m)
    promised = 1e-4 * work[state, SIZE] * work[state, LEFT]
    if math.isfinite(found) and (work[state, SMALL] > 0.0 or work[state, VALUE] - found > promised):
        work[state, VALUE] = found
        work[state, STEPS] += 1.0
        put(work, vectors + SIGMA, 0.0, pairs)
        add(work, vectors + SIGMA, 1.0, vectors + CANDIDATE, pairs)
        return ACCEPTED
    work[state, REFUSED] += 1.0 if math.isinf(found) else 0.0
    work[state, SIZE] *= 0.5
    if work[state, SIZE] < SHORTEST or work[state, REFUSED] >= REFUSED_POINTS:
        return NOT_CONVERGED
    put(work, vectors + CANDIDATE, 0.0, pairs)
    add(work, vectors + CANDIDATE, 1.0, vectors + SIGMA, pairs)
    add(work, vectors + CANDIDATE, -work[state, SIZE], vectors + STEP, pairs)
    return GOING


@kernel
def directed(work: Floats, first: Ints, m: int, expected: int) -> int:
    """From the gradient and HESSIAN at SIGMA: ACCEPTED where that is not positive definite, and its expectation is to
    be taken; CONVERGED where SIGMA is the optimum; else GOING, CANDIDATE being a Newton step away; NOT_CONVERGED after
    MOST_STEPS. expected 1: HESSIAN is the expectation. Leaves the factor of HESSIAN in its place.
    """
    vectors, state, pairs = first[VECTORS], first[VECTORS] + STATE, pairs_of(m)
    if not cholesky(work, first[HESSIAN], pairs, FLAT) and expected == 0:
        return ACCEPTED
    left = solve(work, first[HESSIAN], pairs, vectors + GRADIENT, vectors + STEP)
    was, exact = work[state, BEFORE], work[state, EXACT] > 0.0
    if exact and expected == 0 and (left < THERE or (was < ROUNDING and left > 0.5 * was)):
        return CONVERGED
    if work[state, STEPS] >= MOST_STEPS:
        return NOT_CONVERGED
    small = left < NEAR and expected == 0
    work[state, LEFT] = left
    work[state, SIZE] = min(1.0, LONGEST * math.sqrt(0.5 * work[state, USED] / max(left, TINY)))
    work[state, SMALL] = 1.0 if small else 0.0
    work[state, BEFORE] = math.inf if expected == 1 else left
    slow = work[state, STEPS] >= SOON or (small and left > 0.1 * was)
    if not exact and (slow or (small and left * min(1.0, left / was) < THERE)):
        work[state, EXACT] = 1.0
        work[state, BEFORE] = math.inf
    put(work, vectors + CANDIDATE, 0.0, pairs)
    add(work, vectors + CANDIDATE, 1.0, vectors + SIGMA, pairs)
    add(work, vectors + CANDIDATE, -work[state, SIZE], vectors + STEP, pairs)
    return GOING
