"""Change from baseline at one time, in many trials: analysis of covariance between groups, or t without adjustment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from leadin.engine.batches.completion import Flags, only_filled
from leadin.engine.batches.groups import contrasts_of, starts_of
from leadin.engine.collapsed import Floats, Ints
from leadin.engine.fits import FIGURES, Fits
from leadin.engine.kernels.ancova import LAST, LEFT_OUT, WORST, ancova_trials
from leadin.engine.kernels.mean_tests import SUMMED
from leadin.engine.running import Run, as_taken, on_cpu


@dataclass(frozen=True)
class Standing:
    """What stands at the time for a unit that is not seen there, its event having fallen at or before `by` on the clock
    of survival: `worst`; None: its last value."""

    by: float
    worst: float | None


@dataclass(frozen=True)
class Changes:
    """fits (R, C): each group but the reference minus it; of one group its mean change. counted (R, A): units with a
    change."""

    fits: Fits
    counted: Ints


def change_at(
    sums: Floats,
    seen: Floats,
    survival: Floats,
    sizes: ArrayLike,
    reference: int = 0,
    *,
    measure: int = 0,
    at: int = -1,
    standing: Standing | None = None,
    adjusted: bool = True,
    filled: Flags | None = None,
    run: Run = on_cpu,
) -> Changes:
    """The change from the last value at or before time 0 to the planned time `at`, of units that have both.

    sums (R, M, 16, n), seen (R, M, k, n), survival (R, 2, n): see `Collapsed`; measure: which of M; at: which of k (-1:
    the last). standing: what stands after the event; None: those not seen are left out. adjusted: for the baseline, one
    slope in all groups; else Welch's t. One group: Student's t of its change, never adjusted. filled (R,): trials that
    are not get NOT_FILLED.

    Codes: TOO_FEW (units in all for the model, or in a group), RANK_DEFICIENT (the baseline does not vary within
    groups), NO_VARIATION (an exact fit; equal changes). Raises ValueError for arrays that do not fit. May be called
    from several threads at once.
    """
    starts = starts_of(sums, sizes, reference, (measure,))
    trials, times, units = sums.shape[0], seen.shape[2], sums.shape[3]
    if seen.shape != (trials, sums.shape[1], times, units) or survival.shape != (trials, 2, units):
        raise ValueError(f"seen, survival: expected as many trials and units as sums; got {seen.shape, survival.shape}")
    if not -times <= at < times:
        raise ValueError(f"at: expected a number from 0 to {times - 1}, or -1 for the last; got {at}")
    groups, shape = starts.size - 1, (trials, contrasts_of(starts.size - 1))
    fits = Fits(np.empty((*shape, FIGURES)), np.zeros(shape, dtype=np.int8))
    made = Changes(fits, np.zeros((trials, groups), dtype=np.int64))
    by, worst = (0.0, None) if standing is None else (standing.by, standing.worst)
    run(
        ancova_trials,
        trials,
        (
            as_taken(sums),
            as_taken(seen),
            as_taken(survival),
            measure,
            at % times,
            LEFT_OUT if standing is None else LAST if worst is None else WORST,
            worst or 0.0,
            by,
            adjusted,
            starts,
            reference,
            fits.figures,
            fits.codes,
            made.counted,
            np.empty((2, units)),
            np.empty((2, groups, SUMMED)),
        ),
        written=(-5, -4, -3),
        scratch=(-2, -1),
    )
    return made if filled is None else Changes(only_filled(fits, filled), made.counted)


def ancova(
    sums: Floats,
    seen: Floats,
    survival: Floats,
    sizes: ArrayLike,
    reference: int = 0,
    *,
    measure: int = 0,
    at: int = -1,
    standing: Standing | None = None,
    adjusted: bool = True,
    filled: Flags | None = None,
    run: Run = on_cpu,
) -> Fits:
    """The fits of `change_at`, which see."""
    return change_at(
        sums,
        seen,
        survival,
        sizes,
        reference,
        measure=measure,
        at=at,
        standing=standing,
        adjusted=adjusted,
        filled=filled,
        run=run,
    ).fits
