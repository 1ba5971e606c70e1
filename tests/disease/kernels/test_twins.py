"""The scalar functions of the disease equal the plain ones, number by number."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from leadin.designs.fast_nature import cure, fast_nature
from leadin.disease.body import true_strength, true_weight
from leadin.disease.breathing import true_capacity
from leadin.disease.drift import drift_path
from leadin.disease.effect import ConstantSlowing
from leadin.disease.exposure import mean_effect
from leadin.disease.kernels import exposure, measurement, people, survival
from leadin.disease.kernels.decline import BACK, KEPT, LENGTH, STEP, describe_step, drift_after, step_loss
from leadin.disease.load import load_population
from leadin.disease.load_therapy import load_therapy
from leadin.disease.measurement import observed_score, observed_value
from leadin.disease.people import draw_people
from leadin.disease.survival import cumulative_hazard, month_of_death

POPULATIONS = ("pro-act", "severe", "early-stage", "korean-phase2", "fast-progressor")


@given(
    st.lists(st.floats(0, 60), min_size=1, max_size=8),
    st.floats(0.01, 200),
    st.floats(0, 5),
    st.floats(-5, 5),
    st.floats(0, 10),
    st.integers(0, 1_000),
)
def test_a_path_of_steps_is_that_of_the_plain_drift(lengths, tau, sd, start, rate, seed):
    z = np.random.default_rng(seed).standard_normal((1, len(lengths), 2))
    months = np.concatenate(([0.0], np.cumsum(lengths)))[None]
    integral, last = drift_path(months, np.array([sd]), tau, np.array([start]), z)
    lost, drift, step = 0.0, start, np.zeros(STEP)
    # Of what is added up: where it cancels, rounding is relative to its parts.
    parts = max(1.0, rate * months[0, -1] + min(tau, months[0, -1]) * (abs(start) + 10.0 * sd) * len(lengths))
    for number, length in enumerate(np.diff(months[0])):
        describe_step(length, tau, step)
        lost += step_loss(step, rate, sd, drift, *z[0, number])
        drift = drift_after(step, sd, drift, z[0, number, 0])
        expected = rate * months[0, number + 1] + integral[0, number + 1]
        assert lost == pytest.approx(expected, rel=1e-12, abs=1e-12 * parts)
    assert drift == pytest.approx(last[0], rel=1e-12, abs=1e-12 * max(1.0, abs(start) + 10.0 * sd))


def test_a_step_of_no_length_changes_nothing():
    step = np.full(STEP, 9.0)
    describe_step(0.0, 4.0, step)
    assert step[LENGTH] == step[BACK] == 0.0
    assert step[KEPT] == 1.0
    assert step_loss(step, 1.0, 1.0, 3.0, 2.0, -2.0) == 0.0
    assert drift_after(step, 1.0, 3.0, 2.0) == 3.0


@given(
    st.lists(st.floats(0, 40), min_size=1, max_size=6),
    st.floats(0.3, 4),
    st.floats(0, 0.3),
    st.floats(1e-4, 3),
    st.integers(0, 1_000),
)
def test_hazard_and_moment_of_death_are_the_plain_ones(lengths, shape, per_point, threshold, seed):
    says = load_population("pro-act").survival.model_copy(
        update={"weibull_shape": shape, "hazard_per_point": per_point, "scale_months": 20.0}
    )
    months = np.concatenate(([0.0], np.cumsum(lengths)))[None]
    score = np.random.default_rng(seed).uniform(-10, 60, months.shape)  # the true score may leave the scale
    hazard = cumulative_hazard(months, score, says)
    mine, death = [0.0], math.inf
    clocks = [survival.clock(month, 20.0, shape) for month in months[0]]
    times = [survival.times_hazard(each, per_point, says.reference_score) for each in score[0]]
    for s in range(len(lengths)):
        mine.append(mine[-1] + (clocks[s + 1] - clocks[s]) * (times[s] + times[s + 1]) / 2.0)
        if mine[-1] > threshold and death == math.inf:
            death = survival.moment_within(months[0, s], months[0, s + 1], mine[s], mine[s + 1], threshold)
    np.testing.assert_allclose(mine, hazard[0], rtol=1e-12, atol=1e-12)
    plain = month_of_death(months, hazard, np.array([threshold]))[0]
    assert death == plain or death == pytest.approx(plain, rel=1e-9)


def test_a_moment_stays_within_its_step():
    assert survival.moment_within(3.0, 5.0, 1.0, 2.0, 1.5) == 4.0
    assert survival.moment_within(3.0, 5.0, 1.0, 1.0, 1.0) == 3.0
    assert survival.moment_within(3.0, 5.0, 1.0, 2.0, 0.5) == 3.0
    assert survival.moment_within(3.0, 5.0, 1.0, 2.0, 2.5) == 5.0
    assert survival.clock(-1.0, 20.0, 1.5) == 0.0


DAYS = np.arange(0.0, 361.0, 30.0)


@pytest.mark.parametrize("onset", [0.0, 1.0, 14.0, 90.0])
@pytest.mark.parametrize("lifetime", [1.0, 30.0, 36_525.0])
def test_the_mean_effect_of_doses_is_the_plain_one(onset, lifetime):
    therapy = load_therapy("hypothetical-waning").model_copy(
        update={"onset_days": onset, "lifetime_days": lifetime, "maximum_effect": 0.8}
    )
    random = np.random.default_rng(5)
    for count in (0, 1, 2, 7, 30):
        for size in (1e-6, 1.0, 1e6):
            given_on = random.choice([*DAYS, *random.uniform(-20, 400, 20)], count)
            given_on[random.random(count) < 0.2] = np.nan  # never given
            doses = size * random.uniform(0, 2, count)
            plain = mean_effect(DAYS[None], given_on[None], doses[None], therapy)[0]
            at_work = np.where(np.isnan(given_on), 0.0, doses)
            mine = [
                exposure.mean_effect(start, end, given_on, at_work, count, 0.8, onset, lifetime)
                for start, end in itertools.pairwise(DAYS)
            ]
            # Long lifetimes: both take the small difference of two logarithms, times the lifetime.
            np.testing.assert_allclose(mine, plain, rtol=0.0, atol=max(1e-12, 1e-15 * lifetime))
    assert exposure.mean_effect(30.0, 30.0, np.zeros(1), np.ones(1), 1, 0.8, onset, lifetime) == 0.0


@given(st.floats(-20, 70), st.floats(-30, 30), st.floats(0, 200), st.floats(-5, 5), st.floats(0, 60))
def test_what_is_written_down_is_what_the_plain_code_writes(true, error, level, loss, months):
    one = np.array([true])
    if (true + error) % 1.0 != 0.5:  # halves have probability 0
        assert measurement.observed_score(true, error) == observed_score(one, 1.0, np.array([error]))[0]
    if ((true + error) * 10.0) % 1.0 != 0.5:
        mine = measurement.observed_value(true, error)
        assert mine == pytest.approx(observed_value(one, 1.0, np.array([error]))[0], abs=1e-13)
    at, when = np.array([level]), np.array([[months]])
    for mine, plain in (
        (measurement.true_capacity(level, loss, months), true_capacity(at, np.array([loss]), when)),
        (measurement.true_weight(level, loss, months), true_weight(at, np.array([loss]), when)),
        (measurement.true_strength(level, loss, months), true_strength(at, loss, when)),
    ):
        assert mine == pytest.approx(plain[0, 0], rel=1e-13, abs=1e-13)


class Given:
    """Random streams that answer with given numbers."""

    def __init__(self, numbers):
        self._numbers = numbers

    def normal(self, name, n):
        return self._numbers[name]

    uniform = normal


@pytest.mark.parametrize("name", POPULATIONS)
@pytest.mark.parametrize("link", [None, 0.0])
def test_traits_are_those_of_the_plain_people(name, link):
    population, n = load_population(name), 300
    if link is not None:
        who = population.demographics.model_copy(update={"onset_goes_with_loss": link})
        population = population.model_copy(update={"demographics": who})
    random = np.random.default_rng(11)
    z, u = random.standard_normal((n, people.NORMALS)), random.random((n, people.UNIFORMS))
    z[0], z[1], u[0] = 4.5, -4.5, 0.0
    numbers = {
        "people/bulbar": u[:, people.U_BULBAR],
        "people/male": u[:, people.U_MALE],
        "people/riluzole": u[:, people.U_RILUZOLE],
        "people/diagnostic_delay": np.full(n, 0.5),
        "people/age": ndtr(z[:, people.Z_AGE]),
        "decline/rate": ndtr(z[:, people.Z_RATE]),
        "people/score": ndtr(z[:, people.Z_SCORE]),
        "people/months_since_onset": ndtr(z[:, people.Z_ONSET]),
        "people/strength": z[:, people.Z_STRENGTH],
        "people/strength_side": z[:, people.Z_SIDE],
        "people/capacity": z[:, people.Z_CAPACITY],
        "people/capacity_loss": z[:, people.Z_CAPACITY_LOSS],
        "people/weight_loss": z[:, people.Z_WEIGHT_LOSS],
        "people/height": z[:, people.Z_HEIGHT],
        "people/body_mass_index": ndtr(z[:, people.Z_MASS]),
    }
    plain = draw_people(population, Given(numbers), n)
    nature, mine = fast_nature(population, ())[0], np.empty((n, people.TRAITS))
    for row in range(n):
        people.draw_traits(nature, z[row], people.NORMALS, u[row], mine[row])
    expected = {
        people.BULBAR: plain.bulbar,
        people.MALE: plain.male,
        people.RILUZOLE: plain.riluzole,
        people.RATE: plain.rate,
        people.SCORE: plain.score,
        people.ONSET: plain.months_since_onset,
        people.AGE: plain.age_years,
        people.CAPACITY: plain.capacity,
        people.CAPACITY_LOSS: plain.capacity_loss,
        people.WEIGHT: plain.weight_kg,
        people.WEIGHT_LOSS: plain.weight_loss,
        people.STRENGTH_LEFT: plain.strength_left,
        people.STRENGTH_RIGHT: plain.strength_right,
    }
    assert len(expected) == people.TRAITS
    for trait, values in expected.items():
        np.testing.assert_allclose(mine[:, trait], values, rtol=1e-9, atol=1e-9)


def test_traits_that_need_later_normals_are_unknown():
    nature, traits = fast_nature(load_population("pro-act"), ())[0], np.zeros(people.TRAITS)
    z, u = np.zeros(people.NORMALS), np.full(people.UNIFORMS, 0.5)
    for drawn in (people.NEEDS_DECLINE, 4, 5, 6, 7, 8, 9, 10, 11, people.NEEDS_STRENGTH):
        people.draw_traits(nature, z, drawn, u, traits)
        there = {people.BULBAR, people.MALE, people.RILUZOLE, people.RATE, people.SCORE}
        for needs, given_then in (
            (people.NEEDS_ONSET, {people.ONSET}),
            (people.NEEDS_CAPACITY, {people.CAPACITY, people.CAPACITY_LOSS}),
            (people.NEEDS_AGE, {people.AGE}),
            (people.NEEDS_WEIGHT, {people.WEIGHT, people.WEIGHT_LOSS}),
            (people.NEEDS_STRENGTH, {people.STRENGTH_LEFT, people.STRENGTH_RIGHT}),
        ):
            there |= given_then if drawn >= needs else set()
        assert set(np.flatnonzero(np.isfinite(traits)).tolist()) == there


def test_an_effect_as_a_record():
    slowing, therapy = cure(ConstantSlowing(0.25))[0], load_therapy("hypothetical-some-respond")
    assert (slowing.slowing, slowing.by_doses) == (0.25, 0)
    record = cure(therapy)[0]
    assert (record.slowing, record.by_doses) == (0.0, 1)
    for name in ("maximum_effect", "onset_days", "lifetime_days", "responder_share", "breathing_share"):
        assert record[name] == getattr(therapy, name)
