"""Intervals against R (validation/intervals), at their boundaries, and what must not change them."""

from __future__ import annotations

from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln

from leadin.engine.intervals import clopper_pearson, newcombe, poisson_rate, wilson
from leadin.errors import DataError

FROM_R = Path(__file__).resolve().parents[2] / "validation" / "intervals"


def table(name):
    return np.genfromtxt(FROM_R / name, delimiter=",", names=True)


def counts():
    return st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("interval", "columns"), [(clopper_pearson, "exact"), (wilson, "wilson")])
def test_a_proportion_equals_r(interval, columns):
    rows = table("proportions.csv")
    assert len(rows) > 60
    for row in rows:
        low, high = interval(row["events"], row["n"], row["level"])
        assert low == pytest.approx(row[f"{columns}_low"], rel=1e-10, abs=1e-15)
        assert high == pytest.approx(row[f"{columns}_high"], rel=1e-10)


def test_a_difference_equals_r():
    for row in table("differences.csv"):
        low, high = newcombe(row["events"], row["n"], row["reference_events"], row["reference_n"], row["level"])
        assert low == pytest.approx(row["low"], rel=1e-9, abs=1e-12)
        assert high == pytest.approx(row["high"], rel=1e-9, abs=1e-12)


def test_the_first_example_of_newcombe_s_table():
    low, high = newcombe(56, 70, 48, 80)
    assert (round(float(low), 4), round(float(high), 4)) == (0.0524, 0.3339)


def test_a_rate_equals_r():
    for row in table("rates.csv"):
        low, high = poisson_rate(row["events"], row["exposure"], row["level"])
        assert low == pytest.approx(row["low"], rel=1e-10, abs=1e-300)
        assert high == pytest.approx(row["high"], rel=1e-10)


def test_nobody_of_seven_is_compatible_with_41_per_cent():
    low, high = clopper_pearson(0, 7)
    assert float(low) == 0.0
    assert float(high) == pytest.approx(1 - 0.025 ** (1 / 7))
    assert round(100 * float(high)) == 41


@pytest.mark.parametrize("interval", [clopper_pearson, wilson])
def test_bounds_at_none_and_at_all_are_exactly_zero_and_one(interval):
    low, high = interval([0, 12, 0, 1], [12, 12, 1, 1])
    assert low[[0, 2]].tolist() == [0.0, 0.0]
    assert high[[1, 3]].tolist() == [1.0, 1.0]
    assert (high[[0, 2]] < 1.0).all()
    assert (low[[1, 3]] > 0.0).all()


@pytest.mark.parametrize("interval", [clopper_pearson, wilson])
def test_nobody_at_all_says_nothing(interval):
    low, high = interval(0, 0)
    assert (float(low), float(high)) == (0.0, 1.0)


def test_a_difference_with_an_empty_group_says_nothing():
    assert np.isnan(newcombe(0, 0, 3, 10)).all()
    assert np.isnan(newcombe(3, 10, 0, 0)).all()


@given(counts(), st.sampled_from([0.8, 0.95, 0.99]))
def test_counting_the_others_mirrors_the_interval(xn, level):
    x, n = xn
    for interval in (clopper_pearson, wilson):
        low, high = interval(x, n, level)
        other_low, other_high = interval(n - x, n, level)
        assert float(low) == pytest.approx(1 - float(other_high), abs=1e-12)
        assert float(high) == pytest.approx(1 - float(other_low), abs=1e-12)
        assert 0 <= low <= x / n <= high <= 1


@given(counts(), counts())
def test_exchanging_the_groups_turns_the_sign_of_the_difference(first, second):
    low, high = newcombe(*first, *second)
    other_low, other_high = newcombe(*second, *first)
    assert float(low) == pytest.approx(-float(other_high), abs=1e-14)
    assert float(high) == pytest.approx(-float(other_low), abs=1e-14)
    assert -1 <= low <= first[0] / first[1] - second[0] / second[1] <= high <= 1


@given(st.integers(0, 500), st.floats(0.01, 1000), st.floats(0.1, 50))
def test_a_rate_scales_with_the_unit_of_time(events, exposure, unit):
    low, high = poisson_rate(events, exposure)
    scaled_low, scaled_high = poisson_rate(events, exposure * unit)
    assert float(scaled_low) * unit == pytest.approx(float(low))
    assert float(scaled_high) * unit == pytest.approx(float(high))
    assert low <= events / exposure < high


@pytest.mark.parametrize("n", [7, 15, 33])
def test_the_exact_interval_covers_every_share_at_its_level(n):
    # Counted out over all possible counts, not simulated.
    low, high = clopper_pearson(np.arange(n + 1), n)
    for share in np.linspace(0.001, 0.999, 333):
        chances = np.array([comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)])
        assert chances[(low <= share) & (share <= high)].sum() >= 0.95


def test_the_exact_interval_covers_every_rate_at_its_level():
    events = np.arange(200)
    low, high = poisson_rate(events, 1.0)
    for rate in np.linspace(0.01, 40, 300):
        chances = np.exp(events * np.log(rate) - rate - gammaln(events + 1))
        assert chances[(low <= rate) & (rate <= high)].sum() >= 0.95


@pytest.mark.parametrize("shares", [(0.1, 0.1), (0.3, 0.3), (0.5, 0.3), (0.67, 0.2)])
def test_newcombe_s_interval_covers_a_difference_about_as_often_as_it_says(shares):
    n, m = 15, 20
    x, y = np.meshgrid(np.arange(n + 1), np.arange(m + 1), indexing="ij")
    low, high = newcombe(x, n, y, m)
    ways = np.vectorize(comb)
    p, q = shares
    chances = ways(n, x) * p**x * (1 - p) ** (n - x) * ways(m, y) * q**y * (1 - q) ** (m - y)
    assert chances.sum() == pytest.approx(1)
    assert 0.93 < chances[(low <= p - q) & (p - q <= high)].sum() < 0.985


def test_arrays_give_what_single_counts_give():
    events, n = np.array([[0, 3], [5, 7]]), np.array([7, 9])
    for interval in (clopper_pearson, wilson):
        together = interval(events, n)
        assert together.low.shape == (2, 2)
        for i in range(2):
            for j in range(2):
                assert together.low[i, j] == interval(events[i, j], n[j]).low
                assert together.high[i, j] == interval(events[i, j], n[j]).high


@pytest.mark.parametrize(("events", "n"), [(-1, 5), (6, 5), (1.5, 5), (1, 5.5), (np.nan, 5), (1, np.inf), ([0, 6], 5)])
@pytest.mark.parametrize("interval", [clopper_pearson, wilson])
def test_impossible_counts_are_refused(interval, events, n):
    with pytest.raises(DataError, match=r"^events: expected whole numbers between 0 and n\.$"):
        interval(events, n)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 95])
def test_a_level_outside_zero_to_one_is_refused(level):
    said = rf"^level: expected a number between 0 and 1, such as 0\.95; got {level!r}\.$"
    for call in (lambda: clopper_pearson(1, 5, level), lambda: wilson(1, 5, level), lambda: poisson_rate(1, 5, level)):
        with pytest.raises(DataError, match=said):
            call()


@pytest.mark.parametrize("events", [-1, 0.5, np.nan, np.inf])
def test_impossible_numbers_of_events_are_refused(events):
    with pytest.raises(DataError, match=r"^events: expected whole numbers of at least 0\.$"):
        poisson_rate(events, 3)


@pytest.mark.parametrize("exposure", [0, -1, np.nan, np.inf])
def test_a_rate_without_time_at_risk_is_refused(exposure):
    with pytest.raises(DataError, match=r"^exposure: expected positive times; a rate needs time at risk\.$"):
        poisson_rate(2, exposure)
