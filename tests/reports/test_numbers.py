"""Numbers are written to the digits they support, and never in a way that says more or less than they do."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.reports import numbers

finite = st.floats(-1e6, 1e6)
errors = st.floats(1e-4, 1e4)


@pytest.mark.parametrize(
    ("error", "decimals"),
    [
        (0.148, 2),
        (0.0996, 2),
        (0.0994, 3),
        (0.0123, 3),
        (1.6, 1),
        (9.94, 1),
        (9.96, 0),
        (23.0, 0),
        (4000.0, 0),
        (1e-9, 6),
        (0.0, None),
        (-1.0, None),
        (None, None),
        (math.nan, None),
        (math.inf, None),
    ],
)
def test_decimals_keep_two_digits_of_the_standard_error(error, decimals):
    assert numbers.decimals_for(error) == decimals


def test_decimals_come_from_the_interval_where_there_is_no_standard_error():
    assert numbers.decimals_for_interval(None, -0.29, 0.29) == 2
    assert numbers.decimals_for_interval(1.6, -0.29, 0.29) == 1
    assert numbers.decimals_for_interval(None, None, 0.29) is None
    assert numbers.decimals_for_interval(None, 0.1, 0.1) is None


@given(errors, finite)
def test_rounding_moves_an_estimate_by_less_than_a_fifteenth_of_its_standard_error(error, value):
    text = numbers.estimate(value, error).replace("−", "-")
    assert abs(float(text) - value) <= max(0.051 * error, 0.5) + 1e-6 * abs(value)


@given(finite, st.integers(0, 6))
def test_a_number_has_a_true_minus_and_no_negative_zero(value, decimals):
    text = numbers.number(value, decimals)
    assert "-" not in text
    assert text.startswith("−") == (round(value, decimals) < 0)
    assert math.isclose(float(text.replace("−", "-")), value, abs_tol=0.5000001 * 10.0**-decimals)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (-0.001, 2, "0.00"),
        (-0.5, 1, "−0.5"),
        (0.0, None, "0"),
        (12345.6, None, "12300"),
        (0.0012345, None, "0.00123"),
        (0.9999, None, "1.00"),
        (9.999, None, "10.0"),
        (None, 2, "–"),
        (math.nan, 2, "–"),
        (math.inf, 2, "–"),
    ],
)
def test_number(value, decimals, text):
    assert numbers.number(value, decimals) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.02, 0.6, "0.02 to 0.60"),
        (-0.2, 0.42, "−0.20 to 0.42"),
        (None, None, "–"),
        (0.1, None, "0.10 or more"),
        (0.1, math.inf, "0.10 or more"),
        (None, 0.4, "0.40 or less"),
        (-math.inf, 0.4, "0.40 or less"),
    ],
)
def test_interval(low, high, text):
    assert numbers.interval(low, high, 2) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0, "<0.001"),
        (0.00099, "<0.001"),
        (0.001, "0.001"),
        (0.0044, "0.004"),
        (0.0099, "0.010"),
        (0.01, "0.01"),
        (0.034, "0.03"),
        (0.0449, "0.04"),
        (0.0454, "0.045"),
        (0.0496, "0.0496"),
        (0.04999999, "0.050000"),
        (0.05, "0.05"),
        (0.0549, "0.05"),
        (0.5, "0.50"),
        (0.99, "0.99"),
        (0.991, ">0.99"),
        (1.0, ">0.99"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_p_values(p, text):
    assert numbers.p_value(p) == text


@given(st.floats(0.001, 0.0499))
def test_a_p_below_five_per_cent_never_reads_as_five_per_cent(p):
    assert 0 < float(numbers.p_value(p)) < 0.05


def test_p_in_running_text():
    assert numbers.p_phrase(0.034) == "p = 0.03"
    assert numbers.p_phrase(0.0001) == "p < 0.001"
    assert numbers.p_phrase(0.999) == "p > 0.99"
    assert numbers.p_phrase(None) == ""


@pytest.mark.parametrize(
    ("share", "decimals", "text"),
    [
        (0.0, 0, "0 %"),
        (1.0, 0, "100 %"),
        (2 / 3, 0, "67 %"),
        (1 / 8, 0, "13 %"),
        (0.004, 0, "<1 %"),
        (0.006, 0, "1 %"),
        (0.996, 0, ">99 %"),
        (0.994, 0, "99 %"),
        (0.0004, 1, "<0.1 %"),
        (0.9996, 1, ">99.9 %"),
        (0.123, 1, "12.3 %"),
        (None, 0, "–"),
        (math.nan, 0, "–"),
    ],
)
def test_percent(share, decimals, text):
    assert numbers.percent(share, decimals) == text.replace(" ", "\u00a0")


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_only_none_and_all_read_as_none_and_all(counts):
    part, whole = counts
    text = numbers.percent(part / whole)
    assert (text == "0\u00a0%") == (part == 0)
    assert (text == "100\u00a0%") == (part == whole)


def test_counts_carry_their_denominator():
    assert numbers.count(10, 15) == "10 of 15 (67\u00a0%)"
    assert numbers.count(0, 0) == "0 of 0"
    assert numbers.cell_count(10, 15) == "10 (67\u00a0%)"
    assert numbers.cell_count(0, 0) == "0"
    assert numbers.percent_interval(0.07, 0.52) == "7 to 52\u00a0%"
    assert numbers.percent_interval(0.0, 0.999) == "0 to >99\u00a0%"


def test_means_and_deviations():
    assert numbers.mean_sd([50.0, 60.0, 70.0]) == "60 (10)"
    assert numbers.mean_sd([1.0, 2.0, 4.0]) == "2.3 (1.5)"
    assert numbers.mean_sd([1.01, 1.02, 1.04]) == "1.02 (0.02)"
    assert numbers.mean_sd([5.0]) == "5.00 (–)"
    assert numbers.mean_sd([5.0, 5.0]) == "5.0 (0.0)"
    assert numbers.mean_sd([]) == "–"


def test_amounts_of_cells_months_and_plurals():
    assert numbers.cells(1e6) == "1 million"
    assert numbers.cells(2.5e6) == "2.5 million"
    assert numbers.cells(1.2e9) == "1.2 billion"
    assert numbers.cells(500_000) == "500\u00a0000"
    assert numbers.cells(None) == "–"
    assert [numbers.months(m) for m in (1, 3, 2.5, 12.04)] == ["1 month", "3 months", "2.5 months", "12 months"]
    assert [numbers.plural(k, "lot") for k in (0, 1, 2)] == ["0 lots", "1 lot", "2 lots"]
    assert numbers.plural(2, "box", "boxes") == "2 boxes"
