"""Traits: their distributions, their correlations, their bounds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.special import gammainc, ndtr, ndtri

from leadin.disease.people import draw_people
from leadin.disease.truncated import beta_share, truncated_gamma, truncated_normal
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams

N = 40_000


@pytest.fixture(scope="module")
def people(pro_act):
    return draw_people(pro_act, Draws(Streams(1)), N)


@pytest.mark.parametrize(("trait", "share"), [("bulbar", 0.22), ("male", 0.634), ("riluzole", 0.748)])
def test_shares(people, trait, share):
    assert abs(getattr(people, trait).mean() - share) < 4 * np.sqrt(share * (1 - share) / N)


@pytest.mark.parametrize(
    ("trait", "mean", "sd"),
    [
        ("age_years", 57.2, 11.2),  # 57.3 (11.3) before the bounds
        ("months_since_onset", 18.6, 8.2),  # 18.6 (8.3) before the bounds
        ("capacity", 88.0, 17.0),
        ("capacity_loss", 2.6, 1.9),
        ("weight_loss", 0.29, 0.5),
        ("strength_left", 60.0, np.hypot(18, 8)),
        ("strength_right", 60.0, np.hypot(18, 8)),
    ],
)
def test_means_and_sds(people, trait, mean, sd):
    values = getattr(people, trait)
    assert abs(values.mean() - mean) < 5 * sd / np.sqrt(N) + 0.002 * mean
    assert values.std() == pytest.approx(sd, rel=0.03)


def test_the_rate_is_that_of_the_population(people, pro_act):
    decline = pro_act.decline
    assert abs(people.rate.mean() - decline.rate_mean) < 4 * decline.rate_sd / np.sqrt(N)
    kurtosis = np.mean((people.rate - people.rate.mean()) ** 4) / people.rate.var() ** 2
    assert abs(people.rate.std() - decline.rate_sd) < 4 * decline.rate_sd * np.sqrt((kurtosis - 1) / 4 / N)


def test_the_score_is_a_normal_held_within_20_and_48(people):
    low, high = ndtr((20 - 37) / 5.5), ndtr((48 - 37) / 5.5)
    ordered = (ndtr((np.sort(people.score) - 37) / 5.5) - low) / (high - low)
    assert np.abs(ordered - (np.arange(N) + 0.5) / N).max() < 1.95 / np.sqrt(N)
    assert people.score.min() >= 20
    assert people.score.max() <= 48


def test_bounds(people):
    assert 18 <= people.age_years.min() < people.age_years.max() <= 85
    assert 3 <= people.months_since_onset.min() < people.months_since_onset.max() <= 60
    assert people.diagnostic_delay_months.min() > 0
    assert (people.diagnostic_delay_months < people.months_since_onset).all()
    assert 30 < people.weight_kg.min() < people.weight_kg.max() < 250


def test_the_delay_is_about_ten_months(people):
    assert people.diagnostic_delay_months.mean() == pytest.approx(0.55 * 18.6, rel=0.02)


@pytest.mark.parametrize(("trait", "correlation"), [("capacity_loss", 0.5), ("weight_loss", 0.3), ("score", 0.0)])
def test_correlation_with_the_rate(people, trait, correlation):
    found = np.corrcoef(people.rate, getattr(people, trait))[0, 1]
    assert abs(found - correlation) < 5 * (1 - correlation**2) / np.sqrt(N)


def linked(population, link):
    who = population.demographics.model_copy(update={"onset_goes_with_loss": link})
    return draw_people(population.model_copy(update={"demographics": who}), Draws(Streams(1)), N)


@pytest.mark.parametrize("link", [0.0, 0.4, 0.9])
def test_a_link_never_changes_how_months_since_onset_are_distributed(pro_act, link):
    months, free = np.sort(linked(pro_act, link).months_since_onset), np.sort(linked(pro_act, 0.0).months_since_onset)
    uniform = np.searchsorted(free, months) / N
    assert np.abs(uniform - (np.arange(N) + 0.5) / N).max() < 1.95 * np.sqrt(2 / N)


@pytest.mark.parametrize("link", [0.0, 0.4, 0.9])
def test_the_link_is_the_correlation_of_normal_scores(pro_act, link):
    """Normal scores by ranks: months against points lost slowly, to which score and rate bring the same."""
    people = linked(pro_act, link)

    def scores(values):
        return ndtri((np.argsort(np.argsort(values)) + 0.5) / N)

    for trait in ("score", "rate"):
        found = np.corrcoef(scores(people.months_since_onset), scores(getattr(people, trait)))[0, 1]
        # Ranks are over both onset groups, the place of a rate is within its own: the difference is below 0.01.
        assert abs(found + link / np.sqrt(2)) < 4 / np.sqrt(N) + 0.01


def test_who_lost_points_faster_since_onset_declines_faster(people):
    since = (48 - people.score) / people.months_since_onset
    fast = since > 1.11
    assert 0.05 < fast.mean() < 0.3
    assert people.rate[fast].mean() > 1.4 * people.rate[~fast].mean()


def test_sides_differ_but_go_together(people):
    assert (people.strength_left - people.strength_right).std() == pytest.approx(16, rel=0.03)
    assert np.corrcoef(people.strength_left, people.strength_right)[0, 1] == pytest.approx(
        (18**2 - 8**2) / (18**2 + 8**2), abs=0.02
    )


def test_weight_is_the_mass_index_times_squared_height(people):
    squared_height = 0.634 * (1.76**2 + 0.07**2) + 0.366 * (1.63**2 + 0.07**2)
    assert people.weight_kg.mean() == pytest.approx(26.15 * squared_height, rel=0.007)


def test_men_weigh_more(people):
    assert people.weight_kg[people.male].mean() - people.weight_kg[~people.male].mean() == pytest.approx(11.5, abs=1.0)


def test_candidates_do_not_depend_on_batches(pro_act):
    whole = draw_people(pro_act, Draws(Streams(9)), 50)
    draws = Draws(Streams(9))
    parts = [draw_people(pro_act, draws, n) for n in (20, 30)]
    for field in dataclasses.fields(whole):
        assert np.array_equal(
            getattr(whole, field.name), np.concatenate([getattr(part, field.name) for part in parts])
        ), field.name


def test_truncated_normal_inverts_its_distribution():
    assert truncated_normal(np.array([0.5]), 10.0, 2.0, 4.0, 16.0) == pytest.approx(10.0)
    assert truncated_normal(np.array([0.0, 1 - 1e-16]), 10.0, 2.0, 9.0, 10.5) == pytest.approx([9.0, 10.5])
    assert truncated_normal(np.array([0.25]), 0.0, 1.0, 0.0, 50.0) == pytest.approx(0.3186394, abs=1e-6)


def test_truncated_gamma_inverts_its_distribution():
    # Mean 1, SD 1: the exponential; its median is log 2.
    assert truncated_gamma(np.array([0.5]), 1.0, 1.0, 0.0, 700.0) == pytest.approx(np.log(2))
    assert truncated_gamma(np.array([0.0, 1 - 1e-16]), 1.0, 1.0, 0.5, 2.0) == pytest.approx([0.5, 2.0])


@pytest.mark.parametrize(("low", "high"), [(-0.7, 2.3), (4.9, 31.0), (10.3, 11.7)])
def test_truncated_normal_spreads_uniforms_by_its_distribution(low, high):
    uniforms = np.linspace(0.01, 0.99, 9)
    values = truncated_normal(uniforms, 9.1, 3.3, low, high)
    below, above = ndtr((low - 9.1) / 3.3), ndtr((high - 9.1) / 3.3)
    assert (ndtr((values - 9.1) / 3.3) - below) / (above - below) == pytest.approx(uniforms)


@pytest.mark.parametrize(("low", "high"), [(0.4, 1.1), (3.0, 60.0), (12.5, 19.0)])
def test_truncated_gamma_spreads_uniforms_by_its_distribution(low, high):
    uniforms, alpha, scale = np.linspace(0.01, 0.99, 9), (18.6 / 8.3) ** 2, 8.3**2 / 18.6
    values = truncated_gamma(uniforms, 18.6, 8.3, low, high)
    below, above = gammainc(alpha, low / scale), gammainc(alpha, high / scale)
    assert (gammainc(alpha, values / scale) - below) / (above - below) == pytest.approx(uniforms)


def test_shares_of_a_beta():
    # Mean 1/2, concentration 2: uniform.
    assert beta_share(np.array([0.1, 0.9]), 0.5, 2.0) == pytest.approx([0.1, 0.9])
