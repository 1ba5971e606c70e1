"""The rows that one outside file gives to one table."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from leadin.errors import DataError
from leadin.protocols.nearest import nearest
from leadin.trials.import_column import DateZero, OutsideRows, alike, column_from, date_from
from leadin.trials.import_report import ChangeLog, SourceCount
from leadin.trials.mapping import ColumnFrom, Condition, TableFrom, TableMapping
from leadin.trials.merge_rows import FILE, LINE
from leadin.trials.outside_files import OutsideFiles
from leadin.trials.schema import NEVER_EMPTY, SCHEMAS

Dates = Mapping[str, datetime.datetime]


@dataclass(frozen=True)
class Source:
    """One file on its way into one table. field: where the mapping says so, for messages."""

    table: str
    file: str
    said: TableFrom
    field: str


def sources_of(mapping: TableMapping, files: OutsideFiles, name: str) -> tuple[Source, ...]:
    """The files of table `name`, in the order of the mapping. DataError when one is not there."""
    found: list[Source] = []
    for i, said in enumerate(mapping.tables.of(name)):
        field = f"tables.{name}[{i}]"
        found.extend(Source(name, file, said, field) for file in files.matching(said.file, f"{field}.file"))
    return tuple(found)


def outside_rows(source: Source, mapping: TableMapping, files: OutsideFiles) -> OutsideRows:
    """All rows of the file of `source`, as text."""
    said = source.said
    text = files.read(
        source.file, encoding=said.encoding or mapping.encoding, delimiter=said.delimiter or mapping.delimiter
    )
    missing = (*mapping.missing, *said.missing)
    return OutsideRows(source.table, source.file, text.cells, text.lines, missing, said.decimal or mapping.decimal)


def absent_columns(source: Source, columns: list[str]) -> Iterator[str]:
    """What to say of each column that the mapping names and the file lacks."""
    said = source.said
    named: list[tuple[str, str | None]] = [(f"columns.{name}", where.column) for name, where in said.columns.items()]
    named += [(f"measures.{name}", where.column) for name, where in said.measures.items()]
    named += [(f"where[{i}].column", condition.column) for i, condition in enumerate(said.where)]
    named += [("keep", column) for column in said.keep]
    for field, column in named:
        if column is not None and column not in columns:
            near = nearest(column, columns)
            yield (
                f"{source.field}.{field}: expected a column of {source.file} ({', '.join(columns[:20])}); got "
                f"{column!r}. " + (f"Did you mean {near}?" if near else "Correct the mapping.")
            )


def table_rows(source: Source, rows: OutsideRows, dates: Dates, log: ChangeLog) -> tuple[pl.DataFrame, SourceCount]:
    """The rows of the table that `rows` become, with their file and line, and how many there were of each sort."""
    read = rows.lines.len()
    rows = _selected(rows, source.said.where)
    columns = _columns(source, rows, dates, log)
    table, dropped = _complete(source.table, pl.DataFrame(columns), log)
    if source.said.measures:
        kept = rows.lines.is_in(table[LINE].implode())
        rows = OutsideRows(
            rows.table, rows.file, rows.cells.filter(kept), rows.lines.filter(kept), rows.missing, rows.decimal
        )
        table = _one_row_a_measure(source, rows, table, log)
    count = SourceCount(
        table=source.table,
        file=source.file,
        read=read,
        not_selected=read - len(columns[0]),
        dropped=dropped,
        merged=0,
        written=table.height,
    )
    return table, count


def _selected(rows: OutsideRows, conditions: tuple[Condition, ...]) -> OutsideRows:
    take = pl.repeat(True, rows.lines.len(), eager=True, dtype=pl.Boolean)
    for condition in conditions:
        cells = rows.cells[condition.column]
        if condition.filled is not None:
            missing = {alike(word) for word in rows.missing}
            filled = pl.Series([cell is not None and alike(cell) not in missing for cell in cells], dtype=pl.Boolean)
            take = take & (filled if condition.filled else ~filled)
        else:
            wanted = {alike(word) for word in condition.any_of}
            take = take & pl.Series([cell is not None and alike(cell) in wanted for cell in cells], dtype=pl.Boolean)
    return OutsideRows(
        rows.table, rows.file, rows.cells.filter(take), rows.lines.filter(take), rows.missing, rows.decimal
    )


def _columns(source: Source, rows: OutsideRows, dates: Dates, log: ChangeLog) -> list[pl.Series]:
    """The columns of the table, then those kept, then file and line."""
    said, schema = source.said, SCHEMAS[source.table]
    made: dict[str, pl.Series] = {}
    for column in sorted(said.columns, key=lambda name: name != "participant_id"):
        where = said.columns[column]
        zero = None
        if where.date is not None:
            people = made.get("participant_id", pl.repeat(None, rows.lines.len(), eager=True, dtype=pl.String))
            zero = DateZero(tuple(dates.get(who) for who in people))
        unit_of = _measure(said) if column == "value" else None
        made[column] = column_from(rows, where, column, schema[column], log, unit_of=unit_of, zero=zero)
    for column in said.keep:
        made[column] = column_from(rows, ColumnFrom(column=column), column, pl.String, log)
    made[FILE] = pl.repeat(rows.file, rows.lines.len(), eager=True, dtype=pl.String).alias(FILE)
    made[LINE] = rows.lines.alias(LINE)
    return list(made.values())


def _measure(said: TableFrom) -> str | None:
    """The measure of every row, where the mapping says one."""
    measure = said.columns.get("measure")
    return None if measure is None or measure.value is None else str(measure.value)


def _complete(name: str, table: pl.DataFrame, log: ChangeLog) -> tuple[pl.DataFrame, int]:
    """The rows that have all that no row of the table can do without; the others are logged, once each."""
    height = table.height
    for column in NEVER_EMPTY[name]:
        if column in table.columns:
            lacking = table.filter(pl.col(column).is_null())
            for (file,), group in lacking.group_by([FILE], maintain_order=True):
                log.add(name, str(file), "dropped", column, f"no {column}", group[LINE])
            table = table.filter(pl.col(column).is_not_null())
    return table, height - table.height


def _one_row_a_measure(source: Source, rows: OutsideRows, table: pl.DataFrame, log: ChangeLog) -> pl.DataFrame:
    """A row for each measure that has a value, in the order of lines and measures."""
    frames = []
    for order, (measure, where) in enumerate(source.said.measures.items()):
        values = column_from(rows, where, "value", pl.Float64, log, unit_of=measure)
        frames.append(
            table.with_columns(values.alias("value"), measure=pl.lit(measure), order=pl.lit(order)).filter(
                pl.col("value").is_not_null()
            )
        )
    return pl.concat(frames).sort(LINE, "order", maintain_order=True).drop("order")


def dates_of_time_zero(mapping: TableMapping, files: OutsideFiles, log: ChangeLog) -> dict[str, datetime.datetime]:
    """The date of time zero of each participant, by id, where the mapping says one.

    A date that cannot be read, or differs from an earlier one of the same participant, is logged and passed over.
    """
    zero = mapping.time_zero
    if zero is None:
        return {}
    columns = {"participant_id": ColumnFrom(column=zero.participant_id), "day": ColumnFrom(column=zero.column)}
    said = TableFrom(file=zero.file, columns=columns)
    dates: dict[str, datetime.datetime] = {}
    for file in files.matching(zero.file, "time_zero.file"):
        source = Source("time_zero", file, said, "time_zero")
        rows = outside_rows(source, mapping, files)
        raise_absent(absent_columns(source, rows.cells.columns))
        people = column_from(rows, columns["participant_id"], "participant_id", pl.String, log)
        cells = column_from(rows, columns["day"], "date", pl.String, log)
        for who, cell, line in zip(people, cells, rows.lines, strict=True):
            if who is None or cell is None:
                continue
            date = date_from(cell, zero.date)
            reason = f"not a date as {zero.date}" if date is None else "another date of the same participant"
            if date is None or dates.setdefault(who, date) != date:
                log.add("time_zero", file, "emptied", "date", reason, pl.Series([line], dtype=pl.Int64), cell)
    return dates


def raise_absent(problems: Iterator[str]) -> None:
    """DataError with all `problems` at once, if there are any."""
    told = list(problems)
    if told:
        raise DataError("\n".join(told))
