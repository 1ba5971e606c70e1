"""The units of one trial, with three random effects each: an intercept, a slope, and its change at time 0.

Whatever group a unit is in, its fixed effects lie in the span of its own columns Z = (1, t, max(t, 0)). So its series
enters a fit through C = Z'Z and d = Z'y alone, and the covariance V = I + Z S Z' through P = Z'V^-1 Z and e = Z'V^-1 y:
with D = det(I + C S), P = (C + [adj C, S] + det C adj S) / D, where [X, Y] = adj(X + Y) - adj X - adj Y, and
e = d - P S d. No matrix is factored and nothing branches, so that loops over units run in vector registers.

Units of a group stand in segments of CAPACITY, each a table of ROWS rows; a row begins at a fixed place, so that the
compiler sees that rows do not overlap. The last segment of a group is filled up with empty units, which add nothing.
A symmetric 3 x 3 matrix is written as its entries 00, 01, 02, 11, 12, 22.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]

CAPACITY = 128
INSIDE = CAPACITY - 1
"""A unit's number in its segment, `and` this, is itself: so the compiler knows that it is not negative."""
LANES = 8
"""Segments are filled up to a multiple of this."""
STRIDE = CAPACITY + LANES
"""From row to row: not a power of two, since such rows crowd into a few lines of the cache."""
C = 0
ADJOINT = 6 * STRIDE
DETERMINANT = 12 * STRIDE
D = 13 * STRIDE
P = 16 * STRIDE
E = 22 * STRIDE
"""The three entries of e, and after `lean` those of w = e - P beta."""
M = 25 * STRIDE
"""Six entries after `lean`; before it the first of them holds det(I + C S)."""
SQUARES = 31 * STRIDE
"""The sum of the squares of a unit's values."""
ROWS = 32
SEGMENT = ROWS * STRIDE
BIG = 1e200


@kernel(sums=True)
def place_adjoints(units: Floats, width: int) -> None:
    """The adjoint and the determinant of C, from C, of `width` units."""
    for j in range(width):
        i = j & INSIDE
        c0, c1, c2 = units[C + i], units[C + STRIDE + i], units[C + 2 * STRIDE + i]
        c3, c4, c5 = units[C + 3 * STRIDE + i], units[C + 4 * STRIDE + i], units[C + 5 * STRIDE + i]
        a0, a1, a2 = c3 * c5 - c4 * c4, c2 * c4 - c1 * c5, c1 * c4 - c2 * c3
        units[ADJOINT + i] = a0
        units[ADJOINT + STRIDE + i] = a1
        units[ADJOINT + 2 * STRIDE + i] = a2
        units[ADJOINT + 3 * STRIDE + i] = c0 * c5 - c2 * c2
        units[ADJOINT + 4 * STRIDE + i] = c1 * c2 - c0 * c4
        units[ADJOINT + 5 * STRIDE + i] = c0 * c3 - c1 * c1
        units[DETERMINANT + i] = c0 * a0 + c1 * a1 + c2 * a2


@kernel(sums=True)
def centre(units: Floats, width: int, b0: float, b1: float, b2: float) -> None:
    """Takes Z (b0, b1, b2) away from the values of `width` units."""
    for j in range(width):
        i = j & INSIDE
        c1, c2, c4 = units[C + STRIDE + i], units[C + 2 * STRIDE + i], units[C + 4 * STRIDE + i]
        d0, d1, d2 = units[D + i], units[D + STRIDE + i], units[D + 2 * STRIDE + i]
        r0 = d0 - units[C + i] * b0 - c1 * b1 - c2 * b2
        r1 = d1 - c1 * b0 - units[C + 3 * STRIDE + i] * b1 - c4 * b2
        r2 = d2 - c2 * b0 - c4 * b1 - units[C + 5 * STRIDE + i] * b2
        units[D + i], units[D + STRIDE + i], units[D + 2 * STRIDE + i] = r0, r1, r2
        units[SQUARES + i] -= (d0 + r0) * b0 + (d1 + r1) * b1 + (d2 + r2) * b2


@kernel(sums=True)
def weigh(units: Floats, width: int, s: Floats, sums: Floats) -> None:
    """P, e and det(I + C S) of `width` units at S = `s` (6,); adds to `sums` those of P (6), e (3) and d'S e."""
    s0, s1, s2, s3, s4, s5 = s[0], s[1], s[2], s[3], s[4], s[5]
    a0, a1, a2 = s3 * s5 - s4 * s4, s2 * s4 - s1 * s5, s1 * s4 - s2 * s3
    a3, a4, a5 = s0 * s5 - s2 * s2, s1 * s2 - s0 * s4, s0 * s3 - s1 * s1
    det = s0 * a0 + s1 * a1 + s2 * a2
    t0 = t1 = t2 = t3 = t4 = t5 = t6 = t7 = t8 = t9 = 0.0
    for j in range(width):
        i = j & INSIDE
        c0, c1, c2 = units[C + i], units[C + STRIDE + i], units[C + 2 * STRIDE + i]
        c3, c4, c5 = units[C + 3 * STRIDE + i], units[C + 4 * STRIDE + i], units[C + 5 * STRIDE + i]
        x0, x1, x2 = units[ADJOINT + i], units[ADJOINT + STRIDE + i], units[ADJOINT + 2 * STRIDE + i]
        x3, x4, x5 = units[ADJOINT + 3 * STRIDE + i], units[ADJOINT + 4 * STRIDE + i], units[ADJOINT + 5 * STRIDE + i]
        own = units[DETERMINANT + i]
        linear = c0 * s0 + c3 * s3 + c5 * s5 + 2.0 * (c1 * s1 + c2 * s2 + c4 * s4)
        square = x0 * a0 + x3 * a3 + x5 * a5 + 2.0 * (x1 * a1 + x2 * a2 + x4 * a4)
        whole = 1.0 + linear + square + own * det
        share = 1.0 / whole
        p0 = (c0 + x3 * s5 + x5 * s3 - 2.0 * x4 * s4 + own * a0) * share
        p1 = (c1 + x2 * s4 + s2 * x4 - x1 * s5 - s1 * x5 + own * a1) * share
        p2 = (c2 + x1 * s4 + s1 * x4 - x2 * s3 - s2 * x3 + own * a2) * share
        p3 = (c3 + x0 * s5 + x5 * s0 - 2.0 * x2 * s2 + own * a3) * share
        p4 = (c4 + x1 * s2 + s1 * x2 - x0 * s4 - s0 * x4 + own * a4) * share
        p5 = (c5 + x0 * s3 + x3 * s0 - 2.0 * x1 * s1 + own * a5) * share
        d0, d1, d2 = units[D + i], units[D + STRIDE + i], units[D + 2 * STRIDE + i]
        u0, u1, u2 = s0 * d0 + s1 * d1 + s2 * d2, s1 * d0 + s3 * d1 + s4 * d2, s2 * d0 + s4 * d1 + s5 * d2
        e0, e1, e2 = (
            d0 - p0 * u0 - p1 * u1 - p2 * u2,
            d1 - p1 * u0 - p3 * u1 - p4 * u2,
            d2 - p2 * u0 - p4 * u1 - p5 * u2,
        )
        units[P + i], units[P + STRIDE + i], units[P + 2 * STRIDE + i] = p0, p1, p2
        units[P + 3 * STRIDE + i], units[P + 4 * STRIDE + i], units[P + 5 * STRIDE + i] = p3, p4, p5
        units[E + i], units[E + STRIDE + i], units[E + 2 * STRIDE + i] = e0, e1, e2
        units[M + i] = whole
        t0, t1, t2, t3, t4, t5 = t0 + p0, t1 + p1, t2 + p2, t3 + p3, t4 + p4, t5 + p5
        t6, t7, t8 = t6 + e0, t7 + e1, t8 + e2
        t9 += u0 * e0 + u1 * e1 + u2 * e2
    for place, term in enumerate((t0, t1, t2, t3, t4, t5, t6, t7, t8, t9)):
        sums[place] += term


@kernel
def log_determinants(units: Floats, width: int) -> float:
    """Sum of log det(I + C S) over `width` units, after `weigh`."""
    total, product = 0.0, 1.0
    for i in range(width):
        product *= units[M + i]
        if product > BIG:
            total += math.log(product)
            product = 1.0
    return total + math.log(product)


@kernel(sums=True)
def lean(units: Floats, width: int, beta: Floats, known: Floats, weight: float) -> None:
    """w = e - P beta in place of e, and M = 2 P B P - P + weight w w', after `weigh`.

    beta (3,): coefficients of this group's columns Z; known (6,): B, their covariance relative to sigma^2.
    """
    b0, b1, b2, b3, b4, b5 = known[0], known[1], known[2], known[3], known[4], known[5]
    beta0, beta1, beta2 = beta[0], beta[1], beta[2]
    for j in range(width):
        i = j & INSIDE
        p0, p1, p2 = units[P + i], units[P + STRIDE + i], units[P + 2 * STRIDE + i]
        p3, p4, p5 = units[P + 3 * STRIDE + i], units[P + 4 * STRIDE + i], units[P + 5 * STRIDE + i]
        w0 = units[E + i] - p0 * beta0 - p1 * beta1 - p2 * beta2
        w1 = units[E + STRIDE + i] - p1 * beta0 - p3 * beta1 - p4 * beta2
        w2 = units[E + 2 * STRIDE + i] - p2 * beta0 - p4 * beta1 - p5 * beta2
        q00, q01, q02 = p0 * b0 + p1 * b1 + p2 * b2, p0 * b1 + p1 * b3 + p2 * b4, p0 * b2 + p1 * b4 + p2 * b5
        q10, q11, q12 = p1 * b0 + p3 * b1 + p4 * b2, p1 * b1 + p3 * b3 + p4 * b4, p1 * b2 + p3 * b4 + p4 * b5
        q20, q21, q22 = p2 * b0 + p4 * b1 + p5 * b2, p2 * b1 + p4 * b3 + p5 * b4, p2 * b2 + p4 * b4 + p5 * b5
        units[E + i], units[E + STRIDE + i], units[E + 2 * STRIDE + i] = w0, w1, w2
        units[M + i] = 2.0 * (q00 * p0 + q01 * p1 + q02 * p2) - p0 + weight * w0 * w0
        units[M + STRIDE + i] = 2.0 * (q10 * p0 + q11 * p1 + q12 * p2) - p1 + weight * w1 * w0
        units[M + 2 * STRIDE + i] = 2.0 * (q20 * p0 + q21 * p1 + q22 * p2) - p2 + weight * w2 * w0
        units[M + 3 * STRIDE + i] = 2.0 * (q10 * p1 + q11 * p3 + q12 * p4) - p3 + weight * w1 * w1
        units[M + 4 * STRIDE + i] = 2.0 * (q20 * p1 + q21 * p3 + q22 * p4) - p4 + weight * w2 * w1
        units[M + 5 * STRIDE + i] = 2.0 * (q20 * p2 + q21 * p4 + q22 * p5) - p5 + weight * w2 * w2


@kernel(sums=True)
def products(units: Floats, width: int, pp: Floats, pw: Floats, pm: Floats) -> None:
    """Adds the sums over `width` units of P_a P_b to `pp` (36,), P_a w_x to `pw` (18,), P_a M_b to `pm` (36,)."""
    for a in range(6):
        row = P + a * STRIDE
        p0 = p1 = p2 = p3 = p4 = p5 = w0 = w1 = w2 = m0 = m1 = m2 = m3 = m4 = m5 = 0.0
        for j in range(width):
            i = j & INSIDE
            p = units[row + i]
            p0 += p * units[P + i]
            p1 += p * units[P + STRIDE + i]
            p2 += p * units[P + 2 * STRIDE + i]
            p3 += p * units[P + 3 * STRIDE + i]
            p4 += p * units[P + 4 * STRIDE + i]
            p5 += p * units[P + 5 * STRIDE + i]
            w0 += p * units[E + i]
            w1 += p * units[E + STRIDE + i]
            w2 += p * units[E + 2 * STRIDE + i]
            m0 += p * units[M + i]
            m1 += p * units[M + STRIDE + i]
            m2 += p * units[M + 2 * STRIDE + i]
            m3 += p * units[M + 3 * STRIDE + i]
            m4 += p * units[M + 4 * STRIDE + i]
            m5 += p * units[M + 5 * STRIDE + i]
        for place, term in enumerate((p0, p1, p2, p3, p4, p5)):
            pp[6 * a + place] += term
        for place, term in enumerate((w0, w1, w2)):
            pw[3 * a + place] += term
        for place, term in enumerate((m0, m1, m2, m3, m4, m5)):
            pm[6 * a + place] += term


@kernel(sums=True)
def squares(units: Floats, width: int, ww: Floats) -> None:
    """Adds the sums of w w' over `width` units to `ww` (6,), after `lean`."""
    s0 = s1 = s2 = s3 = s4 = s5 = 0.0
    for j in range(width):
        i = j & INSIDE
        w0, w1, w2 = units[E + i], units[E + STRIDE + i], units[E + 2 * STRIDE + i]
        s0 += w0 * w0
        s1 += w0 * w1
        s2 += w0 * w2
        s3 += w1 * w1
        s4 += w1 * w2
        s5 += w2 * w2
    for place, term in enumerate((s0, s1, s2, s3, s4, s5)):
        ww[place] += term
