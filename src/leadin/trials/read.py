"""Reading a trial folder: tables in CSV or Parquet, with or without a manifest and a protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from leadin.errors import DataError, ProtocolError
from leadin.protocols.identity import protocol_from_json, protocol_sha256
from leadin.protocols.nearest import nearest
from leadin.protocols.protocol import Protocol
from leadin.trials.checks import check_trial
from leadin.trials.clinical_formats.data_set import DataSet
from leadin.trials.clinical_formats.dataset_json import read_dataset_json
from leadin.trials.derived_participants import derived_participants
from leadin.trials.finding import Finding
from leadin.trials.folder_swap import interrupted
from leadin.trials.manifest_file import MANIFEST, ColumnType, FolderManifest, manifest_from_json
from leadin.trials.read_table import read_table
from leadin.trials.trial import TABLES, Manifest, Trial, empty_trial
from leadin.trials.write import FORMATS, OUTSIDE, PROTOCOL

LARGEST_TEXT = 10_000_000


def read_trial(folder: Path) -> Trial:
    """The trial in `folder`, with the findings of reading and of all checks; rows stand as they are in the files.

    Findings of reading: `no-manifest` and `no-protocol` (notes: origin is `imported`, and what only a protocol can
    tell is not checked), `changed-since-written` (a file or the protocol differs from its hash), `cut-off` (the last
    line does not end), `unreadable-cell` (error: text where a number or true/false belongs; the cell is null, the row
    is left out of analyses), `missing-word` (NA and the like, read as missing), `renamed-column`, `renamed-table`,
    `participants-derived` (no participants table: made of the ids in the others).

    Raises DataError for what makes the tables unusable as a whole: no such folder, no table in it, a table that is no
    text, in another encoding, cut off in the middle of a row, without one of its necessary columns, or named twice;
    a damaged manifest or protocol; a table that the manifest names and the folder lacks. All tables with such a
    problem are named at once.
    """
    folder = Path(folder)
    try:
        return _read(folder)
    except OSError as error:
        where = error.filename or folder
        raise DataError(f"{where}: cannot be read: {error.strerror or error}. Check the permissions.") from error


def _read(folder: Path) -> Trial:
    paths = _tables_in(folder)
    said = _manifest(folder)
    findings = list(_about_folder(folder, paths, said))
    protocol = _protocol(folder)
    findings.extend(_about_protocol(protocol, said))
    tables, found = _read_all(paths, {} if said is None else said.columns)
    findings.extend(found)
    if "participants" not in paths:
        tables["participants"], derived = derived_participants(str(folder), tables)
        findings.append(derived)
    manifest = Manifest(origin="imported") if said is None else said.manifest
    trial = empty_trial(manifest, protocol).with_tables(tables)
    if trial.participants.is_empty():
        raise DataError(f"{folder}: expected at least one participant; got a participants table without rows.")
    return replace(trial, findings=(*findings, *check_trial(trial)), outside=_outside(folder))


def _outside(folder: Path) -> tuple[DataSet, ...]:
    """The data sets that the trial was imported from, with the rows that no table holds."""
    return tuple(read_dataset_json(path) for path in sorted(folder.iterdir()) if OUTSIDE.fullmatch(path.name))


def _tables_in(folder: Path) -> dict[str, Path]:
    """The file of each table that the folder holds."""
    if not folder.exists():
        aside = interrupted(folder)
        if aside is not None:
            raise DataError(
                f"{folder}: expected a trial folder; a write that was stopped left it as {aside}. "
                f"Rename that to {folder}."
            )
        raise DataError(f"{folder}: expected a trial folder; there is no such folder. Check the path.")
    if not folder.is_dir():
        raise DataError(f"{folder}: expected a trial folder; got a file. Name the folder that holds the tables.")
    paths: dict[str, Path] = {}
    for name in TABLES:
        present = [path for suffix in FORMATS if (path := folder / f"{name}.{suffix}").exists()]
        if len(present) > 1:
            raise DataError(
                f"{folder}: expected each table once; got both {' and '.join(path.name for path in present)}. "
                "Remove one."
            )
        if present and not present[0].is_file():
            raise DataError(f"{present[0]}: expected a file with a table; got something else (a folder?). Remove it.")
        if present:
            paths[name] = present[0]
    if not paths:
        raise DataError(
            f"{folder}: expected tables named {', '.join(TABLES)} (.csv or .parquet); got none of them. "
            "To bring outside tables in: leadin import FILES --mapping map.yaml -o DIR"
        )
    return paths


def _text(path: Path) -> str:
    with path.open("rb") as stream:
        raw = stream.read(LARGEST_TEXT + 1)
    if len(raw) > LARGEST_TEXT:
        raise DataError(f"{path.name}: expected at most {LARGEST_TEXT:,} bytes; got more. This is none of leadin's.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name}: expected UTF-8 text; got the byte 0x{raw[error.start]:02x} at position {error.start}. "
            "Restore the file."
        ) from None


def _manifest(folder: Path) -> FolderManifest | None:
    path = folder / MANIFEST
    return manifest_from_json(_text(path)) if path.exists() else None


def _protocol(folder: Path) -> Protocol | None:
    path = folder / PROTOCOL
    if not path.exists():
        return None
    try:
        return protocol_from_json(_text(path))
    except ProtocolError as error:
        raise DataError(f"{PROTOCOL}: {error}") from error


def _about_folder(folder: Path, paths: Mapping[str, Path], said: FolderManifest | None) -> list[Finding]:
    """What the manifest says against what the folder holds."""
    findings = list(_misnamed_tables(folder, paths))
    if said is None:
        note = f"The folder has no {MANIFEST}: where the tables come from and whether they changed is not known."
        return [*findings, Finding("no-manifest", "note", "", (), note)]
    written = dict(said.manifest.tables)
    lost = sorted(file for file in written if not (folder / file).exists())
    if lost:
        raise DataError(
            f"{folder}: expected the tables that {MANIFEST} names; {', '.join(lost)} is not there. Restore it, or "
            f"remove {MANIFEST} to have the rest read without it."
        )
    for name, path in paths.items():
        if path.name not in written:
            text = f"{path.name} is not in {MANIFEST}: it was put here after the trial was written."
            findings.append(Finding("changed-since-written", "warning", name, (), text))
        elif _sha256(path) != written[path.name]:
            text = f"{path.name} is not as it was written: its hash differs from the one in {MANIFEST}."
            findings.append(Finding("changed-since-written", "warning", name, (), text))
    for path in sorted(folder.iterdir()):
        if OUTSIDE.fullmatch(path.name) and _sha256(path) != written.get(path.name):
            text = f"{path.name} is not as it was written: {MANIFEST} has another hash of it, or none."
            findings.append(Finding("changed-since-written", "warning", "", (), text))
    return findings


def _misnamed_tables(folder: Path, paths: Mapping[str, Path]) -> list[Finding]:
    absent = [name for name in TABLES if name not in paths]
    findings = []
    for path in sorted(folder.iterdir()):
        if path.suffix in (".csv", ".parquet") and path.stem not in (*TABLES, "import_report"):
            near = nearest(path.stem, absent)
            if near is not None:
                text = f"{path.name} is not read, since no table has that name; did you mean {near}{path.suffix}?"
                findings.append(Finding("renamed-table", "warning", near, (), text))
    return findings


def _about_protocol(protocol: Protocol | None, said: FolderManifest | None) -> list[Finding]:
    if protocol is None:
        note = f"The folder has no {PROTOCOL}: visits, arms and planned analyses are not checked against one."
        return [Finding("no-protocol", "note", "", (), note)]
    written = None if said is None else said.manifest.protocol_sha256
    if written is not None and protocol_sha256(protocol) != written:
        text = f"{PROTOCOL} is not as it was written: its hash differs from the one in {MANIFEST}."
        return [Finding("changed-since-written", "warning", "", (), text)]
    return []


def _read_all(
    paths: Mapping[str, Path], columns: Mapping[str, Mapping[str, ColumnType]]
) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Every table with its findings; DataError that names all tables that cannot be read."""
    tables: dict[str, pl.DataFrame] = {}
    findings: list[Finding] = []
    problems: list[str] = []
    for name, path in paths.items():
        try:
            tables[name], found = read_table(name, path, columns.get(name, {}))
        except DataError as error:
            problems.append(str(error))
        else:
            findings.extend(found)
    if problems:
        raise DataError("\n".join(problems))
    return tables, findings


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
