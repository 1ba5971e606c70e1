"""Ratios for their logarithms, per cent for shares, the rest as it is."""

from __future__ import annotations

import math

import pytest

from leadin.analysis.reading_scale import is_logarithm, is_share, read
from leadin.analysis.result import Result

NUMBERS = {"estimate": 0.5, "standard_error": 0.1, "ci_low": 0.3, "ci_high": 0.7}


def row(unit, **numbers):
    return Result("cox", "survival", unit=unit, **numbers)


def test_the_logarithm_of_a_ratio_is_read_as_the_ratio():
    told = read(row("log hazard ratio", **NUMBERS))
    assert told == pytest.approx((math.exp(0.5), 0.1 * math.exp(0.5), math.exp(0.3), math.exp(0.7)))
    assert read(row("log hazard ratio", standard_error=0.1, ci_high=800.0)) == (None, None, None, math.exp(700.0))
    assert read(row("log hazard ratio", estimate=0.0)) == (1.0, None, None, None)


def test_a_share_is_read_in_per_cent():
    assert read(row("proportion of participants", **NUMBERS)) == pytest.approx((50.0, 10.0, 30.0, 70.0))
    assert read(row("proportion surviving", estimate=0.25)) == (25.0, None, None, None)


@pytest.mark.parametrize("unit", [None, "points per month", "hazard ratio", "share of log"])
def test_other_units_stay(unit):
    assert read(row(unit, **NUMBERS)) == (0.5, 0.1, 0.3, 0.7)
    assert (is_logarithm(row(unit)), is_share(row(unit))) == (False, False)


def test_what_a_unit_says():
    assert (is_logarithm(row("log odds")), is_share(row("log odds"))) == (True, False)
    assert (is_logarithm(row("proportion")), is_share(row("proportion"))) == (False, True)
