"""Least-squares line, Pearson and Spearman: against scipy and R's rule, by property, by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from leadin.engine.correlation import EXACT_BELOW, least_squares_line, pearson, spearman
from leadin.errors import DataError

numbers = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=4, max_size=25)


@given(numbers)
@settings(max_examples=60)
def test_equals_scipy(pairs):
    x, y = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    assume(np.ptp(x) > 0 and np.ptp(y) > 0)
    line = stats.linregress(x, y)
    assume(abs(line.rvalue) < 1 - 1e-9)
    ours = least_squares_line(x, y)
    assert ours.estimate == pytest.approx(line.slope, abs=1e-12)
    assert ours.standard_error == pytest.approx(line.stderr, rel=1e-7)
    assert ours.p == pytest.approx(line.pvalue, rel=1e-6)
    assert (ours.df, ours.n) == (len(pairs) - 2, len(pairs))
    assert ours.ci_high - ours.ci_low == pytest.approx(2 * stats.t.ppf(0.975, ours.df) * ours.standard_error)
    r = pearson(x, y)
    assert r.estimate == pytest.approx(line.rvalue, abs=1e-12)
    assert r.p == pytest.approx(line.pvalue, rel=1e-6)
    interval = stats.pearsonr(x, y).confidence_interval()
    assert (r.ci_low, r.ci_high) == pytest.approx((interval.low, interval.high), abs=1e-9)
    rho = spearman(x, y)
    assert rho.estimate == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
    if not rho.exact and abs(rho.estimate) < 1 - 1e-9:
        assert rho.p == pytest.approx(stats.spearmanr(x, y).pvalue, rel=1e-6, abs=1e-12)


@given(numbers, st.floats(0.1, 50), st.floats(-50, 50))
@settings(max_examples=40)
def test_units_order_and_names_of_the_two(pairs, scale, shift):
    x, y = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    assume(np.ptp(x) > 0 and np.ptp(y) > 0)
    for method in (pearson, spearman):
        plain = method(x, y)
        assert method(y, x).estimate == pytest.approx(plain.estimate, abs=1e-12)
        assert method(-x, y).estimate == pytest.approx(-plain.estimate, abs=1e-12)
        assert method(x[::-1] * 2, y[::-1] * 2).p == pytest.approx(plain.p, abs=1e-9)
    try:
        line = least_squares_line(x, y)
    except DataError:
        return
    assert least_squares_line(x * scale, y + shift).estimate == pytest.approx(line.estimate / scale, abs=1e-9)


@pytest.mark.parametrize("n", [4, 5, 6])
def test_the_exact_p_counts_all_orders(n):
    ranks = np.arange(n, dtype=float)
    sums = [float(((ranks - np.array(order)) ** 2).sum()) for order in itertools.permutations(range(n))]
    for order in itertools.permutations(range(n)):
        found = spearman(ranks, np.array(order, dtype=float))
        squares = float(((ranks - np.array(order)) ** 2).sum())
        lower, upper = np.mean(np.array(sums) <= squares), np.mean(np.array(sums) >= squares)
        assert found.exact
        assert found.statistic == squares
        assert np.isnan(found.df)
        assert found.p == pytest.approx(min(1.0, 2 * min(lower, upper)))


def test_ties_and_ten_pairs_are_not_counted_out():
    x = np.arange(EXACT_BELOW, dtype=float)
    y = np.roll(x, 3)
    assert not spearman(x, y).exact
    assert spearman(x[:-1], np.roll(x[:-1], 3)).exact
    tied = np.array([1.0, 1.0, 2.0, 3.0, 5.0])
    for one, other in ((tied, x[:5]), (x[:5], tied)):
        assert not spearman(one, np.roll(other, 1)).exact


def test_limits_and_levels():
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    y = np.array([2.0, 1.0, 4.0, 3.0, 7.0])
    for method in (least_squares_line, pearson, spearman):
        usual, narrow = method(x, y), method(x, y, 0.8)
        assert usual.ci_low < narrow.ci_low < usual.estimate < narrow.ci_high < usual.ci_high
    r, rho = pearson(x, y), spearman(x, y)
    half = 1.959963984540054 / 2**0.5
    assert (r.ci_low, r.ci_high) == pytest.approx((np.tanh(np.arctanh(r.estimate) - half),
                                                   np.tanh(np.arctanh(r.estimate) + half)))  # fmt: skip
    half *= (1 + rho.estimate**2 / 2) ** 0.5
    assert rho.ci_high == pytest.approx(np.tanh(np.arctanh(rho.estimate) + half))
    assert np.isnan([r.standard_error, rho.standard_error]).all()
    three = pearson(x[:3], y[:3])
    assert np.isnan([three.ci_low, three.ci_high]).all()
    assert np.isfinite(three.p)
    perfect = pearson(x, 2 * x)
    assert (perfect.estimate, perfect.p) == pytest.approx((1.0, 0.0))
    assert pearson([1.0, 2.0, 4.0, 5.0], [1.0, 2.0, 4.0, 5.0]).ci_low == pytest.approx(1.0)


@pytest.mark.parametrize("method", [least_squares_line, pearson, spearman])
@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ([1, 2, 3], [1, 2], "x, y: expected as many finite numbers of one as of the other. Leave missing ones out."),
        ([1, 2, np.nan], [1, 2, 3], "x, y: expected as many finite numbers of one as of the other. Leave missing ones "
         "out."),
        ([1, 2, 3], [1, 2, np.inf], "x, y: expected as many finite numbers of one as of the other. Leave missing ones "
         "out."),
        ([[1, 2, 3]], [[1, 2, 3]], "x, y: expected as many finite numbers of one as of the other. Leave missing ones "
         "out."),
        ([1, 2], [1, 2], "x, y: expected at least 3 pairs; got 2."),
        ([4, 4, 4], [1, 2, 3], "x: expected values that vary; all 3 are 4."),
        ([1, 2, 3], [4, 4, 4], "y: expected values that vary; all 3 are 4."),
    ],
)  # fmt: skip
def test_what_tells_nothing_is_refused(method, x, y, said):
    with pytest.raises(DataError) as caught:
        method(x, y)
    assert str(caught.value) == said


def test_a_perfect_line_has_no_error():
    with pytest.raises(DataError) as caught:
        least_squares_line([0.1, 0.2, 0.4], [1.1, 1.2, 1.4])
    assert str(caught.value) == "y: expected pairs that do not all lie on one line; all 3 do."
