"""The joint rank of events and changes, of many trials: scores, ranks and their tests."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.collapsed import BASE, EVENT, MONTHS
from leadin.engine.fits import TOO_FEW
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.joint_scores import joint_scores
from leadin.engine.kernels.rank_ancova import fit_rank_ancova
from leadin.engine.kernels.rank_tests import fit_wilcoxon, rank_scores

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int8]


@kernel
def joint_rank_trials(
    first: int,
    last: int,
    sums: Floats,
    seen: Floats,
    survival: Floats,
    measure: int,
    times: int,
    end: float,
    starts: Ints,
    reference: int,
    tests: Floats,
    test_codes: Codes,
    adjusted: Floats,
    adjusted_codes: Codes,
    singly: Ints,
    scores: Ints,
    ranks: Floats,
    change: Floats,
    work: Floats,
    spare: Ints,
) -> None:
    """Trials `first` to `last` (not included) of the arrays of `Collapsed`; the first `times` times of `seen` count,
    and survival up to `end`.

    tests, adjusted (R, C, 5) and their codes: Wilcoxon's test, and analysis of covariance of the ranks; an array
    without contrasts (R, 0, 5) is not asked for. singly (R,): pairs judged one by one. scores, ranks (R, n), or (1, n)
    where only the last trial's are kept. Scratch: change (times, n), work (WORK_ROWS, 2 n + 3 A + 2), spare
    (SPARE_ROWS, 2 n + 2).
    """
    for r in range(first, last):
        row = r if scores.shape[0] > 1 else 0
        baseline = sums[r, measure, BASE + 1]
        singly[r] = joint_scores(
            survival[r, MONTHS],
            survival[r, EVENT],
            seen[r, measure, :times],
            baseline,
            end,
            scores[row],
            change,
            work,
            spare,
        )
        rank_scores(scores[row], ranks[row], spare[0], work[0])
        if tests.shape[1] > 0:
            _wilcoxon(scores[row], ranks[row], starts, reference, tests[r], test_codes[r], spare[0], work[0])
        if adjusted.shape[1] > 0:
            fit_rank_ancova(ranks[row], baseline, starts, reference, adjusted[r], adjusted_codes[r], work[0])


@kernel
def _wilcoxon(
    score: Ints,
    rank: Floats,
    starts: Ints,
    reference: int,
    figures: Floats,
    codes: Codes,
    tally: Ints,
    mid_ranks: Floats,
) -> None:
    contrast = 0
    for g in range(starts.size - 1):
        if g != reference:
            codes[contrast] = fit_wilcoxon(
                score,
                rank,
                starts[g],
                starts[g + 1],
                starts[reference],
                starts[reference + 1],
                figures[contrast],
                tally,
                mid_ranks,
            )
            contrast += 1
    if contrast == 0:
        for f in range(figures.shape[1]):
            figures[0, f] = math.nan
        codes[0] = TOO_FEW
