"""Checks of visits against the protocol."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from leadin.trials.checks.places import did_you_mean, find_rows, say
from leadin.trials.finding import Finding
from leadin.trials.trial import Trial


def check_visit_names(trial: Trial) -> Iterator[Finding]:
    """Assessments at a visit that the protocol does not schedule. An empty visit is an unscheduled one."""
    if trial.protocol is None:
        return
    known = [visit.name for visit in trial.protocol.visits]
    hits = trial.assessments.with_row_index("row").filter(pl.col("visit").is_not_null() & ~pl.col("visit").is_in(known))
    for (visit,), group in hits.group_by(["visit"], maintain_order=True):
        yield find_rows(
            "unknown-visit",
            "warning",
            "assessments",
            group,
            (f"assessment at visit {visit!r}", f"assessments at visit {visit!r}"),
            "{participant_id} day {day}",
            f"Protocol {trial.protocol.name} schedules no such visit{did_you_mean(str(visit), known) or '.'} "
            "Used by its day; correct the name or leave it empty.",
        )


def check_visit_windows(trial: Trial) -> Iterator[Finding]:
    """Assessments on a day outside the window of the visit they name; both ends of a window belong to it."""
    if trial.protocol is None:
        return
    named = trial.assessments.with_row_index("row").filter(pl.col("visit").is_not_null() & pl.col("day").is_finite())
    for visit in trial.protocol.visits:
        low, high = visit.day - visit.days_early, visit.day + visit.days_late
        hits = named.filter((pl.col("visit") == visit.name) & ~pl.col("day").is_between(low, high))
        if not hits.is_empty():
            yield find_rows(
                "visit-outside-window",
                "warning",
                "assessments",
                hits,
                (
                    f"assessment of visit {visit.name!r} outside days {say(low)} to {say(high)}",
                    f"assessments of visit {visit.name!r} outside days {say(low)} to {say(high)}",
                ),
                "{participant_id} day {day}",
                "Used by the actual day; correct the day or the visit.",
            )


def check_visits_once(trial: Trial) -> Iterator[Finding]:
    """One scheduled visit recorded on several days for one participant and measure."""
    hits = (
        trial.assessments.with_row_index("row")
        .filter(pl.col("visit").is_not_null() & pl.col("value").is_not_null())
        .unique(subset=["participant_id", "visit", "measure", "day"], keep="first", maintain_order=True)
        .filter(pl.struct("participant_id", "visit", "measure").is_duplicated())
    )
    if not hits.is_empty():
        yield find_rows(
            "visit-twice",
            "warning",
            "assessments",
            hits,
            (
                "assessment of a visit recorded on several days",
                "assessments of a visit recorded on several days",
            ),
            "{participant_id} {visit} {measure} day {day}",
            "All are used by their day; name the visit once.",
        )
