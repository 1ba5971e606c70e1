"""Where the search for the covariance of an mmrm fit starts, and from where it is tried again.

A REML deviance may have several optima where units are few for the number of times, or much is missing. There every
start is tried and the best optimum taken; else the next start only where one has led to none. A first search that ends
at covariances as good as singular is the last one: the likelihood grows without end.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.fits import CONVERGED, NOT_CONVERGED
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mmrm_rows import add, dot, put, put_product
from leadin.engine.kernels.mmrm_scratch import (
    BEST,
    CANDIDATE,
    COUNT,
    HALF,
    SEEN,
    SIGMA,
    STATE,
    SYY,
    TENSOR,
    VECTORS,
    pair,
    pairs_of,
)
from leadin.engine.kernels.mmrm_search import (
    AGAIN,
    BEFORE,
    EXACT,
    GOING,
    LOWEST,
    OFF,
    REFUSED,
    REFUSED_POINTS,
    THIN,
    TRIED,
    USED,
    VALUE,
    cholesky,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STARTS = 3
THIN_BELOW = 20.0
"""Values, less the effects, for each covariance parameter, below which all starts are tried."""
SAME_OPTIMUM = 1e-7
"""Two optima whose deviances differ by less are one and the same."""
WELL_APART = 0.01
"""Share of its variance that a time has left, given those before it, where the search starts."""


@kernel
def first_start(work: Floats, first: Ints, m: int, g: int, left: float, off: float, used: float) -> None:
    """The state of the first search. left: values less effects; off, used: see OFF, USED."""
    state = first[VECTORS] + STATE
    work[state, OFF] = off
    work[state, THIN] = 1.0 if left < THIN_BELOW * pairs_of(m) else 0.0
    work[state, TRIED] = 0.0
    work[state, USED] = used
    work[state, LOWEST] = math.inf
    _begin(work, state)
    _from_residuals(work, first, m, g)


@kernel
def _begin(work: Floats, state: int) -> None:
    for place in range(REFUSED + 1):
        work[state, place] = 0.0
    work[state, VALUE] = math.inf
    work[state, BEFORE] = math.inf
    work[state, AGAIN] = 0.0


@kernel
def another_start(work: Floats, first: Ints, m: int, code: int) -> int:
    """After a search has ended with `code`: GOING with the next start in CANDIDATE, or going back to the best optimum;
    CONVERGED where the last search has found that, NOT_CONVERGED where none has found any.
    """
    vectors, state, pairs = first[VECTORS], first[VECTORS] + STATE, pairs_of(m)
    if work[state, AGAIN] > 0.0:
        return code
    work[state, TRIED] += 1.0
    value = work[state, VALUE] if code == CONVERGED else math.inf
    if value < work[state, LOWEST] - SAME_OPTIMUM:
        work[state, LOWEST] = value
        put(work, vectors + BEST, 0.0, pairs)
        add(work, vectors + BEST, 1.0, vectors + SIGMA, pairs)
    lowest = work[state, LOWEST]
    if math.isinf(lowest) and work[state, REFUSED] >= REFUSED_POINTS:
        return NOT_CONVERGED
    if work[state, TRIED] < STARTS and (work[state, THIN] > 0.0 or math.isinf(lowest)):
        _begin(work, state)
        shared = 0.0 if work[state, TRIED] < 2.0 else 0.5
        for s in range(m):
            for t in range(s + 1):
                work[vectors + CANDIDATE, pair(s, t)] = 1.0 if s == t else shared
        return GOING
    if math.isinf(lowest):
        return NOT_CONVERGED
    if value <= lowest + SAME_OPTIMUM:
        return CONVERGED
    _begin(work, state)
    work[state, AGAIN] = 1.0
    work[state, EXACT] = 1.0
    put(work, vectors + CANDIDATE, 0.0, pairs)
    add(work, vectors + CANDIDATE, 1.0, vectors + BEST, pairs)
    return GOING


@kernel
def _from_residuals(work: Floats, first: Ints, m: int, g: int) -> None:
    """Fills CANDIDATE with the correlations of what the regressions left, of units seen at both times, drawn towards
    zero until they are well positive definite.
    """
    sigma, factor, both = first[VECTORS] + CANDIDATE, first[TENSOR], first[HALF]
    for s in range(m):
        work[sigma, pair(s, s)] = 1.0
        for t in range(s):
            put_product(work, both, 1.0, first[SEEN] + s, first[SEEN] + t, g)
            together = dot(work, both, first[SEEN] + m + COUNT, g)
            put(work, both, 1.0 / together, g)
            work[sigma, pair(s, t)] = min(0.95, max(-0.95, dot(work, both, first[SYY] + pair(s, t), g)))
    kept = 1.0
    while True:
        for s in range(m):
            for t in range(s + 1):
                work[factor + s, t] = work[sigma, pair(s, t)]
        if cholesky(work, factor, m, WELL_APART):
            return
        kept *= 0.9
        for s in range(m):
            for t in range(s):
                work[sigma, pair(s, t)] *= kept
