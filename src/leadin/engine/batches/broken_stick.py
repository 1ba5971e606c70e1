"""`broken_stick` of many trials: REML with three random effects, Satterthwaite."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.engine.collapsed import SUMS, Floats, Ints, group_starts
from leadin.engine.fits import FIGURES, Fits
from leadin.engine.kernels.three_effects import NUMBERS, SEGMENTS, broken_stick_trials
from leadin.engine.kernels.three_effects_deviance import GROUPS
from leadin.engine.kernels.three_effects_units import CAPACITY, SEGMENT
from leadin.engine.running import Run, as_taken, on_cpu


def broken_stick(
    sums: Floats,
    sizes: Ints,
    reference: int = 0,
    *,
    measure: int = 0,
    filled: NDArray[np.bool_] | None = None,
    run: Run = on_cpu,
) -> Fits:
    """The change of slope at time 0 in each group less that in `reference`; with one group the change itself.

    sums (R, M, 16, n) and filled (R,): of `Collapsed`, all filled when not given; sizes (A,): of 1 to 8 groups;
    measure: which of the M. P is left to statistic and degrees of freedom. Raises ValueError for arrays of other
    shapes. May be called by several threads at once.
    """
    groups = len(sizes)
    if sums.ndim != 4 or sums.shape[2:] != (SUMS, int(np.sum(sizes))):
        raise ValueError(f"sums: expected shape (R, M, {SUMS}, {int(np.sum(sizes))}); got {sums.shape}")
    if not 1 <= groups <= GROUPS:
        raise ValueError(f"sizes: expected 1 to {GROUPS} groups; got {groups}")
    if not 0 <= reference < groups:
        raise ValueError(f"reference: expected a group from 0 to {groups - 1}; got {reference}")
    if not 0 <= measure < sums.shape[1]:
        raise ValueError(f"measure: expected 0 to {sums.shape[1] - 1}; got {measure}")
    trials, contrasts = sums.shape[0], max(groups - 1, 1)
    usable = np.ones(trials, dtype=np.bool_) if filled is None else filled
    if usable.shape != (trials,):
        raise ValueError(f"filled: expected shape ({trials},); got {usable.shape}")
    segments = sum(-(-int(size) // CAPACITY) for size in sizes)
    fits = Fits(np.empty((trials, contrasts, FIGURES)), np.empty((trials, contrasts), dtype=np.int8))
    run(
        broken_stick_trials,
        trials,
        (
            as_taken(sums),
            measure,
            usable,
            group_starts(np.asarray(sizes, dtype=np.int64)),
            reference,
            fits.figures,
            fits.codes,
            np.empty(segments * SEGMENT),
            np.empty(SEGMENTS + 2 * segments, dtype=np.int64),
            np.empty(NUMBERS),
        ),
        written=(-5, -4),
        scratch=(-3, -2, -1),
    )
    return fits
