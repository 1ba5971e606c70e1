"""The optimum of the REML deviance of three random effects: a start from the units' own least squares, then Newton.

A step that does not lead downhill is shortened by a shift of the Hessian, and so is one where it is not positive.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.fits import CONVERGED, NOT_CONVERGED
from leadin.engine.kernels.cholesky import cholesky, solve_lower, solve_upper
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.three_effects_deviance import CURVE, SLOPE, TOTAL, S, derivatives, deviance, entry
from leadin.engine.kernels.three_effects_factor import carry, pivoted, square
from leadin.engine.kernels.three_effects_units import ADJOINT, DETERMINANT, SEGMENT, STRIDE, C, D

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEPS = 100
FOUND = 1e-16
"""Newton decrement (squared length of the step in the metric of the Hessian) at which a point is the optimum."""
NEAR = 1e-7
"""Decrement below which the decrease left cannot be seen in the deviance."""
RUNAWAY = 1e6
"""An entry of the factor beyond this is on its way to infinity."""
FLAT = 1e-9
"""Curvature, relative to the largest, below which a direction is level."""
LEAST = 0.2
"""Least pivot to start from, in units of the residual variance: from too small a one the way up is long."""
FACTOR = 0
GRADIENT = 9
HESSIAN = GRADIENT + 6
ROOT = HESSIAN + 36
STEP = ROOT + 36
HALF = STEP + 6
KEPT = HALF + 36
WORK = KEPT + 9
"""Size of the work space."""


@kernel(sums=True)
def own_lines(units: Floats, width: int, add: Floats) -> None:
    """Adds to `add` (14,), over units whose three columns are independent: 1, b b' (6), the inverse of C (6), and d'b.

    b: the unit's own least-squares coefficients.
    """
    for i in range(width):
        det = units[DETERMINANT + i]
        largest = units[C + i] * units[C + 3 * STRIDE + i] * units[C + 5 * STRIDE + i]
        if not det > 1e-6 * largest:
            continue
        share = 1.0 / det
        d0, d1, d2 = units[D + i], units[D + STRIDE + i], units[D + 2 * STRIDE + i]
        v0, v1, v2 = units[ADJOINT + i], units[ADJOINT + STRIDE + i], units[ADJOINT + 2 * STRIDE + i]
        v3, v4, v5 = units[ADJOINT + 3 * STRIDE + i], units[ADJOINT + 4 * STRIDE + i], units[ADJOINT + 5 * STRIDE + i]
        b0, b1, b2 = (
            (v0 * d0 + v1 * d1 + v2 * d2) * share,
            (v1 * d0 + v3 * d1 + v4 * d2) * share,
            (v2 * d0 + v4 * d1 + v5 * d2) * share,
        )
        add[0] += 1.0
        add[1] += b0 * b0
        add[2] += b0 * b1
        add[3] += b0 * b2
        add[4] += b1 * b1
        add[5] += b1 * b2
        add[6] += b2 * b2
        add[7] += v0 * share
        add[8] += v1 * share
        add[9] += v2 * share
        add[10] += v3 * share
        add[11] += v4 * share
        add[12] += v5 * share
        add[13] += b0 * d0 + b1 * d1 + b2 * d2


@kernel
def start(units: Floats, segments: Ints, count: int, values: float, at: Floats, work: Floats) -> None:
    """F from the covariance of the units' own coefficients, less what their errors add to it."""
    own = work[HALF : HALF + 14]
    for place in range(14):
        own[place] = 0.0
    for segment in range(count):
        own_lines(units[segment * SEGMENT : (segment + 1) * SEGMENT], segments[2 * segment + 1], own)
    within = max(at[TOTAL] - own[13], 1e-6 * at[TOTAL]) / max(values - 3.0 * own[0], 1.0)
    for a in range(3):
        for b in range(a, -1, -1):
            place = entry(a, b)
            total = (own[1 + place] / within - own[7 + place]) / max(own[0], 1.0)
            work[FACTOR + 3 * b + a] = 0.0
            work[FACTOR + 3 * a + b] = total
    for a in range(3):
        for b in range(a + 1):
            total = work[FACTOR + 3 * a + b]
            for k in range(b):
                total -= work[FACTOR + 3 * a + k] * work[FACTOR + 3 * b + k]
            if a == b:
                work[FACTOR + 4 * a] = math.sqrt(max(total, LEAST))
            else:
                work[FACTOR + 3 * a + b] = total / work[FACTOR + 4 * b]


@kernel
def newton(
    units: Floats,
    segments: Ints,
    count: int,
    groups: int,
    freedom: float,
    at: Floats,
    order: Ints,
    work: Floats,
) -> int:
    """Steps from the F in `work` to the optimum; gives CONVERGED or NOT_CONVERGED.

    At the end `at` holds the deviance and its derivatives there.
    """
    factor = work[FACTOR : FACTOR + 9]
    gradient, hessian = work[GRADIENT : GRADIENT + 6], work[HESSIAN : HESSIAN + 36]
    for place in range(3):
        order[place] = place
    pivoted(factor, order)
    square(factor, order, at[S : S + 6])
    value = deviance(units, segments, count, groups, freedom, at)
    shift = 0.0
    if not value < math.inf:
        return NOT_CONVERGED
    fresh = True
    for _ in range(STEPS):
        if fresh:
            derivatives(units, segments, count, groups, freedom, at)
            carry(
                at[SLOPE : SLOPE + 6], at[CURVE : CURVE + 36], factor, order, work[HALF : HALF + 36], gradient, hessian
            )
        shift, decrement = direction(hessian, gradient, shift, work)
        if decrement < FOUND and shift == 0.0 and fresh:
            return CONVERGED
        promised = 0.0
        for i in range(6):
            promised -= gradient[i] * work[STEP + i]
            for j in range(6):
                promised -= 0.5 * work[STEP + i] * hessian[6 * i + j] * work[STEP + j]
        for place in range(9):
            work[KEPT + place] = factor[place]
        go(factor, work[STEP : STEP + 6])
        square(factor, order, at[S : S + 6])
        reached = deviance(units, segments, count, groups, freedom, at)
        if reached < math.inf and (promised < NEAR or value - reached > 1e-4 * promised):
            if shift > 0.0:
                shift *= 0.1 if value - reached > 0.5 * promised else 1.0
            value, fresh = reached, True
            pivoted(factor, order)
            if not abs(factor[0]) < RUNAWAY:
                return NOT_CONVERGED
        else:
            fresh = False
            for place in range(9):
                factor[place] = work[KEPT + place]
            shift = max(4.0 * shift, 0.1 * largest(hessian))
            if shift > 1e20:
                return NOT_CONVERGED
    return NOT_CONVERGED


@kernel
def largest(hessian: Floats) -> float:
    """The largest size of a diagonal entry."""
    most = 0.0
    for i in range(6):
        most = max(most, abs(hessian[7 * i]))
    return most


@kernel
def direction(hessian: Floats, gradient: Floats, shift: float, work: Floats) -> tuple[float, float]:
    """Newton's step into `work`, with the Hessian shifted where need be; gives that shift, and the decrement."""
    most = largest(hessian)
    root, step = work[ROOT : ROOT + 36], work[STEP : STEP + 6]
    if shift < 1e-4 * most:
        shift = 0.0
    while not cholesky(hessian, step.shape[0], shift, FLAT * most, root):
        shift = max(4.0 * shift, 1e-3 * most)
    for i in range(6):
        step[i] = -gradient[i]
    decrement = solve_lower(root, step)
    solve_upper(root, step)
    return shift, decrement


@kernel
def go(factor: Floats, step: Floats) -> None:
    """Adds a step (6,) to L."""
    factor[0] += step[0]
    factor[3] += step[1]
    factor[6] += step[2]
    factor[4] += step[3]
    factor[7] += step[4]
    factor[8] += step[5]
