"""Checks on events: kinds that exist, events that happen once, participants that were randomised."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from leadin.trials.checks.places import did_you_mean, find_rows
from leadin.trials.finding import Finding
from leadin.trials.schema import EVENT_KINDS
from leadin.trials.trial import Trial

ONCE = ("death", "enrolled", "randomised", "permanent_ventilation", "end_of_follow_up")
"""Kinds that one participant can have only once."""


def check_event_kinds(trial: Trial) -> Iterator[Finding]:
    """Events of a kind that leadin does not know: no analysis could use them."""
    hits = trial.events.with_row_index("row").filter(
        pl.col("kind").is_not_null() & ~pl.col("kind").is_in(list(EVENT_KINDS))
    )
    for (kind,), group in hits.group_by(["kind"], maintain_order=True):
        yield find_rows(
            "unknown-event-kind",
            "error",
            "events",
            group,
            (f"event of kind {kind!r}", f"events of kind {kind!r}"),
            "{participant_id} day {day}",
            f"No such kind is known{did_you_mean(str(kind), EVENT_KINDS) or '.'} Left out; write one of "
            f"{', '.join(EVENT_KINDS)}.",
        )


def check_events_once(trial: Trial) -> Iterator[Finding]:
    """A second death, enrolment, randomisation, permanent ventilation or end of follow-up on another day."""
    table = trial.events.with_row_index("row").filter(
        pl.col("day").is_finite() & pl.col("participant_id").is_not_null()
    )
    for kind in ONCE:
        hits = (
            table.filter(pl.col("kind") == kind)
            .with_columns(first=pl.col("day").min().over("participant_id"))
            .filter(pl.col("day") > pl.col("first"))
        )
        if not hits.is_empty():
            yield find_rows(
                "two-deaths" if kind == "death" else "event-twice",
                "error",
                "events",
                hits,
                (f"second {kind} of one participant", f"second {kind} of one participant"),
                "{participant_id} day {first} and day {day}",
                "Left out, the earliest is used; keep the right one.",
            )


def check_randomised(trial: Trial) -> Iterator[Finding]:
    """Participants in an arm without a randomised event, in a trial where others have one."""
    randomised = trial.events.filter(pl.col("kind") == "randomised")["participant_id"]
    if randomised.is_empty():
        return
    hits = trial.participants.with_row_index("row").filter(
        pl.col("arm").is_not_null()
        & pl.col("participant_id").is_not_null()
        & ~pl.col("participant_id").is_in(randomised.implode())
    )
    if not hits.is_empty():
        yield find_rows(
            "not-randomised",
            "warning",
            "participants",
            hits,
            (
                "participant in an arm without a randomised event",
                "participants in an arm without a randomised event",
            ),
            "{participant_id}",
            "In no survival analysis, whose clock starts at randomisation; add the event or empty the arm.",
        )
