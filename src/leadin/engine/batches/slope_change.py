"""Slope after time 0 minus slope before it, in many trials: the mean of each group, and between groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from leadin.engine.batches.completion import Flags, only_filled
from leadin.engine.batches.groups import starts_of
from leadin.engine.collapsed import Floats, Ints
from leadin.engine.fits import FIGURES, Fits
from leadin.engine.kernels.mean_tests import SUMMED
from leadin.engine.kernels.slope_change import slope_change_trials
from leadin.engine.running import Run, as_taken, on_cpu


@dataclass(frozen=True)
class SlopeChanges:
    """Of R trials of A groups. within: mean change of each group, by Student's t (R, A). between: each group but the
    reference minus it, by Welch's t (R, A - 1). counted (R, A): units with both slopes."""

    within: Fits
    between: Fits
    counted: Ints

    @property
    def answer(self) -> Fits:
        """Between groups; of one group its mean change."""
        return self.between if self.between.codes.shape[1] else self.within


def slope_changes(
    sums: Floats,
    sizes: ArrayLike,
    reference: int = 0,
    *,
    measure: int = 0,
    share_baseline: bool = False,
    filled: Flags | None = None,
    run: Run = on_cpu,
) -> SlopeChanges:
    """Least-squares slopes over times <= 0 and > 0 of each unit with at least three values in each; the others do not
    count.

    sums (R, M, 16, n): see `Collapsed`; measure: which of M. sizes (A,); reference: of the groups. share_baseline: the
    last value at or before 0 counts in both slopes. filled (R,): trials that are not get NOT_FILLED. Codes: TOO_FEW
    below two units of a group, NO_VARIATION where all changes are equal. Raises ValueError for arrays that do not fit.
    May be called from several threads at once.
    """
    starts = starts_of(sums, sizes, reference, (measure,))
    trials, groups = sums.shape[0], starts.size - 1
    made = SlopeChanges(_unfitted(trials, groups), _unfitted(trials, groups - 1), np.zeros((trials, groups), np.int64))
    run(
        slope_change_trials,
        trials,
        (
            as_taken(sums),
            measure,
            starts,
            reference,
            share_baseline,
            made.within.figures,
            made.within.codes,
            made.between.figures,
            made.between.codes,
            made.counted,
            np.empty((2, sums.shape[3])),
            np.empty((groups, SUMMED)),
        ),
        written=(-7, -6, -5, -4, -3),
        scratch=(-2, -1),
    )
    if filled is None:
        return made
    return SlopeChanges(only_filled(made.within, filled), only_filled(made.between, filled), made.counted)


def slope_change(
    sums: Floats,
    sizes: ArrayLike,
    reference: int = 0,
    *,
    measure: int = 0,
    share_baseline: bool = False,
    filled: Flags | None = None,
    run: Run = on_cpu,
) -> Fits:
    """Each group but the reference minus it; of one group its mean change. See `slope_changes`."""
    return slope_changes(
        sums, sizes, reference, measure=measure, share_baseline=share_baseline, filled=filled, run=run
    ).answer


def slope_change_within(
    sums: Floats, sizes: ArrayLike, *, measure: int = 0, share_baseline: bool = False, filled: Flags | None = None
) -> Fits:
    """The mean change of each group (R, A). See `slope_changes`."""
    return slope_changes(sums, sizes, measure=measure, share_baseline=share_baseline, filled=filled).within


def _unfitted(trials: int, contrasts: int) -> Fits:
    return Fits(np.empty((trials, contrasts, FIGURES)), np.zeros((trials, contrasts), dtype=np.int8))
