"""From events and visits to what survival analyses need: time at risk, whether it ended in a fatal event, and how."""

from __future__ import annotations

from typing import Literal

import polars as pl

from leadin.months import DAYS_PER_MONTH
from leadin.trials.fatal_events import fatal_kinds, first_events
from leadin.trials.schema import conform
from leadin.trials.trial import Trial

Origin = Literal["randomisation", "enrolment", "time zero"]
CENSORING = ("withdrawal", "lost_to_follow_up", "end_of_follow_up")
"""Kinds of event that end follow-up without being fatal."""


def survival_origin(trial: Trial) -> Origin:
    """Where the survival clock of this trial starts, the same for every participant.

    Randomisation where any participant has such an event. Otherwise, in a trial of one arm (or none), time zero: the
    first administration. Otherwise enrolment, where every participant has such an event, else time zero.
    """
    events = conform("events", trial.events)
    participants = conform("participants", trial.participants)
    if "randomised" in events["kind"]:
        return "randomisation"
    if participants["arm"].drop_nulls().n_unique() <= 1:
        return "time zero"
    enrolled = first_events(events, ("enrolled",))
    return (
        "enrolment" if participants["participant_id"].is_in(enrolled["participant_id"].implode()).all() else "time zero"
    )


def survival_times(trial: Trial, fatal_events: tuple[str, ...] | None = None) -> pl.DataFrame:
    """One row per participant at risk, in the order of the participants table.

    Columns: participant_id; arm; months, from the origin (`survival_origin`) to the first fatal event or to censoring,
    in months of 30.4375 days; event, True when it ended in a fatal event; kind, that of the fatal event (death, or
    what the protocol counts as fatal), else of the event that ended follow-up on the day of censoring, else null.

    fatal_events: the kinds that are fatal, of two on one day the first of them; None: what the protocol counts.

    Whoever has no fatal event is censored at the last known day: that of the last assessment with a value,
    administration, start of an adverse event, or event of any kind. An `end_of_follow_up` is a boundary: what is known
    beyond it does not count. Left out: participants never randomised (where the clock starts at randomisation), screen
    failures that were never enrolled or randomised, those of whom nothing is known, and those whose last known day
    lies before the origin. Give it a trial that `usable_trial` has been through.
    """
    events = conform("events", trial.events)
    participants = conform("participants", trial.participants).select("participant_id", "arm")
    kinds = fatal_kinds(trial.protocol) if fatal_events is None else fatal_events
    fatal = first_events(events, kinds).rename({"day": "fatal_day", "kind": "fatal_kind"})
    boundary = first_events(events, ("end_of_follow_up",)).select("participant_id", boundary="day")
    people = (
        participants.join(
            _origins(trial, events, participants), on="participant_id", how="inner", maintain_order="left"
        )
        .join(_last_known(trial, events), on="participant_id", how="left", maintain_order="left")
        .join(fatal, on="participant_id", how="left", maintain_order="left")
        .join(boundary, on="participant_id", how="left", maintain_order="left")
        .with_columns(end=pl.min_horizontal(pl.coalesce("fatal_day", "last_day"), "boundary"))
        .with_columns(event=pl.col("fatal_day").is_not_null() & (pl.col("fatal_day") <= pl.col("end")))
        .filter(pl.col("end") >= pl.col("origin"))
    )
    people = people.join(
        _censoring_kinds(events),
        left_on=["participant_id", "end"],
        right_on=["participant_id", "day"],
        how="left",
        maintain_order="left",
    )
    # numpy divides; polars multiplies by the reciprocal, which is off in the last digit.
    months = (people["end"] - people["origin"]).to_numpy() / DAYS_PER_MONTH
    return people.select(
        "participant_id",
        "arm",
        months=pl.Series(months, dtype=pl.Float64),
        event="event",
        kind=pl.when("event").then("fatal_kind").otherwise("censoring_kind"),
    )


def _origins(trial: Trial, events: pl.DataFrame, participants: pl.DataFrame) -> pl.DataFrame:
    """The day on which each participant's clock starts; no row for whoever never came under risk."""
    kind = survival_origin(trial)
    if kind != "time zero":
        event = "randomised" if kind == "randomisation" else "enrolled"
        return first_events(events, (event,)).select("participant_id", origin="day")
    entered = events.filter(pl.col("kind").is_in(["enrolled", "randomised"]))["participant_id"]
    failed = events.filter(pl.col("kind") == "screen_failure")["participant_id"]
    never_entered = pl.col("participant_id").is_in(failed.implode()) & ~pl.col("participant_id").is_in(
        entered.implode()
    )
    return participants.filter(~never_entered).select("participant_id", origin=pl.lit(0.0))


def _last_known(trial: Trial, events: pl.DataFrame) -> pl.DataFrame:
    """The last day on which each participant was known: participant_id, last_day."""
    assessments = conform("assessments", trial.assessments).filter(pl.col("value").is_not_null())
    seen = [
        assessments.select("participant_id", "day"),
        conform("administrations", trial.administrations).select("participant_id", "day"),
        conform("adverse_events", trial.adverse_events).select("participant_id", day="start_day"),
        events.select("participant_id", "day"),
    ]
    return (
        pl.concat(seen).filter(pl.col("day").is_finite()).group_by("participant_id").agg(last_day=pl.col("day").max())
    )


def _censoring_kinds(events: pl.DataFrame) -> pl.DataFrame:
    """The kind of event that ended follow-up on a day, the first of `CENSORING` when several fell on it."""
    order = pl.col("kind").replace_strict({kind: rank for rank, kind in enumerate(CENSORING)}, return_dtype=pl.Int32)
    return (
        events.filter(pl.col("kind").is_in(list(CENSORING)))
        .sort("participant_id", "day", order)
        .unique(subset=["participant_id", "day"], keep="first", maintain_order=True)
        .select("participant_id", "day", censoring_kind="kind")
    )
