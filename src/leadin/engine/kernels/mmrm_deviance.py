"""The REML deviance of an mmrm fit at a covariance, and its gradient by the variances and covariances of the times.

With W the weights of a unit's pattern, C the covariance of the effects and r what they leave of its values, the
deviance (minus twice the REML log-likelihood, but for a constant) and its derivative along a matrix D are sums over
units

    log det V + r' W r (and once log det X' V^-1 X)        tr(W D) - tr(U D),  U = W (r r' + X C X') W

Reference: Jennrich & Schluchter (1986), Unbalanced repeated-measures models with structured covariance matrices,
Biometrics 42:805-820, doi:10.2307/2530695.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mmrm_effects import (
    add_square,
    effect_covariance,
    factors,
    from_factors,
    information,
    onto_factors,
)
from leadin.engine.kernels.mmrm_rows import add, add_product, dot, put
from leadin.engine.kernels.mmrm_scratch import (
    ALONG,
    COUNT,
    COVARIANCE,
    FACTORS,
    GAMMA,
    GRADIENT,
    HALF,
    LOG_DET,
    MOMENTS,
    SEEN,
    SXX,
    SXY,
    SYY,
    VECTORS,
    XY,
    W,
    pair,
    pairs_of,
)
from leadin.engine.kernels.mmrm_weights import pattern_weights

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALLEST_SHARE = 1e-6
"""A time that the times before it predict up to this share of its variance counts as predicted without error."""


@kernel
def deviance(work: Floats, first: Ints, groups: int, m: int, g: int) -> float:
    """The deviance at the covariance CANDIDATE; infinite where that is as good as singular, NaN where it is not
    positive definite. Weights, factors and estimates there stay in `work`.
    """
    share = pattern_weights(work, first, m, g)
    if not share > SMALLEST_SHARE:
        return math.inf if share > 0.0 else math.nan
    vectors, fact = first[VECTORS], first[FACTORS]
    information(work, first, groups, m, g)
    log_det = factors(work, first, groups, m)
    onto_factors(work, fact, groups, m, vectors + XY, vectors + ALONG)
    from_factors(work, fact, groups, m, vectors + ALONG, vectors + GAMMA)
    rest = -dot(work, vectors + ALONG, vectors + ALONG, (groups + 1) * m)
    for s in range(m):
        for t in range(s + 1):
            rest += (1.0 if s == t else 2.0) * dot(work, first[W] + pair(s, t), first[SYY] + pair(s, t), g)
    return dot(work, first[SEEN] + m + COUNT, first[SEEN] + m + LOG_DET, g) + log_det + rest


@kernel
def slope(work: Floats, first: Ints, groups: int, m: int, g: int) -> None:
    """Fills GRADIENT by the pairs, and MOMENTS (pairs, G) with the sums of U, where `deviance` was taken last."""
    gamma = first[VECTORS] + GAMMA
    effect_covariance(work, first, groups, m)
    add_square(work, first, groups, m, gamma)
    combined_sums(work, first, groups, m, g)
    for s in range(m):
        for t in range(s + 1):
            own = first[MOMENTS] + pair(s, t)
            add(work, own, 1.0, first[SYY] + pair(s, t), g)
            for column in range(groups + 1):
                add(work, own, -work[gamma, column * m + s], first[SXY] + column * m + t, g)
                add(work, own, -work[gamma, column * m + t], first[SXY] + column * m + s, g)
    sandwiches(work, first, m, g)
    ones = first[HALF]
    put(work, ones, 1.0, g)
    for s in range(m):
        for t in range(s + 1):
            own = pair(s, t)
            total = dot(work, first[SEEN] + m + COUNT, first[W] + own, g) - dot(work, ones, first[MOMENTS] + own, g)
            work[first[VECTORS] + GRADIENT, own] = total if s == t else 2.0 * total


@kernel
def combined_sums(work: Floats, first: Ints, groups: int, m: int, g: int) -> None:
    """Fills MOMENTS (pairs, G) with the sums over the units of each pattern of what COVARIANCE is made of."""
    for own in range(pairs_of(m)):
        put(work, first[MOMENTS] + own, 0.0, g)
        for combined in range(2 * groups + 1):
            add(work, first[MOMENTS] + own, work[first[COVARIANCE] + combined, own], first[SXX] + combined, g)


@kernel
def sandwiches(work: Floats, first: Ints, m: int, g: int) -> None:
    """Turns R of each pattern, MOMENTS (pairs, G), into W R W."""
    w, moments, half = first[W], first[MOMENTS], first[HALF]
    for s in range(m):
        for t in range(m):
            put(work, half + s * m + t, 0.0, g)
            for u in range(m):
                add_product(work, half + s * m + t, 1.0, w + pair(s, u), moments + pair(u, t), g)
    for s in range(m):
        for t in range(s + 1):
            put(work, moments + pair(s, t), 0.0, g)
            for u in range(m):
                add_product(work, moments + pair(s, t), 1.0, half + s * m + u, w + pair(u, t), g)
