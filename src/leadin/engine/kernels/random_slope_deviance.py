"""The REML deviance of the random-slope model at one W, with exact derivatives over w11, w12, w22.

The information on (intercept, slope of each group) is an arrow: slopes of different groups meet in the intercept alone.
Derivatives: dM = -M U M for a direction U of W, and what follows from it; see `analysis.reml_deviance`, its plain twin.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.random_slope_sums import (
    COEFFICIENT,
    FITTED,
    LEAST_SQUARES,
    LINE,
    M11,
    M12,
    M22,
    MB,
    MUM,
    MUW,
    OWN,
    PRESENT,
    RATIO,
    SPREAD,
    V1,
    V2,
    WW,
    first_sums,
    log_determinant,
    second_sums,
)
from leadin.engine.kernels.two_effects import CURVE, R2, R2_1, SLOPE, VALUE, complete

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FREEDOM, RESIDUAL, LEVEL, SCALE, CORNER, INTERCEPT = range(6)
"""Within `solution`: observations less coefficients; residual sum of squares and intercept of least squares; root mean
square of the times; information on the intercept with all slopes free, the intercept beyond least squares."""
SOLUTION = 6
COVARIANCE, MOVED, WEIGHTS, PRODUCTS = 3, 4, 5, 6
"""Within `small`: inverse of the information; M U w summed, one row a direction; the same times that inverse; the
inverse times the derivative of the information, for three directions."""
SMALL = 9


@kernel
def deviance(
    theta: Floats, sums: Floats, starts: Ints, groups: Floats, solution: Floats, small: Floats, at: Floats
) -> None:
    """Puts the deviance at theta and its derivatives into `at`, coefficients into `groups` and `solution`.

    theta and derivatives are those of times in units of SCALE. sums (16, n): of the units; starts (A + 1,): the first
    unit of each group. small (SMALL, m, m), m at least A + 1.
    """
    a, b, c = theta[0], theta[1] / solution[SCALE], theta[2] / solution[SCALE]
    w11, w12, w22, det_w = a * a, a * b, b * b + c * c, (a * c) * (a * c)
    at[VALUE] = 0.0
    for g in range(starts.size - 1):
        if groups[g, PRESENT] > 0.0:
            b0, b1 = solution[LEVEL], groups[g, LEAST_SQUARES]
            first_sums(sums, starts[g], starts[g + 1], w11, w12, w22, det_w, b0, b1, groups[g])
            at[VALUE] += log_determinant(sums, starts[g], starts[g + 1], w11, w12, w22, det_w)
    _coefficients(groups, solution, at)
    share = solution[FREEDOM] / at[R2]
    for g in range(starts.size - 1):
        if groups[g, PRESENT] > 0.0:
            row, corner = groups[g], 1.0 / solution[CORNER]
            row[LINE], row[LINE + 1] = solution[LEVEL] + solution[INTERCEPT], row[LEAST_SQUARES] + row[COEFFICIENT]
            row[SPREAD], row[SPREAD + 1] = corner, -row[RATIO] * corner
            row[SPREAD + 2] = 1.0 / row[OWN] + row[RATIO] * row[RATIO] * corner
            second_sums(sums, starts[g], starts[g + 1], w11, w12, w22, det_w, share, row)
    _covariance(groups, solution, small[COVARIANCE])
    for j in range(3):
        _direction(j, groups, small)
    _derivatives(groups, share, solution[SCALE], small, at)


@kernel
def _coefficients(groups: Floats, solution: Floats, at: Floats) -> None:
    """Solves for the coefficients; adds to the deviance what belongs to them and to the residual."""
    corner, right, fitted = 0.0, 0.0, 0.0
    for g in range(groups.shape[0]):
        if groups[g, PRESENT] > 0.0:
            own = groups[g, M22]
            ratio = groups[g, M12] / own
            groups[g, OWN], groups[g, RATIO] = own, ratio
            corner += groups[g, M11] - ratio * groups[g, M12]
            right += groups[g, V1] - ratio * groups[g, V2]
            fitted += groups[g, FITTED]
            at[VALUE] += math.log(own)
    intercept = right / corner
    total = 0.0
    for g in range(groups.shape[0]):
        if groups[g, PRESENT] > 0.0:
            slope = groups[g, V2] / groups[g, OWN] - groups[g, RATIO] * intercept
            groups[g, COEFFICIENT] = slope
            total += intercept * groups[g, V1] + slope * groups[g, V2]
    r2 = solution[RESIDUAL] - fitted - total
    solution[CORNER], solution[INTERCEPT], at[R2] = corner, intercept, r2
    at[VALUE] += math.log(corner) + solution[FREEDOM] * math.log(r2) if r2 > 0.0 and corner > 0.0 else math.nan


@kernel
def _covariance(groups: Floats, solution: Floats, covariance: Floats) -> None:
    """The inverse of the information, (A + 1, A + 1); rows and columns of groups that are not there are zero."""
    corner = 1.0 / solution[CORNER]
    covariance[0, 0] = corner
    for g in range(groups.shape[0]):
        here = groups[g, PRESENT] > 0.0
        ratio = groups[g, RATIO] if here else 0.0
        for h in range(g):
            covariance[1 + g, 1 + h] = ratio * corner * groups[h, RATIO] if groups[h, PRESENT] > 0.0 else 0.0
            covariance[1 + h, 1 + g] = covariance[1 + g, 1 + h]
        covariance[0, 1 + g] = covariance[1 + g, 0] = -ratio * corner
        covariance[1 + g, 1 + g] = 1.0 / groups[g, OWN] + ratio * ratio * corner if here else 0.0


@kernel
def _direction(j: int, groups: Floats, small: Floats) -> None:
    """MOVED, WEIGHTS and PRODUCTS of direction j."""
    covariance, moved, product = small[COVARIANCE], small[MOVED, j], small[PRODUCTS + j]
    corner = 0.0
    moved[0] = 0.0
    size = groups.shape[0] + 1
    for g in range(groups.shape[0]):
        here = groups[g, PRESENT] > 0.0
        moved[0] += groups[g, MUW + 2 * j] if here else 0.0
        moved[1 + g] = groups[g, MUW + 2 * j + 1] if here else 0.0
        corner += groups[g, MUM + 3 * j] if here else 0.0
    for x in range(size):
        product[x, 0] = covariance[x, 0] * corner
    for g in range(groups.shape[0]):
        here = groups[g, PRESENT] > 0.0
        edge = groups[g, MUM + 3 * j + 1] if here else 0.0
        own = groups[g, MUM + 3 * j + 2] if here else 0.0
        for x in range(size):
            product[x, 0] += covariance[x, 1 + g] * edge
            product[x, 1 + g] = covariance[x, 0] * edge + covariance[x, 1 + g] * own
    for x in range(size):
        total = 0.0
        for y in range(size):
            total += covariance[x, y] * moved[y]
        small[WEIGHTS, j, x] = total


@kernel
def _derivatives(groups: Floats, share: float, scale: float, small: Floats, at: Floats) -> None:
    """Gradient and Hessian over w11, w12, w22 in `at`; with times in units of `scale`; share: freedom / r2."""
    for k in range(CURVE - SLOPE + 9):
        at[SLOPE + k] = 0.0
    at[R2_1] = at[R2_1 + 1] = at[R2_1 + 2] = 0.0
    for g in range(groups.shape[0]):
        if groups[g, PRESENT] > 0.0:
            row = groups[g]
            at[SLOPE] += row[M11]
            at[SLOPE + 1] += 2.0 * row[M12]
            at[SLOPE + 2] += row[M22]
            at[R2_1] -= row[WW]
            at[R2_1 + 1] -= 2.0 * row[WW + 1]
            at[R2_1 + 2] -= row[WW + 2]
            at[CURVE] += 2.0 * row[MB] - row[MUM]  # the second part: tr(U M U M)
            at[CURVE + 1] += 2.0 * row[MB + 1] - row[MUM + 3]
            at[CURVE + 2] += 2.0 * row[MB + 2] - row[MUM + 2]
            at[CURVE + 4] += 2.0 * row[MB + 3] - 2.0 * row[MUM + 4]
            at[CURVE + 5] += 2.0 * row[MB + 4] - row[MUM + 5]
            at[CURVE + 8] += 2.0 * row[MB + 5] - row[MUM + 8]
    complete(groups.shape[0] + 1, share, scale, small[MOVED:SMALL], at)
