"""The REML deviance of three random effects, profiled over the fixed effects and sigma, and its exact derivatives.

The fixed effects are those of 1 and t, common to all groups, and the change of slope of each of H groups, so that
A = X'V^-1 X is an arrow: a 2 x 2 corner, a diagonal, and a border of H columns. Derivatives are over the six entries
of S (00, 01, 02, 11, 12, 22), S relative to sigma^2. What is found at one S lies in one array, `at`; the constants
below say where. Constants of the deviance that depend on the fixed effects' coordinates alone are left out.

Formulas: those of `leadin.analysis.reml_deviance`, after Bates, Maechler, Bolker & Walker (2015), J Stat Softw 67(1),
doi:10.18637/jss.v067.i01.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.three_effects_units import (
    SEGMENT,
    lean,
    log_determinants,
    products,
    squares,
    weigh,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GROUPS = 8
"""At most so many groups."""
MEANS = GROUPS + 2
"""Fixed effects, at most."""
VALUE = 0
RESIDUAL = 1
"""r2: the weighted residual sum of squares."""
LOG_DET = 2
TOTAL = 3
"""Sum of the squares of the centred values: given, not found."""
COMMON = 4
"""(3,) entries 00, 01, 11 of the inverse of A's corner less what the border takes."""
BETA = 7
"""(2 + H,) fixed effects."""
S = BETA + MEANS
SUMS = S + 6
"""(H, 10) of each group: of P (6), of e (3), of d'S e."""
PULL = SUMS + 10 * GROUPS
"""(H, 2) border of A by its diagonal."""
SLOPE = PULL + 2 * GROUPS
"""(6,) derivatives of the deviance, and (6, 6) second derivatives in CURVE."""
CURVE = SLOPE + 6
RESIDUAL_SLOPE = CURVE + 36
"""(6,) derivatives of r2."""
INVERSE = RESIDUAL_SLOPE + 6
"""(p, p) inverse of A."""
MOVED = INVERSE + MEANS * MEANS
"""(6, p, p) derivatives of A, then (6, p, p) of them multiplied by the inverse."""
RATIO = MOVED + 6 * MEANS * MEANS
TOWARD = RATIO + 6 * MEANS * MEANS
"""(6, p) derivatives of X'V^-1 (y - X beta) at this beta, then (6, p) of them multiplied by the inverse."""
SHARED = TOWARD + 6 * MEANS
PP = SHARED + 6 * MEANS
PW = PP + 36 * GROUPS
PM = PW + 18 * GROUPS
WW = PM + 36
GROUP_BETA = WW + 6
GROUP_KNOWN = GROUP_BETA + 3
PLACES = GROUP_KNOWN + 6
"""Size of `at`."""


@kernel
def entry(a: int, b: int) -> int:
    """The place of entry (a, b) among the six of a symmetric 3 x 3 matrix."""
    low, high = min(a, b), max(a, b)
    return low * (5 - low) // 2 + high


@kernel
def deviance(units: Floats, segments: Ints, count: int, groups: int, freedom: float, at: Floats) -> float:
    """The deviance at the S in `at`, with the fixed effects; infinite where it has no value.

    units (count segments), segments (2 count,): group and width of each in turn. freedom: values less fixed effects.
    """
    for place in range(SUMS, SUMS + 10 * groups):
        at[place] = 0.0
    log_det = 0.0
    for segment in range(count):
        part = units[segment * SEGMENT : (segment + 1) * SEGMENT]
        first = SUMS + 10 * segments[2 * segment]
        weigh(part, segments[2 * segment + 1], at[S : S + 6], at[first : first + 10])
        log_det += log_determinants(part, segments[2 * segment + 1])
    log_det += means(groups, at)
    residual = at[TOTAL]
    for group in range(groups):
        base = SUMS + 10 * group
        residual -= at[base + 9] + at[base + 8] * at[BETA + 2 + group]
        residual -= at[base + 6] * at[BETA] + at[base + 7] * at[BETA + 1]
    at[RESIDUAL] = residual
    value = log_det + freedom * math.log(residual) if residual > 0.0 else math.inf
    if not abs(value) < math.inf:
        value = math.inf
    at[VALUE] = value
    return value


@kernel
def means(groups: int, at: Floats) -> float:
    """Solves for the fixed effects from the sums of the groups; gives log det A, NaN where A is not positive."""
    a00 = a01 = a11 = r0 = r1 = log_det = 0.0
    for group in range(groups):
        base = SUMS + 10 * group
        own = at[base + 5]
        f0, f1 = at[base + 2] / own, at[base + 4] / own
        at[PULL + 2 * group], at[PULL + 2 * group + 1] = f0, f1
        a00 += at[base] - own * f0 * f0
        a01 += at[base + 1] - own * f0 * f1
        a11 += at[base + 3] - own * f1 * f1
        r0 += at[base + 6] - f0 * at[base + 8]
        r1 += at[base + 7] - f1 * at[base + 8]
        log_det += math.log(own) if own > 0.0 else math.nan
    det = a00 * a11 - a01 * a01
    at[COMMON], at[COMMON + 1], at[COMMON + 2] = a11 / det, -a01 / det, a00 / det
    b0, b1 = (a11 * r0 - a01 * r1) / det, (a00 * r1 - a01 * r0) / det
    at[BETA], at[BETA + 1] = b0, b1
    for group in range(groups):
        base = SUMS + 10 * group
        at[BETA + 2 + group] = at[base + 8] / at[base + 5] - at[PULL + 2 * group] * b0 - at[PULL + 2 * group + 1] * b1
    return log_det + math.log(det) if det > 0.0 and a00 > 0.0 else math.nan


@kernel
def derivatives(units: Floats, segments: Ints, count: int, groups: int, freedom: float, at: Floats) -> None:
    """First and second derivatives of the deviance at the S in `at`, after `deviance` there."""
    for place in range(PP, WW + 6):
        at[place] = 0.0
    inverse(groups, at)
    weight = 2.0 * freedom / at[RESIDUAL]
    beta, known = at[GROUP_BETA : GROUP_BETA + 3], at[GROUP_KNOWN : GROUP_KNOWN + 6]
    for segment in range(count):
        part = units[segment * SEGMENT : (segment + 1) * SEGMENT]
        group, width = segments[2 * segment], segments[2 * segment + 1]
        group_means(group, groups, at, beta, known)
        lean(part, width, beta, known, weight)
        pp, pw = PP + 36 * group, PW + 18 * group
        products(part, width, at[pp : pp + 36], at[pw : pw + 18], at[PM : PM + 36])
        squares(part, width, at[WW : WW + 6])
    for a in range(3):
        for b in range(a, 3):
            move(a, b, groups, at)
    slopes(groups, freedom, at)
    curves(groups, freedom, at)


@kernel
def inverse(groups: int, at: Floats) -> None:
    """The inverse of A, from its corner and its border."""
    p = groups + 2
    t00, t01, t11 = at[COMMON], at[COMMON + 1], at[COMMON + 2]
    at[INVERSE], at[INVERSE + 1], at[INVERSE + p], at[INVERSE + p + 1] = t00, t01, t01, t11
    for group in range(groups):
        f0, f1 = at[PULL + 2 * group], at[PULL + 2 * group + 1]
        x0, x1 = -(t00 * f0 + t01 * f1), -(t01 * f0 + t11 * f1)
        column = 2 + group
        at[INVERSE + column], at[INVERSE + column * p] = x0, x0
        at[INVERSE + p + column], at[INVERSE + column * p + 1] = x1, x1
        for other in range(groups):
            crossed = -(x0 * at[PULL + 2 * other] + x1 * at[PULL + 2 * other + 1])
            at[INVERSE + column * p + 2 + other] = crossed
        at[INVERSE + column * p + column] += 1.0 / at[SUMS + 10 * group + 5]


@kernel
def group_means(group: int, groups: int, at: Floats, beta: Floats, known: Floats) -> None:
    """Coefficients (3,) of a group's columns 1, t, max(t, 0), and their covariance (6,) relative to sigma^2."""
    p, column = groups + 2, group + 2
    beta[0], beta[1], beta[2] = at[BETA], at[BETA + 1], at[BETA + column]
    known[0], known[1], known[2] = at[INVERSE], at[INVERSE + 1], at[INVERSE + column]
    known[3], known[4] = at[INVERSE + p + 1], at[INVERSE + p + column]
    known[5] = at[INVERSE + column * p + column]


@kernel
def move(a: int, b: int, groups: int, at: Floats) -> None:
    """How A and X'V^-1 (y - X beta) move with entry (a, b) of S."""
    p, j = groups + 2, entry(a, b)
    moved, toward = MOVED + j * p * p, TOWARD + j * p
    for place in range(p * p):
        at[moved + place] = 0.0
    at[toward], at[toward + 1] = 0.0, 0.0
    for group in range(groups):
        pp, pw = PP + 36 * group, PW + 18 * group
        for x in range(3):
            row = x if x < 2 else 2 + group
            xa, xb = entry(x, a), entry(x, b)
            term = at[pw + 3 * xa + b]
            if a != b:
                term += at[pw + 3 * xb + a]
            if x < 2:
                at[toward + row] -= term
            else:
                at[toward + row] = -term
            for y in range(x, 3):
                column = y if y < 2 else 2 + group
                term = at[pp + 6 * xa + entry(y, b)]
                if a != b:
                    term += at[pp + 6 * xb + entry(y, a)]
                at[moved + row * p + column] -= term
    for row in range(p):
        for column in range(row):
            at[moved + row * p + column] = at[moved + column * p + row]


@kernel
def slopes(groups: int, freedom: float, at: Floats) -> None:
    """First derivatives, and what the second ones need of the fixed effects."""
    p = groups + 2
    for a in range(3):
        for b in range(a, 3):
            j = entry(a, b)
            times = 1.0 if a == b else 2.0
            at[RESIDUAL_SLOPE + j] = -times * at[WW + j]
            total = 0.0
            for group in range(groups):
                total += times * at[SUMS + 10 * group + j]
            moved, ratio = MOVED + j * p * p, RATIO + j * p * p
            for row in range(p):
                shared = 0.0
                for k in range(p):
                    shared += at[INVERSE + row * p + k] * at[TOWARD + j * p + k]
                at[SHARED + j * p + row] = shared
                for column in range(p):
                    entry_there = 0.0
                    for k in range(p):
                        entry_there += at[INVERSE + row * p + k] * at[moved + k * p + column]
                    at[ratio + row * p + column] = entry_there
                total += at[ratio + row * p + row]
            at[SLOPE + j] = total + freedom * at[RESIDUAL_SLOPE + j] / at[RESIDUAL]


@kernel
def curves(groups: int, freedom: float, at: Floats) -> None:
    """Second derivatives."""
    p = groups + 2
    residual = at[RESIDUAL]
    for a in range(3):
        for b in range(a, 3):
            j = entry(a, b)
            for c in range(3):
                for d in range(c, 3):
                    k = entry(c, d)
                    if k < j:
                        continue
                    total = at[PM + 6 * entry(b, c) + entry(d, a)]
                    if a != b:
                        total += at[PM + 6 * entry(a, c) + entry(d, b)]
                    if c != d:
                        total += at[PM + 6 * entry(b, d) + entry(c, a)]
                        if a != b:
                            total += at[PM + 6 * entry(a, d) + entry(c, b)]
                    total -= traced(p, j, k, at)
                    moved = 0.0
                    for x in range(p):
                        moved += at[TOWARD + j * p + x] * at[SHARED + k * p + x]
                    total -= 2.0 * freedom * moved / residual
                    total -= freedom * at[RESIDUAL_SLOPE + j] * at[RESIDUAL_SLOPE + k] / (residual * residual)
                    at[CURVE + 6 * j + k], at[CURVE + 6 * k + j] = total, total


@kernel(sums=True)
def traced(p: int, j: int, k: int, at: Floats) -> float:
    """Trace of the product of two ratios."""
    total = 0.0
    for x in range(p):
        for y in range(p):
            total += at[RATIO + j * p * p + x * p + y] * at[RATIO + k * p * p + y * p + x]
    return total
