"""From time zero on: the effect acts on the dosed alone, death and leaving end what is seen."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from leadin.engine.streams import Streams
from leadin.simulation.participants import simulate_arrays
from leadin.simulation.timetable import timetable


@pytest.fixture(scope="module")
def pair(build, steady):
    """The same trial without effect and with decline slowed by a half."""
    protocol = build(3, 9, planned=1_500, doses=(0, 26), controlled=True, measures=("alsfrs_r", "svc_percent"))
    return [simulate_arrays(protocol, steady, slowing=slowing, streams=Streams(6)) for slowing in (0.0, 0.5)]


def test_everybody_else_is_the_same(pair):
    without, slowed = pair
    control = without.arm == 1
    assert np.array_equal(without.arm, slowed.arm)
    assert np.array_equal(without.true_score[control], slowed.true_score[control])
    assert np.array_equal(without.death_day[control], slowed.death_day[control])
    assert np.array_equal(without.observed["alsfrs_r"][control], slowed.observed["alsfrs_r"][control], equal_nan=True)
    assert np.array_equal(without.visit_days, slowed.visit_days, equal_nan=True)


def test_before_time_zero_nothing_is_slowed(pair):
    without, slowed = pair
    assert np.array_equal(without.true_score[:, :4], slowed.true_score[:, :4])


def test_the_dosed_lose_half_as_much_after_time_zero(pair):
    without, slowed = pair
    dosed = without.dosed & slowed.dosed
    assert dosed.sum() == 1_500
    zero = without.true_score[dosed, 3]
    assert zero - slowed.true_score[dosed, 9] == pytest.approx((zero - without.true_score[dosed, 9]) / 2, abs=1e-10)


def test_breathing_is_not_touched(pair):
    without, slowed = pair
    both = np.isfinite(without.observed["svc_percent"]) & np.isfinite(slowed.observed["svc_percent"])
    assert np.array_equal(without.observed["svc_percent"][both], slowed.observed["svc_percent"][both])


def test_slowing_saves_lives(pair):
    without, slowed = pair
    treated = without.arm == 0
    deaths = [int(np.isfinite(arrays.death_day[treated]).sum()) for arrays in pair]
    assert deaths[1] < deaths[0]
    assert (slowed.last_day[treated] < without.last_day[treated]).mean() < 0.02  # a few were getting better


def test_who_is_not_dosed_is_not_slowed(build, pro_act):
    """Randomised at screening, some leave before the first injection; their path is that of no effect."""
    how = {"ratio": {"cells": 1, "control": 1}, "at": "screening"}
    protocol = build(3, 6, planned=400, doses=(0,), controlled=True, randomisation=how)
    without, slowed = (
        simulate_arrays(protocol, pro_act, slowing=slowing, streams=Streams(6)) for slowing in (0.0, 0.9)
    )
    never = (slowed.arm == 0) & ~slowed.dosed
    assert never.sum() > 5
    assert np.array_equal(without.true_score[never], slowed.true_score[never])
    assert np.array_equal(without.last_day[never], slowed.last_day[never])


def test_the_first_dose_comes_late_at_times_and_the_dosed_were_alive_then(build, pro_act):
    protocol = build(3, 6, planned=3_000, doses=(0, 26), controlled=True)
    arrays = simulate_arrays(protocol, pro_act, slowing=0.99, streams=Streams(6))
    days = arrays.dose_days[arrays.arm == 0]
    assert set(np.unique(days[:, 0])) >= {0.0, 1.0, 2.0}
    assert np.nanquantile(days[:, 0], 0.8) <= 5  # as planned, but for a culture that had to be started again
    assert np.nanmin(days[:, 1]) >= 23
    assert np.nanmin(days[:, 1] - days[:, 0]) > 0
    assert np.isnan(arrays.dose_days[arrays.arm == 1]).all()
    assert (
        arrays.dose_days[arrays.given] < np.broadcast_to(arrays.last_day[:, None], arrays.given.shape)[arrays.given]
    ).all()
    second = arrays.given[:, 1]
    assert 0.8 < second[arrays.arm == 0].mean() < 1.0


def test_what_ends_the_observation(build, pro_act):
    arrays = simulate_arrays(build(3, 9, planned=2_000, doses=(0,)), pro_act, streams=Streams(6))
    died, left = np.isfinite(arrays.death_day), np.isfinite(arrays.drop_out_day)
    assert died.any()
    assert left.any()
    assert not (died & left).any()
    assert np.array_equal(arrays.last_day[died], arrays.death_day[died])
    assert np.array_equal(arrays.last_day[left], arrays.drop_out_day[left])
    assert (arrays.last_day[~died & ~left & arrays.in_arm] >= 274).all()
    assert not arrays.lost[~left].any()
    assert 0.05 < arrays.lost[left].mean() < 0.25
    after = arrays.visit_days >= arrays.last_day[:, None]
    assert not (arrays.attended & after)[died | left].any()
    assert np.isnan(arrays.observed["alsfrs_r"][~arrays.attended]).all()
    assert np.isfinite(arrays.observed["alsfrs_r"][arrays.attended]).all()


def test_drop_out_comes_at_its_rate(build, pro_act):
    arrays = simulate_arrays(build(0, 12, planned=6_000), pro_act, streams=Streams(6))
    months = (np.minimum(arrays.last_day, 365) / 30.4375).sum()
    rate = np.isfinite(arrays.drop_out_day).sum() / months
    assert abs(rate - 0.007) < 4 * np.sqrt(0.007 / months)
    intrathecal = simulate_arrays(build(0, 12, planned=3_000, doses=(0,)), pro_act, streams=Streams(6))
    months = ((np.minimum(intrathecal.last_day, 365) + 28) / 30.4375).sum()
    rate = np.isfinite(intrathecal.drop_out_day).sum() / months
    assert abs(rate - 0.015) < 4 * np.sqrt(0.015 / months)


def test_visits_are_missed_but_never_the_first_and_the_baseline(build, pro_act):
    arrays = simulate_arrays(build(3, 6, planned=3_000), pro_act, streams=Streams(6))
    due = arrays.in_arm[:, None] & (arrays.visit_days < arrays.last_day[:, None])
    missed = (due & ~arrays.attended).sum(axis=0) / due.sum(axis=0)
    assert missed[[0, 3]].tolist() == [0.0, 0.0]
    others = np.delete(missed, [0, 3])
    assert np.abs(others - 0.03).max() < 4.5 * np.sqrt(0.03 * 0.97 / 2_500)


def test_visits_fall_within_their_windows_and_off_their_day(build, pro_act):
    arrays = simulate_arrays(build(3, 6, planned=2_000, window=5), pro_act, streams=Streams(6))
    off = arrays.visit_days - arrays.times.visits.days
    assert np.nanmax(np.abs(off)) == 5
    assert not off[:, 3].any()
    assert np.nanstd(off[:, 5]) == pytest.approx(2.5, abs=0.15)
    assert (np.diff(arrays.visit_days[arrays.in_arm]) > 0).all()


def test_halving_the_step_moves_no_figure_by_more_than_its_monte_carlo_error(build, steady):
    """Two independent sets of paths, of steps of at most 14 and 7 days."""
    protocol = build(3, 9, planned=8_000, window=0)
    times = timetable(protocol)
    figures = []
    for grid in (times, dataclasses.replace(times, longest_step=7.0)):
        arrays = simulate_arrays(protocol, steady, streams=Streams(8), times=grid)
        change = arrays.observed["alsfrs_r"][:, 12] - arrays.observed["alsfrs_r"][:, 3]
        change = change[np.isfinite(change)]
        alive = ~np.isfinite(arrays.death_day[arrays.in_arm])
        figures.append((change.mean(), change.std(), alive.mean()))
    errors = np.sqrt(2) * np.array([8.0, 8.0, 0.35]) / np.sqrt(8_000)
    assert (np.abs(np.subtract(*figures)) < 3 * errors).all()
