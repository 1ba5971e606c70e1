"""The inverse of the covariance of each pattern's times, zero at times that were not seen.

Reference: Jennrich & Schluchter (1986), Unbalanced repeated-measures models with structured covariance matrices,
Biometrics 42:805-820, doi:10.2307/2530695.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mmrm_rows import add_product, put, put_product
from leadin.engine.kernels.mmrm_scratch import CANDIDATE, LOG_DET, LOWER, SEEN, SHARE, VECTORS, W, pair

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def pattern_weights(work: Floats, first: Ints, m: int, g: int) -> float:
    """Fills W (pairs, G) from the covariance CANDIDATE, and LOG_DET of SEEN with the determinants.

    Returns the smallest share of the variance of a time that the times before it in a pattern leave open; where that
    is not above zero the covariance is not positive definite and W means nothing.
    """
    seen, lower, covariance = first[SEEN], first[LOWER], first[VECTORS] + CANDIDATE
    put(work, seen + m + LOG_DET, 1.0, g)
    put(work, seen + m + SHARE, 1.0, g)
    for s in range(m):
        for t in range(s + 1):
            own = lower + pair(s, t)
            put_product(work, own, work[covariance, pair(s, t)], seen + s, seen + t, g)
            for u in range(t):
                add_product(work, own, -1.0, lower + pair(s, u), lower + pair(t, u), g)
            if t < s:
                put_product(work, own, 1.0, own, lower + pair(t, t), g)
        _pivots(work, lower + pair(s, s), seen + s, seen + m, work[covariance, pair(s, s)], g)
    smallest = 1.0
    for p in range(g):
        smallest = min(smallest, work[seen + m + SHARE, p])
        work[seen + m + LOG_DET, p] = math.log(work[seen + m + LOG_DET, p])
    if smallest > 0.0:
        _inverted(work, lower, m, g)
        _crossed(work, lower, first[W], seen, m, g)
    return smallest


@kernel(sums=True)
def _pivots(work: Floats, own: int, seen: int, kept: int, variance: float, g: int) -> None:
    """Turns pivots into one over their roots, one where the time was not seen; `kept`: where COUNT is."""
    for p in range(g):
        here = work[seen, p]
        pivot = work[own, p] + 1.0 - here
        work[kept + SHARE, p] = min(work[kept + SHARE, p], pivot / variance if here > 0.0 else 1.0)
        safe = pivot if pivot > 0.0 else 1.0
        work[kept + LOG_DET, p] *= safe
        work[own, p] = 1.0 / math.sqrt(safe)


@kernel
def _inverted(work: Floats, lower: int, m: int, g: int) -> None:
    """Turns the Cholesky factors, with one over the pivots on their diagonal, into their inverses."""
    for t in range(m):
        for s in range(t + 1, m):
            own = lower + pair(s, t)
            put_product(work, own, 1.0, own, lower + pair(t, t), g)
            for u in range(t + 1, s):
                add_product(work, own, 1.0, lower + pair(s, u), lower + pair(u, t), g)
            put_product(work, own, -1.0, own, lower + pair(s, s), g)


@kernel
def _crossed(work: Floats, lower: int, w: int, seen: int, m: int, g: int) -> None:
    """The product of the inverse factors, transposed, with themselves."""
    for s in range(m):
        for t in range(s + 1):
            own = w + pair(s, t)
            put_product(work, own, 1.0, lower + pair(s, s), lower + pair(s, t), g)
            for u in range(s + 1, m):
                add_product(work, own, 1.0, lower + pair(u, s), lower + pair(u, t), g)
        own = w + pair(s, s)
        # What was not seen stood as one on the diagonal of the factor and of nothing else.
        put_product(work, own, 1.0, own, seen + s, g)
