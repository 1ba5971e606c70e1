"""Adverse events by the time since the latest injection, with the time that participants spent in each window."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadin.analysis.adverse_event_table import AdverseEvents, adverse_events_of, rate_columns
from leadin.analysis.arms import arms_of, in_arm
from leadin.months import DAYS_PER_MONTH
from leadin.trials.trial import Trial

WINDOWS = ((0.0, 2.0), (2.0, 8.0), (8.0, 29.0), (29.0, np.inf))
"""Days since the latest administration: from (included) to (not included)."""
WINDOW_NAMES = ("days 0 to 1", "days 2 to 7", "days 8 to 28", "later")


def injection_windows(trial: Trial, level: float = 0.95) -> pl.DataFrame:
    """Per arm that was given cells and per window since the latest administration: how many events, how often.

    Columns: arm, window, n (participants who spent time in it), participants (with an event in it), events,
    person_months, rate (events per 100 person-months) with its exact interval rate_low, rate_high. Events on the day of
    an administration count as after it. No rows where nobody was given cells.
    """
    harm = adverse_events_of(trial)
    doses = trial.administrations.select("participant_id", "day").filter(pl.col("day") >= 0.0).unique()
    spells = _spells(harm, doses)
    rows = []
    for arm in arms_of(trial):
        mine, events = in_arm(spells, arm), in_arm(_since(harm, doses), arm)
        if mine.height == 0:
            continue
        for (start, end), name in zip(WINDOWS, WINDOW_NAMES, strict=True):
            spent = np.clip(np.minimum(mine["length"].to_numpy(), end) - start, 0.0, None)
            inside = events.filter((pl.col("since") >= start) & (pl.col("since") < end))
            rows.append(
                {
                    "arm": arm,
                    "window": name,
                    "n": mine.filter(pl.Series(spent > 0.0))["participant_id"].n_unique(),
                    "participants": inside["participant_id"].n_unique(),
                    "events": inside.height,
                    **rate_columns(inside.height, float(spent.sum()) / DAYS_PER_MONTH, level),
                }
            )
    return pl.DataFrame(rows, schema=_SCHEMA)


_SCHEMA = {
    "arm": pl.String,
    "window": pl.String,
    "n": pl.Int64,
    "participants": pl.Int64,
    "events": pl.Int64,
    "person_months": pl.Float64,
    "rate": pl.Float64,
    "rate_low": pl.Float64,
    "rate_high": pl.Float64,
}


def _spells(harm: AdverseEvents, doses: pl.DataFrame) -> pl.DataFrame:
    """Per administration, the days until the next one or the end of exposure: participant_id, arm, length."""
    return (
        doses.join(harm.people, on="participant_id")
        .with_columns(end=pl.col("months") * DAYS_PER_MONTH)
        .filter(pl.col("day") <= pl.col("end"))
        .sort("participant_id", "day")
        .with_columns(following=pl.col("day").shift(-1).over("participant_id"))
        .select("participant_id", "arm", length=pl.coalesce("following", "end") - pl.col("day"))
    )


def _since(harm: AdverseEvents, doses: pl.DataFrame) -> pl.DataFrame:
    """Events with the days since the latest administration: those before the first one are left out."""
    latest = doses.select("participant_id", dose_day="day").sort("dose_day")
    return (
        harm.events.sort("start_day")
        .join_asof(latest, left_on="start_day", right_on="dose_day", by="participant_id", check_sortedness=False)
        .filter(pl.col("dose_day").is_not_null())
        .with_columns(since=pl.col("start_day") - pl.col("dose_day"))
    )
