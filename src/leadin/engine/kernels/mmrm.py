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
from leadin.engine.fits import CONVERGED, DF, ESTIMATE, FIGURES, STANDARD_ERROR, STATISTIC, TOO_FEW, Codes
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mmrm_contrasts import tested
from leadin.engine.kernels.mmrm_patterns import cross_products, patterns
from leadin.engine.kernels.mmrm_scratch import (
    COUNT,
    MEANS,
    ORDINARY,
    PATTERN,
    RESIDUAL,
    SEEN,
    UNITS,
    VECTORS,
    WEIGHTS,
    X,
    pairs_of,
)
from leadin.engine.kernels.mmrm_search import search, start
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
    """Trials `begin` to `end` - 1 of arrays of `Collapsed`. figures (R, C, 5), codes (R, C); else as `fit_mmrm`."""
    for trial in range(begin, end):
        values, base = seen[trial, measure], sums[trial, measure, BASE + 1]
        fit_mmrm(values, base, starts, reference, at, linear, figures[trial], codes[trial], work, first)


@kernel
def fit_mmrm(
    seen: Floats,
    baseline: Floats,
    starts: Ints,
    reference: int,
    at: int,
    linear: bool,
    figures: Floats,
    codes: Codes,
    work: Floats,
    first: Ints,
) -> None:
    """Each group minus the reference at the time `at`, of one trial; of a single group its mean there, at the mean
    baseline of all units in the model, minus that baseline.

    seen (k, n), NaN where not seen; baseline (n,), NaN where there is none: that unit is left out. starts (A + 1,): the
    first unit of each group. linear: Kenward and Roger's linear standard error. figures (C, 5), codes (C,): see `Fits`.
    work: scratch, first: of the blocks in it, as `layout` says.
    """
    groups = starts.size - 1
    unit, adjusted = centred_baseline(baseline, starts, work, first)
    code, m, place = _usable_times(seen, starts, at, unit, adjusted, work, first)
    g = 0
    if code == CONVERGED:
        code, g = _fitted(starts, m, adjusted, work, first)
    counts = groups + 2
    contrast = 0
    for group in range(groups):
        if group == reference and groups > 1:
            continue
        other = reference if groups > 1 else group
        ordinary = first[ORDINARY] + place
        empty = work[ordinary, counts + group] == 0.0 or work[ordinary, counts + other] == 0.0
        codes[contrast] = TOO_FEW if code == CONVERGED and empty else code
        if codes[contrast] == CONVERGED:
            less = _weigh(baseline, starts, group, reference, place, m, unit, work, first)
            estimate, variance, df = tested(work, first, groups, m, g, linear)
            estimate = _ordinary_estimate(groups, m, place, work, first) + work[ordinary, groups + 1] * estimate - less
            error = work[ordinary, groups + 1] * math.sqrt(variance)
            figures[contrast, ESTIMATE] = estimate
            figures[contrast, STANDARD_ERROR] = error
            figures[contrast, DF] = df
            figures[contrast, STATISTIC] = estimate / error
        else:
            for figure in range(FIGURES):
                figures[contrast, figure] = math.nan
        contrast += 1


@kernel
def _usable_times(
    seen: Floats, starts: Ints, at: int, unit: float, adjusted: bool, work: Floats, first: Ints
) -> tuple[int, int, int]:
    """The code of the time `at`, how many times can be used, and the place of `at` among them. Fills RESIDUAL and
    ORDINARY, a row for each time that can be used.
    """
    m, place, answer, x = 0, 0, CONVERGED, first[UNITS] + X
    for t in range(seen.shape[0]):
        code = regression(seen[t], starts, unit, adjusted, work, x, first[RESIDUAL] + m, first[ORDINARY] + m)
        if t == at:
            place, answer = m, code
        m += 1 if code == CONVERGED else 0
    return answer, m, place


@kernel
def _fitted(starts: Ints, m: int, adjusted: bool, work: Floats, first: Ints) -> tuple[int, int]:
    """Fits the model of m times; its code, and how many patterns there are."""
    groups, seen = starts.size - 1, first[SEEN]
    g = patterns(work, first, starts[groups], m)
    values, effects = 0.0, m if adjusted else 0
    for t in range(m):
        for group in range(groups):
            here = work[first[ORDINARY] + t, groups + 2 + group]
            values += here
            effects += 1 if here > 0.0 else 0
    if values - effects < pairs_of(m) or not _all_together(work, seen, m, g):
        return TOO_FEW, g
    used = 0.0
    for p in range(g):
        used += work[seen + m + COUNT, p]
    cross_products(work, first, starts, m, g)
    start(work, first, m, g)
    return search(work, first, groups, m, g, effects / m / used), g


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
def _weigh(
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
def _ordinary_estimate(groups: int, m: int, place: int, work: Floats, first: Ints) -> float:
    """The contrast in WEIGHTS of the coefficients of the regression at the time in `place`."""
    total = 0.0
    for effect in range(groups + 1):
        total += work[first[VECTORS] + WEIGHTS, effect * m + place] * work[first[ORDINARY] + place, effect]
    return total
