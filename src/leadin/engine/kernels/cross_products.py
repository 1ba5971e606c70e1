"""The REML deviance of a model with two random effects and any fixed effects, from cross-products of each unit.

Of unit i with Z = [1, t]: zz (3, n) holds C = Z'Z as c11, c12, c22; zw (2, k, n) Z' of its k = p + 1 columns [X, y];
ww (k, k) the cross-products of all columns over all units. With W the covariance of the random effects in units of the
residual variance, D = 1 + tr(C W) + det C det W and adj the adjugate,

    M = Z' V^-1 Z = (C + det C adj W) / D        Z' V^-1 x = (d + adj(W) adj(C) d) / D, d = Z'x
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.small_matrices import cholesky, solve
from leadin.engine.kernels.two_effects import CURVE, R2, R2_1, SLOPE, VALUE, complete

Floats = NDArray[np.float64]

M11, M12, M22, K11, K12, K22, E1, E2, OVER = range(9)
"""Rows of `units`: M; M K M with K the covariance of the fixed effects; the weighted residual Z' V^-1 (y - X beta);
1 / D. Then, from ROWS on, Z' V^-1 [X, y]: the first entries of all columns, then the second."""
ROWS = 9
LOG_OF = 16
"""So many D are multiplied before a logarithm is taken."""
CROSSED, TURNED, LOWER, COVARIANCE, MOVED, WEIGHTS, PRODUCTS = 3, 4, 7, 8, 9, 10, 11
"""Within `small`: [X, y]' V^-1 [X, y]; minus its derivatives in three directions; Cholesky factor and inverse of its
leading part; coefficients (row 3) and what belongs to the directions (rows 0 to 2); three products."""
SMALL = 14


@kernel
def weigh(zz: Floats, zw: Floats, w11: float, w12: float, w22: float, det_w: float, units: Floats) -> None:
    """Puts 1 / D, M and Z' V^-1 [X, y] of every unit into `units`."""
    c11, c12, c22, over = zz[0], zz[1], zz[2], units[OVER]
    m11, m12, m22 = units[M11], units[M12], units[M22]
    for i in range(c11.size):
        det = c11[i] * c22[i] - c12[i] * c12[i]
        over[i] = 1.0 / (1.0 + w11 * c11[i] + 2.0 * w12 * c12[i] + w22 * c22[i] + det_w * det)
    for i in range(c11.size):
        m11[i] = (c11[i] + w22 * (c11[i] * c22[i] - c12[i] * c12[i])) * over[i]
    for i in range(c11.size):
        m12[i] = (c12[i] - w12 * (c11[i] * c22[i] - c12[i] * c12[i])) * over[i]
    for i in range(c11.size):
        m22[i] = (c22[i] + w11 * (c11[i] * c22[i] - c12[i] * c12[i])) * over[i]
    columns = zw.shape[1]
    for x in range(columns):
        d1, d2, e1, e2 = zw[0, x], zw[1, x], units[ROWS + x], units[ROWS + columns + x]
        for i in range(c11.size):
            f1, f2 = c22[i] * d1[i] - c12[i] * d2[i], c11[i] * d2[i] - c12[i] * d1[i]
            e1[i] = (d1[i] + w22 * f1 - w12 * f2) * over[i]
        for i in range(c11.size):
            f1, f2 = c22[i] * d1[i] - c12[i] * d2[i], c11[i] * d2[i] - c12[i] * d1[i]
            e2[i] = (d2[i] + w11 * f2 - w12 * f1) * over[i]


@kernel(sums=True)
def log_determinant(units: Floats) -> float:
    """Sum of log D over the units."""
    total = 0.0
    for start in range(0, units.shape[1], LOG_OF):
        over = units[OVER, start : min(start + LOG_OF, units.shape[1])]
        product = 1.0
        for i in range(over.size):
            product *= over[i]
        total -= math.log(product)
    return total


@kernel(sums=True)
def cross(zw: Floats, ww: Floats, w11: float, w12: float, w22: float, units: Floats, small: Floats) -> None:
    """CROSSED and TURNED, from what `weigh` made."""
    columns = zw.shape[1]
    for x in range(columns):
        for y in range(x + 1):
            d1, d2, a1, a2 = zw[0, x], zw[1, x], units[ROWS + x], units[ROWS + columns + x]
            b1, b2 = units[ROWS + y], units[ROWS + columns + y]
            taken, t11, t12, t22 = 0.0, 0.0, 0.0, 0.0
            for i in range(d1.size):
                taken += d1[i] * (w11 * b1[i] + w12 * b2[i]) + d2[i] * (w12 * b1[i] + w22 * b2[i])
                t11 += a1[i] * b1[i]
                t12 += a1[i] * b2[i] + a2[i] * b1[i]
                t22 += a2[i] * b2[i]
            small[CROSSED, x, y] = small[CROSSED, y, x] = ww[x, y] - taken
            small[TURNED, x, y] = small[TURNED, y, x] = t11
            small[TURNED + 1, x, y] = small[TURNED + 1, y, x] = t12
            small[TURNED + 2, x, y] = small[TURNED + 2, y, x] = t22


@kernel
def spread(columns: int, units: Floats, small: Floats) -> None:
    """M K M and the weighted residual of every unit."""
    k11, k12, k22, e1, e2 = units[K11], units[K12], units[K22], units[E1], units[E2]
    p = columns - 1
    own1, own2 = units[ROWS + p], units[ROWS + columns + p]
    for i in range(k11.size):
        k11[i] = k12[i] = k22[i] = 0.0
        e1[i], e2[i] = own1[i], own2[i]
    for x in range(p):
        a1, a2, beta = units[ROWS + x], units[ROWS + columns + x], small[MOVED, 3, x]
        for i in range(k11.size):
            e1[i] -= beta * a1[i]
        for i in range(k11.size):
            e2[i] -= beta * a2[i]
        for y in range(x + 1):
            b1, b2 = units[ROWS + y], units[ROWS + columns + y]
            share = small[COVARIANCE, x, y] * (1.0 if x == y else 2.0)
            for i in range(k11.size):
                k11[i] += share * a1[i] * b1[i]
            for i in range(k11.size):
                k12[i] += 0.5 * share * (a1[i] * b2[i] + a2[i] * b1[i])
            for i in range(k11.size):
                k22[i] += share * a2[i] * b2[i]


@kernel(sums=True)
def curve_sums(units: Floats, share: float, at: Floats) -> None:
    """What of the derivatives are sums over units alone; share: freedom / r2."""
    m11, m12, m22, k11, k12, k22 = units[M11], units[M12], units[M22], units[K11], units[K12], units[K22]
    e1, e2 = units[E1], units[E2]
    s0, s1, s2, r0, r1, r2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    q00, q01, q02, q11, q12, q22 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(m11.size):
        s0 += m11[i]
        s1 += m12[i]
        s2 += m22[i]
        r0 += e1[i] * e1[i]
        r1 += e1[i] * e2[i]
        r2 += e2[i] * e2[i]
        b11 = 2.0 * (k11[i] + share * e1[i] * e1[i]) - m11[i]
        b12 = 2.0 * (k12[i] + share * e1[i] * e2[i]) - m12[i]
        b22 = 2.0 * (k22[i] + share * e2[i] * e2[i]) - m22[i]
        q00 += m11[i] * b11
        q01 += m11[i] * b12 + m12[i] * b11
        q02 += m12[i] * b12
        q11 += 2.0 * m12[i] * b12 + m22[i] * b11 + m11[i] * b22
        q12 += m12[i] * b22 + m22[i] * b12
        q22 += m22[i] * b22
    at[SLOPE], at[SLOPE + 1], at[SLOPE + 2] = s0, 2.0 * s1, s2
    at[R2_1], at[R2_1 + 1], at[R2_1 + 2] = -r0, -2.0 * r1, -r2
    at[CURVE], at[CURVE + 1], at[CURVE + 2] = q00, q01, q02
    at[CURVE + 4], at[CURVE + 5], at[CURVE + 8] = q11, q12, q22


@kernel
def deviance(
    theta: Floats,
    scale: float,
    freedom: float,
    zz: Floats,
    zw: Floats,
    ww: Floats,
    units: Floats,
    small: Floats,
    at: Floats,
) -> None:
    """Puts the deviance at theta and its derivatives into `at`, coefficients into row 3 of MOVED.

    theta and derivatives are those of times in units of `scale`. units (ROWS + 2 k, n), small (SMALL, m, m) with m at
    least k and 4: scratch.
    """
    a, b, c = theta[0], theta[1] / scale, theta[2] / scale
    w11, w12, w22 = a * a, a * b, b * b + c * c
    columns = zw.shape[1]
    p = columns - 1
    weigh(zz, zw, w11, w12, w22, (a * c) * (a * c), units)
    cross(zw, ww, w11, w12, w22, units, small)
    at[VALUE], at[R2] = math.nan, math.nan
    if not cholesky(small[CROSSED], p, 1e-14, small[LOWER]):
        return
    at[R2] = small[CROSSED, p, p]
    beta = small[MOVED, 3]
    value = log_determinant(units)
    for x in range(p):
        value += 2.0 * math.log(small[LOWER, x, x])
        beta[x] = small[CROSSED, x, p]
        for y in range(p):
            small[COVARIANCE, x, y] = 1.0 if x == y else 0.0
        solve(small[LOWER], p, small[COVARIANCE, x])
    solve(small[LOWER], p, beta)
    for x in range(p):
        at[R2] -= beta[x] * small[CROSSED, x, p]
    if not at[R2] > 0.0:
        return
    at[VALUE] = value + freedom * math.log(at[R2])
    spread(columns, units, small)
    curve_sums(units, freedom / at[R2], at)
    _directions(p, small)
    complete(p, freedom / at[R2], scale, small[MOVED:SMALL], at)


@kernel
def _directions(p: int, small: Floats) -> None:
    """MOVED, WEIGHTS and PRODUCTS: X' V^-1 dV V^-1 (y - X beta), that times the inverse, inverse times TURNED."""
    for j in range(3):
        for x in range(p):
            total = small[TURNED + j, x, p]
            for y in range(p):
                total -= small[TURNED + j, x, y] * small[MOVED, 3, y]
            small[MOVED, j, x] = total
        for x in range(p):
            total = 0.0
            for y in range(p):
                total += small[COVARIANCE, x, y] * small[MOVED, j, y]
                product = 0.0
                for z in range(p):
                    product += small[COVARIANCE, x, z] * small[TURNED + j, z, y]
                small[PRODUCTS + j, x, y] = product
            small[WEIGHTS, j, x] = total
