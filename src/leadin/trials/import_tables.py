"""Outside tables into a trial, by a mapping file, with a report of everything that was dropped or changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from leadin.errors import DataError
from leadin.protocols.identity import protocol_sha256
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol
from leadin.trials.checks import check_trial
from leadin.trials.derived_participants import derived_participants
from leadin.trials.import_report import ChangeLog, ImportReport, SourceCount
from leadin.trials.import_rows import (
    Dates,
    absent_columns,
    dates_of_time_zero,
    outside_rows,
    raise_absent,
    sources_of,
    table_rows,
)
from leadin.trials.mapping import TableMapping, load_mapping
from leadin.trials.merge_rows import BOOKKEEPING, LINE, SOURCE, distinct_rows, merged_by_key
from leadin.trials.outside_files import OutsideFiles
from leadin.trials.schema import SCHEMAS, conform
from leadin.trials.trial import TABLES, Manifest, Trial, empty_trial
from leadin.trials.typed_cells import guessed
from leadin.version import __version__

ONE_ROW_A_KEY = ("participants", "lots")
"""Tables that several files may each say a part of: rows of one key that agree become one."""


def import_trial(files: Sequence[Path], mapping: Path) -> tuple[Trial, ImportReport]:
    """The trial that the mapping file makes of the outside tables in `files`, and everything that was done to them.

    A row without a cell that its table cannot do without (a participant, day, kind, term) is dropped; any other cell
    that cannot be read is set missing; both are reported and bring a warning. Nothing is written. The findings of all
    checks are among those of the trial.

    Raises ProtocolError for a mapping or protocol file with problems, UsageError for a library protocol that does not
    exist, DataError for files that cannot be read (see `read_delimited`), that lack a column the mapping names, or that
    hold no participant. All columns that are lacking are named at once.
    """
    said = load_mapping(Path(mapping))
    protocol = _protocol(said, Path(mapping))
    given = OutsideFiles([Path(file) for file in files])
    raise_absent(_all_absent(said, given))
    log = ChangeLog()
    dates = dates_of_time_zero(said, given, log)
    tables: dict[str, pl.DataFrame] = {}
    counts: list[SourceCount] = []
    for name in TABLES:
        table, of_table = _table(name, said, given, dates, log)
        if table is not None:
            tables[name] = table
        counts.extend(of_table)
    findings = []
    if "participants" not in tables:
        tables["participants"], derived = derived_participants(Path(mapping).name, tables)
        findings.append(derived)
    if tables["participants"].is_empty():
        raise DataError(f"{Path(mapping).name}: expected at least one participant; got files without any.")
    report = ImportReport(log.changes(), tuple(counts), given.unused())
    trial = empty_trial(_manifest(protocol), protocol).with_tables(tables)
    return replace(trial, findings=(*findings, *report.findings(), *check_trial(trial))), report


def _protocol(said: TableMapping, mapping: Path) -> Protocol | None:
    """The protocol that the mapping names: a file beside it, or a name of the library."""
    if said.protocol is None:
        return None
    beside = mapping.parent / said.protocol
    return load_protocol(beside if beside.is_file() or beside.suffix in (".yaml", ".yml") else said.protocol)


def _manifest(protocol: Protocol | None) -> Manifest:
    return Manifest(
        origin="imported",
        protocol=None if protocol is None else protocol.name,
        protocol_sha256=None if protocol is None else protocol_sha256(protocol),
        leadin_version=__version__,
    )


def _all_absent(said: TableMapping, given: OutsideFiles) -> Iterator[str]:
    for name in TABLES:
        for source in sources_of(said, given, name):
            yield from absent_columns(source, outside_rows(source, said, given).cells.columns)


def _table(
    name: str, said: TableMapping, given: OutsideFiles, dates: Dates, log: ChangeLog
) -> tuple[pl.DataFrame | None, list[SourceCount]]:
    """The table of that name with its known columns first, None when the mapping has none; and what it came from."""
    frames, counts = [], []
    for number, source in enumerate(sources_of(said, given, name)):
        rows, count = table_rows(source, outside_rows(source, said, given), dates, log)
        if source.said.distinct:
            rows = distinct_rows(name, rows, log)
        frames.append(rows.with_columns(pl.lit(number).alias(SOURCE)))
        counts.append(count)
    if not frames:
        return None, []
    table = pl.concat(frames, how="diagonal")
    if name in ONE_ROW_A_KEY:
        table = merged_by_key(name, table, log)
    counts = [_after_merging(count, frame, table) for count, frame in zip(counts, frames, strict=True)]
    further = [column for column in table.columns if column not in (*SCHEMAS[name], *BOOKKEEPING)]
    table = table.with_columns(guessed(table[column]) for column in further).drop(BOOKKEEPING)
    return conform(name, table), counts


def _after_merging(count: SourceCount, frame: pl.DataFrame, table: pl.DataFrame) -> SourceCount:
    """`count` with the rows of its file that are still in `table` as those written, the others as merged."""
    written = frame.join(table, on=[SOURCE, LINE], how="semi").height
    return replace(count, written=written, merged=count.written - written)
