"""What the random-slope model needs of each unit, and the sums over the units of a group: loops for vector registers.

Z_i = [1, t] holds the times of unit i, scaled. Kept of each unit, in the rows of `units`: C = Z'Z, its determinant,
d = Z'r with r the residual of ordinary least squares, and f = adj(C) d. With W the covariance of the random effects
in units of the residual variance and D = det(I + C W) = 1 + tr(C W) + det C det W,

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

C11, C12, C22, DET, D1, D2, F1, F2 = range(8)
"""Rows of `units`."""
UNITS = 8

PRESENT, M11, M12, M22, V1, V2, FITTED, LOG_D = range(8)
MUM, MUW, MB, WW = 8, 17, 23, 29
"""Within a row of `groups`: whether the group is in the model; sums of M, v, d'W v and log D (`first_sums`); sums of
M U M (entries 11, 12, 22 for each U), M U w (entries 1, 2 for each U), tr(U M U B) (6) and w w' (3) (`second_sums`);
U are the directions in which w11, w12 and w22 move."""
COEFFICIENT, RATIO, OWN, LEAST_SQUARES = 32, 33, 34, 35
"""Slope beyond least squares, and of the information on intercept and slopes: intercept-slope over slope, slope; the
slope of least squares."""
GROUP = 36
N, SUM_T, SUM_TT, SUM_Y, SUM_TY, SUM_YY, LATER, SEEN = range(8, 16)
"""Within a row of `groups` until the units are made: counts and sums, values after time zero, units with a value."""
OWN11, OWN12, OWN22, INV11, INV12, INV22, FULL, EXPLAINED, RANKS, SPARE = range(8, 18)
"""Within a row of `groups` while the start is looked for: see `own_sums`."""

SAME_TIME = 1e-10
"""Times of a unit are all the same when det C is not above this share of the squared trace."""
LOG_OF = 16
"""So many D are multiplied before a logarithm is taken."""


@kernel(sums=True)
def totals(sums: Floats, first: int, last: int, row: Floats) -> None:
    """Counts and sums of the values of units first..last - 1, from time zero on: N to SEEN."""
    later, here = sums[AFTER + COUNT, first:last], sums[ZERO, first:last]
    t, tt, y, ty, yy = (
        sums[AFTER + T, first:last],
        sums[AFTER + TT, first:last],
        sums[AFTER + Y, first:last],
        sums[AFTER + TY, first:last],
        sums[AFTER + YY, first:last],
    )
    at_zero = sums[ZERO + 1, first:last]
    count, after, seen = 0.0, 0.0, 0.0
    sum_t, sum_tt, sum_y, sum_ty, sum_yy = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(later.size):
        after += later[i]
        count += here[i]
        seen += 1.0 if later[i] + here[i] > 0.0 else 0.0
        sum_t += t[i]
        sum_tt += tt[i]
        sum_y += y[i] + at_zero[i]
        sum_ty += ty[i]
        sum_yy += yy[i] + at_zero[i] * at_zero[i]
    row[N], row[SUM_T], row[SUM_TT], row[SUM_Y], row[SUM_TY], row[SUM_YY] = (
        count + after,
        sum_t,
        sum_tt,
        sum_y,
        sum_ty,
        sum_yy,
    )
    row[LATER], row[SEEN] = after, seen


@kernel
def make_units(sums: Floats, first: int, last: int, scale: float, b0: float, b1: float, units: Floats) -> None:
    """The rows of `units` for units first..last - 1: times divided by `scale`, the line (b0, b1) taken off."""
    c11, c12, c22, det = (
        units[C11, first:last],
        units[C12, first:last],
        units[C22, first:last],
        units[DET, first:last],
    )
    d1, d2, f1, f2 = units[D1, first:last], units[D2, first:last], units[F1, first:last], units[F2, first:last]
    n, t, tt = sums[AFTER + COUNT, first:last], sums[AFTER + T, first:last], sums[AFTER + TT, first:last]
    y, ty = sums[AFTER + Y, first:last], sums[AFTER + TY, first:last]
    here, at_zero = sums[ZERO, first:last], sums[ZERO + 1, first:last]
    once, twice = 1.0 / scale, 1.0 / (scale * scale)
    for i in range(c11.size):
        c11[i] = n[i] + here[i]
    for i in range(c11.size):
        c12[i] = t[i] * once
    for i in range(c11.size):
        c22[i] = tt[i] * twice
    for i in range(c11.size):
        det[i] = max(c11[i] * c22[i] - c12[i] * c12[i], 0.0)
    for i in range(c11.size):
        d1[i] = y[i] + at_zero[i] - b0 * c11[i] - b1 * c12[i]
    for i in range(c11.size):
        d2[i] = ty[i] * once - b0 * c12[i] - b1 * c22[i]
    for i in range(c11.size):
        f1[i] = c22[i] * d1[i] - c12[i] * d2[i]
    for i in range(c11.size):
        f2[i] = c11[i] * d2[i] - c12[i] * d1[i]


@kernel(sums=True)
def largest_determinant(units: Floats, first: int, last: int) -> float:
    """Of C, over units first..last - 1."""
    det = units[DET, first:last]
    largest = 0.0
    for i in range(det.size):
        largest = max(largest, det[i])
    return largest


@kernel(sums=True)
def own_sums(units: Floats, first: int, last: int, enough: float, row: Floats) -> None:
    """What the units' own least squares say, OWN11 to SPARE.

    Sums of their coefficients' squares and of C^-1 over the FULL units with det C of at least `enough`; of all units:
    the sum of squares they explain, the coefficients that took, and units with more values than that.
    """
    c11, c12, c22, det = (
        units[C11, first:last],
        units[C12, first:last],
        units[C22, first:last],
        units[DET, first:last],
    )
    d1, d2, f1, f2 = units[D1, first:last], units[D2, first:last], units[F1, first:last], units[F2, first:last]
    full, explained, ranks, spare = 0.0, 0.0, 0.0, 0.0
    o11, o12, o22, i11, i12, i22 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(c11.size):
        trace = c11[i] + c22[i]
        lines = det[i] > SAME_TIME * trace * trace
        over = 1.0 / (det[i] if lines else 1.0)
        weight = over if det[i] >= enough and lines else 0.0
        own1, own2 = f1[i] * weight, f2[i] * weight
        o11 += own1 * own1
        o12 += own1 * own2
        o22 += own2 * own2
        i11 += c22[i] * weight
        i12 -= c12[i] * weight
        i22 += c11[i] * weight
        full += 1.0 if weight > 0.0 else 0.0
        count = max(c11[i], 1.0)
        explained += (d1[i] * f1[i] + d2[i] * f2[i]) * over if lines else d1[i] * d1[i] / count
        rank = 2.0 if lines else (1.0 if c11[i] > 0.0 else 0.0)
        ranks += rank
        spare += 1.0 if c11[i] > rank else 0.0
    row[OWN11], row[OWN12], row[OWN22] = o11, o12, o22
    row[INV11], row[INV12], row[INV22] = i11, i12, i22
    row[FULL], row[EXPLAINED], row[RANKS], row[SPARE] = full, explained, ranks, spare


@kernel(sums=True)
def first_sums(
    units: Floats, first: int, last: int, w11: float, w12: float, w22: float, det_w: float, row: Floats
) -> None:
    """Sums of M, v and d'W v over units first..last - 1: M11 to FITTED of the group's row."""
    c11, c12, c22, det = (
        units[C11, first:last],
        units[C12, first:last],
        units[C22, first:last],
        units[DET, first:last],
    )
    d1, d2, f1, f2 = units[D1, first:last], units[D2, first:last], units[F1, first:last], units[F2, first:last]
    twice = 2.0 * w12
    m11, m12, m22, v1, v2, fitted = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(c11.size):
        over = 1.0 / (1.0 + w11 * c11[i] + twice * c12[i] + w22 * c22[i] + det_w * det[i])
        m11 += (c11[i] + w22 * det[i]) * over
        m12 += (c12[i] - w12 * det[i]) * over
        m22 += (c22[i] + w11 * det[i]) * over
        own1 = (d1[i] + w22 * f1[i] - w12 * f2[i]) * over
        own2 = (d2[i] + w11 * f2[i] - w12 * f1[i]) * over
        v1 += own1
        v2 += own2
        fitted += d1[i] * (w11 * own1 + w12 * own2) + d2[i] * (w12 * own1 + w22 * own2)
    row[M11], row[M12], row[M22], row[V1], row[V2], row[FITTED] = m11, m12, m22, v1, v2, fitted


@kernel(sums=True)
def log_determinant(units: Floats, first: int, last: int, w11: float, w12: float, w22: float, det_w: float) -> float:
    """Sum of log D over units first..last - 1, a logarithm of a product at a time."""
    twice = 2.0 * w12
    total = 0.0
    for start in range(first, last, LOG_OF):
        end = min(start + LOG_OF, last)
        c11, c12, c22, det = (
            units[C11, start:end],
            units[C12, start:end],
            units[C22, start:end],
            units[DET, start:end],
        )
        product = 1.0
        for i in range(c11.size):
            product *= 1.0 + w11 * c11[i] + twice * c12[i] + w22 * c22[i] + det_w * det[i]
        total += math.log(product)
    return total


@kernel(sums=True)
def second_sums(
    units: Floats,
    first: int,
    last: int,
    w11: float,
    w12: float,
    w22: float,
    det_w: float,
    b0: float,
    b1: float,
    k11: float,
    k12: float,
    k22: float,
    share: float,
    row: Floats,
) -> None:
    """Sums for the derivatives over units first..last - 1: MUM, MUW, MB and WW of the group's row.

    w = v - M (b0, b1)' is the weighted residual, K the covariance of the group's line, B = M K M + share w w'.
    """
    c11, c12, c22, det = (
        units[C11, first:last],
        units[C12, first:last],
        units[C22, first:last],
        units[DET, first:last],
    )
    d1, d2, f1, f2 = units[D1, first:last], units[D2, first:last], units[F1, first:last], units[F2, first:last]
    twice = 2.0 * w12
    mm0, mm1, mm2, mm3, mm4, mm5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    mw0, mw1, mw2, mw3, mw4, mw5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    mb0, mb1, mb2, mb3, mb4, mb5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    ww0, ww1, ww2 = 0.0, 0.0, 0.0
    for i in range(c11.size):
        over = 1.0 / (1.0 + w11 * c11[i] + twice * c12[i] + w22 * c22[i] + det_w * det[i])
        m11 = (c11[i] + w22 * det[i]) * over
        m12 = (c12[i] - w12 * det[i]) * over
        m22 = (c22[i] + w11 * det[i]) * over
        w1 = (d1[i] + w22 * f1[i] - w12 * f2[i]) * over - m11 * b0 - m12 * b1
        w2 = (d2[i] + w11 * f2[i] - w12 * f1[i]) * over - m12 * b0 - m22 * b1
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
