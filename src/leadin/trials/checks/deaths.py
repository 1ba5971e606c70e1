"""Checks against death: nothing is assessed, given or begun in the dead."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from leadin.trials.checks.places import find_rows
from leadin.trials.fatal_events import fatal_kinds, first_events
from leadin.trials.finding import Finding
from leadin.trials.trial import Trial

AFTER_DEATH = (
    ("assessments", "day", "assessment", "assessments", "{participant_id} day {day}"),
    ("administrations", "day", "administration", "administrations", "{participant_id} day {day}"),
    ("events", "day", "event", "events", "{participant_id} {kind} day {day}"),
    ("adverse_events", "start_day", "adverse-event", "adverse events", "{participant_id} {term} day {start_day}"),
)


def check_after_death(trial: Trial) -> Iterator[Finding]:
    """Rows later than the (first) death of their participant; the day of death itself is allowed.

    A later `end_of_follow_up` is a warning, since registers close on one day for all; every other row is an error.
    """
    deaths = first_events(trial.events, ("death",)).select("participant_id", death="day")
    for name, day, one, many, place in AFTER_DEATH:
        late = (
            trial.table(name)
            .with_row_index("row")
            .join(deaths, on="participant_id", how="inner", maintain_order="left")
            .filter(pl.col(day).is_finite() & (pl.col(day) > pl.col("death")))
        )
        closing = late.head(0)
        if name == "events":
            # A second death is told by its own check.
            late = late.filter(pl.col("kind") != "death")
            closing = late.filter(pl.col("kind") == "end_of_follow_up")
            late = late.filter(pl.col("kind") != "end_of_follow_up")
        what = (f"{one.replace('-', ' ')} after death", f"{many} after death")
        where = f"{place}, died day {{death}}"
        if not late.is_empty():
            advice = "Left out; correct the day here or the day of death."
            yield find_rows(f"{one}-after-death", "error", name, late, what, where, advice)
        if not closing.is_empty():
            advice = "Follow-up ended with the death; correct whichever day is wrong."
            yield find_rows(f"{one}-after-death", "warning", name, closing, what, where, advice)


def check_after_other_fatal_events(trial: Trial) -> Iterator[Finding]:
    """Assessments after an event other than death that the protocol counts as fatal: possible, so a warning."""
    kinds = tuple(kind for kind in fatal_kinds(trial.protocol) if kind != "death")
    if not kinds:
        return
    ends = first_events(trial.events, kinds).select("participant_id", fatal_day="day", fatal_kind="kind")
    hits = (
        trial.assessments.with_row_index("row")
        .join(ends, on="participant_id", how="inner", maintain_order="left")
        .filter(pl.col("day").is_finite() & (pl.col("day") > pl.col("fatal_day")))
    )
    if not hits.is_empty():
        yield find_rows(
            "assessment-after-fatal-event",
            "warning",
            "assessments",
            hits,
            (
                "assessment after an event that the protocol counts as fatal",
                "assessments after an event that the protocol counts as fatal",
            ),
            "{participant_id} day {day}, {fatal_kind} day {fatal_day}",
            "Used in analyses of function; survival ends at the event.",
        )
