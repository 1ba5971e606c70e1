"""Kaplan-Meier, log-rank and Cox of many trials at once.

The plain methods, unit by unit, in strata and with covariates, are those of `analysis`; these are equal to them without
either, and know nothing of competing events.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.engine.collapsed import Floats, Ints, group_starts
from leadin.engine.fits import FIGURES, Fits
from leadin.engine.kernels.survival import survival_trials
from leadin.engine.running import Run, as_taken, on_cpu


@dataclass(frozen=True)
class SurvivalFits:
    """R trials of A groups.

    kaplan_meier: survival of each group, in the order of the groups (R, A), with Greenwood's standard error; no
    statistic, no p. SINGULAR where nobody or everybody has had the event: then the standard error is 0 and there is no
    log-log interval. log_rank: events of a group beyond those expected; the statistic is z, its square the chi-square.
    cox: the log hazard ratio of a group to the reference (Efron), z and p by Wald.
    """

    kaplan_meier: Fits
    log_rank: Fits
    cox: Fits


def survival_analyses(
    survival: Floats, sizes: Ints, reference: int, until: float, *, run: Run = on_cpu
) -> SurvivalFits:
    """All three, from one pass over survival (R, 2, n): times from 0 on, and 1 for an event, else 0.

    sizes (A,): units of each group, which stand one group after the other. until: the time that Kaplan-Meier is asked
    about.
    """
    return _fitted(survival, sizes, reference, until, True, True, True, run)


def kaplan_meier(survival: Floats, sizes: Ints, until: float, *, run: Run = on_cpu) -> Fits:
    """Survival of each group at the time `until` alone; see `survival_analyses`."""
    return _fitted(survival, sizes, 0, until, True, False, False, run).kaplan_meier


def log_rank(survival: Floats, sizes: Ints, reference: int, *, run: Run = on_cpu) -> Fits:
    """The log-rank tests alone; see `survival_analyses`."""
    return _fitted(survival, sizes, reference, math.nan, False, True, False, run).log_rank


def cox(survival: Floats, sizes: Ints, reference: int, *, run: Run = on_cpu) -> Fits:
    """The hazard ratios alone; see `survival_analyses`."""
    return _fitted(survival, sizes, reference, math.nan, False, False, True, run).cox


def _fitted(
    survival: Floats,
    sizes: Ints,
    reference: int,
    until: float,
    curves: bool,
    tests: bool,
    ratios: bool,
    run: Run,
) -> SurvivalFits:
    starts = group_starts(sizes)
    groups, n = starts.size - 1, int(starts[-1])
    if survival.ndim != 3 or survival.shape[1:] != (2, n):
        raise ValueError(f"survival: expected (R, 2, {n}); got {survival.shape}")
    if not 0 <= reference < groups:
        raise ValueError(f"reference: expected a group from 0 to {groups - 1}; got {reference}")
    if curves and not math.isfinite(until):
        raise ValueError(f"until: expected a time; got {until}")
    trials, contrasts = survival.shape[0], max(groups - 1, 1)
    made = SurvivalFits(
        _empty(trials, groups * curves), _empty(trials, contrasts * tests), _empty(trials, contrasts * ratios)
    )
    run(
        survival_trials,
        trials,
        (
            as_taken(survival),
            starts,
            reference,
            until,
            made.kaplan_meier.figures,
            made.kaplan_meier.codes,
            made.log_rank.figures,
            made.log_rank.codes,
            made.cox.figures,
            made.cox.codes,
            np.empty((4, max(n, groups) + 1)),
            np.empty((2, groups, n + 1)),
            np.empty((3, n), dtype=np.int64),
        ),
        written=(-9, -8, -7, -6, -5, -4),
        scratch=(-3, -2, -1),
    )
    return made


def _empty(trials: int, contrasts: int) -> Fits:
    codes: NDArray[np.int8] = np.empty((trials, contrasts), dtype=np.int8)
    return Fits(np.empty((trials, contrasts, FIGURES)), codes)
