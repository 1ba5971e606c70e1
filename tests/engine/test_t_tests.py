"""t tests: by hand and by property. R: tests/analysis/test_slope_change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine.t_tests import one_sample_t, welch_t
from leadin.errors import DataError

samples = st.lists(st.integers(-50, 50), min_size=2, max_size=12).filter(lambda x: len(set(x)) > 1)


def test_three_values_by_hand():
    test = one_sample_t([1.0, 2.0, 6.0])
    assert test.estimate == 3.0
    assert test.standard_error == pytest.approx(np.sqrt(7 / 3))
    assert test.statistic == pytest.approx(3 / np.sqrt(7 / 3))
    assert test.df == 2.0
    # With 2 degrees of freedom the t distribution has a closed form.
    t = test.statistic
    assert test.p == pytest.approx(1 - t / np.sqrt(t * t + 2))
    quantile = 4.302652729911275
    assert (test.ci_low, test.ci_high) == pytest.approx((3 - quantile * np.sqrt(7 / 3), 3 + quantile * np.sqrt(7 / 3)))


def test_welch_by_hand():
    test = welch_t([1.0, 3.0], [0.0, 0.0, 3.0])
    # Variances 2 and 3, of the means 1 and 1: df = 4 / (1/1 + 1/2).
    assert test.estimate == 1.0
    assert test.standard_error == pytest.approx(np.sqrt(2))
    assert test.df == pytest.approx(8 / 3)
    assert test.statistic == pytest.approx(1 / np.sqrt(2))


@given(samples, st.sampled_from([0.8, 0.9, 0.99]))
def test_the_interval_holds_zero_exactly_when_p_is_above_its_level(x, level):
    test = one_sample_t(x, level)
    assert (test.ci_low <= 0 <= test.ci_high) == (test.p >= 1 - level)
    assert test.ci_low < test.estimate < test.ci_high


@given(samples, samples)
def test_exchanging_the_groups_turns_the_sign(x, y):
    test, turned = welch_t(x, y), welch_t(y, x)
    assert turned.estimate == pytest.approx(-test.estimate)
    assert (turned.ci_low, turned.ci_high) == pytest.approx((-test.ci_high, -test.ci_low))
    assert (turned.p, turned.df) == pytest.approx((test.p, test.df))


@given(samples, samples, st.floats(0.1, 10))
def test_a_change_of_unit_scales_estimate_and_error_alone(x, y, unit):
    test, scaled = welch_t(x, y), welch_t(unit * np.array(x), unit * np.array(y))
    assert scaled.estimate == pytest.approx(unit * test.estimate, abs=1e-9)
    assert scaled.standard_error == pytest.approx(unit * test.standard_error)
    assert (scaled.p, scaled.df) == pytest.approx((test.p, test.df))


def test_one_group_may_be_constant_for_welch():
    test = welch_t([2.0, 2.0, 2.0], [0.0, 1.0])
    assert (test.estimate, test.df) == (1.5, 1.0)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.0], "values: expected at least 2 values to judge their spread; got 1."),
        ([0.1, 0.1, 0.1], "values: expected values that vary; all 3 are 0.1."),
        ([1.0, np.nan], "values: expected one row of finite numbers. Leave missing ones out."),
        ([[1.0, 2.0]], "values: expected one row of finite numbers. Leave missing ones out."),
    ],
)
def test_a_mean_that_cannot_be_tested_is_refused(values, said):
    with pytest.raises(DataError) as caught:
        one_sample_t(values)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("values", "reference", "said"),
    [
        ([1.0, 2.0], [3.0], "reference: expected at least 2 values to judge their spread; got 1."),
        (
            [1.0, 1.0],
            [3.0, 3.0],
            "values: expected values that vary; they are all equal within each of the two groups.",
        ),
    ],
)
def test_a_difference_that_cannot_be_tested_is_refused(values, reference, said):
    with pytest.raises(DataError) as caught:
        welch_t(values, reference)
    assert str(caught.value) == said
