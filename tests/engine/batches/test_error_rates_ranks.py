"""How often the survival and joint-rank tests reject where nothing differs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import stdtr

from leadin.engine.batches.joint_rank import joint_rank
from leadin.engine.batches.survival import survival_analyses
from leadin.engine.collapsed import BASE, SUMS

TRIALS, N, K, BATCH = 20_000, 200, 6, 1_000
SIZES = np.array([100, 100])
ERROR = math.sqrt(0.05 * 0.95 / TRIALS)
"""Monte Carlo error of a share of 5 %."""


def survival_of(rng, mean):
    """Days to the event, in months, censored at 6."""
    time = np.ceil(rng.exponential(mean, (BATCH, N)) * 30.4375) / 30.4375
    return np.stack([np.minimum(time, 6.0), (time < 6.0).astype(float)], axis=1)


@pytest.mark.slow
def test_log_rank_and_cox_with_many_events():
    rng, rejected, covered = np.random.default_rng(11), np.zeros(2), 0
    for _ in range(TRIALS // BATCH):
        fits = survival_analyses(survival_of(rng, 6.0), SIZES, 0, 6.0)
        rejected += [(one.figures[:, 0, 4] < 0.05).sum() for one in (fits.log_rank, fits.cox)]
        covered += int((np.abs(fits.cox.figures[:, 0, 3]) < 1.959963984540054).sum())
    assert np.abs(rejected / TRIALS - 0.05).max() < 3.5 * ERROR
    assert covered / TRIALS == pytest.approx(0.95, abs=3.5 * ERROR)


@pytest.mark.slow
def test_joint_rank_with_missing_values_and_events():
    rng, rejected = np.random.default_rng(12), np.zeros(2)
    months = np.arange(1.0, K + 1.0)[:, None]
    for _ in range(TRIALS // BATCH):
        survival = survival_of(rng, 40.0)
        baseline, slope = np.rint(rng.normal(37.0, 5.0, (BATCH, N))), rng.gamma(2.8, 0.36, (BATCH, N))
        seen = np.rint(baseline[:, None] - slope[:, None] * months + 1.6 * rng.standard_normal((BATCH, K, N)))
        seen[(rng.random(seen.shape) < 0.08) | (months > survival[:, :1])] = np.nan
        sums = np.zeros((BATCH, 1, SUMS, N))
        sums[:, 0, BASE + 1] = baseline
        fits = joint_rank(sums, seen[:, None], survival, SIZES, 0, ancova=True)
        t = fits.ancova.figures[:, 0]
        rejected[0] += (fits.wilcoxon.figures[:, 0, 4] < 0.05).sum()
        rejected[1] += (2.0 * stdtr(t[:, 2], -np.abs(t[:, 3])) < 0.05).sum()
    assert np.abs(rejected / TRIALS - 0.05).max() < 3.5 * ERROR
