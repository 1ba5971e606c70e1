"""The mixed model for repeated measures in many trials: each group minus the reference at one planned time."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from leadin.engine.collapsed import SUMS, Floats, Ints, group_starts
from leadin.engine.fits import FIGURES, Fits
from leadin.engine.kernels.mmrm import mmrm_trials
from leadin.engine.kernels.mmrm_scratch import layout
from leadin.engine.running import Run, as_taken, on_cpu

MOST_TIMES = 12

DegreesOfFreedom = Literal["satterthwaite", "kenward_roger_linear"]
WAYS: tuple[DegreesOfFreedom, ...] = ("satterthwaite", "kenward_roger_linear")


def mmrm(
    sums: Floats,
    seen: Floats,
    sizes: ArrayLike,
    reference: int = 0,
    *,
    measure: int = 0,
    at: int = -1,
    degrees_of_freedom: DegreesOfFreedom = "satterthwaite",
    run: Run = on_cpu,
) -> Fits:
    """The model value ~ time + time:group + time:baseline over the k planned times, covariance unstructured, REML.

    sums (R, M, 16, n), seen (R, M, k, n): see `Collapsed`; k from 1 to 12. measure: which of M; at: at which of k the
    groups are compared (-1: the last). A single group: its mean there, at the mean baseline of the units in the model,
    minus that. Units without a baseline are left out, and so are times at which groups, baseline and an error cannot be
    told apart.

    Codes: TOO_FEW (values at the time, or in a group there, or for as many covariances; no unit seen at two of the
    times), RANK_DEFICIENT (the baseline does not vary within groups at the time), NO_VARIATION (the regression at the
    time is exact), NOT_CONVERGED. Raises ValueError for arrays that do not fit. May be called from several threads at
    once.
    """
    starts = _checked(sums, seen, sizes, reference, measure, at, degrees_of_freedom)
    trials, times, groups = seen.shape[0], seen.shape[2], starts.size - 1
    first, shape = layout(seen.shape[3], times, groups)
    contrasts = max(1, groups - 1)
    fits = Fits(np.empty((trials, contrasts, FIGURES)), np.zeros((trials, contrasts), dtype=np.int8))
    run(
        mmrm_trials,
        trials,
        (
            as_taken(sums),
            as_taken(seen),
            measure,
            starts,
            reference,
            at % times,
            degrees_of_freedom == "kenward_roger_linear",
            fits.figures,
            fits.codes,
            np.empty(shape),
            first,
        ),
        written=(-4, -3),
        scratch=(-2,),
    )
    return fits


def _checked(
    sums: Floats, seen: Floats, sizes: ArrayLike, reference: int, measure: int, at: int, degrees_of_freedom: str
) -> Ints:
    """The first unit of each group, and the number of all; raises ValueError for what does not fit together."""
    if sums.ndim != 4 or sums.shape[2] != SUMS:
        raise ValueError(f"sums: expected (trials, measures, {SUMS}, units); got {sums.shape}")
    trials, measures, _, units = sums.shape
    if seen.ndim != 4 or (*seen.shape[:2], seen.shape[3]) != (trials, measures, units):
        raise ValueError(f"seen: expected ({trials}, {measures}, times, {units}); got {seen.shape}")
    times = seen.shape[2]
    starts = group_starts(np.asarray(sizes, dtype=np.int64))
    groups = starts.size - 1
    if groups < 1 or bool((np.diff(starts) < 0).any()) or starts[-1] != units:
        raise ValueError(f"sizes: expected groups of {units} units in all; got {np.diff(starts).tolist()}")
    for name, number, many in (("reference", reference, groups), ("measure", measure, measures)):
        if not 0 <= number < many:
            raise ValueError(f"{name}: expected a number from 0 to {many - 1}; got {number}")
    if not 1 <= times <= MOST_TIMES:
        raise ValueError(f"seen: expected 1 to {MOST_TIMES} times; got {times}")
    if not -times <= at < times:
        raise ValueError(f"at: expected a number from 0 to {times - 1}, or -1 for the last; got {at}")
    if degrees_of_freedom not in WAYS:
        raise ValueError(f"degrees_of_freedom: expected {' or '.join(WAYS)}; got {degrees_of_freedom!r}")
    return starts
