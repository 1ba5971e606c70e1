from __future__ import annotations

import math

import pytest

from leadin.trials.finding import Finding


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_endless_number_is_none(trial, change, find, value):
    (finding,) = [f for f in find(change(trial, "assessments", 2, value=value)) if f.id == "not-a-number"]
    assert finding == Finding(
        "not-a-number",
        "error",
        "assessments",
        (2,),
        f"1 row of assessments whose value is not a finite number (P1: {value}). Left out; correct the value or leave "
        "the cell empty.",
    )


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("participants", "age_years"),
        ("assessments", "day"),
        ("lots", "cells"),
        ("administrations", "cells"),
        ("events", "day"),
        ("adverse_events", "end_day"),
    ],
)
def test_numbers_of_every_table_are_looked_at(trial, change, find, table, column):
    found = [f for f in find(change(trial, table, 1, **{column: math.nan})) if f.id == "not-a-number"]
    assert [(f.severity, f.table, f.rows) for f in found] == [("error", table, (1,))]
    assert column in found[0].message


@pytest.mark.parametrize(
    ("table", "column", "bad", "good", "words"),
    [
        ("lots", "cells", -1.0, 0.0, "below 0"),
        ("lots", "viability_percent", -0.1, 0.0, "outside 0 to 100"),
        ("lots", "viability_percent", 100.1, 100.0, "outside 0 to 100"),
        ("lots", "secretion_before", -0.5, 0.0, "below 0"),
        ("lots", "secretion_after", -0.5, 0.0, "below 0"),
        ("administrations", "cells", -1.0, 0.0, "below 0"),
    ],
)
def test_impossible_numbers(trial, change, find, table, column, bad, good, words):
    who = {"lots": "L2", "administrations": "P2"}[table]
    assert find(change(trial, table, 1, **{column: bad})) == [
        Finding(
            "impossible-value",
            "error",
            table,
            (1,),
            f"1 row of {table} with {column} {words} ({who}: {bad:g}). Left out; correct the value or leave the cell "
            "empty.",
        )
    ]
    assert find(change(trial, table, 1, **{column: good})) == []


@pytest.mark.parametrize(
    ("table", "column", "low", "high"),
    [
        ("participants", "weight_kg", 25.0, 250.0),
        ("participants", "age_years", 16.0, 100.0),
        ("participants", "months_since_onset", 0.0, 360.0),
        ("participants", "diagnostic_delay_months", 0.0, 240.0),
    ],
)
def test_implausible_numbers_are_used_with_a_warning(trial, change, find, table, column, low, high):
    for wrong in (low - 0.5, high + 0.5):
        assert find(change(trial, table, 0, **{column: wrong})) == [
            Finding(
                "implausible-value",
                "warning",
                table,
                (0,),
                f"1 row of {table} with {column} outside {low:g} to {high:g} (P1: {wrong:g}). Used as it is; check the "
                "unit and the digits.",
            )
        ]
    assert find(change(trial, table, 0, **{column: low})) == find(change(trial, table, 0, **{column: high})) == []


@pytest.mark.parametrize(
    ("table", "column"),
    [("assessments", "day"), ("administrations", "day"), ("events", "day"), ("adverse_events", "start_day")],
)
def test_days_so_far_out_that_a_unit_is_wrong(trial, change, find, table, column):
    def found(day):
        return [f.rows for f in find(change(trial, table, 0, **{column: day})) if f.id == "implausible-value"]

    assert found(-3651.0) == found(7301.0) == [(0,)]
    assert found(-3650.0) == found(7300.0) == []
