"""Every serious adverse event, one row each, as a monitoring committee reads them."""

from __future__ import annotations

import polars as pl

from leadin.analysis.adverse_event_table import NOT_CLASSIFIED, RELATED
from leadin.analysis.arms import arms_of
from leadin.trials.trial import Trial


def serious_events(trial: Trial) -> pl.DataFrame:
    """One row per adverse event that is recorded as serious, of anybody in the trial, counted elsewhere or not.

    Columns: participant_id, arm, start_day, end_day (null where unknown or not over), injection (the number of the
    latest one at or before the start; null before the first and where none was given), since_injection (days since it),
    term, system_organ_class, grade, relatedness (as written), related (whether that counts as related). By arm, then by
    participant, then by day. Events that do not say whether they were serious are not among them.
    """
    doses = (
        trial.administrations.select("participant_id", dose_day="day")
        .unique()
        .sort("participant_id", "dose_day")
        .with_columns(injection=pl.col("dose_day").cum_count().over("participant_id").cast(pl.Int64))
        .sort("dose_day")
    )
    order = {arm: place for place, arm in enumerate(arms_of(trial))}
    word = pl.col("relatedness").str.to_lowercase().str.strip_chars()
    return (
        trial.adverse_events.filter(pl.col("serious"))
        .join(trial.participants.select("participant_id", "arm"), on="participant_id")
        .sort("start_day")
        .join_asof(doses, left_on="start_day", right_on="dose_day", by="participant_id", check_sortedness=False)
        .with_columns(place=pl.col("arm").replace_strict(order, default=len(order), return_dtype=pl.Int64))
        .sort("place", "participant_id", "start_day", "term")
        .select(
            "participant_id",
            "arm",
            "start_day",
            "end_day",
            "injection",
            "term",
            pl.col("system_organ_class").fill_null(NOT_CLASSIFIED),
            "relatedness",
            since_injection=pl.col("start_day") - pl.col("dose_day"),
            grade=pl.col("ctcae_grade"),
            related=word.is_in(list(RELATED)).fill_null(False),
        )
    )
