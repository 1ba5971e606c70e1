"""The groups of a batch: where each starts, and whether they fit the arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from leadin.engine.collapsed import SUMS, Floats, Ints, group_starts


def starts_of(sums: Floats, sizes: ArrayLike, reference: int, measures: tuple[int, ...] = (0,)) -> Ints:
    """The first unit of each group and the number of all units, (A + 1,).

    sums (R, M, 16, n), of which `measures` will be looked at; sizes (A,): units of each group, in their order;
    reference: the number of the group that others are compared with. Raises ValueError where they do not fit.
    """
    if sums.ndim != 4 or sums.shape[2] != SUMS:
        raise ValueError(f"sums: expected (trials, measures, {SUMS}, units); got {sums.shape}")
    if not all(0 <= measure < sums.shape[1] for measure in measures):
        raise ValueError(f"measure: expected numbers from 0 to {sums.shape[1] - 1}; got {measures}")
    starts = group_starts(np.asarray(sizes, dtype=np.int64))
    if starts.size < 2 or bool((np.diff(starts) < 0).any()) or starts[-1] != sums.shape[3]:
        raise ValueError(f"sizes: expected groups of {sums.shape[3]} units in all; got {np.diff(starts).tolist()}")
    if not 0 <= reference < starts.size - 1:
        raise ValueError(f"reference: expected a group from 0 to {starts.size - 2}; got {reference}")
    return starts


def contrasts_of(groups: int) -> int:
    """How many contrasts so many groups have: each but the reference against it; one group stands for itself."""
    return max(1, groups - 1)
