"""A trial as REDCap-style CSV: a row a participant, visit, lot, dose, event or adverse event; and a data dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from leadin.errors import DataError
from leadin.trials.clinical_formats.data_set import as_text
from leadin.trials.clinical_formats.loss_report import Loss
from leadin.trials.clinical_formats.redcap_fields import (
    DICTIONARY,
    HEADER,
    LEADING,
    RECORDS,
    Field,
    csv_text,
    field_name,
)
from leadin.trials.delimited_text import CONTROL
from leadin.trials.schema import SCHEMAS
from leadin.trials.trial import TABLES, Trial
from leadin.trials.write import as_written

REDCAP_FILES = (RECORDS, DICTIONARY)
ENROLMENT, UNSCHEDULED = "enrolment", "unscheduled"
"""Names of REDCap events for rows of no visit: what a participant is, and what happened whenever it did."""
PERSON = "participant_id"


def redcap_files(trial: Trial) -> tuple[dict[str, bytes], tuple[Loss, ...]]:
    """The two files, and what they cannot hold.

    records.csv: a row a participant (event `enrolment_arm_1`); a row a participant, day and visit for assessments, each
    measure a field; a row each for lots, administrations, events and adverse events, as repeating instruments. Cannot
    be held: rows without a participant (cells from stock), a second row of one participant, assessments without a
    value, and further columns of assessments.
    """
    tables = {name: as_written(name, trial.table(name)) for name in TABLES}
    fields = _fields(tables)
    losses: list[Loss] = []
    rows: list[tuple[tuple[str, ...], dict[str, str]]] = []
    people = {str(who) for who in tables["participants"][PERSON].drop_nulls()}
    for name, table in tables.items():
        mine = {field.column: field for field in fields if field.table == name}
        held = _with_a_person(name, table, people, losses)
        if name == "participants":
            rows += _of_participants(held, mine, losses)
        elif name == "assessments":
            rows += _of_assessments(held, mine, losses)
        else:
            rows += _of_instrument(name, held, mine)
    rows.sort(key=lambda row: (row[0][0], ""))
    names = [field.name for field in fields]
    lines = [(*leading, *(cells.get(name, "") for name in names)) for leading, cells in rows]
    _refuse_control(lines)
    first = Field("record_id", "participants", PERSON, "String")
    files = {
        RECORDS: csv_text([(*LEADING, *names), *lines]).encode(),
        DICTIONARY: csv_text([HEADER, first.row(), *(field.row() for field in fields)]).encode(),
    }
    for data in trial.outside:
        if data.rows.height:
            text = f"{data.rows.height} rows that stand beside the tables (outside.{data.name}.json) are not written."
            losses.append(Loss("warning", data.name, text))
    for place, there in (("protocol.json", trial.protocol), ("manifest.json", trial.manifest.simulation)):
        if there is not None:
            losses.append(Loss("note", place, "It has no place in REDCap; keep the trial folder."))
    return files, tuple(losses)


def _refuse_control(lines: list[tuple[str, ...]]) -> None:
    wrong = next((cell for line in lines for cell in line if CONTROL.search(cell)), None)
    if wrong is not None:
        raise DataError(f"records.csv: expected text without control characters; got {wrong!r}. Remove them.")


def _fields(tables: dict[str, pl.DataFrame]) -> list[Field]:
    fields: list[Field] = []
    used = set(LEADING)
    for name, table in tables.items():
        columns = [(column, str(dtype)) for column, dtype in table.schema.items() if column != PERSON]
        if name == "assessments":
            measures = table.filter(pl.col("value").is_not_null())["measure"].drop_nulls().unique(maintain_order=True)
            columns = [("day", "Float64"), ("visit", "String")]
            columns += [(f"measure {measure}", "Float64") for measure in measures.sort()]
        for column, kind in columns:
            fields.append(Field(field_name(name, column, used), name, column, kind))
            used.add(fields[-1].name)
    return fields


def _with_a_person(name: str, table: pl.DataFrame, people: set[str], losses: list[Loss]) -> pl.DataFrame:
    held = table.filter(pl.col(PERSON).is_in(list(people)))
    lost = table.height - held.height
    if lost:
        text = f"{lost} rows of no participant are not written: each record of REDCap is a participant."
        losses.append(Loss("warning", name, text))
    return held


Row = tuple[tuple[str, ...], dict[str, str]]


def _of_participants(table: pl.DataFrame, fields: dict[str, Field], losses: list[Loss]) -> Iterator[Row]:
    once = table.unique(PERSON, keep="first", maintain_order=True)
    if once.height < table.height:
        text = f"{table.height - once.height} further rows of a participant are not written: a record has one."
        losses.append(Loss("warning", "participants", text))
    for row in _texts(once):
        yield (row[PERSON], _event(ENROLMENT), "", ""), _cells(row, fields)


def _of_instrument(name: str, table: pl.DataFrame, fields: dict[str, Field]) -> Iterator[Row]:
    seen: dict[str, int] = {}
    for row in _texts(table):
        number = seen[row[PERSON]] = seen.get(row[PERSON], 0) + 1
        yield (row[PERSON], _event(UNSCHEDULED), name, str(number)), _cells(row, fields)


def _of_assessments(table: pl.DataFrame, fields: dict[str, Field], losses: list[Loss]) -> Iterator[Row]:
    """A row a day and visit; a measure that comes twice on it opens a second row."""
    further = [column for column in table.columns if column not in SCHEMAS["assessments"]]
    for column in further:
        if table[column].count():
            text = "Further columns of assessments are not written: a row holds all measures of a visit."
            losses.append(Loss("warning", f"assessments.{column}", text))
    held = table.filter(pl.col("value").is_not_null() & pl.col("measure").is_not_null())
    if held.height < table.height:
        text = f"{table.height - held.height} rows without a value are not written: an empty field says the same."
        losses.append(Loss("warning", "assessments", text))
    rows: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for row in _texts(held.select(PERSON, "day", "visit", "measure", "value")):
        visits = rows.setdefault((row[PERSON], row["day"], row["visit"]), [])
        name = fields[f"measure {row['measure']}"].name
        here = next((cells for cells in visits if name not in cells), None)
        if here is None:
            here = {fields["day"].name: row["day"], fields["visit"].name: row["visit"]}
            visits.append(here)
        here[name] = row["value"]
    seen: dict[tuple[str, str], int] = {}
    for (who, _, visit), visits in rows.items():
        event = _event(visit or UNSCHEDULED)
        for cells in visits:
            number = seen[who, event] = seen.get((who, event), 0) + 1
            yield (who, event, "assessments", str(number)), cells


def _event(name: str) -> str:
    """The unique name of a REDCap event."""
    return f"{re.sub('[^a-z0-9]+', '_', name.lower()).strip('_')[:18] or 'visit'}_arm_1"


def _texts(table: pl.DataFrame) -> Iterator[dict[str, str]]:
    """Rows as text, missing as empty text, true and false as 1 and 0."""
    texts = [as_text(column.cast(pl.Int64) if column.dtype == pl.Boolean else column).fill_null("") for column in table]
    yield from pl.DataFrame(texts).iter_rows(named=True)


def _cells(row: dict[str, str], fields: dict[str, Field]) -> dict[str, str]:
    return {field.name: row[column] for column, field in fields.items()}
