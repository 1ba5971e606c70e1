"""Type I error and coverage of joint rank, win statistics and analysis of covariance, by simulation (slow).

Trials have deaths, early censoring and missed visits, all alike in both arms, or differ by a known effect.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from leadin.analysis.ancova import fit_ancova
from leadin.engine.composite_pairs import Courses, compare_all
from leadin.engine.rank_sum import mid_ranks, rank_sum_test, stratified_rank_sum_test
from leadin.engine.t_tests import welch_t
from leadin.engine.win_statistics import log_win_odds, log_win_ratio, net_benefit, win_shares

from .test_error_rates import stream, within

pytestmark = pytest.mark.slow
MONTHS = np.array([1.0, 2, 3, 4, 6, 9, 12])


def people(draw, n, slowing=0.0):
    """n courses, their baselines and changes at month 6: who declines faster dies earlier; a third leave early."""
    start = np.round(draw.normal(37, 5, n))
    rate = draw.gamma(2.8, 0.36, n) * (1 - slowing)
    death = draw.weibull(1.5, n) * 24 / (0.5 + rate / 2)
    left = np.where(draw.random(n) < 0.33, draw.uniform(0, 12, n), 12)
    time, event = np.minimum(death, left), death <= left
    change = np.round(start[:, None] - rate[:, None] * MONTHS + 1.6 * draw.normal(size=(n, 7))) - start[:, None]
    change[(time[:, None] < MONTHS) | (draw.random((n, 7)) < 0.1)] = np.nan
    return Courses(np.round(time * 30.4) / 30.4, event, change), start


def joined(a, b):
    return Courses(
        np.concatenate([a.time, b.time]), np.concatenate([a.event, b.event]), np.concatenate([a.outcome, b.outcome])
    )


@pytest.mark.evidence("joint_rank", "simulation")
@pytest.mark.evidence("win_ratio", "simulation")
def test_without_an_effect_they_reject_as_often_as_they_say():
    draw, trials, n = stream("joint rank"), 2000, (34, 30)
    treated = np.arange(sum(n)) < n[0]
    stratum = np.arange(sum(n)) % 3
    hits = dict.fromkeys(("wilcoxon", "elteren", "ancova", "ratio", "odds", "benefit", "within"), 0)
    for _ in range(trials):
        (a, x), (b, y) = people(draw, n[0]), people(draw, n[1])
        both = joined(a, b)
        sign = compare_all(both, both).sign
        score = sign.sum(axis=1)
        hits["wilcoxon"] += rank_sum_test(score[treated], score[~treated]).p < 0.05
        hits["elteren"] += stratified_rank_sum_test(score, treated, stratum.tolist()).p < 0.05
        fit = fit_ancova(mid_ranks(score), np.concatenate([x, y]), ["t"] * n[0] + ["r"] * n[1])
        hits["ancova"] += fit.difference("t", "r").p < 0.05
        pairs = sign[np.ix_(treated, ~treated)]
        parts = [sign[np.ix_(treated & (stratum == s), ~treated & (stratum == s))] for s in range(3)]
        for name, estimate, strata in (
            ("ratio", log_win_ratio, [pairs]),
            ("odds", log_win_odds, [pairs]),
            ("benefit", net_benefit, [pairs]),
            ("within", log_win_ratio, parts),
        ):
            made = estimate(win_shares(strata))
            hits[name] += abs(made.value) > 1.959964 * made.standard_error
    for hit in hits.values():
        within(hit, trials, 0.05)


@cache
def truth(slowing):
    """Shares of pairs won and lost between 6,000 participants an arm."""
    draw = stream(f"truth {slowing}")
    (a, _), (b, _) = people(draw, 6000, slowing), people(draw, 6000)
    sign = compare_all(a, b).sign
    return float((sign > 0).mean()), float((sign < 0).mean())


@pytest.mark.evidence("win_ratio", "simulation")
def test_intervals_of_win_statistics_cover_as_they_say():
    draw, trials = stream("win ratio"), 2000
    won, lost = truth(0.35)
    tied = 1 - won - lost
    true = {
        log_win_ratio: np.log(won / lost),
        log_win_odds: np.log((won + tied / 2) / (lost + tied / 2)),
        net_benefit: won - lost,
    }
    covered = dict.fromkeys(true, 0)
    for _ in range(trials):
        (a, _), (b, _) = people(draw, 60, 0.35), people(draw, 56)
        shares = win_shares([compare_all(a, b).sign])
        for estimate, value in true.items():
            made = estimate(shares)
            covered[estimate] += abs(made.value - value) <= 1.959964 * made.standard_error
    for hits in covered.values():
        within(hits, trials, 0.95)


@pytest.mark.evidence("joint_rank", "simulation")
def test_the_interval_of_the_joint_rank_covers_as_it_says():
    def ranked(draw, n):
        (a, x), (b, y) = people(draw, n, 0.35), people(draw, n)
        both = joined(a, b)
        return mid_ranks(compare_all(both, both).sign.sum(axis=1)), np.concatenate([x, y])

    draw, trials, n = stream("joint rank interval"), 2000, 40
    # Ranks of scores have no closed mean where pairs form no order: that of other trials of the same size stands in.
    other = stream("joint rank truth")
    true = np.mean([rank[:n].mean() - rank[n:].mean() for rank, _ in (ranked(other, n) for _ in range(6000))])
    covered = 0
    for _ in range(trials):
        rank, start = ranked(draw, n)
        test = fit_ancova(rank, start, ["t"] * n + ["r"] * n).difference("t", "r")
        covered += test.ci_low <= true <= test.ci_high
    within(covered, trials, 0.95)


@pytest.mark.evidence("ancova", "simulation")
def test_ancova_rejects_and_covers_as_it_says():
    draw, trials, n = stream("ancova"), 3000, (18, 16)
    arm = ["t"] * n[0] + ["r"] * n[1]
    rejected = covered = unadjusted = plain = 0
    for _ in range(trials):
        start = np.round(draw.normal(37, 5, sum(n)))
        age = draw.normal(58, 9, sum(n))
        change = np.round(-5 - 0.2 * (start - 37) - 0.05 * (age - 58) + draw.normal(0, 3, sum(n)))
        test = fit_ancova(change, start, arm, age[:, None]).difference("t", "r")
        rejected += test.p < 0.05
        unadjusted += welch_t(change[: n[0]], change[n[0] :]).p < 0.05
        change[: n[0]] += 1.5
        other = fit_ancova(change, start, arm, age[:, None]).difference("t", "r")
        covered += other.ci_low <= 1.5 <= other.ci_high
        welch = welch_t(change[: n[0]], change[n[0] :])
        plain += welch.ci_low <= 1.5 <= welch.ci_high
    within(rejected, trials, 0.05)
    within(unadjusted, trials, 0.05)
    within(covered, trials, 0.95)
    within(plain, trials, 0.95)
