"""Type I error and coverage of the safety analyses, and how often stopping rules stop, by simulation with Monte Carlo
bounds (slow); the coverage of exact intervals also without simulation, over every outcome there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom, poisson

from leadin.analysis.cumulative_incidence import cumulative_incidence
from leadin.analysis.stopping import boundary_of, operating_characteristics, standings_of
from leadin.engine.event_boundary import crossing
from leadin.engine.fisher_exact import fisher_exact
from leadin.engine.intervals import clopper_pearson, poisson_rate
from leadin.engine.rate_ratio import rate_difference, rate_ratio
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.stopping_rule import StoppingRule
from leadin.trials.schema import SCHEMAS

MOST = 60
RULES = (
    StoppingRule(kind="exact", tolerated=0.15, participants=30, alpha=0.05),
    StoppingRule(kind="bayesian", tolerated=0.15, participants=30, prior_mean=0.15, prior_weight=2, certainty=0.95),
    StoppingRule(kind="likelihood_ratio", tolerated=0.15, unacceptable=0.35, participants=30, alpha=0.05, first_look=4),
)


def stream(name):
    from leadin.engine.streams import Streams

    return Streams(20260602).named(name)


def within(hits, trials, share, errors=3.5):
    """A share of hits within so many Monte Carlo errors of what it should be."""
    assert abs(hits / trials - share) < errors * (share * (1 - share) / trials) ** 0.5, hits / trials


def at_least(hits, trials, share, errors=3.5):
    """A share of hits not below what it should be by more than so many Monte Carlo errors."""
    assert hits / trials > share - errors * (share * (1 - share) / trials) ** 0.5, hits / trials


@pytest.mark.parametrize(("mean", "other", "time"), [(2.0, 3.0, 1.0), (8.0, 8.0, 2.0), (0.5, 6.0, 0.4)])
def test_the_exact_ratio_covers_and_rejects_as_it_says_over_every_outcome(mean, other, time):
    """mean, other: expected counts in exposures 1 and `time`."""
    counts = np.arange(MOST)
    weight = np.outer(poisson.pmf(counts, mean), poisson.pmf(counts, other))
    truth, covered, above, below = mean / (other / time), 0.0, 0.0, 0.0
    equal = np.outer(poisson.pmf(counts, mean), poisson.pmf(counts, mean * time))
    rejected = 0.0
    for x in range(25):
        for y in range(25):
            found = rate_ratio(x, 1.0, y, time)
            covered += weight[x, y] * (found.low <= truth <= found.high)
            above += weight[x, y] * (found.low > truth)
            below += weight[x, y] * (found.high < truth)
            rejected += equal[x, y] * (found.p < 0.05)
    assert covered > 0.95 - 1e-4
    assert max(above, below) < 0.025
    assert rejected < 0.05


@pytest.mark.parametrize("share", [0.01, 0.1, 0.4])
def test_exact_shares_and_rates_cover_over_every_outcome(share):
    counts = np.arange(41)
    interval = clopper_pearson(counts, 40)
    inside = (interval.low <= share) & (share <= interval.high)
    assert binom.pmf(counts, 40, share)[inside].sum() >= 0.95
    rate = poisson_rate(counts, 10.0)
    inside = (rate.low <= share) & (share <= rate.high)
    assert poisson.pmf(counts, 10 * share)[inside].sum() >= 0.95


@pytest.mark.slow
@pytest.mark.evidence("safety", "simulation")
def test_first_events_under_censoring():
    """Constant hazards, death competes, follow-up ends: incidence, its ratio, and the share by month 6."""
    draw = stream("first events")
    trials, hazard, n = 2500, 0.08, 40
    covered = ratio_covered = rejected = difference = landmark = 0
    share = hazard / (hazard + 1 / 40.0) * (1 - np.exp(-6 * (hazard + 1 / 40.0)))
    for _ in range(trials):
        counts = []
        for _arm in range(2):
            event, death = draw.exponential(1 / hazard, n), draw.exponential(40.0, n)
            followed = np.minimum(np.minimum(event, death), 9.0)
            counts.append((int((event == followed).sum()), float(followed.sum())))
        (x, t), (y, s) = counts
        low, high = poisson_rate(x, t)
        covered += bool(low <= hazard <= high)
        found = rate_ratio(x, t, y, s)
        ratio_covered += found.low <= 1.0 <= found.high
        rejected += found.p < 0.05
        low, high = rate_difference(x, t, y, s)
        difference += low <= 0.0 <= high
        curve = cumulative_incidence(followed, event == followed, death == followed)
        step = curve.step_at(6.0)
        landmark += bool(curve.low[step] <= share <= curve.high[step])
    at_least(covered, trials, 0.95)
    at_least(ratio_covered, trials, 0.95)
    at_least(trials - rejected, trials, 0.95)
    at_least(difference, trials, 0.95)
    within(landmark, trials, 0.95)
    # Conservative, as exact intervals are, and not without use.
    assert rejected / trials > 0.015


@pytest.mark.slow
@pytest.mark.evidence("safety", "simulation")
def test_shares_between_arms_keep_their_level():
    draw = stream("shares")
    trials = 3000
    events = draw.binomial(33, 0.2, (trials, 2))
    rejected = sum(fisher_exact(int(a), 33, int(b), 33) < 0.05 for a, b in events)
    at_least(trials - rejected, trials, 0.95)


@pytest.mark.slow
@pytest.mark.evidence("safety", "simulation")
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.kind)
def test_rules_stop_as_often_as_the_recursion_says(rule):
    draw = stream(f"stopping {rule.kind}")
    boundary = np.array([10**6 if entry is None else entry for entry in boundary_of(rule)])
    trials = 100_000
    for told in operating_characteristics(rule):
        path = np.cumsum(draw.random((trials, rule.participants)) < told.share, axis=1)
        over = path >= boundary
        stopped = over.any(axis=1)
        treated = np.where(stopped, over.argmax(axis=1) + 1, rule.participants)
        within(int(stopped.sum()), trials, told.stops)
        assert abs(treated.mean() - told.treated) < 3.5 * treated.std() / trials**0.5
        affected = path[np.arange(trials), treated - 1]
        assert abs(affected.mean() - told.affected) < 3.5 * affected.std() / trials**0.5


@pytest.mark.slow
@pytest.mark.evidence("safety", "simulation")
def test_trials_stop_as_often_as_their_rule_does(build):
    """Whole tables, the order known: the share of trials whose boundary is reached is what the recursion gives."""
    rule, draw, n = RULES[0], stream("whole trials"), 30
    names = [f"p{k}" for k in range(n)]
    blank = build(
        dict.fromkeys(names, "cells"),
        events=[(who, 6.0, "end_of_follow_up") for who in names],
        doses=[(who, 0.0) for who in names],
    )
    dates = pl.Series([str(date(2025, 1, 1) + timedelta(days=7 * k)) for k in range(n)])
    trials, share, reached = 500, 0.25, 0
    people = blank.participants.with_columns(time_zero_on=dates)
    empty = dict.fromkeys(SCHEMAS["adverse_events"])
    harm = {"start_day": 1.0, "term": "Meningitis", "serious": True, "relatedness": "related"}
    for _ in range(trials):
        hit = people["participant_id"].filter(pl.Series(draw.random(n) < share))
        rows = [{**empty, **harm, "participant_id": who} for who in hit]
        trial = replace(
            blank,
            participants=people[draw.permutation(n)],
            adverse_events=pl.DataFrame(rows, schema=SCHEMAS["adverse_events"]),
        )
        (found,) = standings_of(trial, rule)
        reached += found.state == "reached"
    within(reached, trials, crossing(boundary_of(rule), share).ever)


@pytest.mark.slow
@pytest.mark.evidence("safety", "simulation")
def test_the_share_of_orders_is_how_often_a_shuffled_order_reaches_it(build):
    rule, draw = RULES[0], stream("orders")
    boundary = boundary_of(rule)
    trial = build(
        {f"p{k}": "cells" for k in range(20)},
        events=[(f"p{k}", 6.0, "end_of_follow_up") for k in range(20)],
        doses=[(f"p{k}", 0.0) for k in range(20)],
        adverse_events=[
            {
                "participant_id": f"p{k}",
                "start_month": 1 / DAYS_PER_MONTH,
                "term": "Meningitis",
                "serious": True,
                "relatedness": "related",
            }
            for k in range(6)
        ],
    )
    (found,) = standings_of(trial, rule)
    bounds = np.array([10**6 if entry is None else entry for entry in boundary[:20]])
    shuffled = draw.permuted(np.tile(np.arange(20) < 6, (50_000, 1)), axis=1)
    hits = int((np.cumsum(shuffled, axis=1) >= bounds).any(axis=1).sum())
    assert found.by_chance is not None
    within(hits, 50_000, found.by_chance)
