"""Writing a trial folder: the tables, the manifest with their hashes, the protocol; all of it or nothing."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from leadin.errors import DataError, UsageError
from leadin.protocols.identity import protocol_sha256, protocol_to_json
from leadin.trials.clinical_formats.dataset_json import dataset_to_json
from leadin.trials.delimited_text import CONTROL, LONGEST_CELL
from leadin.trials.folder_swap import replaced_folder
from leadin.trials.manifest_file import MANIFEST, manifest_to_json
from leadin.trials.schema import KEYS, SCHEMAS, conform
from leadin.trials.trial import TABLES, Manifest, Trial
from leadin.version import __version__

if TYPE_CHECKING:
    from leadin.trials.import_report import ImportReport

FORMATS = ("csv", "parquet")
PROTOCOL = "protocol.json"
IMPORT_REPORT = "import_report.csv"

OUTSIDE = re.compile(r"outside\.([A-Z_][A-Z0-9_]*)\.json")
"""Files of data sets that the trial was imported from: their variables, and the rows that no table holds."""

KNOWN_FILES = frozenset(
    {MANIFEST, PROTOCOL, IMPORT_REPORT} | {f"{table}.{suffix}" for table in TABLES for suffix in FORMATS}
)
"""All that a trial folder may hold and still be replaced without asking."""


def write_trial(
    trial: Trial, folder: Path, *, table_format: str = "csv", import_report: ImportReport | None = None
) -> Path:
    """Writes `trial` to `folder`, in place of the trial that stands there, and gives `folder` back.

    table_format: `csv` (UTF-8, missing is an empty cell, numbers in the shortest form that reads back to the same
    number) or `parquet`. Rows are sorted by key, so the same trial gives the same bytes, whatever the order of its
    rows. Empty text is written as missing. import_report: written beside the tables as `import_report.csv`. What no
    table holds of the data sets that the trial was imported from is written as `outside.NAME.json` (Dataset-JSON).

    The folder is written beside its place and put there by one rename: a write that fails or is killed at any point
    leaves what stood there. A folder that is no trial folder, or holds further files, is refused, and
    so is real data (conducted, imported) in the place of which a simulated trial would stand. Raises DataError for
    that, for a place that cannot be written to and for cells that no file can hold; UsageError for another format.
    """
    if table_format not in FORMATS:
        raise UsageError(f"table_format: expected {' or '.join(FORMATS)}; got {table_format!r}.")
    folder = Path(folder)
    files, columns = {}, {}
    for name in TABLES:
        table = as_written(name, trial.table(name))
        columns[name] = {column: str(dtype) for column, dtype in table.schema.items() if column not in SCHEMAS[name]}
        files[f"{name}.{table_format}"] = _as_csv(name, table) if table_format == "csv" else _as_parquet(table)
    for data in trial.outside:
        files[f"outside.{data.name}.json"] = dataset_to_json(data).encode()
    manifest = _manifest(trial, {file: hashlib.sha256(content).hexdigest() for file, content in files.items()})
    files[MANIFEST] = manifest_to_json(manifest, columns).encode()
    if trial.protocol is not None:
        files[PROTOCOL] = protocol_to_json(trial.protocol).encode()
    if import_report is not None:
        files[IMPORT_REPORT] = import_report.to_csv().encode()
    with replaced_folder(folder, may_replace=_refuse_other_folders(folder, trial.manifest.origin)) as draft:
        for file, content in files.items():
            (draft / file).write_bytes(content)
    return folder


def as_written(name: str, table: pl.DataFrame) -> pl.DataFrame:
    """`table` as a trial folder keeps it: known columns first, further columns as text, numbers or booleans, empty
    text as missing, rows sorted by key and then by every other column. DataError for a column that no file can hold.
    """
    table = conform(name, table)
    columns = []
    for column in table.columns:
        if not column or column != column.strip() or CONTROL.search(column):
            raise DataError(
                f"{name}: expected column names without blanks around them or control characters; got {column!r}. "
                "Rename it."
            )
        cells = _further(name, table[column]) if column not in SCHEMAS[name] else table[column]
        if cells.dtype == pl.String:
            cells = pl.select(pl.when(cells != "").then(cells).alias(column)).to_series()
        columns.append(cells)
    order = [*KEYS[name], *(column for column in table.columns if column not in KEYS[name])]
    return pl.DataFrame(columns).sort(order, nulls_last=False, maintain_order=True)


def _further(name: str, cells: pl.Series) -> pl.Series:
    """A column that no schema knows, in one of the four types that a trial folder keeps."""
    if cells.dtype.is_integer():
        kept: type[pl.DataType] = pl.Int64
    elif cells.dtype.is_float() or cells.dtype.is_decimal():
        kept = pl.Float64
    elif cells.dtype == pl.Boolean:
        kept = pl.Boolean
    elif cells.dtype.is_nested() or cells.dtype in (pl.Binary, pl.Object):
        raise DataError(f"{name}.{cells.name}: expected text, numbers or booleans; got {cells.dtype}. Drop the column.")
    else:
        kept = pl.String
    try:
        return cells.cast(kept)
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"{name}.{cells.name}: expected values that fit {kept.__name__}; got {cells.dtype} that do not."
        ) from error


def _as_csv(name: str, table: pl.DataFrame) -> bytes:
    for column in (column for column, dtype in table.schema.items() if dtype == pl.String):
        wrong = table[column].str.contains(CONTROL.pattern).fill_null(False).arg_true()
        if len(wrong):
            raise DataError(
                f"{name}.{column}: expected text without control characters; got {table[column][wrong[0]]!r}. "
                "Remove them."
            )
        longest = table[column].str.len_chars().max()
        if isinstance(longest, int) and longest > LONGEST_CELL:
            raise DataError(
                f"{name}.{column}: expected cells of at most {LONGEST_CELL:,} characters; got one of {longest:,}."
            )
    return table.write_csv().encode()


def _as_parquet(table: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    table.write_parquet(stream)
    return stream.getvalue()


def _manifest(trial: Trial, tables: dict[str, str]) -> Manifest:
    manifest = replace(
        trial.manifest, tables=tuple(tables.items()), leadin_version=trial.manifest.leadin_version or __version__
    )
    if trial.protocol is None:
        return manifest
    return replace(manifest, protocol=trial.protocol.name, protocol_sha256=protocol_sha256(trial.protocol))


def _refuse_other_folders(folder: Path, origin: str) -> Callable[[Path], None]:
    def may_replace(existing: Path) -> None:
        if not existing.is_dir():
            raise DataError(f"{folder}: expected a folder to write to; got a file. Choose another name.")
        held = sorted(entry.name for entry in existing.iterdir())
        foreign = [file for file in held if file not in KNOWN_FILES and not OUTSIDE.fullmatch(file)]
        if foreign:
            raise DataError(
                f"{folder}: expected a trial folder or an empty one, since what stands there is replaced; got one that "
                f"holds {', '.join(foreign[:3])}{' and more' if len(foreign) > 3 else ''}. Choose another folder."
            )
        if held and not _is_ours(existing / MANIFEST):
            raise DataError(
                f"{folder}: expected a folder that leadin wrote, since what stands there is replaced; got one without "
                f"a {MANIFEST} of leadin. Choose another folder."
            )
        stands = _origin(existing / MANIFEST)
        if origin == "simulated" and stands in ("conducted", "imported"):
            raise DataError(
                f"{folder}: expected no folder of real data for a simulated trial, since what stands there is replaced"
                f"; got one whose trial was {stands}. Choose another folder."
            )

    return may_replace


def _origin(manifest: Path) -> object:
    """What the manifest says of where its trial came from; None where it cannot be read."""
    try:
        said = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return None
    return said.get("origin") if isinstance(said, dict) else None


def _is_ours(manifest: Path) -> bool:
    return manifest.is_file() and b'"schema_version"' in manifest.read_bytes()[:10_000]
