"""Times to event of an ADTTE that stands beside the tables, and the deaths that it implies."""

from __future__ import annotations

import polars as pl

from leadin.errors import UsageError
from leadin.trials.clinical_formats.carried import DATA_SET, Zeros
from leadin.trials.clinical_formats.data_set import DataSet
from leadin.trials.clinical_formats.forms import whole_date
from leadin.trials.clinical_formats.roles import is_time_to_event
from leadin.trials.schema import SCHEMAS, Columns
from leadin.trials.trial import Trial

SURVIVAL = ("OS", "DEATH", "TTDEATH", "SURVIVAL")
"""Parameter codes whose event is death."""


def time_to_event(trial: Trial, parameter: str) -> pl.DataFrame:
    """The times to event of `parameter` (PARAMCD) in the ADTTE that `trial` was imported with.

    Columns: participant_id, arm (of the participants table), time (AVAL, in the unit that the data set says), event
    (CNSR is 0). Rows without a time or CNSR, and of people who are not participants, are left out. UsageError where no
    ADTTE has that parameter.
    """
    known: list[str] = []
    for data in trial.outside:
        if is_time_to_event(data):
            here = data.rows.filter(pl.col("PARAMCD").cast(pl.String) == parameter)
            if here.height:
                return _times(here, trial.participants)
            known += data.rows["PARAMCD"].cast(pl.String).drop_nulls().unique(maintain_order=True).to_list()
    told = ", ".join(dict.fromkeys(known)) or "there is no ADTTE"
    raise UsageError(f"parameter: expected one of the trial's times to event ({told}); got {parameter!r}.")


def _times(rows: pl.DataFrame, participants: pl.DataFrame) -> pl.DataFrame:
    times = rows.select(
        participant_id=pl.col("USUBJID").cast(pl.String),
        time=pl.col("AVAL").cast(pl.Float64, strict=False),
        event=pl.col("CNSR").cast(pl.Float64, strict=False) == 0.0,
    ).drop_nulls()
    arms = participants.select("participant_id", "arm")
    return times.join(arms, on="participant_id", how="inner", maintain_order="left").select(
        "participant_id", "arm", "time", "event"
    )


def deaths_of(data: DataSet, zeros: Zeros) -> pl.DataFrame:
    """Deaths, and ends of follow-up of those alive, that times to death say by their dates (ADT)."""
    schema: Columns = {**SCHEMAS["events"], DATA_SET: pl.String}
    found = []
    for row in data.rows.iter_rows(named=True):
        date, zero = whole_date(str(row.get("ADT"))), zeros.get(str(row["USUBJID"]))
        if row["PARAMCD"] in SURVIVAL and row["CNSR"] is not None and date is not None and zero is not None:
            kind = "death" if row["CNSR"] == 0 else "end_of_follow_up"
            found.append((str(row["USUBJID"]), float((date - zero).days), kind, None, data.name))
    return pl.DataFrame(found, schema=schema, orient="row")
