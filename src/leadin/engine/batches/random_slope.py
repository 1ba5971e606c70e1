"""`random_slope` of many trials: slopes from time zero on, each group against the reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.engine.collapsed import SUMS, group_starts
from leadin.engine.fits import FIGURES, Fits
from leadin.engine.kernels.random_slope import LINE, random_slope_trials
from leadin.engine.kernels.random_slope_deviance import SMALL
from leadin.engine.kernels.random_slope_sums import GROUP
from leadin.engine.running import Run, as_taken, on_cpu

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Scratch:
    """What `random_slope_trials` works in, for one thread: see there."""

    groups: Floats
    small: Floats
    line: Floats


def scratch(sizes: Ints) -> Scratch:
    """Scratch for trials with groups of these sizes (A,)."""
    width = max(sizes.size + 1, 4)
    return Scratch(
        groups=np.empty((sizes.size, GROUP)),
        small=np.empty((SMALL, width, width)),
        line=np.empty(LINE),
    )


def random_slope(
    sums: Floats,
    sizes: Ints,
    reference: int = 0,
    *,
    measure: int = 0,
    filled: NDArray[np.bool_] | None = None,
    run: Run = on_cpu,
) -> Fits:
    """The fits of R trials: y ~ time + group:time + (time | unit), REML, Satterthwaite; times from zero on.

    sums (R, M, 16, n): as in `engine.collapsed`, of which one measure is analysed. sizes (A,): units of each group, A
    at least 1. filled (R,): trials that are not are not fitted. Contrasts are the slopes of all groups less that of the
    reference; of one group the slope itself. P is left to be taken from statistic and degrees of freedom. Raises
    ValueError for shapes that do not match.
    """
    sizes = np.ascontiguousarray(sizes, dtype=np.int64)
    sums = as_taken(sums)
    if sums.ndim != 4 or sums.shape[2:] != (SUMS, sizes.sum()) or not 0 <= measure < sums.shape[1]:
        raise ValueError(
            f"sums: expected shape (trials, more than {measure} measures, {SUMS}, {sizes.sum()}); got {sums.shape}"
        )
    if not 0 <= reference < sizes.size:
        raise ValueError(f"reference: expected one of the {sizes.size} groups, counted from 0; got {reference}")
    trials = sums.shape[0]
    known = np.ones(trials, dtype=np.bool_) if filled is None else np.ascontiguousarray(filled, dtype=np.bool_)
    if known.shape != (trials,):
        raise ValueError(f"filled: expected one for each of the {trials} trials; got shape {known.shape}")
    contrasts = max(sizes.size - 1, 1)
    fits = Fits(np.empty((trials, contrasts, FIGURES)), np.empty((trials, contrasts), dtype=np.int8))
    work = scratch(sizes)
    run(
        random_slope_trials,
        trials,
        (
            sums,
            measure,
            known,
            group_starts(sizes),
            reference,
            fits.figures,
            fits.codes,
            work.groups,
            work.small,
            work.line,
        ),
        written=(-5, -4),
        scratch=(-3, -2, -1),
    )
    return fits
