"""Wilcoxon's signed-rank test: by hand, by counting out, at the edge of the exact rule. R:
tests/analysis/test_slope_change."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from leadin.engine.signed_rank import signed_rank_test
from leadin.errors import DataError

differences = st.lists(st.integers(-40, 40).filter(bool), min_size=1, max_size=10, unique_by=abs)


def test_three_differences_by_hand():
    # Ranks 1 (-), 2 (+), 3 (+): 5. Of the 8 signings, sums of at least 5 come from {2,3} and {1,2,3}: p = 2 x 2/8.
    test = signed_rank_test([-0.5, 1.0, 2.0])
    assert (test.statistic, test.p, test.n, test.exact) == (5.0, 0.5, 3, True)


@given(differences)
def test_exact_p_equals_all_signings_counted_out(d):
    ranks = np.argsort(np.argsort(np.abs(d))) + 1
    statistic = ranks[np.array(d) > 0].sum()
    sums = np.array([np.dot(signs, ranks) for signs in product((0, 1), repeat=len(d))])
    p = min(1.0, 2 * min((sums <= statistic).mean(), (sums >= statistic).mean()))
    test = signed_rank_test(d)
    assert test.exact
    assert test.statistic == statistic
    assert test.p == pytest.approx(p, rel=1e-12)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=30).filter(any))
def test_turning_all_signs_gives_the_other_tail_and_the_same_p(d):
    test, turned = signed_rank_test(d), signed_rank_test([-x for x in d])
    assert turned.p == pytest.approx(test.p, rel=1e-12)
    assert test.statistic + turned.statistic == test.n * (test.n + 1) / 2
    assert signed_rank_test([3 * x for x in d]) == test
    assert 0 < test.p <= 1


def test_exact_up_to_49_differences_and_not_from_50_on():
    rising = np.arange(1.0, 51.0) * np.where(np.arange(50) % 3, 1, -1)
    assert signed_rank_test(rising[:49]).exact
    assert not signed_rank_test(rising).exact


def test_zeros_are_left_out_and_end_exactness():
    test = signed_rank_test([0.0, -0.5, 1.0, 2.0])
    assert (test.statistic, test.n, test.exact) == (5.0, 3, False)
    # Distance 5 - 3 = 2 from the mean, half a rank nearer, variance 3 x 4 x 7 / 24.
    assert test.p == pytest.approx(2 * ndtr(-1.5 / np.sqrt(3.5)))


def test_ties_share_their_mean_rank_and_shrink_the_variance():
    test = signed_rank_test([1.0, 1.0, -1.0, 3.0])
    assert (test.statistic, test.n, test.exact) == (8.0, 4, False)
    variance = 4 * 5 * 9 / 24 - (27 - 3) / 48
    assert test.p == pytest.approx(2 * ndtr(-2.5 / np.sqrt(variance)))


def test_a_statistic_on_its_mean_gives_one():
    assert signed_rank_test([1.0, 1.0, -1.0, -1.0]).p == 1.0


def test_a_statistic_half_a_rank_from_its_mean_is_corrected_to_it():
    # Ranks 1.5 + 1.5 + 4, the mean is 7.5.
    test = signed_rank_test([1.0, 1.0, -3.0, 4.0, -5.0])
    assert (test.statistic, test.p, test.exact) == (7.0, 1.0, False)


def test_decimals_turn_rounding_into_ties_and_zeros():
    noisy = [0.1 + 0.2, -0.3, 1e-12, 5.0]
    assert signed_rank_test(noisy).exact
    rounded = signed_rank_test(noisy, decimals=9)
    assert (rounded.n, rounded.exact, rounded.statistic) == (3, False, 4.5)


@pytest.mark.parametrize("bad", [[1.0, np.nan], [np.inf], [[1.0, 2.0]]])
def test_missing_and_misshapen_differences_are_refused(bad):
    with pytest.raises(DataError) as caught:
        signed_rank_test(bad)
    assert str(caught.value) == "differences: expected one row of finite numbers. Leave missing ones out."


@pytest.mark.parametrize("empty", [[], [0.0, 0.0]])
def test_no_difference_is_refused(empty):
    with pytest.raises(DataError) as caught:
        signed_rank_test(empty)
    said = f"differences: expected at least one that is not zero; got {len(empty)}, all zero."
    assert str(caught.value) == said
