"""The mixed model for repeated measures of one trial: values at planned times on the groups and the baseline at each,
units varying over times by an unstructured covariance, REML.

Reference: Mallinckrodt, Lane, Schnell, Peng & Mancuso (2008), Recommendations for the primary analysis of continuous
endpoints in longitudinal clinical trials, Drug Inf J 42:303-319, doi:10.1177/009286150804200402.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.collapsed import BASE
from leadin.engine.fits import (
    CONVERGED,
    DF,
    ESTIMATE,
    FIGURES,
    NOT_CONVERGED,
    STANDARD_ERROR,
    STATISTIC,
    TOO_FEW,
    Codes,
    P,
)
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mmrm_contrasts import added, tested
from leadin.engine.kernels.mmrm_deviance import deviance, slope
from leadin.engine.kernels.mmrm_information import bent_information, forms, rest_forms, sum_hessian, take_off_forms
from leadin.engine.kernels.mmrm_patterns import cross_products, patterns
from leadin.engine.kernels.mmrm_scratch import (
    COUNT,
    MEANS,
    ORDINARY,
    PATTERN,
    RESIDUAL,
    SEEN,
    STATE,
    UNITS,
    VECTORS,
    WEIGHTS,
    X,
    pairs_of,
)
from leadin.engine.kernels.mmrm_search import ACCEPTED, EXACT, GOING, OFF, directed, judged
from leadin.engine.kernels.mmrm_starts import another_start, first_start
from leadin.engine.kernels.mmrm_times import centred_baseline, regression

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def mmrm_trials(
    begin: int,
    end: int,
    sums: Floats,
    seen: Floats,
    measure: int,
    starts: Ints,
    reference: int,
    at: int,
    linear: bool,
    figures: Floats,
    codes: Codes,
    work: Floats,
    first: Ints,
) -> None:
    """Each group minus the reference at the time `at`, of trials `begin` to `end` - 1 of arrays of `Collapsed`; of a
    single group its mean there, at the mean baseline of all units in the model, minus that baseline.

    starts (A + 1,): the first unit of each group. linear: Kenward and Roger's linear standard error. figures (R, C, 5),
    codes (R, C): see `Fits`. work: scratch; first: of the blocks in it, as `layout` says. All of a fit is in this one
    function, and not in one that it calls: whatever holds it all is compiled in whole once more.
    """
    groups, state = starts.size - 1, first[VECTORS] + STATE
    for trial in range(begin, end):
        base = sums[trial, measure, BASE + 1]
        code, m, g, place, unit = prepared(seen[trial, measure], base, starts, at, work, first)
        while code == GOING:
            code = judged(work, first, m, deviance(work, first, groups, m, g))
            if code == ACCEPTED:
                slope(work, first, groups, m, g)
            exact = work[state, EXACT] > 0.0
            for expected in range(2 if code == ACCEPTED else 0):
                share = 1.0 if exact or expected == 1 else 1.0 + work[state, OFF]
                sum_hessian(work, first, m, g, expected, share)
                if exact and expected == 0:
                    bent_information(work, first, groups, m, g)
                    forms(work, first, groups, m)
                    rest_forms(work, first, groups, m, g)
                    take_off_forms(work, first, groups, m)
                code = directed(work, first, m, expected)
                if code != ACCEPTED:
                    break
            if code in (CONVERGED, NOT_CONVERGED):
                code = another_start(work, first, m, code)
        for contrast in range(codes.shape[1]):
            group = contrast + 1 if contrast >= reference and groups > 1 else contrast
            code_here = seen_code(code, groups, group, reference, place, work, first)
            if code_here == CONVERGED:
                less = weigh(base, starts, group, reference, place, m, unit, work, first)
                estimate, variance, df = tested(work, first, groups, m)
                variance += added(work, first, groups, m, g) if linear else 0.0
                told(groups, m, place, estimate, variance, df, less, figures[trial, contrast], work, first)
            else:
                for figure in range(FIGURES):
                    figures[trial, contrast, figure] = math.nan
            codes[trial, contrast] = code_here


@kernel
def prepared(
    seen: Floats, baseline: Floats, starts: Ints, at: int, work: Floats, first: Ints
) -> tuple[int, int, int, int, float]:
    """Sums of one trial and where the search starts. A code, GOING where the model can be fitted; how many times can be
    used; how many patterns there are; the place of the time `at` among those used; the unit of the baseline.

    seen (k, n), NaN where not seen; baseline (n,), NaN where there is none: that unit is left out.
    """
    groups = starts.size - 1
    unit, adjusted = centred_baseline(baseline, starts, work, first)
    code, m, place = _usable_times(seen, starts, at, unit, adjusted, work, first)
    if code != CONVERGED:
        return code, m, 0, place, unit
    g = patterns(work, first, starts[groups], m)
    values, effects, used = 0.0, float(m) if adjusted else 0.0, 0.0
    for t in range(m):
        for group in range(groups):
            here = work[first[ORDINARY] + t, groups + 2 + group]
            values += here
            effects += 1.0 if here > 0.0 else 0.0
    if values - effects < pairs_of(m) or not _all_together(work, first[SEEN], m, g):
        return TOO_FEW, m, g, place, unit
    for p in range(g):
        used += work[first[SEEN] + m + COUNT, p]
    cross_products(work, first, starts, m, g)
    first_start(work, first, m, g, values - effects, effects / m / used, used)
    return GOING, m, g, place, unit


@kernel
def _usable_times(
    seen: Floats, starts: Ints, at: int, unit: float, adjusted: bool, work: Floats, first: Ints
) -> tuple[int, int, int]:
    """The code of the time `at`, how many times can be used, and the place of `at` among them."""
    m, place, code, x = 0, 0, CONVERGED, first[UNITS] + X
    for t in range(seen.shape[0]):
        found = regression(seen[t], starts, unit, adjusted, work, x, first[RESIDUAL] + m, first[ORDINARY] + m)
        if t == at:
            place, code = m, found
        m += 1 if found == CONVERGED else 0
    return code, m, place


@kernel
def _all_together(work: Floats, seen: int, m: int, g: int) -> bool:
    """Whether of each two times some unit was seen at both."""
    for s in range(m):
        for t in range(s):
            together = False
            for p in range(g):
                together = together or (work[seen + s, p] > 0.0 and work[seen + t, p] > 0.0)
            if not together:
                return False
    return True


@kernel
def weigh(
    baseline: Floats,
    starts: Ints,
    group: int,
    reference: int,
    place: int,
    m: int,
    unit: float,
    work: Floats,
    first: Ints,
) -> float:
    """Fills WEIGHTS with the contrast of a group at the time in `place`; returns what is taken off its estimate: of a
    single group the mean baseline of all units in the model.
    """
    groups, weights, means = starts.size - 1, first[VECTORS] + WEIGHTS, first[UNITS] + MEANS
    for effect in range((groups + 1) * m):
        work[weights, effect] = 0.0
    work[weights, group * m + place] = 1.0
    apart, less = 0.0, 0.0
    if groups > 1:
        work[weights, reference * m + place] = -1.0
        apart = work[means, reference] - work[means, group]
    else:
        used = 0
        for i in range(baseline.size):
            if work[first[UNITS] + PATTERN, i] >= 0.0:
                apart += baseline[i] - work[means, group]
                used += 1
        apart /= used
        less = work[means, group] + apart
    work[weights, groups * m + place] = apart / unit if unit > 0.0 else 0.0
    return less


@kernel
def seen_code(code: int, groups: int, group: int, reference: int, place: int, work: Floats, first: Ints) -> int:
    """The code of a contrast: that of the fit, TOO_FEW where one of the groups was not seen at the time in `place`."""
    if code != CONVERGED:
        return code
    counts, other = groups + 2, reference if groups > 1 else group
    here = min(work[first[ORDINARY] + place, counts + group], work[first[ORDINARY] + place, counts + other])
    return CONVERGED if here > 0.0 else TOO_FEW


@kernel
def told(
    groups: int,
    m: int,
    place: int,
    estimate: float,
    variance: float,
    df: float,
    less: float,
    figures: Floats,
    work: Floats,
    first: Ints,
) -> None:
    """Figures (5,) in the unit of the values: with what the regression at the time in `place` had taken off."""
    ordinary, weights = first[ORDINARY] + place, first[VECTORS] + WEIGHTS
    total = work[ordinary, groups + 1] * estimate - less
    for effect in range(groups + 1):
        total += work[weights, effect * m + place] * work[ordinary, effect]
    error = work[ordinary, groups + 1] * math.sqrt(variance)
    figures[ESTIMATE] = total
    figures[STANDARD_ERROR] = error
    figures[DF] = df
    figures[STATISTIC] = total / error
    figures[P] = math.nan
