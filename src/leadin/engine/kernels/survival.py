"""Kaplan-Meier, log-rank and Cox of many trials, from one event table a trial."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.collapsed import EVENT, MONTHS
from leadin.engine.fits import TOO_FEW
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.cox import MOST_STEPS, fit_cox
from leadin.engine.kernels.event_table import event_table
from leadin.engine.kernels.kaplan_meier import fit_kaplan_meier
from leadin.engine.kernels.log_rank import fit_log_rank

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int8]


@kernel
def survival_trials(
    first: int,
    last: int,
    survival: Floats,
    starts: Ints,
    reference: int,
    until: float,
    curves: Floats,
    curve_codes: Codes,
    tests: Floats,
    test_codes: Codes,
    ratios: Floats,
    ratio_codes: Codes,
    work: Floats,
    table: Floats,
    spare: Ints,
) -> None:
    """Trials `first` to `last` (not included) of survival (R, 2, n), in A groups.

    curves (R, A, 5) and its codes (R, A): each group. tests, ratios (R, C, 5) and their codes: each group but the
    reference against it; one group: the code TOO_FEW. An array without contrasts (R, 0, 5) is not asked for. Scratch:
    work (4, n + 1), table (2, A, n + 1), spare (3, n).
    """
    for r in range(first, last):
        time, event = survival[r, MONTHS], survival[r, EVENT]
        m = event_table(time, event, starts, work[0], table[0], table[1], work[1], spare)
        for g in range(curves.shape[1]):
            curve_codes[r, g] = fit_kaplan_meier(work[0], table[0, g], table[1, g], m, work[1, g], until, curves[r, g])
        if tests.shape[1] > 0:
            _compare(m, starts, reference, table, tests[r], test_codes[r], work[2:], False)
        if ratios.shape[1] > 0:
            _compare(m, starts, reference, table, ratios[r], ratio_codes[r], work[2:], True)


@kernel
def _compare(
    m: int, starts: Ints, reference: int, table: Floats, figures: Floats, codes: Codes, terms: Floats, ratio: bool
) -> None:
    """Each group against the reference: by their hazard ratio, else by the log-rank test."""
    groups = starts.size - 1
    if groups == 1:
        for f in range(figures.shape[1]):
            figures[0, f] = math.nan
        codes[0] = TOO_FEW
        return
    contrast = 0
    for g in range(groups):
        if g == reference:
            continue
        risk, other_risk = table[0, g], table[0, reference]
        events, other_events = table[1, g], table[1, reference]
        both = starts[g + 1] > starts[g] and starts[reference + 1] > starts[reference]
        if ratio:
            codes[contrast] = fit_cox(
                risk, events, other_risk, other_events, m, both, figures[contrast], terms, MOST_STEPS
            )
        else:
            codes[contrast] = fit_log_rank(risk, events, other_risk, other_events, m, both, figures[contrast])
        contrast += 1
