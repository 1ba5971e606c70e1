"""Slopes on arrays: by hand, against numpy's polyfit, at the boundary of lead-in and follow-up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.als.slope import ols_slopes
from leadin.analysis.slopes import FEWEST_VISITS, paired_slopes
from leadin.errors import DataError

NAN = float("nan")


def one(months, values, **options):
    return paired_slopes([months], [values], **options)


def test_slopes_by_hand():
    slope, count = ols_slopes([[0, 1, 2], [0, 1, 2], [0, 2, 5]], [[40, 39, 38], [40, NAN, 36], [10, 16, 25]])
    assert slope.tolist() == pytest.approx([-1.0, -2.0, 3.0], abs=1e-14)
    assert count.tolist() == [3, 2, 3]


def test_months_may_be_common_to_all_rows_and_missing():
    slope, count = ols_slopes([0, 1, NAN, 2], [[0, 1, 99, 2], [4, 2, 99, NAN]])
    assert slope.tolist() == pytest.approx([1.0, -2.0])
    assert count.tolist() == [3, 2]


def test_one_visit_and_one_month_and_none_have_no_slope():
    slope, count = ols_slopes([[1, 2, 3], [2, 2, 2], [1, 2, 3]], [[40, NAN, NAN], [40, 39, 38], [NAN, NAN, NAN]])
    assert np.isnan(slope).all()
    assert count.tolist() == [1, 3, 0]


def test_no_columns_at_all():
    slope, count = ols_slopes(np.empty((2, 0)), np.empty((2, 0)))
    assert np.isnan(slope).all()
    assert count.tolist() == [0, 0]
    pair = paired_slopes(np.empty((2, 0)), np.empty((2, 0)), share_baseline=True)
    assert pair.evaluable.tolist() == [False, False]
    assert pair.n_follow_up.tolist() == [0, 0]


@given(
    st.lists(
        st.tuples(st.integers(-12, 24), st.integers(0, 48) | st.just(NAN)),
        min_size=2,
        max_size=10,
        unique_by=lambda r: r[0],
    )
)
def test_equals_polyfit(visits):
    months, values = np.array(visits, dtype=float).T
    seen = ~np.isnan(values)
    slope, count = ols_slopes([months], [values])
    assert count[0] == seen.sum()
    if seen.sum() >= 2:
        assert slope[0] == pytest.approx(np.polyfit(months[seen], values[seen], 1)[0], abs=1e-9)


@given(st.floats(-30, 30), st.floats(-20, 20), st.floats(0.1, 10))
def test_shifts_change_nothing_and_units_scale(shift, level, unit):
    months, values = np.array([-3.0, -1.5, 0.0, 2.0]), np.array([[40.0, 41.0, 37.0, 30.0]])
    (slope,), _ = ols_slopes(months, values)
    (moved,), _ = ols_slopes(months + shift, values + level)
    (scaled,), _ = ols_slopes(months * unit, values)
    assert moved == pytest.approx(slope, rel=1e-9)
    assert scaled == pytest.approx(slope / unit, rel=1e-9)


def test_time_zero_itself_belongs_to_the_lead_in():
    pair = one([-2, -1, 0, 1, 2, 3], [42, 41, 40, 30, 28, 26])
    assert (pair.lead_in[0], pair.follow_up[0]) == pytest.approx((-1.0, -2.0))
    assert (pair.n_lead_in[0], pair.n_follow_up[0], bool(pair.evaluable[0])) == (3, 3, True)
    just_after = one([-2, -1, 1e-9, 1, 2, 3], [42, 41, 40, 30, 28, 26])
    assert (just_after.n_lead_in[0], just_after.n_follow_up[0]) == (2, 4)


def test_sharing_the_baseline_uses_the_last_visit_seen_by_time_zero_in_both():
    pair = one([-2, -1, 0, 1, 2, 3], [42, 41, NAN, 30, 28, 26], share_baseline=True)
    # The visit at 0 is missing, so the one at -1 is the baseline.
    assert (pair.n_lead_in[0], pair.n_follow_up[0]) == (2, 4)
    assert pair.follow_up[0] == pytest.approx(np.polyfit([-1, 1, 2, 3], [41, 30, 28, 26], 1)[0])
    alone = one([-2, -1, 0, 1, 2, 3], [42, 41, NAN, 30, 28, 26])
    assert alone.follow_up[0] == pytest.approx(-2.0)


def test_sharing_without_a_baseline_shares_nothing():
    pair = one([1, 2, 3], [30, 28, 26], share_baseline=True)
    assert (pair.n_lead_in[0], pair.n_follow_up[0], bool(pair.evaluable[0])) == (0, 3, False)


@pytest.mark.parametrize(("before", "after", "evaluable"), [(3, 3, True), (2, 3, False), (3, 2, False), (4, 5, True)])
def test_evaluable_from_three_visits_each_on(before, after, evaluable):
    months = [*range(1 - before, 1), *range(1, after + 1)]
    pair = one(months, [40.0 - month for month in months])
    assert bool(pair.evaluable[0]) is evaluable
    assert FEWEST_VISITS == 3


def test_fewest_visits_can_be_lowered():
    pair = one([-1, 0, 1, 2], [40, 39, 38, 37], fewest_visits=2)
    assert pair.evaluable.tolist() == [True]


def test_three_visits_on_one_day_are_not_evaluable():
    pair = one([-2, -1, 0, 1, 1, 1], [42, 41, 40, 30, 31, 32])
    assert (pair.n_follow_up[0], bool(pair.evaluable[0])) == (3, False)
    assert np.isnan(pair.follow_up[0])


@pytest.mark.parametrize(
    ("months", "values", "said"),
    [
        ([0, 1], [40, 39], "values: expected one row per participant and one column per visit; got shape (2,)."),
        ([0, 1, 2], [[40, 39]], "months: expected shape (1, 2) or (2,), as the values; got (3,)."),
        ([[0, 1]], [[40, 39], [38, 37]], "months: expected shape (2, 2) or (2,), as the values; got (1, 2)."),
    ],
)
def test_shapes_that_do_not_fit_are_refused(months, values, said):
    for function in (ols_slopes, paired_slopes):
        with pytest.raises(DataError) as caught:
            function(months, values)
        assert str(caught.value) == said
