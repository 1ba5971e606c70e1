"""Type I error and coverage of the tests and intervals, by simulation with Monte Carlo bounds (slow)."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.cox import hazard_ratio
from leadin.analysis.kaplan_meier import survival_curve
from leadin.analysis.log_rank import log_rank_test
from leadin.analysis.responder_rules import SpecialCases, judge, rules_of
from leadin.analysis.slopes import paired_slopes
from leadin.engine.fisher_exact import fisher_exact
from leadin.engine.intervals import clopper_pearson, newcombe, wilson
from leadin.engine.signed_rank import signed_rank_test
from leadin.engine.t_tests import one_sample_t, welch_t
from leadin.errors import ConvergenceError

pytestmark = pytest.mark.slow
MONTHS = np.array([-3.0, -2, -1, 0, 1, 2, 3, 4, 5, 6])


def stream(name):
    from leadin.engine.streams import Streams

    return Streams(20260601).named(name)


def within(hits, trials, share, errors=3.5):
    """A share of hits within so many Monte Carlo errors of what it should be."""
    assert abs(hits / trials - share) < errors * (share * (1 - share) / trials) ** 0.5, hits / trials


def changes(draw, n, effect=0.0):
    """Changes of slope of n participants whose rate has one mean throughout, but for the effect after time zero."""
    rates = draw.gamma(2.8, 0.36, n)
    later = np.maximum(MONTHS, 0) * effect
    scores = np.round(
        38 + 5 * draw.normal(size=(n, 1)) - rates[:, None] * MONTHS + later + 1.6 * draw.normal(size=(n, MONTHS.size))
    )
    slopes = paired_slopes(MONTHS, scores)
    return slopes.follow_up - slopes.lead_in


@pytest.mark.evidence("slope_change", "simulation")
def test_slope_change_rejects_and_covers_as_it_says():
    draw = stream("slope change")
    trials, rejected, covered, alone, ranked = 3000, 0, 0, 0, 0
    for _ in range(trials):
        cells, control = changes(draw, 16), changes(draw, 14)
        rejected += welch_t(cells, control).p < 0.05
        alone += one_sample_t(cells).p < 0.05
        ranked += signed_rank_test(cells, decimals=9).p < 0.05
        test = welch_t(changes(draw, 16, effect=0.4), control)
        covered += test.ci_low <= 0.4 <= test.ci_high
    within(rejected, trials, 0.05)
    within(alone, trials, 0.05)
    within(covered, trials, 0.95)
    # With 16 participants the exact test reaches 0.0443 at most; with ties a little more or less.
    within(ranked, trials, 0.044)


def test_fisher_s_test_keeps_its_level():
    draw = stream("fisher")
    trials = 3000
    hits = sum(
        fisher_exact(int(a), 32, int(b), 30) < 0.05
        for a, b in zip(draw.binomial(32, 0.3, trials), draw.binomial(30, 0.3, trials), strict=True)
    )
    assert hits / trials < 0.05 + 3.5 * (0.05 * 0.95 / trials) ** 0.5


@pytest.mark.evidence("responders", "simulation")
def test_responders_reject_at_most_and_cover_at_least_as_they_say():
    """Exact intervals and Fisher's test keep to the safe side; Newcombe's covers about as it says."""
    draw = stream("responders")
    rule, cases = rules_of((25.0,), ())[0], SpecialCases()
    trials, rejected, exact, score, joined = 3000, 0, 0, 0, 0

    def count(n):
        rates = draw.gamma(2.8, 0.36, n)
        noise = 1.6 * draw.normal(size=(n, MONTHS.size))
        pairs = paired_slopes(MONTHS, np.round(38 - rates[:, None] * MONTHS + noise))
        judged = judge(pairs.lead_in, pairs.follow_up, pairs.evaluable, np.zeros(n, dtype=bool), rule, cases)
        return int((judged.responder & judged.counted).sum())

    truth = count(200_000) / 200_000
    for _ in range(trials):
        cells, control = count(32), count(30)
        rejected += fisher_exact(cells, 32, control, 30) < 0.05
        tails, centred = clopper_pearson(cells, 32), wilson(cells, 32)
        exact += bool(tails.low <= truth <= tails.high)
        score += bool(centred.low <= truth <= centred.high)
        difference = newcombe(cells, 32, control, 30)
        joined += bool(difference.low <= 0 <= difference.high)
    error = (0.05 * 0.95 / trials) ** 0.5
    assert rejected / trials < 0.05 + 3.5 * error
    assert exact / trials > 0.95 - 3.5 * error
    assert 0.93 < score / trials < 0.975
    assert joined / trials > 0.95 - 3.5 * error


def test_survival_methods_reject_and_cover_as_they_say():
    draw = stream("survival")
    trials, log_rank, wald, covered, alive, fitted = 800, 0, 0, 0, 0, 0
    arm = np.repeat([0, 1], 60)
    for _ in range(trials):
        times = np.round(draw.exponential(20.0, arm.size), 3)
        months, died = np.minimum(times, 12), times < 12
        log_rank += log_rank_test(months, died, arm).p < 0.05
        try:
            ratio = hazard_ratio(months, died, arm)
        except ConvergenceError:
            continue
        fitted += 1
        wald += ratio.p < 0.05
        covered += abs(ratio.log_ratio) <= 1.959964 * ratio.standard_error
        curve = survival_curve(months[arm == 0], died[arm == 0])
        step = curve.step_at(6.0)
        alive += curve.low[step] <= np.exp(-6 / 20) <= curve.high[step]
    assert fitted == trials
    within(log_rank, trials, 0.05)
    within(wald, trials, 0.05)
    within(covered, trials, 0.95)
    within(alive, trials, 0.95)
