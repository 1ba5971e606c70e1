from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.trials.typed_cells import guessed, typed, whole_numbers


def read(cells, dtype):
    result = typed(pl.Series("x", cells, dtype=pl.String), dtype)
    assert result.values.dtype == dtype
    assert result.values.name == "x"
    return result.values.to_list(), result.unreadable.to_list(), result.spelt.to_list()


def test_numbers():
    cells = ["1", " -2.5 ", "1e3", "+4", None, "  ", "abc", "36,5", "1_0", "0x1", "1 000"]
    values, unreadable, spelt = read(cells, pl.Float64)
    assert values == [1.0, -2.5, 1000.0, 4.0, None, None, None, None, None, None, None]
    assert unreadable == [False] * 6 + [True] * 5
    assert spelt == [False] * 11


@pytest.mark.parametrize("word", ["NA", "N/A", "NaN", "nan", ".", "null", "NULL", " NA "])
def test_words_for_a_missing_number(word):
    for dtype in (pl.Float64, pl.Int64, pl.Boolean):
        assert read([word], dtype) == ([None], [False], [True])
    assert read([word], pl.String) == ([word], [False], [False])


def test_endless_numbers_are_read_as_such_for_the_checks_to_find():
    assert read(["inf", "-inf"], pl.Float64) == ([math.inf, -math.inf], [False, False], [False, False])


def test_whole_numbers_may_be_written_with_a_point():
    values, unreadable, _ = read(["2", "2.0", "2.5", "-3", "inf", None], pl.Int64)
    assert values == [2, 2, None, -3, None, None]
    assert unreadable == [False, False, True, False, True, False]


def test_true_and_false():
    words = ["true", "TRUE", "yes", "Y", "t", "1", "false", "No", "n", "F", "0", "2", "maybe", None]
    values, unreadable, _ = read(words, pl.Boolean)
    assert values == [True] * 6 + [False] * 5 + [None] * 3
    assert unreadable == [False] * 11 + [True, True, False]


def test_empty_columns():
    for dtype in (pl.Float64, pl.Int64, pl.Boolean, pl.String):
        assert read([], dtype) == ([], [], [])
        assert read([None, None], dtype)[0] == [None, None]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_in_its_shortest_form_reads_back_to_the_same_number(number):
    assert read([repr(number)], pl.Float64)[0] == [number]


def test_whole_numbers_of_floats():
    assert whole_numbers(pl.Series([1.0, 1.5, math.inf, None, 1e300])).to_list() == [1, None, None, None, None]


@pytest.mark.parametrize(
    ("cells", "dtype", "values"),
    [
        (["1", "-2", None], pl.Int64, [1, -2, None]),
        (["1", "2.50", "-1e-3"], pl.Float64, [1.0, 2.5, -0.001]),
        (["true", None, "false"], pl.Boolean, [True, None, False]),
        (["007", "1"], pl.String, ["007", "1"]),
        (["+5"], pl.String, ["+5"]),
        (["1", "x"], pl.String, ["1", "x"]),
        (["yes"], pl.String, ["yes"]),
        ([None], pl.String, [None]),
        (["9" * 25], pl.Float64, [1e25]),
    ],
)
def test_a_column_that_nobody_defined_is_what_all_its_cells_are(cells, dtype, values):
    column = guessed(pl.Series("x", cells, dtype=pl.String))
    assert (column.dtype, column.to_list()) == (dtype, values)
