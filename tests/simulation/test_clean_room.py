"""The queue for clean-room slots: cases worked by hand, and its vectorised twin without a limit."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.simulation.clean_room import calendar, most_at_once, queued_isolations
from leadin.simulation.isolations import Orders, given_up_days, unlimited_isolations

NAN = float("nan")
NEVER = np.inf


def orders(wanted, days, success, *, last=None, latest=None, samples=None, pause=7.0) -> Orders:
    m = len(wanted)
    return Orders(
        wanted=np.array(wanted, dtype=float),
        latest=np.full(m, NEVER) if latest is None else np.array(latest, dtype=float),
        last=np.full(m, NEVER) if last is None else np.array(last, dtype=float),
        days=np.array(days, dtype=float),
        success=np.array(success, dtype=bool),
        samples=np.full(m, len(days[0])) if samples is None else np.array(samples),
        pause=pause,
    )


def same(found, expected):
    assert np.array_equal(found, np.array(expected, dtype=float), equal_nan=True), found


ZERO3 = np.zeros(3)


def test_one_slot_is_given_to_who_comes_first():
    """Three cultures of 28 days, wanted on days 0, 10 and 5: the third comes before the second."""
    order = orders([0, 10, 5], [[28.0]] * 3, [[True]] * 3)
    same(queued_isolations(order, ZERO3, 1), [[0], [56], [28]])
    same(queued_isolations(order, ZERO3, 2), [[0], [28], [5]])
    same(queued_isolations(order, ZERO3, 3), [[0], [10], [5]])


def test_days_are_counted_from_each_ones_own_time_zero():
    order = orders([-28, -28, -28], [[28.0]] * 3, [[True]] * 3)
    same(queued_isolations(order, np.array([0.0, 3.0, 40.0]), 1), [[-28], [-3], [-12]])


def test_on_one_day_the_order_of_enrolment_decides():
    order = orders([0, 0, 0], [[28.0], [20.0], [5.0]], [[True]] * 3)
    same(queued_isolations(order, ZERO3, 1), [[0], [28], [48]])


def test_who_dies_while_waiting_is_not_isolated_and_frees_his_place():
    order = orders([0, 1, 2], [[28.0]] * 3, [[True]] * 3, last=[NEVER, 20, NEVER])
    same(queued_isolations(order, ZERO3, 1), [[0], [NAN], [28]])


def test_a_culture_ends_with_its_participant():
    order = orders([0, 1, 2], [[28.0]] * 3, [[True]] * 3, last=[9.5, NEVER, NEVER])
    same(queued_isolations(order, ZERO3, 1), [[0], [10], [38]])


def test_who_is_gone_on_the_day_itself_is_not_isolated():
    order = orders([4, 5], [[28.0]] * 2, [[True]] * 2, last=[4, 5.5])
    same(queued_isolations(order, np.zeros(2), 2), [[NAN], [5]])
    same(unlimited_isolations(order), [[NAN], [5]])


def test_a_failed_culture_is_begun_again_after_a_pause_and_queues_anew():
    order = orders([0, 5], [[28.0, 28.0], [10.0, 28.0]], [[False, True], [True, True]])
    same(queued_isolations(order, np.zeros(2), 1), [[0, 38], [28, NAN]])
    same(queued_isolations(order, np.zeros(2), 2), [[0, 35], [5, NAN]])


def test_who_would_be_served_too_late_steps_out():
    order = orders([0, 1, 2], [[28.0]] * 3, [[True]] * 3, latest=[NEVER, 27, 30])
    same(queued_isolations(order, ZERO3, 1), [[0], [NAN], [28]])


def test_no_more_samples_than_allowed():
    order = orders([0, 0], [[28.0, 28.0]] * 2, [[False, False]] * 2, samples=[1, 2])
    same(queued_isolations(order, np.zeros(2), 2), [[0, NAN], [0, 35]])
    same(unlimited_isolations(order), [[0, NAN], [0, 35]])


def test_the_day_on_which_nothing_more_was_to_be_done():
    """In turn: released; failed for good; a repeat not reached; no time for a repeat; never begun; too late at once."""
    isolated = np.array([[0, NAN], [0, 35], [0, NAN], [0, NAN], [NAN, NAN], [NAN, NAN]])
    order = orders(
        [0, 0, 0, 0, 0, 5],
        [[28.0, 20.0]] * 6,
        [[True, True], *[[False, False]] * 5],
        latest=[90, 90, 90.5, 34, 90, -40],
    )
    same(given_up_days(order, isolated), [28, 55, 91, 28, 90, 5])


def test_nobody_who_wants_a_lot():
    same(queued_isolations(orders([NAN], [[28.0]], [[True]]), np.zeros(1), 1), [[NAN]])


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), m=st.integers(1, 40), samples=st.integers(1, 4))
def test_with_a_slot_for_everybody_the_queue_is_its_vectorised_twin(seed, m, samples):
    generator = np.random.default_rng(seed)
    wanted = generator.integers(-200, 200, m).astype(float)
    order = orders(
        np.where(generator.random(m) < 0.1, NAN, wanted),
        generator.integers(1, 60, (m, samples)),
        generator.random((m, samples)) < 0.5,
        last=np.where(generator.random(m) < 0.5, NEVER, wanted + generator.uniform(-20, 120, m)),
        latest=wanted + generator.integers(0, 180, m),
        samples=generator.integers(1, samples + 1, m),
        pause=float(generator.integers(0, 10)),
    )
    zero = generator.integers(0, 900, m).astype(float)
    same(queued_isolations(order, zero, m), unlimited_isolations(order))


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), slots=st.integers(1, 4))
def test_no_more_cultures_run_at_one_time_than_there_are_slots(seed, slots):
    generator = np.random.default_rng(seed)
    m = 30
    order = orders(
        generator.integers(0, 60, m),
        generator.integers(1, 40, (m, 2)),
        generator.random((m, 2)) < 0.7,
        last=generator.uniform(10, 900, m),
    )
    isolated = queued_isolations(order, np.zeros(m), slots)
    begun = ~np.isnan(isolated)
    ends = np.minimum(isolated + order.days, np.ceil(order.last)[:, None])
    assert most_at_once(isolated[begun], ends[begun]) <= slots
    assert (isolated[begun] < np.broadcast_to(order.last[:, None], begun.shape)[begun]).all()


def test_most_at_once():
    assert most_at_once(np.zeros(0), np.zeros(0)) == 0
    assert most_at_once(np.array([0.0, 28.0]), np.array([28.0, 56.0])) == 1
    assert most_at_once(np.array([0.0, 27.0, 27.0]), np.array([28.0, 56.0, 30.0])) == 3


def test_the_calendar_is_whole_and_runs_at_its_rate():
    gaps = np.random.default_rng(1).standard_exponential(4_000)
    zero = calendar(np.full(4_000, -91.3125), 2.0, gaps)
    assert np.array_equal(zero, np.floor(zero))
    assert zero[0] >= 91
    assert np.diff(zero).mean() == pytest.approx(30.4375 / 2, rel=4 / np.sqrt(4_000))


def test_simpy_is_loaded_only_for_a_queue():
    code = (
        "import sys, leadin\n"
        "leadin.simulate('hanyang-phase2', n={'cells': 3, 'control': 3})\n"
        "sys.exit('simpy' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
