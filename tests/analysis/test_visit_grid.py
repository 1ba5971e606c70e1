"""One measure at baseline and at visits: windows of the protocol, or days that most participants share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadin
from leadin.analysis.visit_grid import visit_grid
from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH

from .conftest import build_trial

NAN = float("nan")


def days(*pairs):
    """{month: value} from (day, value)."""
    return {day / DAYS_PER_MONTH: value for day, value in pairs}


@pytest.fixture(scope="module")
def protocol():
    return leadin.protocol("hanyang-phase2")


def later_visits(protocol):
    return [visit for visit in protocol.visits if visit.day > 0 and "alsfrs_r" in visit.measures]


def test_a_scheduled_visit_is_held_by_the_nearest_assessment_in_its_window(protocol):
    first, second = later_visits(protocol)[:2]
    scores = {
        "a": days((-30, 41), (0, 40), (first.day - 2, 39), (first.day + 1, 38), (second.day + second.days_late, 37)),
        "b": days((-30, 44), (first.day + first.days_late + 1, 36), (second.day - 1, 35)),
    }
    grid = visit_grid(build_trial({"a": "cells", "b": "control"}, scores, protocol=protocol), "alsfrs_r")
    assert grid.names == tuple(visit.name for visit in later_visits(protocol))
    assert grid.months == pytest.approx([visit.day / DAYS_PER_MONTH for visit in later_visits(protocol)])
    np.testing.assert_array_equal(grid.baseline, [40, 44])
    np.testing.assert_array_equal(grid.values[:, :2], [[38, 37], [NAN, 35]])
    np.testing.assert_allclose(grid.days[0, :2], [first.day + 1, second.day + second.days_late])
    assert np.isnan(grid.values[:, 2:]).all()
    assert grid.outside == 2


def test_of_two_equally_near_the_earlier_counts(protocol):
    first = later_visits(protocol)[0]
    scores = {"a": days((0, 40), (first.day - 2, 39), (first.day + 2, 33))}
    grid = visit_grid(build_trial({"a": "cells"}, scores, protocol=protocol), "alsfrs_r")
    assert grid.values[0, 0] == 39


def test_without_a_schedule_shared_days_are_the_visits():
    scores = {who: {0: 40, 1: 39 - i, 2.02: 38 - i, 3 + i / 4: 30} for i, who in enumerate("abcd")}
    events = [(who, 12, "end_of_follow_up") for who in "abcd"]
    grid = visit_grid(build_trial(dict.fromkeys("abcd", "x"), scores, events), "alsfrs_r")
    assert grid.months == pytest.approx([1, 2.02])
    assert grid.names == ("month 1", "month 2.02")
    np.testing.assert_array_equal(grid.values, [[39, 38], [38, 37], [37, 36], [36, 35]])
    assert grid.outside == 4


@pytest.mark.parametrize(("apart", "shared"), [(1.0, 1), (1.5, 2)])
def test_days_are_shared_within_a_day_and_no_more(apart, shared):
    scores = {"a": days((0, 40), (30, 39)), "b": days((0, 40), (30 + apart, 38))}
    events = [(who, 12, "end_of_follow_up") for who in "ab"]
    grid = visit_grid(build_trial(dict.fromkeys("ab", "x"), scores, events), "alsfrs_r")
    assert grid.months.size == shared


def test_a_late_visit_counts_those_still_followed():
    """Half of those who can be seen, not half of those who began."""
    scores = {who: {0: 40, 1: 39} for who in "abcdef"}
    scores["a"] |= {6: 30}
    scores["b"] |= {6: 31}
    events = [(who, 2, "death") for who in "cdef"]
    grid = visit_grid(build_trial(dict.fromkeys("abcdef", "x"), scores, events), "alsfrs_r")
    assert grid.months == pytest.approx([1, 6])
    alive = visit_grid(build_trial(dict.fromkeys("abcdef", "x"), scores, [(w, 9, "death") for w in "cdef"]), "alsfrs_r")
    assert alive.months == pytest.approx([1])


def test_participants_without_an_arm_are_not_in_it():
    grid = visit_grid(build_trial({"a": "x", "b": None}, {"a": {0: 40, 1: 39}, "b": {0: 40, 1: 30}}), "alsfrs_r")
    assert grid.participants.rows() == [("a", "x")]


def test_baseline_may_be_missing():
    grid = visit_grid(build_trial({"a": "x", "b": "x"}, {"a": {1: 39}, "b": {0: 41, 1: 40}}), "alsfrs_r")
    np.testing.assert_array_equal(grid.baseline, [NAN, 41])


def test_no_visit_after_time_zero_is_refused():
    with pytest.raises(DataError, match="alsfrs_r: expected visits after time zero; got none"):
        visit_grid(build_trial({"a": "x"}, {"a": {0: 40, -1: 41}}), "alsfrs_r")


def test_days_that_nobody_shares_are_refused():
    scores = {who: {0: 40, 1 + i: 39} for i, who in enumerate("abcde")}
    events = [(who, 12, "end_of_follow_up") for who in "abcde"]
    with pytest.raises(DataError) as caught:
        visit_grid(build_trial(dict.fromkeys("abcde", "x"), scores, events), "alsfrs_r")
    assert str(caught.value) == (
        "alsfrs_r: expected visits on days that at least half of those still followed share; the days of assessment "
        "are all different. Name a protocol with visits (--protocol), or use a model in time (random_slope, "
        "broken_stick)."
    )


def test_a_visit_is_named_by_its_month():
    scores = {who: {0: 40, 1: 39, 3: 38} for who in "ab"}
    grid = visit_grid(build_trial(dict.fromkeys("ab", "x"), scores), "alsfrs_r")
    assert [grid.visit_at(month) for month in (None, 1, 3, 3.02)] == [1, 0, 1, 1]
    with pytest.raises(DataError) as caught:
        grid.visit_at(2)
    assert str(caught.value) == (
        "month: expected the month of a visit with the ALSFRS-R total (1, 3); got 2. Name one of these."
    )


def test_months_of_visits_are_told_to_a_tenth_unless_two_are_then_alike():
    grid = visit_grid(build_trial(dict.fromkeys("ab", "x"), {who: {0: 40, 1: 39, 3: 38} for who in "ab"}), "alsfrs_r")
    off = replace(grid, months=np.array([30, 183]) / DAYS_PER_MONTH)
    with pytest.raises(DataError, match=r"total \(1, 6\); got 2\."):
        off.visit_at(2)
    assert [off.visit_at(1), off.visit_at(6)] == [0, 1]
    near = replace(grid, months=np.array([182, 183]) / DAYS_PER_MONTH)
    with pytest.raises(DataError, match=r"total \(5\.979, 6\.012\); got 2\."):
        near.visit_at(2)


@given(st.permutations(list("abcdef")))
def test_the_order_of_participants_changes_rows_only(order):
    scores = {who: {0: 40 + i, 1: 39 - i, 2: 38 - 2 * i} for i, who in enumerate("abcdef")}
    usual = visit_grid(build_trial(dict.fromkeys("abcdef", "x"), scores), "alsfrs_r")
    other = visit_grid(build_trial(dict.fromkeys(order, "x"), scores), "alsfrs_r")
    rows = [list("abcdef").index(who) for who in order]
    np.testing.assert_array_equal(other.values, usual.values[rows])
    np.testing.assert_array_equal(other.baseline, usual.baseline[rows])
    np.testing.assert_array_equal(other.months, usual.months)
