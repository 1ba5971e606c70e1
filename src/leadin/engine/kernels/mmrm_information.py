"""The Hessian of the REML deviance of an mmrm fit by the variances and covariances of the times, in which V is linear.

Along matrices D and E it is, with W, U and C of `mmrm_deviance`, N = 2 U - W summed over the units of each pattern,
and P_D = X' W D W X summed over units,

    sum of tr(D W E N) - tr(P_D C P_E C) - 2 f_D' C f_E,        f_D = sum of X' W D W r

Where nothing is missing the second term is the sum of tr(D W E W) over units times the share of effects in them, and
the third is zero: taking them so always gives a Hessian that costs little and leads to the optimum in few steps. What
they are is worked out at the optimum.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mmrm_rows import add, add_product, dot, dots, put, put_product
from leadin.engine.kernels.mmrm_scratch import (
    BENT,
    COUNT,
    FACTORS,
    FORMS,
    GAMMA,
    HALF,
    HESSIAN,
    LOWER,
    MOMENTS,
    SEEN,
    SXX,
    SXY,
    TENSOR,
    TURNED,
    VECTORS,
    W,
    pair,
    pairs_of,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROOT_2 = math.sqrt(2.0)
"""An entry beside the diagonal of a symmetric matrix stands for two."""


@kernel
def traces(work: Floats, first: Ints, m: int, g: int, n: int, out: int) -> None:
    """Fills rows from `out` (pairs, pairs), their lower triangle, with the sums of tr(D W E N); n: the first row of N
    (pairs, G).
    """
    tensor, pairs = first[TENSOR], pairs_of(m)
    dots(work, first[W], pairs, n, pairs, g, tensor)
    for x in range(pairs):
        for y in range(x + 1):
            both = work[tensor + x, y] + work[tensor + y, x]
            work[tensor + x, y] = both
            work[tensor + y, x] = both
    for a in range(m):
        for b in range(a + 1):
            own = pair(a, b)
            for c in range(a + 1):
                for d in range(c + 1):
                    value = work[tensor + pair(b, c), pair(a, d)] + work[tensor + pair(a, c), pair(b, d)]
                    work[out + own, pair(c, d)] = value * (0.5 if a == b else 1.0) * (0.5 if c == d else 1.0)


@kernel
def sum_hessian(work: Floats, first: Ints, m: int, g: int, expected: int, share: float) -> None:
    """Fills HESSIAN, its lower triangle, with the first term for N = 2 U - share W; expected 1: for N = share W, which
    is its expectation but for the effects.
    """
    for own in range(pairs_of(m)):
        inner = first[LOWER] + own
        weight = share if expected == 1 else -share
        put_product(work, inner, weight, first[SEEN] + m + COUNT, first[W] + own, g)
        if expected == 0:
            add(work, inner, 2.0, first[MOMENTS] + own, g)
    traces(work, first, m, g, first[LOWER], first[HESSIAN])


@kernel
def bent_information(work: Floats, first: Ints, groups: int, m: int, g: int) -> None:
    """Fills BENT: for each part of the information (2 A + 1) and pair of times a row with its derivative along each D,
    but for the sign.
    """
    scaled, tensor, pairs = first[HALF], first[TENSOR], pairs_of(m)
    for combined in range(2 * groups + 1):
        for own in range(pairs):
            put_product(work, scaled + own, 1.0, first[SXX] + combined, first[W] + own, g)
            for other in range(own + 1):
                work[tensor + own, other] = dot(work, scaled + own, first[W] + other, g)
                work[tensor + other, own] = work[tensor + own, other]
        for s in range(m):
            for t in range(s + 1):
                out = first[BENT] + combined * pairs + pair(s, t)
                for a in range(m):
                    for b in range(a + 1):
                        value = work[tensor + pair(s, a), pair(b, t)] + work[tensor + pair(s, b), pair(a, t)]
                        work[out, pair(a, b)] = value * (0.5 if a == b else 1.0)


@kernel
def forms(work: Floats, first: Ints, groups: int, m: int) -> None:
    """Fills FORMS with K P_D K': of each group its block, of each its border with the slopes, the block of the slopes.

    Each different entry has a row, times the root of two where it stands for two, and in it a number for each D.
    """
    fact, bent, out, half, pairs = first[FACTORS], first[BENT], first[FORMS], first[HALF], pairs_of(m)
    last, borders = fact + 2 * groups, out + groups * pairs
    slopes = borders + groups * m * m
    for row in range(out, slopes + pairs):
        put(work, row, 0.0, pairs)
    for group in range(groups):
        own, across = fact + group, fact + groups + group
        block, border = bent + group * pairs, bent + (groups + group) * pairs
        _clear(work, half, m)
        _times(work, own, block, m, half)
        _times_transposed(work, half, own, m, out + group * pairs)
        _clear(work, half, m)
        _times(work, across, block, m, half)
        _times(work, last, border, m, half)
        _times_own(work, half, own, m, borders + group * m * m)
        _times_transposed(work, half, across, m, slopes)
    _clear(work, half, m)
    for group in range(groups):
        _times(work, fact + groups + group, bent + (groups + group) * pairs, m, half)
    _times(work, last, bent + 2 * groups * pairs, m, half)
    _times_transposed(work, half, last, m, slopes)


@kernel
def _clear(work: Floats, half: int, m: int) -> None:
    for row in range(half, half + m * m):
        put(work, row, 0.0, pairs_of(m))


@kernel
def _times(work: Floats, left: int, packed: int, m: int, out: int) -> None:
    """out (m m) += left (m, m) times a symmetric matrix (pairs), whose entries are rows with a number for each D."""
    for s in range(m):
        for t in range(m):
            for u in range(m):
                if work[left, s * m + u] != 0.0:
                    add(work, out + s * m + t, work[left, s * m + u], packed + pair(u, t), pairs_of(m))


@kernel
def _times_transposed(work: Floats, half: int, right: int, m: int, out: int) -> None:
    """out (pairs) += half (m m) times right (m, m) transposed, a symmetric product, entries as in `_times`, times the
    root of two beside its diagonal.
    """
    for s in range(m):
        for t in range(s + 1):
            weight = 1.0 if s == t else ROOT_2
            for u in range(m):
                if work[right, t * m + u] != 0.0:
                    add(work, out + pair(s, t), weight * work[right, t * m + u], half + s * m + u, pairs_of(m))


@kernel
def _times_own(work: Floats, half: int, lower: int, m: int, out: int) -> None:
    """out (m m) += the root of two times half (m m) times the transpose of a lower triangle (m, m)."""
    for s in range(m):
        for t in range(m):
            for u in range(t + 1):
                add(work, out + s * m + t, ROOT_2 * work[lower, t * m + u], half + s * m + u, pairs_of(m))


@kernel
def rest_forms(work: Floats, first: Ints, groups: int, m: int, g: int) -> None:
    """Fills FORMS behind K P_D K' with K f_D, times the root of two."""
    half, tensor, fact, many = first[HALF], first[TENSOR], first[FACTORS], pairs_of(m)
    out = first[FORMS] + (groups + 1) * many + groups * m * m
    _weighted_rest(work, first, groups, m, g)
    dots(work, first[W], many, half, (groups + 1) * m, g, tensor)
    for column in range(groups + 1):
        for s in range(m):
            put(work, out + column * m + s, 0.0, many)
            for a in range(m):
                for b in range(a + 1):
                    value = work[tensor + pair(s, a), column * m + b] + work[tensor + pair(s, b), column * m + a]
                    work[half + column * m + s, pair(a, b)] = ROOT_2 * value * (0.5 if a == b else 1.0)
    for group in range(groups + 1):
        block = fact + (2 * groups if group == groups else group)
        for s in range(m):
            for t in range(m):
                add(work, out + group * m + s, work[block, s * m + t], half + group * m + t, many)
                if group < groups:
                    across = work[fact + groups + group, s * m + t]
                    add(work, out + groups * m + s, across, half + group * m + t, many)


@kernel
def _weighted_rest(work: Floats, first: Ints, groups: int, m: int, g: int) -> None:
    """Fills HALF ((A + 1) m, G) with the sums of x W r of each pattern."""
    gamma, sxx, rest = first[VECTORS] + GAMMA, first[SXX], first[TENSOR]
    for column in range(groups + 1):
        for t in range(m):
            put(work, rest + t, 0.0, g)
            add(work, rest + t, 1.0, first[SXY] + column * m + t, g)
            slope = work[gamma, groups * m + t]
            if column < groups:
                add(work, rest + t, -work[gamma, column * m + t], sxx + column, g)
                add(work, rest + t, -slope, sxx + groups + column, g)
                continue
            add(work, rest + t, -slope, sxx + 2 * groups, g)
            for group in range(groups):
                add(work, rest + t, -work[gamma, group * m + t], sxx + groups + group, g)
        for s in range(m):
            own = first[HALF] + column * m + s
            put(work, own, 0.0, g)
            for t in range(m):
                add_product(work, own, 1.0, first[W] + pair(s, t), rest + t, g)


@kernel
def take_off_forms(work: Floats, first: Ints, groups: int, m: int) -> None:
    """Takes the second and third term off HESSIAN, from FORMS as `forms` and `rest_forms` fill them."""
    turned, hessian, pairs = first[TURNED], first[HESSIAN], pairs_of(m)
    entries = (groups + 1) * (pairs + m) + groups * m * m
    for entry in range(entries):
        for own in range(pairs):
            work[turned + own, entry] = work[first[FORMS] + entry, own]
    for x in range(pairs):
        for y in range(x + 1):
            work[hessian + x, y] -= dot(work, turned + x, turned + y, entries)
