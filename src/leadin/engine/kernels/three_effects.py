"""`broken_stick` of one trial: y ~ t + max(t, 0) + group:max(t, 0), three random effects a unit, REML, Satterthwaite.

Every figure is a contrast of slope changes at time 0: each group less the reference; with one group, the change itself.
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
    NOT_CONVERGED,
    NOT_FILLED,
    SINGULAR,
    STANDARD_ERROR,
    STATISTIC,
    TOO_FEW,
)
from leadin.engine.kernels import three_effects_df as df
from leadin.engine.kernels import three_effects_optimum as optimum
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.three_effects_deviance import BETA, GROUPS, PLACES, RESIDUAL
from leadin.engine.kernels.three_effects_df import contrast_df, uncertainty
from leadin.engine.kernels.three_effects_load import followed_groups, least_squares, load, refusal, totals
from leadin.engine.kernels.three_effects_optimum import newton, start, unit_start

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int8]

SINGULAR_BELOW = 1e-4
"""A fit is singular when a diagonal entry of L, in its own units, is below this (lme4's rule)."""
TOLD = PLACES
FIXED = TOLD + 8
SCALE = FIXED + GROUPS + 2
WORK = SCALE + 3
NUMBERS = WORK + max(optimum.WORK, df.WORK)
"""Floats of scratch space that one fit needs beside its units."""
PIVOTS = GROUPS
SEGMENTS = PIVOTS + 3
"""Integers of scratch space that one fit needs beside two for each segment."""


@kernel
def broken_stick_trials(
    first: int,
    last: int,
    sums: Floats,
    measure: int,
    filled: NDArray[np.bool_],
    starts: Ints,
    reference: int,
    figures: Floats,
    codes: Codes,
    units: Floats,
    places: Ints,
    numbers: Floats,
) -> None:
    """Fits trials `first` to `last` of sums (R, M, 16, n) into figures (R, C, 5) and codes (R, C).

    Scratch as in `fit_broken_stick`.
    """
    for trial in range(first, last):
        if filled[trial]:
            fit_broken_stick(
                sums[trial, measure], starts, reference, figures[trial], codes[trial], units, places, numbers
            )
        else:
            for contrast in range(codes.shape[1]):
                codes[trial, contrast] = NOT_FILLED
                for column in range(FIGURES):
                    figures[trial, contrast, column] = math.nan


@kernel
def fit_broken_stick(
    sums: Floats,
    starts: Ints,
    reference: int,
    figures: Floats,
    codes: Codes,
    units: Floats,
    places: Ints,
    numbers: Floats,
) -> None:
    """Fits one trial: sums (16, n) of `Collapsed`, starts (A + 1,) of its groups, into figures (C, 5) and codes (C,).

    Scratch, with the groups in S segments of CAPACITY units: units (S SEGMENT,), places (SEGMENTS + 2 S,), numbers
    (NUMBERS,).
    """
    order, pivots, segments = places[:PIVOTS], places[PIVOTS:SEGMENTS], places[SEGMENTS:]
    told, scale, fixed = numbers[TOLD:FIXED], numbers[SCALE:WORK], numbers[FIXED:SCALE]
    at, work = numbers[:PLACES], numbers[WORK:]
    groups = followed_groups(sums, starts, reference, order)
    totals(sums, starts, order, told)
    freedom = told[0] - groups - 2.0
    code = refusal(told, groups)
    if code == CONVERGED:
        count = load(sums, starts, order, told, scale, units, segments)
        code = least_squares(units, segments, count, groups, told, at, fixed)
        if code == CONVERGED:
            start(units, segments, count, told[0], at, work)
            for attempt in range(2):
                if attempt > 0:
                    unit_start(work)
                code = newton(units, segments, count, groups, freedom, at, pivots, work)
                if code == CONVERGED:
                    break
            if code == CONVERGED and uncertainty(freedom, at, pivots, scale, work) < SINGULAR_BELOW:
                code = SINGULAR
    place = 0
    for group in range(starts.shape[0] - 1):
        alone = starts.shape[0] == 2
        against = -1 if alone else order[reference]
        if alone or group != reference:
            row = figures[place]
            codes[place] = contrast(order[group], against, groups, code, freedom, numbers, row)
            place += 1


@kernel
def contrast(group: int, against: int, groups: int, code: int, freedom: float, numbers: Floats, figures: Floats) -> int:
    """Figures of one contrast, NaN where there are none, and its code.

    group, against: their places among the groups fitted; -1 for a group that was not, and for nothing to compare with.
    """
    for place in range(FIGURES):
        figures[place] = math.nan
    if code > SINGULAR or group < 0:
        return max(code, TOO_FEW) if group < 0 and code <= SINGULAR else code
    at, work, scale, fixed = numbers[:PLACES], numbers[WORK:], numbers[SCALE:WORK], numbers[FIXED:SCALE]
    variance, freedoms = contrast_df(group, against, groups, at, scale, work)
    estimate = fixed[2 + group] + at[BETA + 2 + group]
    if against >= 0:
        estimate -= fixed[2 + against] + at[BETA + 2 + against]
    error = math.sqrt(variance * at[RESIDUAL] / freedom)
    if not abs(estimate / error) < math.inf or math.isnan(freedoms):
        return NOT_CONVERGED
    figures[ESTIMATE], figures[STANDARD_ERROR] = estimate / scale[2], error / scale[2]
    figures[DF], figures[STATISTIC] = freedoms, estimate / error
    return code
