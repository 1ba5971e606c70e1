"""Data sets of CDISC into a trial by the built-in mapping; what no table holds stays beside the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from leadin.errors import DataError, UsageError
from leadin.trials.checks import check_trial
from leadin.trials.checks.places import counted
from leadin.trials.clinical_formats.carried import Source, Zeros, refuse_incomplete, table_of
from leadin.trials.clinical_formats.data_set import DataSet
from leadin.trials.clinical_formats.dataset_json import read_dataset_json
from leadin.trials.clinical_formats.roles import is_time_to_event, roles
from leadin.trials.clinical_formats.subject_level import administrations_of, doubts, events_of, zeros_of
from leadin.trials.clinical_formats.time_to_event import deaths_of
from leadin.trials.clinical_formats.xpt import read_xpt
from leadin.trials.derived_participants import derived_participants
from leadin.trials.finding import Finding
from leadin.trials.import_report import ChangeLog, ImportReport, SourceCount
from leadin.trials.schema import conform
from leadin.trials.trial import TABLES, Manifest, Trial, empty_trial
from leadin.version import __version__

SUFFIXES = (".json", ".xpt")
ENDS = ("withdrawal", "lost_to_follow_up", "end_of_follow_up", "screen_failure", "death")
"""Kinds of event that end taking part: a participant has one of them."""
_WHOLE = pl.Series("line", [None], dtype=pl.Int64)


def read_data_set(path: Path, *, encoding: str | None = None) -> DataSet:
    """The data set in a Dataset-JSON file (.json) or SAS transport file (.xpt). DataError as those two say."""
    return read_xpt(path, encoding=encoding) if path.suffix.lower() == ".xpt" else read_dataset_json(path)


def import_data_sets(files: Sequence[Path]) -> tuple[Trial, ImportReport]:
    """The trial that ADaM or SDTM data sets say, and what was done to them.

    Every variable that no column says becomes a further column under its own name; rows that no table can hold, and
    whole data sets that say no table, stand in `Trial.outside`. Nothing is dropped.

    Raises UsageError for files of another kind, which need a mapping; DataError for a file that cannot be read (see
    `read_dataset_json`, `read_xpt`), two files of one data set, data sets of several studies, one without the variables
    it needs, a participant twice, and for data sets that say no participant. All such problems of reading are told at
    once.
    """
    if not files:
        raise UsageError("files: expected at least one; got none.")
    other = [path.name for path in files if path.suffix.lower() not in SUFFIXES]
    if other:
        raise UsageError(
            f"--mapping: expected a mapping file, since {', '.join(other)} is none of the data sets that leadin knows "
            "by itself (.xpt, .json, REDCap-style CSV of leadin). Write one, or name other files."
        )
    given, problems = [], []
    for path in files:
        try:
            given.append((path.name, read_data_set(path)))
        except DataError as error:
            problems.append(str(error))
    if problems:
        raise DataError("\n".join(problems))
    return trial_of(given)


def trial_of(given: Sequence[tuple[str, DataSet]]) -> tuple[Trial, ImportReport]:
    """The trial of data sets, each with the name of its file. Raises as `import_data_sets`, but for reading."""
    _refuse_together(given)
    said = roles([data for _, data in given])
    sources = [Source(file, data, said[data.name]) for file, data in given if data.name in said]
    for source in sources:
        refuse_incomplete(source)
    log = ChangeLog()
    subjects = next((source.data for source in sources if source.table == "participants"), None)
    zeros, others = ({}, ()) if subjects is None else zeros_of(_one_row_each(subjects))
    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in TABLES}
    outside, counts = [], []
    for source in sources:
        mine = zeros or zeros_of(source.data.rows, "USUBJID")[0] if "USUBJID" in source.data.names else zeros
        rows, beside = table_of(source, mine, log)
        frames[source.table].append(rows)
        outside.append(beside)
        counts.append(_count(source, rows.height, beside.rows.height))
    for file, data in given:
        if data.name not in said:
            outside.append(data)
            log.add(data.name, file, "beside", None, _why_beside(data), _WHOLE)
    findings = _derived(subjects, [data for _, data in given], frames, zeros, others)
    findings.extend(_ungraded(sources))
    trial = _trial(frames, tuple(outside), findings)
    report = ImportReport(log.changes(), tuple(counts))
    return replace(trial, findings=(*findings, *report.findings(), *check_trial(trial))), report


def _refuse_together(given: Sequence[tuple[str, DataSet]]) -> None:
    """DataError for data sets that do not go together."""
    files: dict[str, str] = {}
    studies: dict[str, str] = {}
    for file, data in given:
        if data.name in files:
            raise DataError(
                f"{file}: expected every data set once; got {data.name} in {files[data.name]} too. Drop one."
            )
        files[data.name] = file
        names = data.rows["STUDYID"].drop_nulls().unique().sort().to_list() if "STUDYID" in data.names else []
        for study in names:
            studies.setdefault(str(study), file)
    if len(studies) > 1:
        told = ", ".join(f"{study} ({file})" for study, file in studies.items())
        raise DataError(f"files: expected data sets of one study; got {told}. Import each study by itself.")


def _one_row_each(subjects: DataSet) -> pl.DataFrame:
    """The rows of ADSL or DM; DataError where a participant has two."""
    people = subjects.rows["USUBJID"].drop_nulls()
    twice = people.filter(people.is_duplicated()).unique(maintain_order=True)
    if twice.len():
        raise DataError(
            f"{subjects.name}: expected one row a participant; got {counted(twice.len(), 'USUBJID', 'USUBJIDs')} "
            f"several times ({', '.join(map(str, twice.head(5)))}). Keep one row of each."
        )
    return subjects.rows.filter(pl.col("USUBJID").is_not_null())


def _ungraded(sources: Sequence[Source]) -> Iterator[Finding]:
    for source in sources:
        names = source.data.names
        if source.table == "adverse_events" and "AESEV" in names and not {"AETOXGR", "ATOXGR"} & set(names):
            text = (
                f"{source.data.name} says severity (AESEV), which is no CTCAE grade: it is kept as AESEV, and "
                "ctcae_grade is empty."
            )
            yield Finding("severity-not-graded", "note", "adverse_events", (), text)


def _count(source: Source, written: int, beside: int) -> SourceCount:
    return SourceCount(
        table=source.table,
        file=source.file,
        read=written + beside,
        not_selected=0,
        dropped=0,
        merged=0,
        written=written,
        beside=beside,
    )


def _why_beside(data: DataSet) -> str:
    if is_time_to_event(data):
        parameters = ", ".join(map(str, data.rows["PARAMCD"].drop_nulls().unique(maintain_order=True).head(5)))
        return f"times to event ({parameters}) have no table of their own"
    return "it says no table, or another data set says the same one"


def _derived(
    subjects: DataSet | None,
    given: Sequence[DataSet],
    frames: dict[str, list[pl.DataFrame]],
    zeros: Zeros,
    others: Sequence[str],
) -> list[Finding]:
    """Adds the events and administrations that no data set lists but ADSL, DM or ADTTE implies; gives the findings."""
    findings: list[Finding] = []
    implied = [deaths_of(data, zeros) for data in given if is_time_to_event(data)]
    if subjects is not None:
        rows = subjects.rows.filter(pl.col("USUBJID").is_not_null())
        implied.insert(0, events_of(subjects.name, rows, zeros))
        if not frames["administrations"]:
            frames["administrations"].append(administrations_of(subjects.name, rows, zeros))
            findings.extend(_about_administrations(subjects.name, frames["administrations"][0]))
    for more in implied:
        here = pl.concat(
            [frame.select("participant_id", "day", "kind") for frame in frames["events"]]
            or [more.head(0).select("participant_id", "day", "kind")]
        )
        findings.extend(_disputed(here, more))
        known = here.with_columns(end=pl.col("kind").is_in(ENDS))
        ended = known.filter("end").select("participant_id").unique()
        again = more.join(known, on=["participant_id", "kind"], how="semi")
        also = more.filter(pl.col("kind").is_in(ENDS)).join(ended, on="participant_id", how="semi")
        frames["events"].append(
            more.join(pl.concat([again, also]), on=["participant_id", "kind"], how="anti", nulls_equal=True)
        )
    if subjects is not None:
        rows = subjects.rows.filter(pl.col("USUBJID").is_not_null())
        events = pl.concat([frame.select("participant_id", "kind") for frame in frames["events"]])
        findings.extend(doubts(subjects.name, rows, others, events))
    return findings


def _about_administrations(name: str, given: pl.DataFrame) -> Iterator[Finding]:
    if given.height:
        text = (
            f"{name} says who was treated, and no data set says when and with what: one administration without route, "
            f"cells and lot stands for each of {counted(given.height, 'participant', 'participants')}. Add EX to have "
            "every administration."
        )
        yield Finding("administrations-implied", "note", "administrations", (), text)


def _disputed(here: pl.DataFrame, more: pl.DataFrame) -> Iterator[Finding]:
    """Deaths that two data sets put on different days."""
    both = here.filter(kind="death").join(more.filter(kind="death"), on="participant_id", suffix="_too")
    both = both.filter(pl.col("day") != pl.col("day_too"))
    if both.height:
        who = ", ".join(both["participant_id"].head(5))
        number = counted(both.height, "death", "deaths")
        text = f"{number} on different days in two data sets ({who}). DS goes before others."
        yield Finding("deaths-disputed", "warning", "events", (), text)


def _trial(frames: dict[str, list[pl.DataFrame]], outside: tuple[DataSet, ...], findings: list[Finding]) -> Trial:
    tables = {}
    for name, parts in frames.items():
        if parts:
            table = pl.concat([part for part in parts if part.height] or parts[:1], how="diagonal_relaxed")
            tables[name] = conform(name, table)
    if "participants" not in tables:
        ids = {name: table for name, table in tables.items() if name != "lots"}
        tables["participants"], derived = derived_participants("the data sets", ids)
        findings.append(derived)
    if tables["participants"].is_empty():
        raise DataError("the data sets: expected at least one participant; got none. Add ADSL or DM with rows.")
    manifest = Manifest(origin="imported", leadin_version=__version__)
    return replace(empty_trial(manifest).with_tables(tables), outside=outside)
