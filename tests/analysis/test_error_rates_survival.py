"""Type I error and coverage of what survival methods add, by simulation with Monte Carlo bounds (slow)."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.cox import hazard_ratio
from leadin.analysis.cumulative_incidence import cumulative_incidence
from leadin.analysis.kaplan_meier import survival_curve
from leadin.analysis.log_rank import log_rank_test
from leadin.analysis.restricted_mean import restricted_mean_survival, restricted_time_lost
from leadin.errors import ConvergenceError

pytestmark = pytest.mark.slow


def stream(name):
    from leadin.engine.streams import Streams

    return Streams(20261128).named(name)


def within(hits, trials, share, errors=3.5):
    """A share of hits within so many Monte Carlo errors of what it should be."""
    print(f"{hits / trials:.4f} of {trials} (expected {share}, error {(share * (1 - share) / trials) ** 0.5:.4f})")
    assert abs(hits / trials - share) < errors * (share * (1 - share) / trials) ** 0.5, hits / trials


@pytest.mark.evidence("restricted_mean", "simulation")
def test_restricted_means_reject_and_cover_as_they_say():
    draw = stream("restricted mean")
    trials, rejected, covered, ratio_covered, mean_covered = 2000, 0, 0, 0, 0
    # With 60 an arm the plain normal interval of one mean covers 93.4 %, which docs/methods says.
    arm = np.repeat([0, 1], 150)
    truth = [m * (1 - np.exp(-12 / m)) for m in (20.0, 35.0)]
    for _ in range(trials):
        scale = np.where(arm == 1, 35.0, 20.0)
        unit, left = draw.exponential(1.0, arm.size), draw.uniform(6.0, 40.0, arm.size)
        for means, effect in ((np.full(arm.size, 20.0), False), (scale, True)):
            time, end = means * unit, np.minimum(left, 18.0)
            months, died = np.minimum(time, end), time <= end
            one, zero = (
                restricted_mean_survival(survival_curve(months[arm == a], died[arm == a]), 12.0) for a in (1, 0)
            )
            error = np.hypot(one.standard_error, zero.standard_error)
            if not effect:
                rejected += abs(one.months - zero.months) > 1.959964 * error
                continue
            covered += abs(one.months - zero.months - (truth[1] - truth[0])) <= 1.959964 * error
            error = np.hypot(one.standard_error / one.months, zero.standard_error / zero.months)
            ratio_covered += abs(np.log(one.months / zero.months) - np.log(truth[1] / truth[0])) <= 1.959964 * error
            mean_covered += abs(one.months - truth[1]) <= 1.959964 * one.standard_error
    within(rejected, trials, 0.05)
    within(covered, trials, 0.95)
    within(ratio_covered, trials, 0.95)
    within(mean_covered, trials, 0.95)


@pytest.mark.evidence("log_rank", "simulation")
@pytest.mark.evidence("cox", "simulation")
def test_stratified_and_adjusted_methods_reject_and_cover_as_they_say():
    draw = stream("strata")
    trials, tests, wald, adjusted, covered, fitted = 1000, 0, 0, 0, 0, 0
    n = 120
    for _ in range(trials):
        # Strata of very different hazards, unequally shared by the arms; a covariate that goes with the arm.
        site = draw.integers(0, 4, n)
        arm = draw.random(n) < 0.3 + 0.1 * site
        age = draw.normal(0.3 * arm, 1.0)
        unit = draw.exponential(1.0, n)
        linear = 0.6 * site + 0.5 * age
        null = np.round(unit * 25.0 * np.exp(-linear), 2)
        months, died = np.minimum(null, 12.0), null < 12.0
        own = np.round(unit * 25.0 * np.exp(-0.6 * site), 2)
        tests += log_rank_test(np.minimum(own, 12.0), own < 12.0, arm, site).p < 0.05
        effect = np.round(unit * 25.0 * np.exp(-linear + 0.5 * arm), 2)
        try:
            first = hazard_ratio(months, died, arm, columns=age[:, None], titles=("age",), stratum=site)
            second = hazard_ratio(
                np.minimum(effect, 12.0), effect < 12.0, arm, columns=age[:, None], titles=("age",), stratum=site
            )
        except ConvergenceError:
            continue
        fitted += 1
        wald += first.p < 0.05
        covered += abs(second.log_ratio + 0.5) <= 1.959964 * second.standard_error
        # Left out, the covariate and the strata would make an effect of nothing.
        adjusted += hazard_ratio(months, died, arm).p < 0.05
    assert fitted == trials
    within(tests, trials, 0.05)
    within(wald, fitted, 0.05)
    within(covered, fitted, 0.95)
    assert adjusted / fitted > 0.3


@pytest.mark.evidence("kaplan_meier", "simulation")
def test_incidence_intervals_cover_and_do_not_confuse_the_causes():
    draw = stream("incidence")
    trials, covered, rare, lost, naive = 2000, 0, 0, 0, 0
    # The interval of months lost is the plain normal one: with 60 it covers 93.5 %, which docs/methods says.
    n, rates = 200, np.array([0.04, 0.02])
    whole = rates.sum()
    truth = rates / whole * (1 - np.exp(-12 * whole))
    # Months lost to a cause: its share of the area above survival.
    months_lost = rates[0] / whole * (12 - (1 - np.exp(-12 * whole)) / whole)
    for _ in range(trials):
        time, left = draw.exponential(1 / whole, n), draw.uniform(6.0, 30.0, n)
        first = draw.random(n) < rates[0] / whole
        end = np.minimum(left, 18.0)
        months, died = np.minimum(time, end), time <= end
        curves = [cumulative_incidence(months, died & mine, died & ~mine) for mine in (first, ~first)]
        step = curves[0].step_at(12.0)
        covered += curves[0].low[step] <= truth[0] <= curves[0].high[step]
        rare += curves[1].low[step] <= truth[1] <= curves[1].high[step]
        mean = restricted_time_lost(curves[0], 12.0)
        lost += abs(mean.months - months_lost) <= 1.959964 * mean.standard_error
        km = survival_curve(months, died & first)
        naive += 1 - km.high[step] <= truth[0] <= 1 - km.low[step]
    within(covered, trials, 0.95)
    within(rare, trials, 0.95)
    within(lost, trials, 0.95)
    # One minus Kaplan-Meier with the other cause censored is another quantity.
    assert naive / trials < 0.9
