"""Type I error and coverage of the analyses of imputed values, by simulation with Monte Carlo bounds (slow)."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.missing_data.completed_ancova import completed_ancova
from leadin.analysis.missing_data.incomplete_visits import IncompleteVisits
from leadin.analysis.missing_data.posterior import posterior_draws
from leadin.analysis.missing_data.reference_based import completed
from leadin.analysis.missing_data.rubin import pool
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams

pytestmark = pytest.mark.slow
MONTHS = np.array([0.0, 3, 6, 9])
NAMES = tuple(f"p{i:02d}" for i in range(48))
ARM = np.arange(48) % 2


def within(hits, trials, share, errors=3.5):
    """A share of hits within so many Monte Carlo errors of what it should be."""
    assert abs(hits / trials - share) < errors * (share * (1 - share) / trials) ** 0.5, hits / trials


def decline(draw, effect=0.0):
    """Four visits of 24 + 24 participants; in arm 1 low scores make more of them leave (missing at random)."""
    rates = 1.0 + 0.4 * draw.normal(size=48) - effect * ARM
    scores = 38 + 5 * draw.normal(size=(48, 1)) - rates[:, None] * MONTHS + 1.6 * draw.normal(size=(48, 4))
    last = np.full(48, 3)
    for visit in range(3, 0, -1):
        leaves = draw.random(48) < 1 / (1 + np.exp(2.5 + (0.5 + 2.5 * ARM) * (scores[:, visit - 1] - 33) / 5))
        last[leaves] = visit - 1
    # Drawn from the last visit on, so that the earliest leaving counts.
    seen = np.where(np.arange(4) <= last[:, None], scores, np.nan)
    return IncompleteVisits(NAMES, ARM, ("control", "cells"), seen, 1, last)


def analysed(data, seed, assumptions, imputations=25):
    streams = Draws(Streams(seed))
    posterior = posterior_draws(data, imputations, streams, burn_in=40, between=5)
    fit = completed_ancova(data.values[None, :, 0], np.empty((48, 0)), ARM, 2)
    tests = []
    for assumption in assumptions:
        tables = completed(data, posterior, assumption, streams)
        fits = fit.fit(tables[:, :, -1] - tables[:, :, 0])
        tests.append(pool(fits.estimates[:, 0], fits.variances[:, 0], fits.df).test())
    return tests


@pytest.mark.evidence("ancova", "simulation")
def test_imputation_keeps_its_level_and_jump_to_reference_does_not_exceed_it():
    draw = Streams(20260702).named("imputation without effect")
    trials, found = 200, {name: [] for name in ("missing_at_random", "jump_to_reference", "copy_increments")}
    lost = 0.0
    for seed in range(trials):
        data = decline(draw)
        lost += data.dropped.mean() / trials
        for tests, test in zip(found.values(), analysed(data, seed, tuple(found)), strict=True):
            tests.append(test)
    rejected = {name: sum(test.p < 0.05 for test in tests) for name, tests in found.items()}
    assert 0.25 < lost < 0.5
    within(rejected["missing_at_random"], trials, 0.05)
    # Rubin's variance is that of a design in which the reference arm were drawn anew: reference-based means vary less.
    for name in ("jump_to_reference", "copy_increments"):
        assert rejected[name] / trials < 0.05 + 3.5 * (0.05 * 0.95 / trials) ** 0.5
        spread = np.std([test.estimate for test in found[name]], ddof=1)
        assert spread < np.sqrt(np.mean([test.standard_error**2 for test in found[name]]))


@pytest.mark.evidence("ancova", "simulation")
def test_intervals_cover_an_effect_that_those_who_were_seen_hide():
    draw = Streams(20260702).named("imputation with effect")
    trials, truth, covered, estimates, seen = 200, 0.35 * 9, 0, [], []
    for seed in range(trials):
        data = decline(draw, effect=0.35)
        (test,) = analysed(data, seed, ("missing_at_random",))
        covered += test.ci_low <= truth <= test.ci_high
        estimates.append(test.estimate)
        there = ~data.dropped
        fit = completed_ancova(data.values[None, there, 0], np.empty((there.sum(), 0)), ARM[there], 2)
        seen.append(fit.fit((data.values[there, -1] - data.values[there, 0])[None]).estimates[0, 0])
    within(covered, trials, 0.95)
    error = np.std(estimates, ddof=1) / trials**0.5
    assert abs(np.mean(estimates) - truth) < 3.5 * error
    assert abs(np.mean(seen) - truth) > 3.5 * np.std(seen, ddof=1) / trials**0.5
