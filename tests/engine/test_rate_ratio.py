"""Exact ratio of two rates and its test, against R's poisson.test; their difference; the exact binomial test."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine.binomial_test import binomial_p
from leadin.engine.intervals import poisson_rate
from leadin.engine.rate_ratio import rate_difference, rate_ratio
from leadin.errors import DataError

VALIDATION = Path(__file__).resolve().parents[2] / "validation" / "safety"


def rows(name):
    with (VALIDATION / name).open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def near(value):
    return pytest.approx(value, rel=1e-9, abs=1e-14)


def test_binomial_p_equals_binom_test():
    told = rows("binomial_p.csv")
    assert len(told) > 60
    for row in told:
        assert binomial_p(int(row["events"]), int(row["n"]), row["share"]) == near(row["p"])


@pytest.mark.parametrize(
    ("events", "n", "share", "p"), [(0, 0, 0.3, 1.0), (0, 5, 0.0, 1.0), (1, 5, 0.0, 0.0), (5, 5, 1.0, 1.0)]
)
def test_binomial_p_at_the_edges(events, n, share, p):
    assert binomial_p(events, n, share) == p


def test_binomial_p_refuses_what_is_no_count():
    with pytest.raises(DataError, match=r"events: expected a count between 0 and 3; got 4\."):
        binomial_p(4, 3, 0.5)
    with pytest.raises(DataError, match=r"events: expected a count between 0 and 3; got -1\."):
        binomial_p(-1, 3, 0.5)
    with pytest.raises(DataError, match=r"share: expected a number between 0 and 1; got 1\.5\."):
        binomial_p(1, 3, 1.5)


def test_rate_ratio_equals_poisson_test():
    told = rows("rate_ratios.csv")
    assert len(told) > 100
    for row in told:
        found = rate_ratio(
            int(row["events"]), row["exposure"], int(row["reference_events"]), row["reference_exposure"], row["level"]
        )
        assert (found.ratio, found.low, found.high, found.p) == near((row["ratio"], row["low"], row["high"], row["p"]))


def test_no_event_at_all_says_nothing():
    found = rate_ratio(0, 3.0, 0, 5.0)
    assert (found.ratio, found.low, found.high, found.p) == (None, 0.0, math.inf, 1.0)


def test_no_event_in_one_of_them_bounds_one_side():
    assert rate_ratio(0, 3.0, 4, 5.0).ratio == 0.0
    assert rate_ratio(0, 3.0, 4, 5.0).low == 0.0
    more = rate_ratio(4, 3.0, 0, 5.0)
    assert (more.ratio, more.high) == (math.inf, math.inf)
    assert more.low > 0


counts, times = st.integers(0, 60), st.floats(0.1, 100)


@given(counts, times, counts, times)
def test_turned_round_the_ratio_is_its_inverse(x, t, y, s):
    one, other = rate_ratio(x, t, y, s), rate_ratio(y, s, x, t)
    assert one.p == pytest.approx(other.p, rel=1e-9)
    for low, high in ((one.low, other.high), (other.low, one.high)):
        assert low == (0.0 if math.isinf(high) else pytest.approx(1 / high, rel=1e-9)) or low == high == 0.0


@given(counts, times, counts, times, st.floats(0.01, 100))
def test_the_unit_of_time_does_not_matter_to_the_ratio(x, t, y, s, unit):
    one, other = rate_ratio(x, t, y, s), rate_ratio(x, t * unit, y, s * unit)
    assert (one.low, one.high, one.p) == pytest.approx((other.low, other.high, other.p), rel=1e-7)


@given(counts, times, counts, times)
def test_the_difference_turns_and_holds_its_estimate(x, t, y, s):
    low, high = rate_difference(x, t, y, s)
    other_low, other_high = rate_difference(y, s, x, t)
    assert low < x / t - y / s < high
    assert (low, high) == pytest.approx((-other_high, -other_low))


def test_the_difference_by_hand():
    low, high = rate_difference(4, 2.0, 0, 5.0, 0.9)
    first, second = poisson_rate(4, 2.0, 0.9), poisson_rate(0, 5.0, 0.9)
    assert low == pytest.approx(2 - math.hypot(2 - first.low, second.high))
    assert high == pytest.approx(2 + (first.high - 2))


@pytest.mark.parametrize("rate", [rate_ratio, rate_difference])
def test_rates_need_time_and_whole_counts(rate):
    with pytest.raises(DataError, match="exposure: expected positive times"):
        rate(1, 0.0, 2, 3.0)
    with pytest.raises(DataError, match="exposure: expected positive times"):
        rate(1, 1.0, 2, math.inf)
    with pytest.raises(DataError, match="events: expected whole numbers of at least 0"):
        rate(1, 1.0, -2, 3.0)
    with pytest.raises(DataError, match="level: expected a number between 0 and 1"):
        rate(1, 1.0, 2, 3.0, 1.0)
