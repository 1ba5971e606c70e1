"""Sums over the units of a group for the random-slope model: loops that run in vector registers.

Of a unit with times t, Z = [1, t], the model needs C = Z'Z, d = Z'r and f = adj(C) d, r being what the line (b0, b1) of
its group leaves. With W the covariance of the random effects in units of the residual variance and
D = det(I + C W) = 1 + tr(C W) + det C det W,

    M = Z' V^-1 Z = (C + det C adj W) / D        v = Z' V^-1 r = (d + adj(W) f) / D.

`sums` is laid out as in `engine.collapsed`; times from zero on are its AFTER and ZERO.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.collapsed import AFTER, COUNT, TT, TY, YY, ZERO, T, Y
from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]

PRESENT, M11, M12, M22, V1, V2, FITTED = range(7)
MUM, MUW, MB, WW = 8, 17, 23, 29
"""Within a row of `groups`: whether the group is in the model; sums of M, v and d'W v (`first_sums`); sums of
M U M (entries 11, 12, 22 for each U), M U w (entries 1, 2 for each U), tr(U M U B) (6) and w w' (3) (`second_sums`);
U are the directions in which w11, w12 and w22 move."""
COEFFICIENT, RATIO, OWN, LEAST_SQUARES = 32, 33, 34, 35
"""Slope beyond least squares, and of the information on intercept and slopes: intercept-slope over slope, slope; the
slope of least squares."""
LINE, SPREAD = 36, 38
"""The fitted line (2), and the covariance of its coefficients in units of the residual variance (3)."""
GROUP = 41
N, SUM_T, SUM_TT, SUM_Y, SUM_TY, SUM_YY, LATER, SEEN, SUM_DET = range(8, 17)
"""Within a row of `groups` at first: counts and sums, values after time zero, units with a value, sum of det C."""
OWN11, OWN12, OWN22, INV11, INV12, INV22, FULL, EXPLAINED, RANKS, SPARE = range(8, 18)
"""Within a row of `groups` while the start is looked for: see `own_sums`."""

SAME_TIME = 1e-10
"""Times of a unit are all the same when det C is not above this share of the squared trace."""
LOG_OF = 16
"""So many D are multiplied before a logarithm is taken."""


@kernel(sums=True)
def totals(sums: Floats, first: int, last: int, row: Floats) -> None:
    """Counts and sums of the values of units first..last - 1, from time zero on: N to SUM_DET."""
    later, here = sums[AFTER + COUNT, first:last], sums[ZERO, first:last]
    t, tt, yy = sums[AFTER + T, first:last], sums[AFTER + TT, first:last], sums[AFTER + YY, first:last]
    y, ty = sums[AFTER + Y, first:last], sums[AFTER + TY, first:last]
    at_zero = sums[ZERO + 1, first:last]
    count, after, seen, det = 0.0, 0.0, 0.0, 0.0
    sum_t, sum_tt, sum_y, sum_ty, sum_yy = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(later.size):
        after += later[i]
        count += here[i]
        seen += 1.0 if later[i] + here[i] > 0.0 else 0.0
        det += (later[i] + here[i]) * tt[i] - t[i] * t[i]
        sum_t += t[i]
        sum_tt += tt[i]
        sum_y += y[i] + at_zero[i]
        sum_ty += ty[i]
        sum_yy += yy[i] + at_zero[i] * at_zero[i]
    row[N], row[SUM_T], row[SUM_TT] = count + after, sum_t, sum_tt
    row[SUM_Y], row[SUM_TY], row[SUM_YY] = sum_y, sum_ty, sum_yy
    row[LATER], row[SEEN], row[SUM_DET] = after, seen, det


@kernel(sums=True)
def own_sums(
    sums: Floats, first: int, last: int, b0: float, b1: float, unit: float, enough: float, row: Floats
) -> None:
    """What the least squares of each of the units first..last - 1 say, OWN11 to SPARE.

    Sums of squares and products of their coefficients beyond the line (b0, b1), and of C^-1, over the FULL units with
    det C of at least `enough`; of all units the sum of squares that they explain, how many coefficients it took, and
    how many units have more values than that. unit: 1 / time^2, so that the trace of C has a meaning.
    """
    n, t, tt = sums[AFTER + COUNT, first:last], sums[AFTER + T, first:last], sums[AFTER + TT, first:last]
    y, ty = sums[AFTER + Y, first:last], sums[AFTER + TY, first:last]
    here, at_zero = sums[ZERO, first:last], sums[ZERO + 1, first:last]
    full, explained, ranks, spare = 0.0, 0.0, 0.0, 0.0
    o11, o12, o22, i11, i12, i22 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(n.size):
        c11, c12, c22 = n[i] + here[i], t[i], tt[i]
        det = c11 * c22 - c12 * c12
        d1 = y[i] + at_zero[i] - b0 * c11 - b1 * c12
        d2 = ty[i] - b0 * c12 - b1 * c22
        f1, f2 = c22 * d1 - c12 * d2, c11 * d2 - c12 * d1
        trace = c11 + unit * c22
        lines = unit * det > SAME_TIME * trace * trace
        over = 1.0 / (det if lines else 1.0)
        weight = over if det >= enough and lines else 0.0
        own1, own2 = f1 * weight, f2 * weight
        o11 += own1 * own1
        o12 += own1 * own2
        o22 += own2 * own2
        i11 += c22 * weight
        i12 -= c12 * weight
        i22 += c11 * weight
        full += 1.0 if weight > 0.0 else 0.0
        explained += (d1 * f1 + d2 * f2) * over if lines else d1 * d1 / (c11 if c11 > 0.0 else 1.0)
        rank = 2.0 if lines else (1.0 if c11 > 0.0 else 0.0)
        ranks += rank
        spare += 1.0 if c11 > rank else 0.0
    row[OWN11], row[OWN12], row[OWN22] = o11, o12, o22
    row[INV11], row[INV12], row[INV22] = i11, i12, i22
    row[FULL], row[EXPLAINED], row[RANKS], row[SPARE] = full, explained, ranks, spare


@kernel(sums=True)
def first_sums(
    sums: Floats,
    first: int,
    last: int,
    w11: float,
    w12: float,
    w22: float,
    det_w: float,
    b0: float,
    b1: float,
    row: Floats,
) -> None:
    """Sums of M, v and d'W v over units first..last - 1: M11 to FITTED of the group's row."""
    n, t, tt = sums[AFTER + COUNT, first:last], sums[AFTER + T, first:last], sums[AFTER + TT, first:last]
    y, ty = sums[AFTER + Y, first:last], sums[AFTER + TY, first:last]
    here, at_zero = sums[ZERO, first:last], sums[ZERO + 1, first:last]
    twice = 2.0 * w12
    m11, m12, m22, v1, v2, fitted = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(n.size):
        c11, c12, c22 = n[i] + here[i], t[i], tt[i]
        det = c11 * c22 - c12 * c12
        d1 = y[i] + at_zero[i] - b0 * c11 - b1 * c12
        d2 = ty[i] - b0 * c12 - b1 * c22
        f1, f2 = c22 * d1 - c12 * d2, c11 * d2 - c12 * d1
        over = 1.0 / (1.0 + w11 * c11 + twice * c12 + w22 * c22 + det_w * det)
        m11 += (c11 + w22 * det) * over
        m12 += (c12 - w12 * det) * over
        m22 += (c22 + w11 * det) * over
        own1 = (d1 + w22 * f1 - w12 * f2) * over
        own2 = (d2 + w11 * f2 - w12 * f1) * over
        v1 += own1
        v2 += own2
        fitted += d1 * (w11 * own1 + w12 * own2) + d2 * (w12 * own1 + w22 * own2)
    row[M11], row[M12], row[M22], row[V1], row[V2], row[FITTED] = m11, m12, m22, v1, v2, fitted


@kernel(sums=True)
def log_determinant(sums: Floats, first: int, last: int, w11: float, w12: float, w22: float, det_w: float) -> float:
    """Sum of log D over units first..last - 1, a logarithm of a product at a time."""
    twice = 2.0 * w12
    total = 0.0
    for start in range(first, last, LOG_OF):
        end = min(start + LOG_OF, last)
        n, t, tt = sums[AFTER + COUNT, start:end], sums[AFTER + T, start:end], sums[AFTER + TT, start:end]
        here = sums[ZERO, start:end]
        product = 1.0
        for i in range(n.size):
            c11, c12, c22 = n[i] + here[i], t[i], tt[i]
            det = c11 * c22 - c12 * c12
            product *= 1.0 + w11 * c11 + twice * c12 + w22 * c22 + det_w * det
        total += math.log(product)
    return total


@kernel(sums=True)
def second_sums(
    sums: Floats, first: int, last: int, w11: float, w12: float, w22: float, det_w: float, share: float, row: Floats
) -> None:
    """Sums for the derivatives over units first..last - 1: MUM, MUW, MB and WW of the group's row.

    w is v of the fitted LINE (b0, b1): Z' V^-1 (y - X beta). B = M K M + share w w', K the group's SPREAD.
    """
    b0, b1, k11, k12, k22 = row[LINE], row[LINE + 1], row[SPREAD], row[SPREAD + 1], row[SPREAD + 2]
    n, t, tt = sums[AFTER + COUNT, first:last], sums[AFTER + T, first:last], sums[AFTER + TT, first:last]
    y, ty = sums[AFTER + Y, first:last], sums[AFTER + TY, first:last]
    here, at_zero = sums[ZERO, first:last], sums[ZERO + 1, first:last]
    twice = 2.0 * w12
    mm0, mm1, mm2, mm3, mm4, mm5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    mw0, mw1, mw2, mw3, mw4, mw5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    mb0, mb1, mb2, mb3, mb4, mb5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    ww0, ww1, ww2 = 0.0, 0.0, 0.0
    for i in range(n.size):
        c11, c12, c22 = n[i] + here[i], t[i], tt[i]
        det = c11 * c22 - c12 * c12
        d1 = y[i] + at_zero[i] - b0 * c11 - b1 * c12
        d2 = ty[i] - b0 * c12 - b1 * c22
        f1, f2 = c22 * d1 - c12 * d2, c11 * d2 - c12 * d1
        over = 1.0 / (1.0 + w11 * c11 + twice * c12 + w22 * c22 + det_w * det)
        m11 = (c11 + w22 * det) * over
        m12 = (c12 - w12 * det) * over
        m22 = (c22 + w11 * det) * over
        w1 = (d1 + w22 * f1 - w12 * f2) * over
        w2 = (d2 + w11 * f2 - w12 * f1) * over
        mm0 += m11 * m11
        mm1 += m11 * m12
        mm2 += m12 * m12
        mm3 += m11 * m22
        mm4 += m12 * m22
        mm5 += m22 * m22
        mw0 += m11 * w1
        mw1 += m12 * w1
        mw2 += m11 * w2 + m12 * w1
        mw3 += m12 * w2 + m22 * w1
        mw4 += m12 * w2
        mw5 += m22 * w2
        t11, t12 = k11 * m11 + k12 * m12, k11 * m12 + k12 * m22
        t21, t22 = k12 * m11 + k22 * m12, k12 * m12 + k22 * m22
        b11 = m11 * t11 + m12 * t21 + share * w1 * w1
        b12 = m11 * t12 + m12 * t22 + share * w1 * w2
        b22 = m12 * t12 + m22 * t22 + share * w2 * w2
        mb0 += m11 * b11
        mb1 += m11 * b12 + m12 * b11
        mb2 += m12 * b12
        mb3 += 2.0 * m12 * b12 + m22 * b11 + m11 * b22
        mb4 += m12 * b22 + m22 * b12
        mb5 += m22 * b22
        ww0 += w1 * w1
        ww1 += w1 * w2
        ww2 += w2 * w2
    row[MUM], row[MUM + 1], row[MUM + 2] = mm0, mm1, mm2
    row[MUM + 3], row[MUM + 4], row[MUM + 5] = 2.0 * mm1, mm2 + mm3, 2.0 * mm4
    row[MUM + 6], row[MUM + 7], row[MUM + 8] = mm2, mm4, mm5
    row[MUW], row[MUW + 1], row[MUW + 2], row[MUW + 3], row[MUW + 4], row[MUW + 5] = mw0, mw1, mw2, mw3, mw4, mw5
    row[MB], row[MB + 1], row[MB + 2], row[MB + 3], row[MB + 4], row[MB + 5] = mb0, mb1, mb2, mb3, mb4, mb5
    row[WW], row[WW + 1], row[WW + 2] = ww0, ww1, ww2
