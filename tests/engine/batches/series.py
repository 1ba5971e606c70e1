"""Trials as plain series of values, and the same ones collapsed: what tests of batches are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.engine.collapsed import Collapsed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """One trial of n units, group by group (sizes). times (n, k) in order, values (M, n, k) with NaN for missing.
    ends (n,): time of the event or of the end, the clock starting at time 0; event (n,). planned (k,): of columns."""

    sizes: tuple[int, ...]
    planned: tuple[float, ...]
    times: Floats
    values: Floats
    ends: Floats
    event: NDArray[np.bool_]

    @property
    def group(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(len(self.sizes)), self.sizes)


def drawn(
    seed: int,
    sizes: Sequence[int],
    *,
    measures: int = 1,
    missing: float = 0.08,
    dying: float = 0.1,
    planned: Sequence[float] = tuple(range(-3, 7)),
    late: float = 0.0,
    effect: float = 0.3,
    decimals: int = 0,
) -> Series:
    """A trial at random: falling values, rounded. late: days that values lie off their planned time, at most, in
    months; none at time 0 itself. dying: share with the event at a random time after 0, and no values after it."""
    draw = np.random.default_rng(seed)
    n, k = sum(sizes), len(planned)
    group = np.repeat(np.arange(len(sizes)), sizes)
    nominal = np.asarray(planned, dtype=np.float64)
    times = nominal + np.where(nominal == 0.0, 0.0, draw.uniform(-late, late, (n, k)))
    rate = draw.gamma(2.8, 0.36, n)
    slower = 1.0 - effect * group[:, None] * (times > 0)
    level = draw.normal(38, 4, n)[:, None] - rate[:, None] * times * slower
    values = np.round(level + draw.normal(0, 1.6, (measures, n, k)), decimals)
    values[draw.random(values.shape) < missing] = np.nan
    event = draw.random(n) < dying
    last = float(max(nominal[-1], 1.0))
    ends = np.where(event, draw.uniform(0.2, last, n), last + 0.5)
    values[:, times > ends[:, None]] = np.nan
    return Series(tuple(sizes), tuple(map(float, planned)), times, values, ends, event)


def collapsed(trials: Sequence[Series]) -> Collapsed:
    """All trials, of the same sizes and planned times, as their definition says."""
    first = trials[0]
    after = [column for column, time in enumerate(first.planned) if time > 0]
    return Collapsed(
        sizes=np.array(first.sizes, dtype=np.int64),
        sums=np.stack([np.stack([_sums(trial.times, values) for values in trial.values]) for trial in trials]),
        seen=np.ascontiguousarray(np.stack([np.moveaxis(trial.values[:, :, after], 2, 1) for trial in trials])),
        survival=np.stack([np.stack([trial.ends, trial.event.astype(float)]) for trial in trials]),
        filled=np.ones(len(trials), dtype=np.bool_),
    )


def _sums(times: Floats, values: Floats) -> Floats:
    sums = np.zeros((16, times.shape[0]))
    for unit, (t, y) in enumerate(zip(times, values, strict=True)):
        seen = np.isfinite(y)
        for row, side in ((0, seen & (t < 0)), (6, seen & (t > 0))):
            a, b = t[side], y[side]
            sums[row : row + 6, unit] = side.sum(), a.sum(), (a * a).sum(), b.sum(), (a * b).sum(), (b * b).sum()
        now = seen & (t == 0)
        sums[12, unit], sums[13, unit] = now.sum(), y[now].sum()
        before = np.flatnonzero(seen & (t <= 0))
        sums[14:, unit] = (t[before[-1]], y[before[-1]]) if before.size else (np.nan, np.nan)
    return sums
