"""The joint rank of events and changes, of many trials at once: scores, mean ranks, Wilcoxon, ANCOVA on ranks.

The plain method is `analysis.joint_rank`, pair by pair by `engine.composite_pairs`; this one is equal to it without
strata and without covariates but the baseline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from leadin.engine.collapsed import SUMS, Floats, Ints, group_starts
from leadin.engine.fits import CONVERGED, FIGURES, STATISTIC, Fits, P
from leadin.engine.kernels.joint_rank import joint_rank_trials
from leadin.engine.kernels.joint_scores import SPARE_ROWS, WORK_ROWS
from leadin.engine.rank_sum import exact_p_values
from leadin.engine.running import Run, as_taken, on_cpu


@dataclass(frozen=True)
class JointRankFits:
    """R trials, C contrasts.

    wilcoxon: the difference in mean rank among all units, with its standard error under the null hypothesis; the
    statistic is W, p exact without ties below 50 a group, else by the normal approximation with continuity correction.
    ancova: the difference at equal baselines, by least squares on the ranks of all groups; no contrasts where it was
    not asked for. singly (R,): how many pairs had to be judged one by one; 0 where sorting told all.
    """

    wilcoxon: Fits
    ancova: Fits
    singly: Ints

    @property
    def by_sorting(self) -> float:
        """The share of trials in which the order was total."""
        return float(np.mean(self.singly == 0))


@dataclass(frozen=True)
class JointScores:
    """scores, ranks (R, n): others beaten minus others lost to; ranks of that, 1 the lowest, equal ones share their
    mean. singly (R,): how many pairs had to be judged one by one."""

    scores: Ints
    ranks: Floats
    singly: Ints


def joint_rank(
    sums: Floats,
    seen: Floats,
    survival: Floats,
    sizes: Ints,
    reference: int,
    *,
    measure: int = 0,
    times: int | None = None,
    end: float = math.inf,
    ancova: bool = False,
    run: Run = on_cpu,
) -> JointRankFits:
    """Each group but the reference against it, from the arrays of `Collapsed`.

    measure: of the M measures, larger is better. times: so many of the k planned times count; None: all. end: of
    survival, on its own clock; events after it do not count. ancova: whether that is asked for too.
    """
    n = _check(sums, seen, survival, sizes, reference, measure)
    trials, contrasts = survival.shape[0], max(len(sizes) - 1, 1)
    made = JointRankFits(
        _empty(trials, contrasts), _empty(trials, contrasts * ancova), np.empty(trials, dtype=np.int64)
    )
    one = JointScores(np.empty((1, n), dtype=np.int64), np.empty((1, n)), made.singly)
    _run(sums, seen, survival, sizes, reference, measure, times, end, made, one, run)
    _exact(made.wilcoxon, sizes, reference)
    return made


def joint_scores(
    sums: Floats,
    seen: Floats,
    survival: Floats,
    sizes: Ints,
    *,
    measure: int = 0,
    times: int | None = None,
    end: float = math.inf,
    run: Run = on_cpu,
) -> JointScores:
    """Scores and ranks of every unit; arguments as in `joint_rank`."""
    n = _check(sums, seen, survival, sizes, 0, measure)
    trials = survival.shape[0]
    singly = np.empty(trials, dtype=np.int64)
    scores = JointScores(np.empty((trials, n), dtype=np.int64), np.empty((trials, n)), singly)
    unwanted = JointRankFits(_empty(trials, 0), _empty(trials, 0), singly)
    _run(sums, seen, survival, sizes, 0, measure, times, end, unwanted, scores, run)
    return scores


def _run(
    sums: Floats,
    seen: Floats,
    survival: Floats,
    sizes: Ints,
    reference: int,
    measure: int,
    times: int | None,
    end: float,
    fits: JointRankFits,
    kept: JointScores,
    run: Run,
) -> None:
    """kept: of all trials, or with one row scratch."""
    k, n = seen.shape[2:]
    count = k if times is None else times
    if not 0 <= count <= k:
        raise ValueError(f"times: expected 0 to {k}; got {count}")
    if math.isnan(end):
        raise ValueError("end: expected a time; got NaN")
    all_kept = kept.scores.shape[0] == survival.shape[0]
    run(
        joint_rank_trials,
        survival.shape[0],
        (
            as_taken(sums),
            as_taken(seen),
            as_taken(survival),
            measure,
            count,
            end,
            group_starts(sizes),
            reference,
            fits.wilcoxon.figures,
            fits.wilcoxon.codes,
            fits.ancova.figures,
            fits.ancova.codes,
            fits.singly,
            kept.scores,
            kept.ranks,
            np.empty((count, n)),
            np.empty((WORK_ROWS, 2 * n + 3 * len(sizes) + 2)),
            np.empty((SPARE_ROWS, 2 * n + 2), dtype=np.int64),
        ),
        written=(-10, -9, -8, -7, -6, -5, -4) if all_kept else (-10, -9, -8, -7, -6),
        scratch=(-3, -2, -1) if all_kept else (-5, -4, -3, -2, -1),
    )


def _check(sums: Floats, seen: Floats, survival: Floats, sizes: Ints, reference: int, measure: int) -> int:
    """Number of units; ValueError for shapes that differ."""
    n, trials = int(np.sum(sizes)), survival.shape[0]
    if survival.shape != (trials, 2, n):
        raise ValueError(f"survival: expected (R, 2, {n}); got {survival.shape}")
    if sums.ndim != 4 or sums.shape != (trials, sums.shape[1], SUMS, n):
        raise ValueError(f"sums: expected ({trials}, M, {SUMS}, {n}); got {sums.shape}")
    if seen.ndim != 4 or seen.shape != (trials, sums.shape[1], seen.shape[2], n):
        raise ValueError(f"seen: expected ({trials}, {sums.shape[1]}, k, {n}); got {seen.shape}")
    if not 0 <= reference < len(sizes):
        raise ValueError(f"reference: expected a group from 0 to {len(sizes) - 1}; got {reference}")
    if not 0 <= measure < sums.shape[1]:
        raise ValueError(f"measure: expected one from 0 to {sums.shape[1] - 1}; got {measure}")
    return n


def _exact(fits: Fits, sizes: Ints, reference: int) -> None:
    """Puts the exact p where the kernel left it open."""
    others = [g for g in range(len(sizes)) if g != reference]
    for contrast, g in enumerate(others):
        figures = fits.figures[:, contrast]
        wanted = np.flatnonzero((fits.codes[:, contrast] == CONVERGED) & np.isnan(figures[:, P]))
        if wanted.size:
            p = _p_values(int(sizes[g]), int(sizes[reference]))
            figures[wanted, P] = p[figures[wanted, STATISTIC].astype(np.int64)]


@lru_cache(maxsize=64)
def _p_values(n: int, m: int) -> Floats:
    return exact_p_values(n, m)


def _empty(trials: int, contrasts: int) -> Fits:
    codes: NDArray[np.int8] = np.empty((trials, contrasts), dtype=np.int8)
    return Fits(np.empty((trials, contrasts, FIGURES)), codes)
