"""Text cells turned into the types of a table's columns, with every cell that does not turn told apart."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

MISSING_WORDS = ("NA", "N/A", "NaN", "nan", ".", "null", "NULL")
"""Words that stand for a missing value where a number, or true or false, is expected. In text columns they are text."""

TRUE_WORDS = ("true", "1", "yes", "y", "t")
FALSE_WORDS = ("false", "0", "no", "n", "f")


@dataclass(frozen=True)
class Typed:
    """A column turned into its type. values: null where there was nothing or nothing readable. unreadable: rows whose
    cell held something else. spelt: rows whose cell held a word for a missing value.
    """

    values: pl.Series
    unreadable: pl.Series
    spelt: pl.Series


def typed(cells: pl.Series, dtype: type[pl.DataType]) -> Typed:
    """The text `cells` as `dtype` (String, Float64, Int64 or Boolean).

    Numbers: a point for decimals, blanks around them are ignored; whole numbers may be written 2.0. Booleans: true or
    false, yes or no, y or n, t or f, 1 or 0, in any case.
    """
    nothing = pl.Series(cells.name, [False], dtype=pl.Boolean).new_from_index(0, cells.len())
    if dtype is pl.String:
        return Typed(cells, nothing, nothing)
    text = cells.str.strip_chars()
    spelt = text.is_in(list(MISSING_WORDS)).fill_null(False)
    held = text.is_not_null() & (text != "") & ~spelt
    text = pl.select(pl.when(held).then(text).alias(cells.name)).to_series()
    if dtype is pl.Boolean:
        words = {word: word in TRUE_WORDS for word in (*TRUE_WORDS, *FALSE_WORDS)}
        values = text.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.Boolean)
    else:
        values = text.cast(pl.Float64, strict=False)
        if dtype is pl.Int64:
            values = whole_numbers(values)
    return Typed(values, held & values.is_null(), spelt)


def whole_numbers(values: pl.Series) -> pl.Series:
    """Float values as Int64, null where they are not whole."""
    whole = values.is_finite() & (values == values.floor())
    return pl.select(pl.when(whole).then(values)).to_series().cast(pl.Int64, strict=False).alias(values.name)


def guessed(cells: pl.Series) -> pl.Series:
    """A column that no schema knows, as Int64, Float64 or Boolean where every cell reads so, else as text.

    A number with a leading zero or plus sign (007, +5) keeps its column text, since it is a code.
    """
    held = cells.drop_nulls()
    if held.is_empty():
        return cells
    if held.str.contains(r"^-?(0|[1-9][0-9]{0,17})$").all():
        return cells.cast(pl.Int64)
    if held.str.contains(r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$").all():
        return cells.cast(pl.Float64)
    if held.is_in(["true", "false"]).all():
        return cells.replace_strict({"true": True, "false": False}, return_dtype=pl.Boolean)
    return cells
