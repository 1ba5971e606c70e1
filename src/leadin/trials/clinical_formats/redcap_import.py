"""REDCap-style CSV that leadin wrote, read back: records and the data dictionary that says what each field holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from leadin.errors import DataError
from leadin.trials.checks import check_trial
from leadin.trials.clinical_formats.redcap_fields import HEADER, LEADING, MARK, Field
from leadin.trials.delimited_text import TextTable, read_delimited
from leadin.trials.import_report import ChangeLog, ImportReport, SourceCount
from leadin.trials.schema import SCHEMAS, conform
from leadin.trials.trial import TABLES, Manifest, Trial, empty_trial
from leadin.trials.typed_cells import typed
from leadin.version import __version__

_STORED = {"number": "Float64", "integer": "Int64"}
_TYPES: dict[str, type[pl.DataType]] = {
    "String": pl.String,
    "Float64": pl.Float64,
    "Int64": pl.Int64,
    "Boolean": pl.Boolean,
}


def redcap_pair(files: Sequence[Path]) -> tuple[Path, Path] | None:
    """The records and the data dictionary among two CSV files that leadin exported; None for anything else."""
    if len(files) != 2 or any(path.suffix.lower() != ".csv" or not path.is_file() for path in files):
        return None
    starts = {path: path.read_bytes()[:2_000].decode("utf-8", errors="replace") for path in files}
    dictionary = [path for path, text in starts.items() if text.lstrip('\ufeff"').startswith(HEADER[0])]
    records = [path for path, text in starts.items() if text.lstrip('\ufeff"').startswith(LEADING[0])]
    if len(dictionary) != 1 or len(records) != 1 or MARK not in dictionary[0].read_text("utf-8", errors="replace"):
        return None
    return records[0], dictionary[0]


def import_redcap(records: Path, dictionary: Path) -> tuple[Trial, ImportReport]:
    """The trial in the two files of a REDCap-style export of leadin.

    A cell that is not of its field's type is set missing and reported. DataError for files that cannot be read (see
    `read_delimited`), a dictionary without leadin's annotations or with one that means nothing, records that lack a
    field, and for rows of an instrument that the dictionary does not know.
    """
    fields = _fields(dictionary)
    table = read_delimited(records)
    lacking = [name for name in (*LEADING, *(field.name for field in fields)) if name not in table.cells.columns]
    if lacking:
        raise DataError(
            f"{records.name}: expected the fields of {dictionary.name}; got none called {', '.join(lacking[:5])}."
        )
    instruments = table.cells["redcap_repeat_instrument"].fill_null("participants")
    unknown = [name for name in instruments.unique(maintain_order=True) if name not in TABLES]
    if unknown:
        raise DataError(f"{records.name}: expected the instruments {', '.join(TABLES)}; got {', '.join(unknown[:5])}.")
    log = ChangeLog()
    tables, counts = {}, []
    for name in TABLES:
        mine = [field for field in fields if field.table == name]
        here = instruments == name
        rows = _rows(name, mine, table, here, records.name, log)
        tables[name] = rows
        counts.append(SourceCount(name, records.name, int(here.sum()), 0, 0, 0, rows.height))
    if tables["participants"].is_empty():
        raise DataError(f"{records.name}: expected at least one participant; got records without one.")
    report = ImportReport(log.changes(), tuple(count for count in counts if count.read))
    trial = empty_trial(Manifest(origin="imported", leadin_version=__version__)).with_tables(tables)
    return replace(trial, findings=(*report.findings(), *check_trial(trial))), report


def _fields(dictionary: Path) -> list[Field]:
    said = read_delimited(dictionary).cells
    lacking = [name for name in HEADER if name not in said.columns]
    if lacking:
        raise DataError(f"{dictionary.name}: expected the columns of a REDCap data dictionary; got no {lacking[0]!r}.")
    fields = []
    for row in said.iter_rows(named=True):
        name, note = row[HEADER[0]] or "", row["Field Annotation"] or ""
        place, _, column = note.removeprefix(MARK).partition(".")
        if name == "record_id":
            continue
        if not note.startswith(MARK) or place not in SCHEMAS or not column:
            raise DataError(
                f"{dictionary.name}, {name}: expected the annotation '{MARK}TABLE.COLUMN'; got {note!r}. Restore it, "
                "or import the records by a mapping."
            )
        check = _STORED.get(row["Text Validation Type OR Show Slider Number"] or "", "String")
        fields.append(Field(name, place, column, "Boolean" if row["Field Type"] == "yesno" else check))
    return fields


def _rows(name: str, fields: list[Field], table: TextTable, here: pl.Series, file: str, log: ChangeLog) -> pl.DataFrame:
    cells, lines = table.cells.filter(here), table.lines.filter(here)
    columns = [cells["record_id"].alias("participant_id")]
    for field in fields:
        read = typed(cells[field.name], _TYPES[field.kind])
        lost = read.unreadable.fill_null(False)
        wrong = "not what the data dictionary says"
        log.add(name, file, "emptied", field.column, wrong, lines.filter(lost), cells[field.name].filter(lost))
        columns.append(read.values.alias(field.column))
    rows = pl.DataFrame(columns)
    if name != "assessments":
        return conform(name, rows)
    measures = [column for column in rows.columns if column.startswith("measure ")]
    parts = [
        rows.select(
            "participant_id",
            "day",
            pl.lit(measure.removeprefix("measure ")).alias("measure"),
            value=measure,
            visit="visit",
        )
        for measure in measures
    ]
    long = pl.concat(parts).filter(pl.col("value").is_not_null()) if parts else pl.DataFrame()
    return conform(name, long)
