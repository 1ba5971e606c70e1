"""A model with two random effects, intercept and slope, and any fixed effects, of one trial: REML, Satterthwaite.

From cross-products of each unit, see `cross_products`. For fixed effects that the units' times do not span; where they
do, `random_slope` is many times faster.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.collapsed import AFTER, COUNT, TT, TY, T, Y
from leadin.engine.fits import (
    CONVERGED,
    DF,
    ESTIMATE,
    FIGURES,
    NO_VARIATION,
    NOT_CONVERGED,
    RANK_DEFICIENT,
    SINGULAR,
    STANDARD_ERROR,
    STATISTIC,
    TOO_FEW,
    P,
)
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.cross_products import COVARIANCE, LOWER, MOVED, TURNED, deviance
from leadin.engine.kernels.random_slope_sums import (
    EXPLAINED,
    FULL,
    GROUP,
    INV11,
    INV12,
    INV22,
    OWN11,
    OWN12,
    OWN22,
    RANKS,
    SPARE,
    own_sums,
)
from leadin.engine.kernels.small_matrices import cholesky, solve
from leadin.engine.kernels.two_effects import (
    AT,
    BEST,
    FAILED,
    GO_ON,
    POINT,
    R2,
    STATE,
    TRIAL,
    advance,
    begin,
    begin_at_covariance,
    degrees_of_freedom,
    first_run,
    next_run,
    settle,
    uncertainty,
)

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

LARGEST = 16
"""Fixed effects that the scratch `line` has room for."""
ROW = STATE + AT
LEAST = ROW + GROUP
LINE = LEAST + LARGEST
"""Length of the scratch `line`: state, at, a row of `own_sums`, coefficients of least squares."""
FEW = 30.0
LONG = 0.5
SAME_COLUMNS = 1e-12
NOTHING_LEFT = 1e-13
"""As in `random_slope`."""


@kernel
def fit_two_effects(
    zz: Floats,
    zw: Floats,
    ww: Floats,
    count: float,
    contrasts: Floats,
    figures: Floats,
    codes: Codes,
    units: Floats,
    own: Floats,
    small: Floats,
    line: Floats,
) -> None:
    """One trial: zz (3, n), zw (2, k, n), ww (k, k) of `count` values; contrasts (C, p); figures (C, 5), codes (C,).

    zw and ww are changed: the last column becomes the residual of least squares. Scratch: units (ROWS + 2 k, n), own
    (16, n), small (SMALL, m, m) with m = max(k, 4), line (LINE,).
    """
    p = zw.shape[1] - 1
    freedom, least = count - p, line[LEAST:LINE]
    reason = _least_squares(zz, zw, ww, count, small, least)
    scale = 0.0
    if reason == CONVERGED:
        for i in range(zz.shape[1]):
            scale += zz[2, i]
        scale = math.sqrt(scale / count)
        reason = _begin(zz, zw, ww[p, p], count, scale, own, line)
    state, at, theta = line[:STATE], line[STATE:ROW], line[POINT:BEST]
    told = GO_ON if reason == CONVERGED else FAILED
    while told == GO_ON:
        deviance(line[TRIAL:POINT], scale, freedom, zz, zw, ww, units, small, at)
        told = advance(state, at, small)
        if told != GO_ON:
            told = next_run(state, told)
            reason = CONVERGED if told != FAILED else NOT_CONVERGED
    if reason == CONVERGED:
        reason = SINGULAR if settle(theta, scale) else CONVERGED
        variance = at[R2] / freedom
        uncertainty(theta, at, scale, freedom, state, small)
        for c in range(codes.size):
            _conclude(contrasts[c], variance, scale, theta, least, small, figures[c])
    for c in range(codes.size):
        codes[c] = reason
        for k in range(FIGURES):
            figures[c, k] = figures[c, k] if reason <= SINGULAR else math.nan


@kernel
def _least_squares(zz: Floats, zw: Floats, ww: Floats, count: float, small: Floats, least: Floats) -> int:
    """Takes the least-squares fit off y; or why there is none. small[LOWER] is used up."""
    p = zw.shape[1] - 1
    seen = 0
    for i in range(zz.shape[1]):
        seen += 1 if zz[0, i] > 0.0 else 0
    if seen < 2 or count <= p:
        return TOO_FEW
    whole = ww[p, p]
    if not cholesky(ww, p, SAME_COLUMNS, small[LOWER]):
        return RANK_DEFICIENT
    for x in range(p):
        least[x] = ww[x, p]
    solve(small[LOWER], p, least)
    for x in range(p):
        ww[p, p] -= least[x] * ww[x, p]
    if not ww[p, p] > NOTHING_LEFT * whole:
        return NO_VARIATION
    for x in range(p):
        ww[x, p] = ww[p, x] = 0.0
        for i in range(zz.shape[1]):
            zw[0, p, i] -= least[x] * zw[0, x, i]
            zw[1, p, i] -= least[x] * zw[1, x, i]
    return CONVERGED


@kernel
def _begin(zz: Floats, zw: Floats, residual: float, count: float, scale: float, own: Floats, line: Floats) -> int:
    """Sets out from what the units' own least squares say."""
    p = zw.shape[1] - 1
    seen, determinants = 0.0, 0.0
    for i in range(zz.shape[1]):
        for k in range(own.shape[0]):
            own[k, i] = 0.0
        own[AFTER + COUNT, i], own[AFTER + T, i], own[AFTER + TT, i] = zz[0, i], zz[1, i], zz[2, i]
        own[AFTER + Y, i], own[AFTER + TY, i] = zw[0, p, i], zw[1, p, i]
        seen += 1.0 if zz[0, i] > 0.0 else 0.0
        determinants += zz[0, i] * zz[2, i] - zz[1, i] * zz[1, i]
    row, unit = line[ROW:LEAST], 1.0 / (scale * scale)
    own_sums(own, 0, zz.shape[1], 0.0, 0.0, unit, LONG * determinants / seen, row)
    if row[SPARE] == 0.0:
        return TOO_FEW
    first_run(line, seen >= FEW)
    full = row[FULL]
    if full == 0.0:
        begin(line, 1.0, 0.0, 1.0)
        return CONVERGED
    left, spare = residual - row[EXPLAINED], count - row[RANKS]
    within = (left if left > 1e-6 * residual else 1e-6 * residual) / (spare if spare > 1.0 else 1.0)
    s11, s12 = row[OWN11] / within - row[INV11], (row[OWN12] / within - row[INV12]) * scale
    begin_at_covariance(line, s11 / full, s12 / full, (row[OWN22] / within - row[INV22]) / (unit * full))
    return CONVERGED


@kernel
def _conclude(
    contrast: Floats, variance: float, scale: float, theta: Floats, least: Floats, small: Floats, figures: Floats
) -> None:
    """The figures of one contrast (p,) at the optimum."""
    weights, slopes = small[MOVED, 0], small[MOVED, 1]
    estimate, relative = 0.0, 0.0
    for x in range(contrast.size):
        estimate += contrast[x] * (least[x] + small[MOVED, 3, x])
        weights[x] = 0.0
        for y in range(contrast.size):
            weights[x] += small[COVARIANCE, x, y] * contrast[y]
        relative += contrast[x] * weights[x]
    power = 1.0
    for j in range(3):
        total = 0.0
        for x in range(contrast.size):
            for y in range(contrast.size):
                total += weights[x] * small[TURNED + j, x, y] * weights[y]
        slopes[j] = total * power / relative
        power /= scale
    figures[ESTIMATE] = estimate
    figures[STANDARD_ERROR] = math.sqrt(variance * relative)
    figures[DF] = degrees_of_freedom(theta, scale, small[0], slopes[0], slopes[1], slopes[2])
    figures[STATISTIC] = figures[ESTIMATE] / figures[STANDARD_ERROR]
    figures[P] = math.nan  # it follows from the two before


@kernel
def two_effects_trials(
    first: int,
    last: int,
    zz: Floats,
    zw: Floats,
    ww: Floats,
    counts: Floats,
    contrasts: Floats,
    figures: Floats,
    codes: Codes,
    units: Floats,
    own: Floats,
    small: Floats,
    line: Floats,
) -> None:
    """Fits trials first..last - 1 of zz (R, 3, n), zw (R, 2, k, n), ww (R, k, k), counts (R,)."""
    for r in range(first, last):
        fit_two_effects(zz[r], zw[r], ww[r], counts[r], contrasts, figures[r], codes[r], units, own, small, line)
