"""The pairs of slopes of single participants, before and after time zero, of simulated trials."""

from __future__ import annotations

import numpy as np

from leadin.designs.generator import Generator
from leadin.engine.collapsed import Floats
from leadin.engine.kernels.unit_slopes import unit_slopes

AT_ONCE = 16
"""Trials made at once."""


def slope_pairs(
    generator: Generator, measure: str, replicates: int, most: int, *, share_baseline: bool = False
) -> tuple[Floats, Floats]:
    """Slopes per month up to time zero and after it of the first `most` participants who have both, of replicates from
    1 to `replicates`, in order; share_baseline: the last value at or before time zero counts in both. See
    `analysis.slopes`."""
    number, found = generator.measures.index(measure), np.empty((2, 0))
    for first in range(1, replicates + 1, AT_ONCE):
        trials = generator.generate(first, min(AT_ONCE, replicates + 1 - first))
        for sums in trials.sums[trials.filled]:
            before, after = np.empty((2, sums.shape[2]))
            unit_slopes(sums[number], share_baseline, before, after)
            known = np.isfinite(before)
            found = np.concatenate((found, np.stack((before[known], after[known]))), axis=1)
        if found.shape[1] >= most:
            break
    return found[0, :most], found[1, :most]
