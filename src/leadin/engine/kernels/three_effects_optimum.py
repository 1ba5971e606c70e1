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
from leadin.engine.kernels.three_effects_units import ADJOINT, DETERMINANT, INSIDE, SEGMENT, SQUARES, STRIDE, C, D

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEPS = 100
FOUND = 1e-19
"""Newton decrement (squared length of the step in the metric of the Hessian) at which a point is the optimum."""
ROUNDING = 1e-12
"""Decrement below which a point is the optimum too when the last step made it no smaller: only rounding is left."""
NEAR = 1e-7
"""Decrement below which the decrease left cannot be seen in the deviance."""
LEVEL = 1e-7
"""A direction of negative curvature below this share of the largest is level: data may leave variances undetermined."""
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
    """Adds up what units say by their own least-squares coefficients b: weights, weighted b b' (6) and inverses of C
    (6), and, of units with values to spare, the residual sum of squares and how many values are to spare.

    The weight is small where the inverse is large, so that no unit with few values outweighs the others.
    """
    total = b00 = b01 = b02 = b11 = b12 = b22 = 0.0
    v00 = v01 = v02 = v11 = v12 = v22 = residual = spare = 0.0
    for j in range(width):
        i = j & INSIDE
        det = units[DETERMINANT + i]
        a0, a1, a2 = units[ADJOINT + i], units[ADJOINT + STRIDE + i], units[ADJOINT + 2 * STRIDE + i]
        a3, a4, a5 = units[ADJOINT + 3 * STRIDE + i], units[ADJOINT + 4 * STRIDE + i], units[ADJOINT + 5 * STRIDE + i]
        d0, d1, d2 = units[D + i], units[D + STRIDE + i], units[D + 2 * STRIDE + i]
        x0, x1, x2 = a0 * d0 + a1 * d1 + a2 * d2, a1 * d0 + a3 * d1 + a4 * d2, a2 * d0 + a4 * d1 + a5 * d2
        share = 1.0 / max(det + a0 + a3 + a5, 1e-100)
        square, mixed = share * share, det * share * share
        total += det * mixed
        b00, b01, b02 = b00 + square * x0 * x0, b01 + square * x0 * x1, b02 + square * x0 * x2
        b11, b12, b22 = b11 + square * x1 * x1, b12 + square * x1 * x2, b22 + square * x2 * x2
        v00, v01, v02 = v00 + mixed * a0, v01 + mixed * a1, v02 + mixed * a2
        v11, v12, v22 = v11 + mixed * a3, v12 + mixed * a4, v22 + mixed * a5
        sure = det > 1e-6 * units[C + i] * units[C + 3 * STRIDE + i] * units[C + 5 * STRIDE + i]
        left = units[SQUARES + i] - (d0 * x0 + d1 * x1 + d2 * x2) / max(det, 1e-100)
        residual += left if sure else 0.0
        spare += units[C + i] - 3.0 if sure else 0.0
    add[0] += total
    add[1], add[2], add[3] = add[1] + b00, add[2] + b01, add[3] + b02
    add[4], add[5], add[6] = add[4] + b11, add[5] + b12, add[6] + b22
    add[7], add[8], add[9] = add[7] + v00, add[8] + v01, add[9] + v02
    add[10], add[11], add[12] = add[10] + v11, add[11] + v12, add[12] + v22
    add[13], add[14] = add[13] + residual, add[14] + spare


@kernel
def start(units: Floats, segments: Ints, count: int, values: float, at: Floats, work: Floats) -> None:
    """F from the covariance of the units' own coefficients, less what their errors add to it."""
    own = work[HALF : HALF + 15]
    for place in range(15):
        own[place] = 0.0
    for segment in range(count):
        own_lines(units[segment * SEGMENT : (segment + 1) * SEGMENT], segments[2 * segment + 1], own)
    within = own[13] / own[14] if own[14] > 0.0 else 0.0
    within = max(within, 0.01 * at[TOTAL] / values)
    weights = max(own[0], 1e-3)
    for a in range(3):
        for b in range(a, -1, -1):
            place = entry(a, b)
            work[FACTOR + 3 * b + a] = 0.0
            work[FACTOR + 3 * a + b] = (own[1 + place] / within - own[7 + place]) / weights
    for a in range(3):
        rest = work[FACTOR + 4 * a]
        for b in range(a):
            total = work[FACTOR + 3 * a + b]
            for k in range(b):
                total -= work[FACTOR + 3 * a + k] * work[FACTOR + 3 * b + k]
            most = math.sqrt(max(rest, 0.0))
            total = min(max(total / work[FACTOR + 4 * b], -most), most)
            work[FACTOR + 3 * a + b] = total
            rest -= total * total
        work[FACTOR + 4 * a] = math.sqrt(max(rest, LEAST))


@kernel
def unit_start(work: Floats) -> None:
    """Effects as large as the residual and not tied together: where to start when the data lead astray."""
    for place in range(9):
        work[FACTOR + place] = 1.0 if place % 4 == 0 else 0.0


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
    shift, before = 0.0, math.inf
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
        done = decrement < FOUND or (decrement < ROUNDING and decrement > 0.25 * before)
        if done and fresh and cholesky(hessian, 6, LEVEL * largest(hessian), 0.0, work[ROOT:STEP]):
            return CONVERGED
        before = decrement
        promised = promise(gradient, hessian, work[STEP : STEP + 6])
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
def promise(gradient: Floats, hessian: Floats, step: Floats) -> float:
    """The decrease that a step should bring by gradient and Hessian."""
    total = 0.0
    for i in range(6):
        total -= gradient[i] * step[i]
        for j in range(6):
            total -= 0.5 * step[i] * hessian[6 * i + j] * step[j]
    return total


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
    while not cholesky(hessian, 6, shift, FLAT * most, root):
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
