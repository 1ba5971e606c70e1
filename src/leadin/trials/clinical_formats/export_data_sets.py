"""A trial as data sets of CDISC: those it was imported from, as they came, and standard ones for all else."""

from __future__ import annotations

import polars as pl

from leadin.trials.clinical_formats.carried import DATA_SET, SEVERAL, rows_of
from leadin.trials.clinical_formats.data_set import DataSet, Variable, sorted_by_key
from leadin.trials.clinical_formats.loss_report import Loss
from leadin.trials.clinical_formats.roles import is_time_to_event, roles
from leadin.trials.clinical_formats.standard_data_sets import standard_data_set
from leadin.trials.clinical_formats.subject_level import zeros_of
from leadin.trials.fatal_events import fatal_kinds
from leadin.trials.schema import conform
from leadin.trials.survival_times import survival_origin, survival_times
from leadin.trials.trial import TABLES, Trial
from leadin.trials.usable import usable_trial


def data_sets_of(trial: Trial) -> tuple[tuple[DataSet, ...], tuple[Loss, ...]]:
    """The data sets that `trial` becomes, and everything that they cannot hold or say in another way.

    A trial that was imported from data sets gives them back under their names, with the same variables and rows, except
    where its tables were corrected since. Rows of no such data set become standard ones: ADSL, ADAE, ADQS, DS, EX,
    ADLOT, and ADTTE with the survival times that analyses use. Days are study days: no date is known of them.
    """
    zeros, _ = zeros_of(trial.participants, "participant_id")
    said = roles(trial.outside)
    study = _study(trial)
    made: list[DataSet] = []
    losses: list[Loss] = []
    for data in trial.outside:
        if data.name not in said:
            made.append(data)
            continue
        rows = _rows_from(trial, said, data.name)
        whole, lost = rows_of(data, said[data.name], rows, zeros)
        made.append(sorted_by_key(whole))
        losses += _lost(said[data.name], whole.name, lost)
    for table in TABLES:
        rows = _rows_of_none(trial, said, table)
        if rows.height:
            empty, filled = standard_data_set(trial, table, rows, study)
            whole, lost = rows_of(empty, table, filled, zeros)
            made.append(sorted_by_key(whole))
            losses += _lost(table, whole.name, lost)
    if not any(is_time_to_event(data) for data in trial.outside):
        made += _survival(trial, study)
    return tuple(made), (*losses, *_never_held(trial, made))


def _study(trial: Trial) -> str:
    known = [data.study for data in trial.outside if data.study]
    named = trial.manifest.protocol if trial.protocol is None else trial.protocol.name
    return known[0] if known else (named or "STUDY").upper()


def _rows_from(trial: Trial, said: dict[str, str], name: str) -> pl.DataFrame:
    """The rows of its table that the data set `name` brought, and, in the first of its table, those of no data set."""
    table = conform(said[name], trial.table(said[name]))
    if said[name] not in SEVERAL or DATA_SET not in table.columns:
        return table
    first = next(other for other, role in said.items() if role == said[name]) == name
    return table.filter((pl.col(DATA_SET) == name) | (pl.lit(first) & pl.col(DATA_SET).is_null()))


def _rows_of_none(trial: Trial, said: dict[str, str], name: str) -> pl.DataFrame:
    """The rows of a table that no data set of the import brings back. Those that one implies come back with it."""
    table = conform(name, trial.table(name))
    if name in said.values():
        return table.head(0)
    if name not in SEVERAL or DATA_SET not in table.columns:
        return table
    outside = [data.name for data in trial.outside]
    return table.filter(~pl.col(DATA_SET).is_in(outside).fill_null(False))


def _survival(trial: Trial, study: str) -> list[DataSet]:
    """ADTTE: time to the first fatal event, as survival analyses use it, a row a participant at risk."""
    usable = usable_trial(trial)
    if usable.participants.is_empty():
        return []
    times = survival_times(usable)
    kinds = fatal_kinds(trial.protocol)
    code, event = ("OS", "Overall Survival") if kinds == ("death",) else ("FATAL", f"Time to {' or '.join(kinds)}")
    if times.is_empty():
        return []
    rows = times.select(
        STUDYID=pl.lit(study),
        USUBJID="participant_id",
        TRTP="arm",
        PARAM=pl.lit(f"{event} (Months from {survival_origin(usable)})".replace("_", " ")),
        PARAMCD=pl.lit(code),
        AVAL="months",
        CNSR=pl.when("event").then(0).otherwise(1).cast(pl.Int64),
        EVNTDESC=pl.col("kind").str.replace_all("_", " "),
    )
    variables = (
        Variable("STUDYID", "Study Identifier"),
        Variable("USUBJID", "Unique Subject Identifier", key=1),
        Variable("TRTP", "Planned Treatment"),
        Variable("PARAM", "Parameter"),
        Variable("PARAMCD", "Parameter Code", key=2),
        Variable("AVAL", "Analysis Value", "float"),
        Variable("CNSR", "Censor", "integer"),
        Variable("EVNTDESC", "Event or Censoring Description"),
    )
    return [sorted_by_key(DataSet("ADTTE", "Time to Event Analysis Dataset", variables, rows, study))]


def _lost(table: str, name: str, lost: dict[str, int]) -> list[Loss]:
    return [
        Loss("warning", f"{table}.{column}", f"{number} cells cannot be said by {name} and do not come back.")
        for column, number in lost.items()
    ]


def _never_held(trial: Trial, made: list[DataSet]) -> list[Loss]:
    """What no data set of CDISC has a place for."""
    losses = []
    if trial.protocol is not None:
        losses.append(Loss("note", "protocol.json", "The protocol has no place in data sets; keep the trial folder."))
    if trial.manifest.simulation is not None:
        losses.append(Loss("note", "manifest.json", "Seed and settings of the simulation have no place in data sets."))
    subjects = next((data for data in made if data.name in ("ADSL", "DM")), None)
    if subjects is not None and "RACE" not in subjects.names:
        text = "RACE, ETHNIC and dates, which ADaM asks for, are not in the trial, so ADSL lacks them."
        losses.append(Loss("note", "ADSL", text))
    outside = {data.name for data in trial.outside}
    for name in ("events", "administrations"):
        table = trial.table(name)
        implied = (
            table[DATA_SET].is_in(list(outside - set(roles(trial.outside)) | {"ADSL", "DM"}))
            if DATA_SET in table.columns
            else pl.Series([False])
        )
        if implied.any():
            text = (
                f"{int(implied.sum())} rows that a data set of the import implies come back with it; corrections to "
                "them do not."
            )
            losses.append(Loss("note", name, text))
    return losses
