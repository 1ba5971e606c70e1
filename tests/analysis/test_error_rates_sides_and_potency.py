"""Type I error and coverage of paired sides and of potency, by simulation with Monte Carlo bounds (slow)."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadin.analysis.paired_side import paired_side
from leadin.analysis.potency import potency
from leadin.engine.correlation import least_squares_line, pearson, spearman
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.schema import SCHEMAS

pytestmark = pytest.mark.slow
MONTHS = np.array([0.0, 1, 2, 3, 4, 5, 6])


def stream(name):
    from leadin.engine.streams import Streams

    return Streams(20261128).named(name)


def within(hits, trials, share, errors=3.5):
    """A share of hits within so many Monte Carlo errors of what it should be."""
    print(f"{hits / trials:.4f} of {trials} (expected {share}, error {(share * (1 - share) / trials) ** 0.5:.4f})")
    assert abs(hits / trials - share) < errors * (share * (1 - share) / trials) ** 0.5, hits / trials


def of_rows(name, **columns):
    missing = {column: None for column in SCHEMAS[name] if column not in columns}
    return pl.DataFrame({**columns, **missing}, schema_overrides=SCHEMAS[name]).select(SCHEMAS[name].keys())


def limbs(names, draw, left, gain):
    """Strength of both limbs: one common decline, a little of its own on each side, `gain` on the treated side."""
    n = len(names)
    rates = draw.gamma(2.8, 0.9, (n, 1)) + draw.normal(0, 0.4, (n, 2))
    rates[np.arange(n), np.where(left, 0, 1)] -= gain
    start = draw.normal(70, 12, (n, 2))
    strength = start[:, :, None] - rates[:, :, None] * MONTHS + draw.normal(0, 3.0, (n, 2, MONTHS.size))
    return of_rows(
        "assessments",
        participant_id=np.repeat(names, 2 * MONTHS.size),
        day=np.tile(MONTHS * DAYS_PER_MONTH, 2 * n),
        measure=np.tile(np.repeat(["strength.left", "strength.right"], MONTHS.size), n),
        value=strength.ravel(),
    )


@pytest.mark.evidence("paired_side", "simulation")
def test_paired_sides_reject_and_cover_as_they_say(build):
    draw = stream("paired side")
    trials, rejected, slopes, ranked, welch, covered, at_six = 400, 0, 0, 0, 0, 0, 0
    names = [f"p{i:02d}" for i in range(24)]
    empty = build({who: "low" if i % 2 else "high" for i, who in enumerate(names)})
    plan = PlannedAnalysis(method="paired_side")
    for _ in range(trials):
        left = draw.random(24) < 0.5
        given = of_rows(
            "administrations", participant_id=names, day=np.zeros(24), site_of_injection=np.where(left, "left", "right")
        )
        for gain in (0.0, 0.5):
            tables = {"administrations": given, "assessments": limbs(names, draw, left, gain)}
            rows = paired_side(empty.with_tables(tables), plan, "low")
            if gain:
                covered += rows[2].ci_low <= gain <= rows[2].ci_high
                at_six += rows[0].ci_low <= 6 * gain <= rows[0].ci_high
                continue
            rejected += rows[0].p < 0.05
            slopes += rows[2].p < 0.05
            ranked += rows[3].p < 0.05
            welch += rows[-1].p < 0.05
    for hits in (rejected, slopes, ranked, welch):
        within(hits, trials, 0.05)
    within(covered, trials, 0.95)
    within(at_six, trials, 0.95)


@pytest.mark.evidence("potency", "simulation")
def test_potency_rejects_and_covers_as_it_says(build):
    draw = stream("potency")
    trials, n, truth = 400, 20, 1.2
    fold, null, line, rank, covered = 0, 0, 0, 0, 0
    names = [f"p{i:02d}" for i in range(n)]
    months = MONTHS[1:]
    empty = build(dict.fromkeys(names, "cells"))
    plan = PlannedAnalysis(method="potency")
    for _ in range(trials):
        own = draw.normal(0.0, 0.4, n)
        # Two lots each: not independent, which counting lots would take for twice as many participants.
        before = draw.lognormal(0.0, 0.5, (n, 2))
        for mean in (0.0, truth):
            log_fold = mean + own[:, None] + draw.normal(0.0, 0.15, (n, 2))
            lots = of_rows(
                "lots",
                lot_id=[f"{who}-{k}" for who in names for k in (1, 2)],
                participant_id=np.repeat(names, 2),
                secretion_before=before.ravel(),
                secretion_after=(before * np.exp(log_fold)).ravel(),
            )
            rates = 1.0 - 0.3 * (mean > 0) * log_fold.mean(axis=1) + draw.normal(0.0, 0.4, n)
            assessments = of_rows(
                "assessments",
                participant_id=np.repeat(names, months.size),
                day=np.tile(months * DAYS_PER_MONTH, n),
                measure=np.repeat("alsfrs_r", n * months.size),
                value=(40 - rates[:, None] * months + draw.normal(0.0, 1.0, (n, months.size))).ravel(),
            )
            rows = potency(empty.with_tables({"lots": lots, "assessments": assessments}), plan, None)
            if mean == 0.0:
                null += rows[0].p < 0.05
                line += rows[2].p < 0.05
                rank += rows[4].p < 0.05
            else:
                fold += rows[0].ci_low <= truth <= rows[0].ci_high
                covered += rows[2].ci_low <= 0.3 <= rows[2].ci_high
    for hits in (null, line, rank):
        within(hits, trials, 0.05)
    within(fold, trials, 0.95)
    within(covered, trials, 0.95)


@pytest.mark.evidence("potency", "simulation")
def test_intervals_of_correlations_cover():
    draw = stream("correlation")
    trials, n, truth = 4000, 25, 0.5
    pearsons, spearmans, lines = 0, 0, 0
    # Spearman's correlation of a bivariate normal pair.
    ranks = 6 / np.pi * np.arcsin(truth / 2)
    for _ in range(trials):
        x = draw.normal(size=n)
        y = truth * x + (1 - truth**2) ** 0.5 * draw.normal(size=n)
        r, rho, line = pearson(x, y), spearman(x, y), least_squares_line(x, y)
        pearsons += r.ci_low <= truth <= r.ci_high
        spearmans += rho.ci_low <= ranks <= rho.ci_high
        lines += line.ci_low <= truth <= line.ci_high
    within(pearsons, trials, 0.95)
    within(lines, trials, 0.95)
    within(spearmans, trials, 0.95)
