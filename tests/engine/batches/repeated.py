"""Trials of values at planned times, as arrays of `Collapsed`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadin.engine.collapsed import BASE, SUMS


@dataclass(frozen=True)
class Repeated:
    """seen (k, n), baseline (n,), sizes (A,)."""

    seen: np.ndarray
    baseline: np.ndarray
    sizes: tuple[int, ...]

    @property
    def given(self):
        """What `mmrm` takes, one trial."""
        sums = np.zeros((1, 1, SUMS, self.baseline.size))
        sums[0, 0, BASE:] = self.baseline
        return sums, self.seen[None, None], self.sizes


def repeated(sizes=(20, 20), times=4, *, missing=0.1, drop=0.02, seed=1, spread=4.0, noise=1.5, without=0.0):
    """Declining values of units with their own level and rate; `missing`: share of single values, `drop`: share that
    is lost for good at each time, `without`: share without a baseline."""
    draw = np.random.Generator(np.random.PCG64(seed))
    n = sum(sizes)
    level, rate = 36 + spread * draw.normal(size=n), 1 + 0.5 * draw.normal(size=n)
    group = np.repeat(np.arange(len(sizes)), sizes)
    month = np.arange(1, times + 1)[:, None]
    values = level - (rate - 0.3 * group) * month + noise * draw.normal(size=(times, n))
    lost = (draw.random((times, n)) < drop).cumsum(axis=0) > 0
    values[lost | (draw.random((times, n)) < missing)] = np.nan
    baseline = level + noise * draw.normal(size=n)
    baseline[draw.random(n) < without] = np.nan
    return Repeated(values, baseline, tuple(sizes))


def together(trials):
    """Many trials of the same size as one batch."""
    parts = [trial.given for trial in trials]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]), trials[0].sizes
