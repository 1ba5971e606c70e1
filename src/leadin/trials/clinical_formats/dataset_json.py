"""Dataset-JSON 1.1 of CDISC: one data set a file, as text and back.

Reference: CDISC Dataset-JSON v1.1 (2024), https://www.cdisc.org/standards/data-exchange/dataset-json.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, cast

import polars as pl

from leadin.errors import DataError
from leadin.trials.clinical_formats.data_set import (
    KINDS,
    NAME,
    DataSet,
    Kind,
    Variable,
    empty_text_as_missing,
)

VERSION = "1.1.0"
LARGEST_FILE = 1_000_000_000
MADE = "1970-01-01T00:00:00"
"""Written as the time of creation, so that the same data give the same bytes."""
ADVICE = "Export it as Dataset-JSON 1.1, as a SAS transport file or as CSV."


def read_dataset_json(path: Path) -> DataSet:
    """The data set in the Dataset-JSON file at `path`; empty text and null are both missing.

    Raises DataError, naming the file and the field, for a file that is not there, is no JSON, is another kind of JSON,
    is of another version, has rows of another width or number than it says, or cells that are not of their type.
    """
    return dataset_from_json(path.name, _text(path))


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise DataError(f"{path}: expected a Dataset-JSON file; there is no such file. Check the path.")
        if path.stat().st_size > LARGEST_FILE:
            raise DataError(f"{path.name}: expected at most {LARGEST_FILE:,} bytes; got more. Split the data set.")
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}. Check the permissions.") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name}: expected UTF-8 text, as JSON is; got the byte 0x{raw[error.start]:02x} at position "
            f"{error.start}. Save the file as UTF-8."
        ) from None


def dataset_from_json(where: str, text: str) -> DataSet:
    """The data set that `text` says; `where` names it in messages. Raises as `read_dataset_json`."""
    if not text.strip():
        raise DataError(f"{where}: expected Dataset-JSON; got an empty file. {ADVICE}")
    try:
        said = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(
            f"{where}, line {error.lineno}: expected JSON; got text that is none ({error.msg}). Is the file cut off?"
        ) from None
    except (ValueError, RecursionError):
        raise DataError(f"{where}: expected JSON; got text that is none. {ADVICE}") from None
    if not isinstance(said, dict) or "datasetJSONVersion" not in said:
        got = "a list" if isinstance(said, list) else "JSON without datasetJSONVersion" if said else "empty JSON"
        got = "Dataset-JSON 1.0" if isinstance(said, dict) and {"clinicalData", "referenceData"} & set(said) else got
        raise DataError(f"{where}: expected Dataset-JSON 1.1; got {got}. {ADVICE}")
    if not str(said["datasetJSONVersion"]).startswith("1.1"):
        raise DataError(f"{where}: expected datasetJSONVersion 1.1; got {said['datasetJSONVersion']!r}. {ADVICE}")
    name = said.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise DataError(f"{where}: expected a name such as ADSL; got {name!r}. Correct the field 'name'.")
    variables = _variables(where, said.get("columns"))
    rows = _rows(where, said, variables)
    return DataSet(name.upper(), str(said.get("label") or ""), variables, rows, _study(said, rows))


def _study(said: dict[str, Any], rows: pl.DataFrame) -> str | None:
    inside = rows["STUDYID"].drop_nulls() if "STUDYID" in rows.columns else pl.Series([], dtype=pl.String)
    return str(inside[0]) if inside.len() else said.get("studyOID")


def _variables(where: str, columns: object) -> tuple[Variable, ...]:
    if not isinstance(columns, list) or not columns:
        raise DataError(f"{where}: expected a list of columns; got {_said(columns)}. {ADVICE}")
    variables = []
    for number, column in enumerate(columns):
        at = f"{where}, columns[{number}]"
        if not isinstance(column, dict):
            raise DataError(f"{at}: expected an object with name, label and dataType; got {_said(column)}.")
        name, kind = column.get("name"), column.get("dataType")
        if not isinstance(name, str) or not name.strip():
            raise DataError(f"{at}.name: expected the name of a variable; got {_said(name)}.")
        if kind not in KINDS:
            raise DataError(f"{at}.dataType: expected one of {', '.join(KINDS)}; got {_said(kind)} ({name}).")
        variables.append(
            Variable(
                name=name.strip(),
                label=str(column.get("label") or ""),
                kind=cast(Kind, kind),
                length=_number(column.get("length")),
                display_format=column.get("displayFormat"),
                key=_number(column.get("keySequence")),
                target=column.get("targetDataType"),
            )
        )
    names = [each.name.upper() for each in variables]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{where}: expected every variable once; got {', '.join(twice)} several times. Rename it.")
    return tuple(variables)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _rows(where: str, said: dict[str, Any], variables: tuple[Variable, ...]) -> pl.DataFrame:
    rows = said.get("rows", [])
    if not isinstance(rows, list):
        raise DataError(f"{where}: expected a list of rows; got {_said(rows)}. {ADVICE}")
    width, counted = len(variables), said.get("records")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != width:
            got = f"{len(row)}" if isinstance(row, list) else _said(row)
            raise DataError(
                f"{where}, row {number}: expected {width} cells, as there are columns; got {got}. Export it again."
            )
    if isinstance(counted, int) and counted != len(rows):
        raise DataError(
            f"{where}: expected {counted} rows, as 'records' says; got {len(rows)}. Is the file cut off? Export it "
            "again."
        )
    columns = {each.name: _cells(where, each, [row[i] for row in rows]) for i, each in enumerate(variables)}
    return empty_text_as_missing(pl.DataFrame(columns))


def _cells(where: str, variable: Variable, cells: list[Any]) -> pl.Series:
    """The cells of one variable in their type; DataError for the first that is not of it."""
    stored = variable.stored
    out: list[object] = []
    for number, cell in enumerate(cells, start=1):
        if cell is None or cell == "":
            out.append(None)
        elif _fits(cell, stored):
            out.append(float(cell) if stored is pl.Float64 else int(cell) if stored is pl.Int64 else cell)
        else:
            raise DataError(
                f"{where}, row {number}, {variable.name}: expected {variable.kind}; got {_said(cell)}. Correct it."
            )
    return pl.Series(variable.name, out, dtype=stored)


def _fits(cell: object, stored: type[pl.DataType]) -> bool:
    if stored is pl.Boolean:
        return isinstance(cell, bool)
    if stored is pl.String:
        return isinstance(cell, str)
    if isinstance(cell, bool) or not isinstance(cell, int | float) or not math.isfinite(cell):
        return False
    return stored is pl.Float64 or (cell == int(cell) and abs(cell) < 2**63)


def _said(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def dataset_to_json(data: DataSet, *, source: str = "leadin") -> str:
    """The text of a Dataset-JSON 1.1 file; equal data give equal text. A row a line.

    Missing cells are null where SAS keeps numbers (dates with a target among them), else empty text, as CDISC's own
    files have it. `originator` is `source`.
    """
    said = {
        "datasetJSONCreationDateTime": MADE,
        "datasetJSONVersion": VERSION,
        "originator": source,
        "studyOID": data.study,
        "itemGroupOID": f"IG.{data.name}",
        "records": data.rows.height,
        "name": data.name,
        "label": data.label,
        "columns": [_column(data.name, each) for each in data.variables],
    }
    said = {field: value for field, value in said.items() if value is not None}
    missing = [None if _numeric(each) else "" for each in data.variables]
    lines = [
        json.dumps([_cell(cell, gone) for cell, gone in zip(row, missing, strict=True)], ensure_ascii=False)
        for row in data.rows.iter_rows()
    ]
    head = json.dumps(said, ensure_ascii=False, indent=1)
    return head[:-2] + ',\n "rows": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def _cell(cell: object, missing: object) -> object:
    return missing if cell is None else cell


def _numeric(variable: Variable) -> bool:
    return variable.stored is not pl.String or variable.target is not None


def _column(name: str, variable: Variable) -> dict[str, Any]:
    said = {
        "itemOID": f"IT.{name}.{variable.name}",
        "name": variable.name,
        "label": variable.label,
        "dataType": variable.kind,
        "targetDataType": variable.target,
        "length": variable.length,
        "displayFormat": variable.display_format,
        "keySequence": variable.key,
    }
    return {field: value for field, value in said.items() if value is not None}
