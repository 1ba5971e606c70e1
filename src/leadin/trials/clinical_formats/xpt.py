"""SAS transport files (XPT) of version 5, the form in which regulators take data sets, read and written by pyreadstat.

Reference: SAS TS-140, The record layout of a data set in SAS transport (XPORT) format.
"""

from __future__ import annotations

import datetime
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from leadin.errors import DataError
from leadin.trials.clinical_formats.data_set import NAME, DataSet, Kind, Variable, empty_text_as_missing
from leadin.trials.clinical_formats.xpt_header import checked_header

LONGEST_NAME, LONGEST_LABEL, LONGEST_TEXT = 8, 40, 200
"""Letters of a name, bytes of a label, bytes of a cell: what version 5 can hold."""
LARGEST, SMALLEST = 9.0e74, 5.4e-79
"""Numbers beyond these become infinite, or zero, when pyreadstat writes the floating point of a transport file. (The
format itself goes up to 7.2e75.)"""
XPT_NAME = re.compile("[A-Z_][A-Z0-9_]{0,7}")
_EPOCH = datetime.date(1960, 1, 1)
_DATES = re.compile(r"(DATE|YYMMDD|MMDDYY|DDMMYY|E8601DA|IS8601DA|DAY|JULIAN)\d*(\.\d*)?$", re.IGNORECASE)
_DATETIMES = re.compile(r"(DATETIME|E8601DT|IS8601DT)\d*(\.\d*)?$", re.IGNORECASE)
_STAMP = b"01JAN60:00:00:00"
_STAMPS = (144, 160, 464, 480)
"""Where a file says when it was made. The stamp is the same in every file, so that equal data give equal bytes."""


def read_xpt(path: Path, *, encoding: str | None = None) -> DataSet:
    """The data set in the transport file at `path`. encoding: of its text, UTF-8 unless said.

    Numbers with a date format become dates (ISO 8601 text); numbers that are all whole become integers; blank text is
    missing, and so are all of SAS's special missing values.

    Raises DataError for a file that is not there, is no transport file, is of version 8, is cut off, holds several data
    sets, or text in another encoding.
    """
    import pyreadstat

    header = checked_header(path)
    try:
        cells, said = pyreadstat.read_xport(
            str(path), output_format="polars", disable_datetime_conversion=True, encoding=encoding
        )
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name}: expected {encoding or 'UTF-8'} text; got the byte 0x{error.object[error.start]:02x}. "
            "Import it by a mapping that says its encoding, e.g. 'encoding: latin1'."
        ) from None
    except (pyreadstat.ReadstatError, LookupError, ValueError) as error:
        raise DataError(
            f"{path.name}: expected a SAS transport file; cannot be read: {error}. Export it again."
        ) from None
    if cells.height != header.rows:
        raise DataError(f"{path.name}: expected {header.rows} rows by its size; got {cells.height}. Export it again.")
    variables, columns = [], []
    for name in said.column_names:
        form = said.original_variable_types.get(name)
        text = said.readstat_variable_types[name] == "string"
        series = _cells(cells[name], text, form)
        variables.append(_variable(name, said.column_names_to_labels.get(name) or "", series, text, form, said))
        columns.append(series)
    rows = empty_text_as_missing(pl.DataFrame(columns))
    study = rows["STUDYID"].drop_nulls() if "STUDYID" in rows.columns else pl.Series([], dtype=pl.String)
    name = (said.table_name or path.stem).strip().upper()
    if not NAME.fullmatch(name):
        raise DataError(f"{path.name}: expected a data set with a name such as ADSL; got {name!r}. Rename it.")
    return DataSet(name, said.file_label or "", tuple(variables), rows, study[0] if study.len() else None)


def _cells(cells: pl.Series, text: bool, form: str | None) -> pl.Series:
    """Cells in their type: text, whole numbers, numbers, or dates as text."""
    if text:
        return cells.cast(pl.String)
    numbers = cells.cast(pl.Float64)
    held = numbers.drop_nulls()
    whole = bool((held == held.floor()).all()) and bool((held.abs() < 2**53).all())
    if form is not None and _DATES.match(form) and whole and bool((held.abs() < 2_000_000).all()):
        days = [None if day is None else (_EPOCH + datetime.timedelta(days=day)).isoformat() for day in numbers]
        return pl.Series(cells.name, days, dtype=pl.String)
    if form is not None and _DATETIMES.match(form) and whole and bool((held.abs() < 1.5e11).all()):
        start = datetime.datetime.combine(_EPOCH, datetime.time())
        times = [None if at is None else (start + datetime.timedelta(seconds=at)).isoformat() for at in numbers]
        return pl.Series(cells.name, times, dtype=pl.String)
    return numbers.cast(pl.Int64) if whole else numbers


def _variable(name: str, label: str, cells: pl.Series, text: bool, form: str | None, said: object) -> Variable:
    kind: Kind = "string" if text else "integer" if cells.dtype == pl.Int64 else "float"
    target = None
    if not text and cells.dtype == pl.String and form is not None:
        kind, target = ("datetime" if _DATETIMES.match(form) else "date"), "integer"
    width = getattr(said, "variable_storage_width", {}).get(name) if text else None
    return Variable(name, label, kind, length=width, display_format=form, target=target)


@dataclass(frozen=True)
class _Column:
    cells: pl.Series
    form: str | None


def xpt_bytes(data: DataSet) -> bytes:
    """The transport file of `data`; equal data give equal bytes. Dates with a target are written as SAS dates.

    Give it what `fitting_xpt` has made fit. Raises DataError for what version 5 cannot hold.
    """
    import pyreadstat

    columns = {each.name: _written(data, each) for each in data.variables}
    for each in data.variables:
        text = columns[each.name].cells
        long = text.dtype == pl.String and bool((text.str.len_bytes() > LONGEST_TEXT).any())
        if long or not XPT_NAME.fullmatch(each.name) or len(each.label.encode()) > LONGEST_LABEL:
            raise DataError(f"{data.name}.{each.name}: expected what a transport file can hold; got more.")
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "data.xpt"
        pyreadstat.write_xport(
            pl.DataFrame({name: column.cells for name, column in columns.items()}),
            str(path),
            file_label=data.label,
            column_labels=[each.label for each in data.variables],
            table_name=data.name,
            file_format_version=5,
            variable_format={name: column.form for name, column in columns.items() if column.form},
        )
        raw = bytearray(path.read_bytes())
    for start in _STAMPS:
        raw[start : start + len(_STAMP)] = _STAMP
    return bytes(raw)


def _written(data: DataSet, variable: Variable) -> _Column:
    cells = data.rows[variable.name]
    if variable.stored is pl.String and variable.target == "integer" and variable.kind in ("date", "datetime"):
        numbers = [None if cell is None else _sas_number(cell, variable.kind) for cell in cells]
        form = variable.display_format or ("DATE9." if variable.kind == "date" else "DATETIME20.")
        return _Column(pl.Series(cells.name, numbers, dtype=pl.Float64), form)
    if variable.stored is pl.String:
        return _Column(cells.fill_null(""), None)
    if variable.stored is pl.Boolean:
        return _Column(cells.replace_strict({True: "Y", False: "N"}, default="", return_dtype=pl.String), None)
    return _Column(cells.cast(pl.Float64), variable.display_format)


def _sas_number(cell: str, kind: str) -> float:
    """An ISO date or time as SAS counts it. ValueError for a date that is not whole: `fitting_xpt` keeps those text."""
    if kind == "date":
        return float((datetime.date.fromisoformat(cell) - _EPOCH).days)
    start = datetime.datetime.combine(_EPOCH, datetime.time())
    return (datetime.datetime.fromisoformat(cell) - start).total_seconds()
