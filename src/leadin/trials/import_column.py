"""One column of an outside table turned into one column of a trial: codes, missing codes, units, dates."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from leadin.trials.import_report import ChangeLog
from leadin.trials.mapping import ColumnFrom, Word
from leadin.trials.typed_cells import typed
from leadin.trials.units import KEPT_IN, factor

SECONDS_PER_DAY = 86_400.0
WHOLE_COLUMN = pl.Series("line", [None], dtype=pl.Int64)
"""The line of a change that is none of one line."""


@dataclass(frozen=True)
class OutsideRows:
    """Rows of one file on their way into one table. cells: text, blanks around it removed, empty cells null. lines:
    their lines in the file. missing: cells that mean no value. decimal: mark of decimals.
    """

    table: str
    file: str
    cells: pl.DataFrame
    lines: pl.Series
    missing: tuple[Word, ...]
    decimal: str


@dataclass(frozen=True)
class DateZero:
    """Dates of time zero by participant, for the rows at hand: one per row, None where it is not known."""

    dates: tuple[datetime.datetime | None, ...]


def column_from(
    rows: OutsideRows,
    source: ColumnFrom,
    column: str,
    dtype: type[pl.DataType],
    log: ChangeLog,
    *,
    unit_of: str | None = None,
    zero: DateZero | None = None,
) -> pl.Series:
    """The cells of `column`, one per row, as `dtype`; every cell that changes its meaning or is lost goes into `log`.

    unit_of: the name that decides the unit (the measure, for values of one measure), by default the column's. zero:
    where dates are counted from. A cell that no code covers, that is no number, no date or not true or false, becomes
    null.
    """
    if source.column is None:
        words = pl.repeat(_said(source.value), rows.lines.len(), eager=True, dtype=pl.String)
        return typed(words.alias(column), dtype).values
    cells = _without_missing(rows, source, column, log)
    if source.codes:
        cells = _decoded(rows, source, column, cells, log)
    if source.date is not None:
        return _days(rows, source.date, column, cells, zero, log)
    if dtype is pl.String:
        return cells.alias(column)
    return _numbers(rows, source, column, cells, dtype, unit_of or column, log)


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def alike(word: object) -> str:
    """`word` in the form in which a cell is compared with a code: numbers by value, all else letter by letter."""
    text = str(word).strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return repr(number) if math.isfinite(number) else text


def _without_missing(rows: OutsideRows, source: ColumnFrom, column: str, log: ChangeLog) -> pl.Series:
    cells = rows.cells[source.column or ""]
    words = {alike(word) for word in (*rows.missing, *source.missing)}
    if not words:
        return cells
    hit = _mapped(cells, {cell: alike(cell) in words for cell in cells.drop_nulls().unique()}, pl.Boolean)
    hit = hit.fill_null(False)
    log.add(rows.table, rows.file, "recoded", column, "missing code", rows.lines.filter(hit), cells.filter(hit))
    return pl.select(pl.when(~hit).then(cells)).to_series()


def _decoded(rows: OutsideRows, source: ColumnFrom, column: str, cells: pl.Series, log: ChangeLog) -> pl.Series:
    codes = {alike(code): _said(value) for code, value in source.codes.items()}
    values = _mapped(cells, {cell: codes.get(alike(cell)) for cell in cells.drop_nulls().unique()}, pl.String)
    told = values.is_not_null() & (values != cells)
    log.add(
        rows.table,
        rows.file,
        "recoded",
        column,
        "code",
        rows.lines.filter(told),
        cells.filter(told),
        values.filter(told),
    )
    lost = cells.is_not_null() & values.is_null()
    log.add(
        rows.table,
        rows.file,
        "emptied",
        column,
        "no code says what it becomes",
        rows.lines.filter(lost),
        cells.filter(lost),
    )
    return values


def _mapped(cells: pl.Series, words: Mapping[str, object], dtype: type[pl.DataType]) -> pl.Series:
    if not words:
        return pl.repeat(None, cells.len(), eager=True, dtype=dtype)
    return cells.replace_strict(words, default=None, return_dtype=dtype)


def _numbers(
    rows: OutsideRows,
    source: ColumnFrom,
    column: str,
    cells: pl.Series,
    dtype: type[pl.DataType],
    unit_of: str,
    log: ChangeLog,
) -> pl.Series:
    # With a comma for decimals a point separates thousands, or is a slip: never the decimal point it looks like.
    commas = rows.decimal == "," and dtype is not pl.Boolean
    read = typed(cells.str.replace_many([".", ","], ["?", "."]) if commas else cells, dtype)
    values, lost = read.values, read.unreadable.fill_null(False)
    if dtype is pl.Float64:
        endless = values.is_not_null() & ~values.is_finite()
        lost = lost | endless
        values = pl.select(pl.when(~endless).then(values)).to_series()
    whole = "not a whole number" if dtype is pl.Int64 else "not a number"
    what = "not true or false" if dtype is pl.Boolean else whole
    log.add(rows.table, rows.file, "emptied", column, what, rows.lines.filter(lost), cells.filter(lost))
    spelt = read.spelt.fill_null(False)
    log.add(rows.table, rows.file, "recoded", column, "missing", rows.lines.filter(spelt), cells.filter(spelt))
    if source.unit is not None and dtype is pl.Float64 and source.unit != KEPT_IN[unit_of]:
        times = factor(source.unit, unit_of)
        reason = f"times {times:.10g}, {values.count()} cells"
        log.add(rows.table, rows.file, "converted", column, reason, WHOLE_COLUMN, source.unit, KEPT_IN[unit_of])
        values = values * times
    return values.alias(column)


def _days(
    rows: OutsideRows, form: str, column: str, cells: pl.Series, zero: DateZero | None, log: ChangeLog
) -> pl.Series:
    """Dates as days from time zero, fractions where the format has a time of day."""
    dates = {cell: date_from(cell, form) for cell in cells.drop_nulls().unique()}
    zeros = zero.dates if zero is not None else (None,) * cells.len()
    days: list[float | None] = []
    unread: list[bool] = []
    unknown: list[bool] = []
    for cell, start in zip(cells, zeros, strict=True):
        date = None if cell is None else dates[cell]
        unread.append(cell is not None and date is None)
        unknown.append(date is not None and start is None)
        days.append(None if date is None or start is None else (date - start).total_seconds() / SECONDS_PER_DAY)
    for reason, marks in ((f"not a date as {form}", unread), ("no date of time zero", unknown)):
        hit = pl.Series(marks, dtype=pl.Boolean)
        log.add(rows.table, rows.file, "emptied", column, reason, rows.lines.filter(hit), cells.filter(hit))
    log.add(
        rows.table, rows.file, "converted", column, "counted from time zero", WHOLE_COLUMN, f"dates as {form}", "days"
    )
    return pl.Series(column, days, dtype=pl.Float64)


def date_from(cell: str, form: str) -> datetime.datetime | None:
    """The date that `cell` says in the format `form`; None when it says none. A time zone is refused too."""
    try:
        date = datetime.datetime.strptime(cell, form)
    except ValueError:
        return None
    return None if date.tzinfo is not None else date
