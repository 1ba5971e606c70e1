"""Checks on adverse events: grades that exist, ends after starts, deaths that agree."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from leadin.trials.checks.places import find_rows
from leadin.trials.finding import Finding
from leadin.trials.trial import Trial

LOWEST_GRADE, FATAL_GRADE = 1, 5
PLACE = "{participant_id} {term} day {start_day}"


def check_grades(trial: Trial) -> Iterator[Finding]:
    """CTCAE grades outside 1 to 5."""
    hits = trial.adverse_events.with_row_index("row").filter(
        ~pl.col("ctcae_grade").is_between(LOWEST_GRADE, FATAL_GRADE)
    )
    if not hits.is_empty():
        yield find_rows(
            "grade-out-of-range",
            "error",
            "adverse_events",
            hits,
            ("adverse event with a CTCAE grade outside 1 to 5", "adverse events with a CTCAE grade outside 1 to 5"),
            f"{PLACE}: grade {{ctcae_grade}}",
            "Left out; correct the grade, or leave it empty to have the event counted.",
        )


def check_adverse_event_ends(trial: Trial) -> Iterator[Finding]:
    """Adverse events that end before they start: the event is counted, its end is in doubt."""
    hits = trial.adverse_events.with_row_index("row").filter(pl.col("end_day") < pl.col("start_day"))
    if not hits.is_empty():
        yield find_rows(
            "end-before-start",
            "warning",
            "adverse_events",
            hits,
            ("adverse event that ends before it starts", "adverse events that end before they start"),
            f"{PLACE}, end day {{end_day}}",
            "Counted, since only its end is in doubt; correct one of the days.",
        )


def check_fatal_grades(trial: Trial) -> Iterator[Finding]:
    """Adverse events of grade 5 (death) of a participant without a death among the events."""
    dead = trial.events.filter(pl.col("kind") == "death")["participant_id"]
    hits = trial.adverse_events.with_row_index("row").filter(
        (pl.col("ctcae_grade") == FATAL_GRADE) & ~pl.col("participant_id").is_in(dead.implode())
    )
    if not hits.is_empty():
        yield find_rows(
            "fatal-grade-without-death",
            "warning",
            "adverse_events",
            hits,
            (
                "adverse event of grade 5 (death) without a death among the events",
                "adverse events of grade 5 (death) without a death among the events",
            ),
            PLACE,
            "Counted as an adverse event, not as a death; add the death or correct the grade.",
        )
