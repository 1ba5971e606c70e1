"""What to write instead."""

from __future__ import annotations

import pytest

from leadin.protocols.advice import days_meant, number_meant, slug_meant


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("week 4", 28.0),
        ("4 weeks", 28.0),
        ("4w", 28.0),
        ("Week4", 28.0),
        ("month 3", 91.3125),
        ("3 months", 91.3125),
        ("-3 months", -91.3125),
        ("month -3", -91.3125),
        ("day 30", 30.0),
        ("day -30", -30.0),
        ("1.5 months", 45.65625),
        ("1 year", 365.25),
        ("48 hours", 2.0),
        ("36 h", 1.5),
        (" 2 wks. ", 14.0),
        ("baseline", None),
        ("four weeks", None),
        ("week", None),
        ("4 fortnights", None),
        ("28", None),
        ("", None),
    ],
)
def test_days_meant(text, days):
    assert days_meant(text) == days


@pytest.mark.parametrize(
    ("got", "unit", "whole", "written"),
    [
        ("week 4", "days from baseline", True, "28"),
        ("month 3", "days from baseline", True, "91"),
        ("day 30", "days", True, "30"),
        ("28", "days", True, "28"),
        ("28", "participants", True, "28"),
        ("-7", None, True, "-7"),
        ("28.6", "days", True, "29"),
        (28.0, "days", True, "28"),
        (28.5, "days", True, None),
        ("3 months", "months", False, "3"),
        ("12 weeks", "months", False, "2.76"),
        ("2 days", "hours", False, "48"),
        ("24 hours", "hours", False, "24"),
        ("6.5", "months", False, "6.5"),
        ("week 4", "participants", True, None),
        ("week 4", None, True, None),
        ("many", "days", True, None),
        (True, "days", True, None),
        (None, "days", True, None),
        ([], "days", True, None),
    ],
)
def test_number_meant(got, unit, whole, written):
    assert number_meant(got, unit, whole=whole) == written


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Cells (A)", "cells-a"),
        ("cells", "cells"),
        (" Phase 2a ", "phase-2a"),
        ("a.b_c", "a.b_c"),
        ("-x-", "x"),
        ("é", None),
        ("", None),
        ("A" * 100, "a" * 80),
    ],
)
def test_slug_meant(text, slug):
    assert slug_meant(text) == slug
