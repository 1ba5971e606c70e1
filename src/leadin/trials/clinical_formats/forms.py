"""How the cells of a CDISC variable become those of a trial's column, and how they are written back."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from leadin.trials.clinical_formats.data_set import as_text
from leadin.trials.clinical_formats.disposition import detail_of, kind_of, term_of, word_of

Read = Callable[[pl.DataFrame, str, pl.Series], pl.Series]
"""Rows of a data set, the variable, the date of time zero of each row: the cells of the trial's column."""
Write = Callable[[pl.DataFrame, str], pl.Series]
"""Rows of a trial's table and the column: the cells of the variable."""


@dataclass(frozen=True)
class Form:
    """read and write as said above. told: how a report says what was done, None where cells stay as they are. write
    is None where a variable says less, or other, than the column, so that it cannot be made of it.
    """

    read: Read
    write: Write | None
    told: tuple[str, str] | None = None


def study_day(days: pl.Expr) -> pl.Expr:
    """Days from time zero as study days: the day of time zero is 1, the day before it is -1, and no day is 0."""
    whole = days.floor()
    return pl.when(whole >= 0.0).then(whole + 1.0).otherwise(whole)


def days_from_zero(study_days: pl.Expr) -> pl.Expr:
    """Study days as days from time zero; null for day 0, which does not exist."""
    return pl.when(study_days > 0.0).then(study_days - 1.0).when(study_days < 0.0).then(study_days)


def whole_date(cell: str | None) -> datetime.date | None:
    """The day that an ISO 8601 date or time says; None where it says none, or only a part of one (2013, 2013-01)."""
    if cell is None or not re.match(r"\d{4}-\d{2}-\d{2}(T.*)?$", cell):
        return None
    try:
        return datetime.date.fromisoformat(cell[:10])
    except ValueError:
        return None


def _text(rows: pl.DataFrame, name: str, zero: pl.Series) -> pl.Series:
    return as_text(rows[name])


def _number(rows: pl.DataFrame, name: str, zero: pl.Series) -> pl.Series:
    if rows[name].dtype == pl.Boolean:
        return pl.repeat(None, rows.height, dtype=pl.Float64, eager=True)
    numbers = rows[name].cast(pl.Float64, strict=False)
    return pl.select(pl.when(numbers.is_finite()).then(numbers)).to_series()


def _whole(rows: pl.DataFrame, name: str, zero: pl.Series) -> pl.Series:
    numbers = _number(rows, name, zero)
    return pl.select(pl.when(numbers == numbers.floor()).then(numbers)).to_series().cast(pl.Int64, strict=False)


def _yes_no(rows: pl.DataFrame, name: str, zero: pl.Series) -> pl.Series:
    words = {"Y": True, "N": False, "true": True, "false": False}
    return as_text(rows[name]).replace_strict(words, default=None, return_dtype=pl.Boolean)


def _sex(rows: pl.DataFrame, name: str, zero: pl.Series) -> pl.Series:
    return as_text(rows[name]).replace({"M": "male", "F": "female"})


def _arm(rows: pl.DataFrame, name: str, zero: pl.Series) -> pl.Series:
    cells = as_text(rows[name])
    nobody = cells.str.to_lowercase().is_in(["screen failure", "not assigned", "scrnfail", "notassgn"]).fill_null(False)
    return pl.select(pl.when(~nobody).then(cells)).to_series()


def _study_day(rows: pl.DataFrame, name: str, zero: pl.Series) -> pl.Series:
    return pl.select(days_from_zero(pl.lit(_number(rows, name, zero)))).to_series()


def _date(rows: pl.DataFrame, name: str, zero: pl.Series) -> pl.Series:
    days = [
        None if start is None or (day := whole_date(cell)) is None else float((day - start).days)
        for cell, start in zip(as_text(rows[name]), zero, strict=True)
    ]
    return pl.Series(name, days, dtype=pl.Float64)


def _same(table: pl.DataFrame, column: str) -> pl.Series:
    return table[column]


def _written_day(table: pl.DataFrame, column: str) -> pl.Series:
    return table.select(study_day(pl.col(column))).to_series()


def _written_yes_no(table: pl.DataFrame, column: str) -> pl.Series:
    return table[column].replace_strict({True: "Y", False: "N"}, default=None, return_dtype=pl.String)


def _written_sex(table: pl.DataFrame, column: str) -> pl.Series:
    return table[column].replace({"male": "M", "female": "F"})


def _written_whole(table: pl.DataFrame, column: str) -> pl.Series:
    return as_text(table[column])


TEXT = Form(_text, _same)
NUMBER = Form(_number, _same)
WHOLE = Form(_whole, _written_whole)
YES_NO = Form(_yes_no, _written_yes_no, ("Y, N", "true, false"))
SEX = Form(_sex, _written_sex, ("M, F", "male, female"))
ARM = Form(_arm, _same)
STUDY_DAY = Form(_study_day, _written_day, ("study days, the first of which is 1", "days from time zero"))
EXACT_DAY = Form(_number, _same)
DATE = Form(_date, None, ("dates", "days from time zero"))
KIND = Form(
    lambda rows, name, zero: kind_of(rows, name),
    lambda table, column: word_of(table[column]),
    ("terms of disposition", "kinds of event"),
)
DETAIL = Form(lambda rows, name, zero: detail_of(rows, name), lambda table, column: term_of(table, column))


def coded(codes: dict[str, str]) -> Form:
    """Words of the variable, by word of the column; words that are in no code stay as they are."""
    back = {variable: column for column, variable in codes.items()}
    return Form(
        lambda rows, name, zero: as_text(rows[name]).replace(back),
        lambda table, column: table[column].replace(codes),
    )
