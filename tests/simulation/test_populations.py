"""Populations by whom they consist of: bounds act on the true state at enrolment, and never on how work is cut."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.disease.entry_bounds import EntryBound
from leadin.disease.load import load_population
from leadin.disease.populations import population_names
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams
from leadin.errors import UsageError
from leadin.simulation.candidates import draw_candidates
from leadin.simulation.participants import simulate_arrays
from leadin.simulation.timetable import timetable


def bounded(population, **bounds):
    entry = tuple(EntryBound(variable=name, minimum=low, maximum=high) for name, (low, high) in bounds.items())
    return population.model_copy(update={"entry": entry})


def drawn(protocol, population, n=3_000, seed=1):
    return draw_candidates(protocol, population, timetable(protocol), 1, Draws(Streams(seed)), n)


@pytest.mark.parametrize("name", population_names())
def test_each_simulates_a_trial(build, name):
    arrays = simulate_arrays(build(3, 6, planned=40), load_population(name), streams=Streams(1))
    assert arrays.in_arm.sum() == 40


def test_nobody_lies_outside_and_everybody_inside_is_there(build, steady):
    protocol = build(3, 3)
    everybody, some = drawn(protocol, steady), drawn(protocol, bounded(steady, score=(30, 40)))
    inside = (everybody.true_score[:, 0] >= 30) & (everybody.true_score[:, 0] <= 40)
    assert 0.4 < inside.mean() < 0.9
    assert np.array_equal(some.people.rate, everybody.people.rate[inside])
    assert np.array_equal(some.observed["alsfrs_r"], everybody.observed["alsfrs_r"][inside])


@pytest.mark.parametrize(
    ("variable", "low", "high"),
    [("months_since_onset", None, 12), ("delta_fs", 1.11, None), ("capacity", 80, None), ("age_years", 40, 60)],
)
def test_each_variable(build, steady, variable, low, high):
    who = drawn(build(3, 3), bounded(steady, **{variable: (low, high)}))
    people, score = who.people, who.true_score[:, 0]
    values = {
        "months_since_onset": people.months_since_onset,
        "delta_fs": (48 - np.clip(score, 0, 48)) / people.months_since_onset,
        "capacity": people.capacity + people.capacity_loss * 91 / 30.4375,
        "age_years": people.age_years,
    }[variable]
    assert 0 < values.size < 3_000
    assert values.min() >= (-np.inf if low is None else low - 1e-9)
    assert values.max() <= (np.inf if high is None else high + 1e-9)


def test_batches_change_nothing(build, steady):
    population = bounded(steady, delta_fs=(0.9, None))
    whole, cut = (
        simulate_arrays(build(3, 3, planned=30), population, streams=Streams(4), batch=batch) for batch in (None, 7)
    )
    assert np.array_equal(whole.people.rate, cut.people.rate)
    assert np.array_equal(whole.observed["alsfrs_r"], cut.observed["alsfrs_r"], equal_nan=True)


def test_bounds_that_nobody_meets(build, steady):
    with pytest.raises(UsageError) as caught:
        simulate_arrays(build(0, 3, planned=5), bounded(steady, score=(None, 3)), streams=Streams(1))
    message = str(caught.value)
    assert message.startswith("pro-act, entry: expected bounds that people of this population meet; got 0 of 8")
    assert "within score at most 3. Widen them." in message


def test_fast_progressors_decline_faster_and_die_earlier_than_others(build, steady):
    fast = load_population("fast-progressor").model_copy(update={"attendance": steady.attendance})
    protocol = build(0, 12, planned=2_000)
    some, all_of_them = (simulate_arrays(protocol, who, streams=Streams(2)) for who in (fast, steady))
    rates = [arrays.people.rate[arrays.in_arm] for arrays in (some, all_of_them)]
    assert rates[0].mean() > 1.3 * rates[1].mean()
    alive = [np.isinf(arrays.death_day[arrays.in_arm]).mean() for arrays in (some, all_of_them)]
    assert alive[0] < alive[1] - 0.1


def test_severe_patients_have_little_left(build):
    arrays = simulate_arrays(build(3, 6, planned=200), load_population("severe"), streams=Streams(3))
    baseline = arrays.true_score[arrays.in_arm, 0]
    assert baseline.max() <= 25
    assert 19 < baseline.mean() < 24
