"""Contrasts of an mmrm fit: estimate, standard error, degrees of freedom after Satterthwaite or Kenward and Roger.

For a contrast with variance v the degrees of freedom are 2 v^2 / (q' A q): q is its gradient by the variances and
covariances of the times and A = 2 H^-1 their covariance, with H the exact Hessian of the REML deviance (observed
information). They do not depend on the parameters in which the covariance is written. Kenward and Roger's standard
error is their linear one, without second derivatives of the covariance of the times, as R's mmrm calls it and as SAS's
DDFM=KR takes it; for a single contrast their degrees of freedom are Satterthwaite's.

References: Giesbrecht & Burns (1985), Two-stage analysis based on a mixed model, Biometrics 41:477-486,
doi:10.2307/2530872; Kenward & Roger (1997), Small sample inference for fixed effects from restricted maximum
likelihood, Biometrics 53:983-997, doi:10.2307/2533558.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mmrm_deviance import combined_sums, sandwiches
from leadin.engine.kernels.mmrm_effects import add_square, from_factors, onto_factors
from leadin.engine.kernels.mmrm_information import ROOT_2, traces
from leadin.engine.kernels.mmrm_rows import add, dot, put
from leadin.engine.kernels.mmrm_scratch import (
    ALONG,
    BACK,
    BENT,
    COVARIANCE,
    FACTORS,
    FORMS,
    GAMMA,
    HALF,
    HESSIAN,
    MOMENTS,
    SLOPE,
    STEP,
    VECTORS,
    WEIGHTS,
    pair,
    pairs_of,
)
from leadin.engine.kernels.mmrm_search import solve

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def tested(work: Floats, first: Ints, groups: int, m: int) -> tuple[float, float, float]:
    """Estimate, variance and degrees of freedom of the contrast in WEIGHTS ((A + 1) m,), at the optimum."""
    vectors, half, effects, pairs = first[VECTORS], first[HALF], (groups + 1) * m, pairs_of(m)
    onto_factors(work, first[FACTORS], groups, m, vectors + WEIGHTS, vectors + ALONG)
    variance = dot(work, vectors + ALONG, vectors + ALONG, effects)
    _forms_along(work, first, groups, m)
    put(work, vectors + SLOPE, 0.0, pairs)
    for effect in range(effects):
        add(work, vectors + SLOPE, work[vectors + ALONG, effect], half + effect, pairs)
    spread = solve(work, first[HESSIAN], pairs, vectors + SLOPE, vectors + STEP)
    df = variance * variance / spread if spread > 0.0 else math.inf
    estimate = dot(work, vectors + WEIGHTS, vectors + GAMMA, effects)
    return estimate, variance, df


@kernel
def _forms_along(work: Floats, first: Ints, groups: int, m: int) -> None:
    """Fills HALF ((A + 1) m, pairs) with K P_D K' times ALONG."""
    forms, half, pairs, last = first[FORMS], first[HALF], pairs_of(m), groups * m
    for effect in range(last + m):
        put(work, half + effect, 0.0, pairs)
    for block in range(groups + 1):
        row = forms + (groups * (pairs + m * m) if block == groups else block * pairs)
        for s in range(m):
            for t in range(s + 1):
                _add_entry(work, first, row + pair(s, t), block * m + s, block * m + t, pairs)
    for block in range(groups):
        row = forms + groups * pairs + block * m * m
        for s in range(m):
            for t in range(m):
                _add_entry(work, first, row + s * m + t, last + s, block * m + t, pairs)


@kernel
def _add_entry(work: Floats, first: Ints, row: int, effect: int, other: int, pairs: int) -> None:
    half, along = first[HALF], first[VECTORS] + ALONG
    if effect == other:
        add(work, half + effect, work[along, effect], row, pairs)
        return
    add(work, half + effect, work[along, other] / ROOT_2, row, pairs)
    add(work, half + other, work[along, effect] / ROOT_2, row, pairs)


@kernel
def added(work: Floats, first: Ints, groups: int, m: int, g: int) -> float:
    """What Kenward and Roger add to the variance of the contrast `tested` last: the sum over D and E of
    4 (H^-1)_DE (Q_DE - P_D C P_E) along it, with Q_DE the sum of X' W D W E W X.
    """
    hessian, step, q, pairs = first[HESSIAN], first[VECTORS] + STEP, first[BENT], pairs_of(m)
    total = 0.0
    for effect in range((groups + 1) * m):
        total -= solve(work, hessian, pairs, first[HALF] + effect, step)
    from_factors(work, first[FACTORS], groups, m, first[VECTORS] + ALONG, first[VECTORS] + BACK)
    for combined in range(2 * groups + 1):
        put(work, first[COVARIANCE] + combined, 0.0, pairs)
    add_square(work, first, groups, m, first[VECTORS] + BACK)
    combined_sums(work, first, groups, m, g)
    sandwiches(work, first, m, g)
    traces(work, first, m, g, first[MOMENTS], q)
    for x in range(pairs):
        for y in range(x):
            work[q + y, x] = work[q + x, y]
    for x in range(pairs):
        solve(work, hessian, pairs, q + x, step)
        total += work[step, x]
    return 4.0 * total
