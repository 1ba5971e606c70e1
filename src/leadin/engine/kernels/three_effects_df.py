"""Satterthwaite's degrees of freedom of a contrast of slope changes, at the optimum with three random effects.

The Hessian of the REML deviance over lme4's theta (the lower triangular L, its rows in their own order and own units)
and sigma (in units of its estimate) is inverted over its eigenvalues above 1e-8 alone, as
`leadin.analysis.satterthwaite` does. Where all are far above, as nearly always, Cholesky's factor gives the same.

References: Giesbrecht & Burns (1985), Biometrics 41:477-486; Kuznetsova, Brockhoff & Christensen (2017), J Stat Softw
82(13), doi:10.18637/jss.v082.i13.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.cholesky import cholesky, solve_lower
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.jacobi import jacobi
from leadin.engine.kernels.three_effects_deviance import (
    CURVE,
    INVERSE,
    MOVED,
    RESIDUAL,
    RESIDUAL_SLOPE,
    SLOPE,
    entry,
)
from leadin.engine.kernels.three_effects_factor import carry, in_order

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALLEST_EIGENVALUE = 1e-8
"""Eigenvalues not above this are left out of the inverse of the Hessian."""
FAR_ABOVE = 1e-7
"""Cholesky's factor serves where the trace of the inverse says that every eigenvalue is above this."""
LOWER = 0
HESSIAN = 9
"""(7, 7), the last row and column sigma's."""
ROOT = HESSIAN + 49
VECTORS = ROOT + 49
SCALED = VECTORS + 49
GRADIENT = SCALED + 36
HALF = GRADIENT + 7
COLUMN = HALF + 42
SPREAD = COLUMN + 7
POSITIVE = SPREAD + 10
"""Whether Cholesky's factor serves: 1 or 0."""
KEPT = POSITIVE + 1
WORK = KEPT + 9
"""Size of the work space."""


@kernel
def uncertainty(freedom: float, at: Floats, order: Ints, scale: Floats, work: Floats) -> float:
    """Finds how surely theta and sigma are known, after `newton`, whose `work` and pivots these are; gives the smallest
    diagonal entry of L in its own units. scale (3,): root mean squares of the columns.
    """
    factor = work[KEPT : KEPT + 9]
    for place in range(9):
        factor[place] = work[place]
    lower, hessian, scaled = work[LOWER : LOWER + 9], work[HESSIAN : HESSIAN + 49], work[SCALED : SCALED + 36]
    in_order(factor, order, lower)
    order[0], order[1], order[2] = 0, 1, 2
    residual = at[RESIDUAL]
    for j in range(6):
        for k in range(6):
            at[CURVE + 6 * j + k] += freedom * at[RESIDUAL_SLOPE + j] * at[RESIDUAL_SLOPE + k] / (residual * residual)
    half, slope = work[HALF : HALF + 36], work[GRADIENT : GRADIENT + 6]
    carry(at[SLOPE : SLOPE + 6], at[CURVE : CURVE + 36], lower, order, half, slope, scaled)
    carry_once(at[RESIDUAL_SLOPE : RESIDUAL_SLOPE + 6], lower, slope)
    for r in range(3):
        for c in range(r + 1):
            t = entry(r, c)
            for q in range(3):
                for d in range(q + 1):
                    u = entry(q, d)
                    hessian[7 * t + u] = scaled[6 * t + u] * scale[r] * scale[q]
            mixed = -2.0 * slope[t] * scale[r] * freedom / residual
            hessian[7 * t + 6], hessian[42 + t] = mixed, mixed
    hessian[48] = 4.0 * freedom
    work[POSITIVE] = 1.0 if factored(work) else 0.0
    return float(min(lower[0] / scale[0], lower[4] / scale[1], lower[8] / scale[2]))


@kernel
def carry_once(slope: Floats, lower: Floats, gradient: Floats) -> None:
    """Gradient (6,) over the entries of L from that over S."""
    for r in range(3):
        for c in range(r + 1):
            total = 0.0
            for b in range(c, 3):
                total += slope[entry(r, b)] * lower[3 * b + c] * (2.0 if b == r else 1.0)
            gradient[entry(r, c)] = total


@kernel
def factored(work: Floats) -> bool:
    """Factors the Hessian by Cholesky; where an eigenvalue may be small, finds eigenvalues and vectors instead."""
    hessian, root, column = work[HESSIAN : HESSIAN + 49], work[ROOT : ROOT + 49], work[COLUMN : COLUMN + 7]
    if cholesky(hessian, column.shape[0], 0.0, FAR_ABOVE, root):
        trace = 0.0
        for j in range(7):
            for i in range(7):
                column[i] = 1.0 if i == j else 0.0
            trace += solve_lower(root, column)
        if trace * FAR_ABOVE < 1.0:
            return True
    for place in range(49):
        root[place] = hessian[place]
    jacobi(root, 7, work[VECTORS : VECTORS + 49])
    return False


@kernel
def contrast_df(
    contrast: int, against: int, groups: int, at: Floats, scale: Floats, work: Floats
) -> tuple[float, float]:
    """Variance of the slope change of group `contrast` less that of `against` (-1: nothing), in sigma^2, and its
    degrees of freedom, infinite where the variance does not depend on what was estimated.
    """
    p = groups + 2
    weights, toward, spread = work[SPREAD : SPREAD + 10], work[GRADIENT : GRADIENT + 7], work[COLUMN : COLUMN + 7]
    for x in range(p):
        weights[x] = at[INVERSE + x * p + 2 + contrast]
        if against >= 0:
            weights[x] -= at[INVERSE + x * p + 2 + against]
    variance = weights[2 + contrast]
    if against >= 0:
        variance -= weights[2 + against]
    over_s = work[HALF : HALF + 6]
    for j in range(6):
        total = 0.0
        for x in range(p):
            for y in range(p):
                total -= weights[x] * at[MOVED + (j * p + x) * p + y] * weights[y]
        over_s[j] = total
    carry_once(over_s, work[LOWER : LOWER + 9], toward)
    for r in range(3):
        for c in range(r + 1):
            toward[entry(r, c)] *= scale[r]
    toward[6] = 2.0 * variance
    if work[POSITIVE] > 0.0:
        for i in range(7):
            spread[i] = toward[i]
        total = solve_lower(work[ROOT : ROOT + 49], spread)
    else:
        total = where_curved(toward, work[ROOT : ROOT + 49], work[VECTORS : VECTORS + 49])
    return variance, variance * variance / total if total > 0.0 else math.inf


@kernel
def where_curved(toward: Floats, values: Floats, vectors: Floats) -> float:
    """The form of `toward` (7,) in the inverse over eigenvalues above the smallest that counts."""
    total = 0.0
    for k in range(7):
        if values[8 * k] > SMALLEST_EIGENVALUE:
            along = 0.0
            for i in range(7):
                along += toward[i] * vectors[7 * i + k]
            total += along * along / values[8 * k]
    return total
