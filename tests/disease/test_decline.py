"""Long-run rates: the onset groups mix to the stated mean and SD."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from leadin.disease.decline import decline_z, draw_rates, rate_groups
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams


def changed(population, share, extra, mean=1.0, sd=0.6):
    return population.model_copy(
        update={
            "demographics": population.demographics.model_copy(update={"bulbar_share": share}),
            "decline": population.decline.model_copy(update={"bulbar_extra": extra, "rate_mean": mean, "rate_sd": sd}),
        }
    )


@given(st.floats(0, 1), st.floats(0, 0.5), st.floats(0.6, 2), st.floats(0.3, 1.5))
def test_the_mixture_has_the_stated_mean_and_sd(pro_act, share, extra, mean, sd):
    groups = rate_groups(changed(pro_act, share, extra, mean, sd))
    overall = share * groups.bulbar + (1 - share) * groups.other
    second = (1 + groups.variation**2) * (share * groups.bulbar**2 + (1 - share) * groups.other**2)
    assert overall == pytest.approx(mean, rel=1e-12)
    assert np.sqrt(second - overall**2) == pytest.approx(sd, rel=1e-9)
    assert groups.bulbar - groups.other == pytest.approx(extra, abs=1e-12)


def test_the_groups_of_a_population(pro_act):
    groups = rate_groups(changed(pro_act, 0.22, 0.23))
    assert groups.other == pytest.approx(0.9494, abs=1e-12)
    assert groups.bulbar == pytest.approx(1.1794, abs=1e-12)
    assert groups.variation == pytest.approx(0.589716, abs=1e-6)


def test_drawn_rates_have_those_moments(pro_act):
    n = 100_000
    bulbar = np.random.default_rng(1).random(n) < 0.22
    rate = draw_rates(changed(pro_act, 0.22, 0.23), bulbar, Draws(Streams(1))).per_month
    error = 0.6 / np.sqrt(n)
    assert abs(rate.mean() - 1.0) < 4 * error
    kurtosis = np.mean((rate - rate.mean()) ** 4) / rate.var() ** 2
    assert abs(rate.std() - 0.6) < 4 * error * np.sqrt((kurtosis - 1) / 4)
    skew = np.mean((rate - rate.mean()) ** 3) / rate.std() ** 3
    assert skew == pytest.approx(2 * 0.6, abs=0.1)  # gamma: twice the coefficient of variation
    difference = rate[bulbar].mean() - rate[~bulbar].mean()
    assert abs(difference - 0.23) < 4 * 0.6 * np.sqrt(1 / bulbar.sum() + 1 / (~bulbar).sum())
    assert rate.min() > 0


def test_the_place_of_a_rate_is_normal_and_in_order(pro_act):
    n = 50_000
    rates = draw_rates(pro_act, np.zeros(n, dtype=bool), Draws(Streams(2)))
    ordered = ndtr(np.sort(rates.place))
    assert np.abs(ordered - (np.arange(n) + 0.5) / n).max() < 1.95 / np.sqrt(n)
    assert (np.diff(rates.per_month[np.argsort(rates.place)]) >= 0).all()


def test_a_small_change_of_the_population_changes_each_rate_a_little(pro_act):
    bulbar = np.zeros(1_000, dtype=bool)
    before = draw_rates(changed(pro_act, 0.22, 0.23, sd=0.6), bulbar, Draws(Streams(3))).per_month
    after = draw_rates(changed(pro_act, 0.22, 0.23, sd=0.6001), bulbar, Draws(Streams(3))).per_month
    assert 0 < np.abs(after - before).max() < 0.002


def test_a_standardised_rate(pro_act):
    population = changed(pro_act, 0.22, 0.23)
    assert decline_z(np.array([1.0, 1.6, 0.4]), population) == pytest.approx([0.0, 1.0, -1.0], abs=1e-12)
