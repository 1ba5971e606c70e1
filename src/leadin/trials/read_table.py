"""One table of a trial folder: its cells turned into the types of its columns, with findings on those that do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from leadin.errors import DataError
from leadin.protocols.nearest import nearest
from leadin.trials.checks.places import SHOWN, counted, listed
from leadin.trials.delimited_text import read_delimited
from leadin.trials.finding import Finding
from leadin.trials.manifest_file import ColumnType
from leadin.trials.parquet_table import read_parquet_table
from leadin.trials.schema import REQUIRED, SCHEMAS, conform
from leadin.trials.typed_cells import Typed, guessed, typed

FURTHER_TYPES: dict[ColumnType, type[pl.DataType]] = {
    "String": pl.String,
    "Float64": pl.Float64,
    "Int64": pl.Int64,
    "Boolean": pl.Boolean,
}
_EXPECTED: dict[type[pl.DataType], str] = {
    pl.Float64: "a number",
    pl.Int64: "a whole number",
    pl.Boolean: "true or false",
}


def read_table(name: str, path: Path, further: Mapping[str, ColumnType]) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Table `name` of a trial from `path` (.csv or .parquet), known columns first, and what there is to say about it.

    further: types of columns that no schema knows, as the manifest has them; without, they are guessed from CSV text
    and kept as they are in Parquet. DataError when the file cannot be read or lacks a necessary column.
    """
    findings: list[Finding] = []
    if path.suffix == ".parquet":
        cells, lines = read_parquet_table(path), None
    else:
        text = read_delimited(path)
        cells, lines = text.cells, text.lines
        if not text.whole:
            message = (
                f"{path.name} does not end with a line end: its last line may be cut off. Compare it with the original."
            )
            findings.append(Finding("cut-off", "warning", name, (), message))
    _refuse_without(name, path, cells.columns)
    findings.extend(_renamed(name, path, cells.columns))
    columns = []
    for column in cells.columns:
        wanted = SCHEMAS[name].get(column) or _further_type(further.get(column))
        read = _as_wanted(cells[column], wanted)
        columns.append(read.values.alias(column))
        findings.extend(_about_column(name, path.name, cells[column], read, wanted, lines))
    return conform(name, pl.DataFrame(columns)), tuple(findings)


def _further_type(said: ColumnType | None) -> type[pl.DataType] | None:
    return None if said is None else FURTHER_TYPES[said]


def _as_wanted(cells: pl.Series, wanted: type[pl.DataType] | None) -> Typed:
    if cells.dtype == pl.String:
        cells = pl.select(pl.when(cells != "").then(cells).alias(cells.name)).to_series()
        if wanted is None:
            values, nothing = guessed(cells), pl.repeat(False, cells.len(), eager=True, dtype=pl.Boolean)
            return Typed(values, nothing, nothing)
        return typed(cells, wanted)
    return _stored(cells, wanted)


def _stored(cells: pl.Series, wanted: type[pl.DataType] | None) -> Typed:
    """A Parquet column of another type than text: cast, NaN told as missing."""
    nothing = pl.repeat(False, cells.len(), eager=True, dtype=pl.Boolean)
    spelt = cells.is_nan().fill_null(False) if cells.dtype.is_float() else nothing
    cells = cells.fill_nan(None) if cells.dtype.is_float() else cells
    if wanted is None or cells.dtype == wanted:
        return Typed(cells, nothing, spelt)
    if wanted is pl.Boolean and not cells.dtype.is_integer():
        return Typed(pl.repeat(None, cells.len(), eager=True, dtype=pl.Boolean), cells.is_not_null(), spelt)
    try:
        values = cells.cast(wanted, strict=False)
    except pl.exceptions.PolarsError:
        values = pl.repeat(None, cells.len(), eager=True, dtype=wanted)
    changed = cells.is_not_null() & values.is_null()
    if wanted is pl.Int64 and cells.dtype.is_float():
        changed |= (cells != cells.floor()).fill_null(False)
        values = pl.select(pl.when(~changed).then(values)).to_series()
    return Typed(values, changed, spelt)


def _refuse_without(name: str, path: Path, columns: list[str]) -> None:
    absent = [column for column in REQUIRED[name] if column not in columns]
    if not absent:
        return
    spare = [column for column in columns if column not in SCHEMAS[name]]
    meant = [f"{near!r} for {column!r}" for column in absent if (near := nearest(column, spare)) is not None]
    advice = f"Rename the column: perhaps {', '.join(meant)}." if meant else "Add the column."
    raise DataError(
        f"{path.name}: expected the columns {', '.join(REQUIRED[name])}; got none named {', '.join(absent)} (columns: "
        f"{', '.join(columns[:20])}). {advice}"
    )


def _renamed(name: str, path: Path, columns: list[str]) -> Iterable[Finding]:
    """Further columns that look like a known one that is absent: kept, but probably meant."""
    absent = [column for column in SCHEMAS[name] if column not in columns]
    for column in columns:
        near = None if column in SCHEMAS[name] else nearest(column, absent)
        if near is not None:
            message = f"{path.name}: column {column!r} is kept, but is not used; did you mean {near!r}? Rename it then."
            yield Finding("renamed-column", "warning", name, (), message)


def _about_column(
    name: str, file: str, cells: pl.Series, read: Typed, wanted: type[pl.DataType] | None, lines: pl.Series | None
) -> Iterable[Finding]:
    column = cells.name
    rows = read.unreadable.fill_null(False).arg_true().to_list()
    if rows and wanted is not None:
        shown = [f"{_place(row, lines)}: {str(cells[row])[:40]!r}" for row in rows[:SHOWN]]
        message = (
            f"{file}: {counted(len(rows), 'cell', 'cells')} of {column} should hold {_EXPECTED[wanted]} "
            f"({listed(shown, len(rows))}). Left out with the whole row; correct the cell or leave it empty."
        )
        yield Finding("unreadable-cell", "error", name, tuple(rows), message)
    spelt = read.spelt.arg_true()
    if len(spelt):
        words = sorted({str(cells[row]).strip() for row in spelt})
        message = (
            f"{file}: {counted(len(spelt), 'cell', 'cells')} of {column} {'says' if len(spelt) == 1 else 'say'} "
            f"{' or '.join(words)}, read as missing. An empty cell says the same."
        )
        yield Finding("missing-word", "note", name, tuple(spelt.to_list()), message)


def _place(row: int, lines: pl.Series | None) -> str:
    return f"row {row}" if lines is None else f"line {lines[row]}"
