"""Effects at given weights: their information, factors of its inverse, the estimates.

Effects are the means of A groups at m times, group by group, then the slopes of x at the times. Groups share no unit,
so that their information has a block for each group with a border for x, and the inverse K of its Cholesky factor L
has it too:

    L L' = X' V^-1 X        K = [K_1             ]     C = (X' V^-1 X)^-1 = K' K
                                [     ...        ]
                                [J_1  ...  J_A  K_x]

An effect without a value, as of a group that nobody was seen in at a time, has a row of zeros in X' V^-1 X, which one
on the diagonal keeps apart from all others. Small matrices (m, m) stand row by row in one row of scratch space.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mmrm_rows import add, dot, put
from leadin.engine.kernels.mmrm_scratch import (
    COVARIANCE,
    FACTORS,
    HALF,
    INFORMATION,
    SXX,
    SXY,
    VECTORS,
    XY,
    W,
    pair,
    pairs_of,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def information(work: Floats, first: Ints, groups: int, m: int, g: int) -> None:
    """Fills INFORMATION (2 A + 1, pairs), sums of W over units, times 1 by group, times x by group, times the square
    of x; and XY ((A + 1) m,), X' V^-1 y.
    """
    w, xy = first[W], first[VECTORS] + XY
    for combined in range(2 * groups + 1):
        for own in range(pairs_of(m)):
            work[first[INFORMATION] + combined, own] = dot(work, first[SXX] + combined, w + own, g)
    for column in range(groups + 1):
        for s in range(m):
            total = 0.0
            for t in range(m):
                total += dot(work, w + pair(s, t), first[SXY] + column * m + t, g)
            work[xy, column * m + s] = total


@kernel
def factors(work: Floats, first: Ints, groups: int, m: int) -> float:
    """Fills FACTORS (2 A + 1, m m) with K_1 to K_A, J_1 to J_A, K_x; returns log det X' V^-1 X, NaN where that is not
    positive definite.
    """
    info, fact, half = first[INFORMATION], first[FACTORS], first[HALF]
    rest, last = half + groups, fact + 2 * groups
    put(work, rest, 0.0, pairs_of(m))
    add(work, rest, 1.0, info + 2 * groups, pairs_of(m))
    log_det = 0.0
    for group in range(groups):
        log_det += inverse_factor(work, info + group, m, fact + group)
        _border(work, fact + group, info + groups + group, m, half + group, rest)
    log_det += inverse_factor(work, rest, m, last)
    for group in range(groups):
        for s in range(m):
            for t in range(m):
                total = 0.0
                for v in range(s + 1):
                    part = 0.0
                    for u in range(t, m):
                        part += work[half + group, u * m + v] * work[fact + group, u * m + t]
                    total -= work[last, s * m + v] * part
                work[fact + groups + group, s * m + t] = total
    return log_det


@kernel
def _border(work: Floats, own: int, info: int, m: int, border: int, rest: int) -> None:
    """border (m, m) = K B, for K of a group, `own`, and its symmetric part B of the information; takes the square of it
    off `rest`.
    """
    for s in range(m):
        for t in range(m):
            total = 0.0
            for u in range(s + 1):
                total += work[own, s * m + u] * work[info, pair(u, t)]
            work[border, s * m + t] = total
    for s in range(m):
        for t in range(s + 1):
            total = 0.0
            for u in range(m):
                total += work[border, u * m + s] * work[border, u * m + t]
            work[rest, pair(s, t)] -= total


@kernel
def inverse_factor(work: Floats, packed: int, m: int, out: int) -> float:
    """Fills row `out` (m, m) with the inverse of the lower Cholesky factor of a symmetric matrix (pairs,); returns the
    logarithm of its determinant, NaN where it is not positive definite. A zero on the diagonal counts as one.
    """
    log_det = 0.0
    for s in range(m):
        for t in range(s + 1):
            whole = work[packed, pair(s, t)]
            total = whole if whole != 0.0 or t < s else 1.0
            for u in range(t):
                total -= work[out, s * m + u] * work[out, t * m + u]
            if t < s:
                work[out, s * m + t] = total / work[out, t * m + t]
                work[out, t * m + s] = 0.0
                continue
            if not total > 1e-14 * whole:
                return math.nan
            log_det += math.log(total)
            work[out, s * m + s] = math.sqrt(total)
    for t in range(m):
        work[out, t * m + t] = 1.0 / work[out, t * m + t]
        for s in range(t + 1, m):
            total = 0.0
            for u in range(t, s):
                total += work[out, s * m + u] * work[out, u * m + t]
            work[out, s * m + t] = -total / work[out, s * m + s]
    return log_det


@kernel
def onto_factors(work: Floats, fact: int, groups: int, m: int, given: int, out: int) -> None:
    """out = K given: both ((A + 1) m,), rows of scratch space; fact: the first row of FACTORS."""
    for s in range(m):
        rest = 0.0
        for group in range(groups + 1):
            total = 0.0
            block = 2 * groups if group == groups else group
            for t in range(m):
                total += work[fact + block, s * m + t] * work[given, group * m + t]
                if group < groups:
                    rest += work[fact + groups + group, s * m + t] * work[given, group * m + t]
            work[out, group * m + s] = total
        work[out, groups * m + s] += rest


@kernel
def from_factors(work: Floats, fact: int, groups: int, m: int, given: int, out: int) -> None:
    """out = K' given: both ((A + 1) m,)."""
    for t in range(m):
        for group in range(groups + 1):
            total = 0.0
            block = 2 * groups if group == groups else group
            for s in range(m):
                total += work[fact + block, s * m + t] * work[given, group * m + s]
                if group < groups:
                    total += work[fact + groups + group, s * m + t] * work[given, groups * m + s]
            work[out, group * m + t] = total


@kernel
def effect_covariance(work: Floats, first: Ints, groups: int, m: int) -> None:
    """Fills COVARIANCE (2 A + 1, pairs) with what x_i C x_i' at two times is made of, in the order of INFORMATION."""
    cov, fact = first[COVARIANCE], first[FACTORS]
    last = fact + 2 * groups
    for s in range(m):
        for t in range(s + 1):
            own = pair(s, t)
            total = 0.0
            for u in range(s, m):
                total += work[last, u * m + s] * work[last, u * m + t]
            work[cov + 2 * groups, own] = total
            for group in range(groups):
                k, j = fact + group, fact + groups + group
                within, across = 0.0, 0.0
                for u in range(m):
                    j_s, j_t = work[j, u * m + s], work[j, u * m + t]
                    within += work[k, u * m + s] * work[k, u * m + t] + j_s * j_t
                    across += work[last, u * m + s] * j_t + j_s * work[last, u * m + t]
                work[cov + group, own] = within
                work[cov + groups + group, own] = across


@kernel
def add_square(work: Floats, first: Ints, groups: int, m: int, gamma: int) -> None:
    """Adds to COVARIANCE what x_i gamma gamma' x_i' at two times is made of, in the same order; gamma: a row."""
    cov = first[COVARIANCE]
    for s in range(m):
        for t in range(s + 1):
            own, slope_s, slope_t = pair(s, t), work[gamma, groups * m + s], work[gamma, groups * m + t]
            for group in range(groups):
                mean_s, mean_t = work[gamma, group * m + s], work[gamma, group * m + t]
                work[cov + group, own] += mean_s * mean_t
                work[cov + groups + group, own] += mean_s * slope_t + slope_s * mean_t
            work[cov + 2 * groups, own] += slope_s * slope_t
