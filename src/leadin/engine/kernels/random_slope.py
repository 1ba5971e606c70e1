"""The random-slope model of one trial from sums of each unit: y ~ time + group:time + (time | unit), times >= 0.

The groups share the intercept and have a slope each; the columns of a unit's fixed effects lie in the span of its
Z = [1, t], so that all follows from Z'Z, Z'y and y'y. REML, Satterthwaite's degrees of freedom in lme4's theta and
sigma. A group without a value after time zero is left out, and so are units without a value.

References: Laird & Ware (1982), Biometrics 38:963-974, doi:10.2307/2529876; Bates, Maechler, Bolker & Walker (2015),
J Stat Softw 67(1), doi:10.18637/jss.v067.i01; Kuznetsova, Brockhoff & Christensen (2017), J Stat Softw 82(13),
doi:10.18637/jss.v082.i13.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.fits import (
    CONVERGED,
    DF,
    ESTIMATE,
    FIGURES,
    NO_VARIATION,
    NOT_CONVERGED,
    NOT_FILLED,
    RANK_DEFICIENT,
    SINGULAR,
    STANDARD_ERROR,
    STATISTIC,
    TOO_FEW,
    P,
)
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.random_slope_deviance import (
    COVARIANCE,
    FREEDOM,
    LEVEL,
    MOVED,
    RESIDUAL,
    SCALE,
    SOLUTION,
    deviance,
)
from leadin.engine.kernels.random_slope_sums import (
    COEFFICIENT,
    EXPLAINED,
    FULL,
    INV11,
    INV12,
    INV22,
    LATER,
    LEAST_SQUARES,
    MUM,
    OWN11,
    OWN12,
    OWN22,
    PRESENT,
    RANKS,
    SEEN,
    SPARE,
    SUM_DET,
    SUM_T,
    SUM_TT,
    SUM_TY,
    SUM_Y,
    SUM_YY,
    N,
    own_sums,
    totals,
)
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
Ints = NDArray[np.int64]
Codes = NDArray[np.int8]

LINE = STATE + AT + SOLUTION
"""Length of the scratch `line`: state, at and solution."""
SAME_COLUMNS = 1e-12
"""Share of the intercept's information that must be left beside the slopes."""
NOTHING_LEFT = 1e-13
"""Share of a sum of squares below which it is rounding."""
FEW = 30.0
"""With fewer units than this the deviance can have several minima: all the plain method's starts are tried."""
LONG = 0.5
"""The start looks at units whose det C is at least this share of the mean: the slopes of others are mostly error."""


@kernel
def random_slope_trials(
    first: int,
    last: int,
    sums: Floats,
    measure: int,
    filled: NDArray[np.bool_],
    starts: Ints,
    reference: int,
    figures: Floats,
    codes: Codes,
    groups: Floats,
    small: Floats,
    line: Floats,
) -> None:
    """Fits trials first..last - 1 of sums (R, M, 16, n) into figures (R, C, 5) and codes (R, C).

    Scratch: groups (A, GROUP), small (SMALL, m, m) with m = max(A + 1, 4), line (LINE,).
    """
    for r in range(first, last):
        if filled[r]:
            fit_random_slope(sums[r, measure], starts, reference, figures[r], codes[r], groups, small, line)
        else:
            _give_up(figures[r], codes[r], np.int64(NOT_FILLED))


@kernel
def fit_random_slope(
    sums: Floats,
    starts: Ints,
    reference: int,
    figures: Floats,
    codes: Codes,
    groups: Floats,
    small: Floats,
    line: Floats,
) -> None:
    """One trial: sums (16, n) of its units, group g from starts[g] to starts[g + 1]; figures (C, 5), codes (C,)."""
    solution = line[STATE + AT : STATE + AT + SOLUTION]
    reason = _least_squares(sums, starts, reference, groups, solution)
    if reason == CONVERGED:
        reason = _begin(sums, starts, groups, solution, line)
    state, at = line[:STATE], line[STATE : STATE + AT]
    told = GO_ON if reason == CONVERGED else FAILED
    while told == GO_ON:
        deviance(line[TRIAL:POINT], sums, starts, groups, solution, small, at)
        told = advance(state, at, small)
        if told != GO_ON:
            told = next_run(state, told)
            reason = CONVERGED if told != FAILED else NOT_CONVERGED
    if reason == CONVERGED:
        _conclude(reference, figures, codes, groups, solution, small, line)
    else:
        _give_up(figures, codes, reason)


@kernel
def _give_up(figures: Floats, codes: Codes, reason: int | np.int64) -> None:
    """No figures for any contrast, for one reason."""
    for c in range(codes.size):
        codes[c] = reason
        for k in range(FIGURES):
            figures[c, k] = math.nan


@kernel
def _least_squares(sums: Floats, starts: Ints, reference: int, groups: Floats, solution: Floats) -> int:
    """Least squares from the sums of each group: coefficients, residual, scale of time; or why there is none."""
    count, seen, here, sum_tt, sum_y, sum_yy = 0.0, 0.0, 0, 0.0, 0.0, 0.0
    for g in range(groups.shape[0]):
        row = groups[g]
        totals(sums, starts[g], starts[g + 1], row)
        row[PRESENT] = 1.0 if row[LATER] > 0.0 else 0.0
        if row[LATER] > 0.0:
            here += 1
            count += row[N]
            seen += row[SEEN]
            sum_tt += row[SUM_TT]
            sum_y += row[SUM_Y]
            sum_yy += row[SUM_YY]
    solution[FREEDOM] = count - here - 1.0
    if groups[reference, PRESENT] == 0.0 or here < min(groups.shape[0], 2) or seen < 2.0 or solution[FREEDOM] < 1.0:
        return TOO_FEW
    if not sum_yy - sum_y * (sum_y / count) > NOTHING_LEFT * sum_yy:
        return NO_VARIATION
    scale = math.sqrt(sum_tt / count)
    corner, right = count, sum_y
    for g in range(groups.shape[0]):
        row = groups[g]
        if row[PRESENT] > 0.0:
            corner -= row[SUM_T] * (row[SUM_T] / row[SUM_TT])
            right -= row[SUM_T] * (row[SUM_TY] / row[SUM_TT])
    if not corner > SAME_COLUMNS * count:
        return RANK_DEFICIENT
    intercept = right / corner
    residual = sum_yy - intercept * sum_y
    for g in range(groups.shape[0]):
        row = groups[g]
        if row[PRESENT] > 0.0:
            slope = (row[SUM_TY] - intercept * row[SUM_T]) / row[SUM_TT]
            row[LEAST_SQUARES] = slope
            residual -= slope * row[SUM_TY]
    solution[RESIDUAL], solution[LEVEL], solution[SCALE] = residual, intercept, scale
    return CONVERGED if residual > NOTHING_LEFT * sum_yy else NO_VARIATION


@kernel
def _begin(sums: Floats, starts: Ints, groups: Floats, solution: Floats, line: Floats) -> int:
    """Sets out from what their own least squares say, as the plain method does."""
    count, few, enough = solution[FREEDOM] + 1.0, 0.0, 0.0
    for g in range(groups.shape[0]):
        if groups[g, PRESENT] > 0.0:
            count += 1.0
            few += groups[g, SEEN]
            enough += groups[g, SUM_DET]
    enough *= LONG / few
    unit = 1.0 / (solution[SCALE] * solution[SCALE])
    full, explained, ranks, spare = 0.0, 0.0, 0.0, 0.0
    s11, s12, s22, i11, i12, i22 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for g in range(groups.shape[0]):
        row = groups[g]
        if row[PRESENT] > 0.0:
            own_sums(sums, starts[g], starts[g + 1], solution[LEVEL], row[LEAST_SQUARES], unit, enough, row)
            full, explained, ranks = full + row[FULL], explained + row[EXPLAINED], ranks + row[RANKS]
            s11, s12, s22 = s11 + row[OWN11], s12 + row[OWN12], s22 + row[OWN22]
            i11, i12, i22 = i11 + row[INV11], i12 + row[INV12], i22 + row[INV22]
            spare += row[SPARE]
    if spare == 0.0:
        return TOO_FEW
    first_run(line, few >= FEW)
    if full == 0.0:
        begin(line, 1.0, 0.0, 1.0)
        return CONVERGED
    within = max(solution[RESIDUAL] - explained, 1e-6 * solution[RESIDUAL]) / max(count - ranks, 1.0)
    s11, s12, s22 = s11 / within - i11, (s12 / within - i12) * solution[SCALE], (s22 / within - i22) / unit
    begin_at_covariance(line, s11 / full, s12 / full, s22 / full)
    return CONVERGED


@kernel
def _conclude(
    reference: int, figures: Floats, codes: Codes, groups: Floats, solution: Floats, small: Floats, line: Floats
) -> None:
    """Figures and codes of every contrast at the optimum."""
    state, at, theta = line[:STATE], line[STATE : STATE + AT], line[POINT:BEST]
    scale, freedom = solution[SCALE], solution[FREEDOM]
    code = SINGULAR if settle(theta, scale) else CONVERGED
    variance = at[R2] / freedom
    uncertainty(theta, at, scale, freedom, state, small)
    arms = groups.shape[0]
    c = 0
    for g in range(arms):
        if g == reference and arms > 1:
            continue
        if groups[g, PRESENT] == 0.0:
            _give_up(figures[c : c + 1], codes[c : c + 1], np.int64(TOO_FEW))
        else:
            against = reference if arms > 1 else -1
            relative, df = _variance_and_df(g, against, groups, scale, theta, small)
            estimate = groups[g, LEAST_SQUARES] + groups[g, COEFFICIENT]
            if arms > 1:
                estimate -= groups[reference, LEAST_SQUARES] + groups[reference, COEFFICIENT]
            figures[c, ESTIMATE] = estimate
            figures[c, STANDARD_ERROR] = math.sqrt(variance * relative)
            figures[c, DF] = df
            figures[c, STATISTIC] = figures[c, ESTIMATE] / figures[c, STANDARD_ERROR]
            figures[c, P] = math.nan  # it follows from the two before
            codes[c] = code
        c += 1


@kernel
def _variance_and_df(
    g: int, against: int, groups: Floats, scale: float, theta: Floats, small: Floats
) -> tuple[float, float]:
    """Of slope g less slope `against` (-1: nothing): variance in units of the residual's, degrees of freedom."""
    covariance, weights = small[COVARIANCE], small[MOVED, 0]
    for x in range(groups.shape[0] + 1):
        weights[x] = covariance[x, 1 + g] - (covariance[x, 1 + against] if against >= 0 else 0.0)
    variance = weights[1 + g] - (weights[1 + against] if against >= 0 else 0.0)
    slopes, power = small[MOVED, 1], 1.0
    for j in range(3):
        slopes[j] = 0.0
        for h in range(groups.shape[0]):
            if groups[h, PRESENT] > 0.0:
                row = groups[h]
                slopes[j] += weights[0] * weights[0] * row[MUM + 3 * j]
                slopes[j] += 2.0 * weights[0] * weights[1 + h] * row[MUM + 3 * j + 1]
                slopes[j] += weights[1 + h] * weights[1 + h] * row[MUM + 3 * j + 2]
        slopes[j] *= power / variance
        power /= scale
    return variance, degrees_of_freedom(theta, scale, small[0], slopes[0], slopes[1], slopes[2])
