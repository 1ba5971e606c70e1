"""Checks of visits against the protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from leadin.protocols.visits import Visit
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
    """Assessments on a day outside the window of the visit they name; both ends of a window belong to it.

    Without randomisation the first administration is a participant's time zero, and when it comes late, all his visits
    before it lie further back: those of who was given cells are judged from the day on which it was due, see `_delays`.
    """
    if trial.protocol is None:
        return
    named = trial.assessments.with_row_index("row").filter(pl.col("visit").is_not_null() & pl.col("day").is_finite())
    before = [visit for visit in trial.protocol.visits if visit.day < 0 and not trial.protocol.randomised]
    dosed = named.filter(pl.col("participant_id").is_in(trial.administrations["participant_id"].implode()))
    named = named.join(_delays(dosed, before), on="participant_id", how="left", maintain_order="left")
    for visit in trial.protocol.visits:
        low, high = visit.day - visit.days_early, visit.day + visit.days_late
        day = pl.col("day") + pl.col("delay").fill_null(0.0) if visit in before else pl.col("day")
        hits = named.filter((pl.col("visit") == visit.name) & ~day.is_between(low, high))
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


def _delays(named: pl.DataFrame, before: Sequence[Visit]) -> pl.DataFrame:
    """By how many days the first administration of each participant was late, as far as his visits before it tell: the
    fewest for which all are within their windows, else for which the first is."""
    windows = pl.DataFrame(
        {
            "visit": [visit.name for visit in before],
            "low": [float(visit.day - visit.days_early) for visit in before],
            "high": [float(visit.day + visit.days_late) for visit in before],
        },
        schema={"visit": pl.String, "low": pl.Float64, "high": pl.Float64},
    )
    least = (pl.col("low") - pl.col("day")).clip(lower_bound=0.0)
    return (
        named.join(windows, on="visit", how="inner")
        .with_columns(least=least, most=pl.col("high") - pl.col("day"))
        .sort("participant_id", "day")
        .group_by("participant_id", maintain_order=True)
        .agg(least=pl.col("least").max(), most=pl.col("most").min(), first=pl.col("least").first())
        .select(
            "participant_id",
            delay=pl.when(pl.col("least") <= pl.col("most")).then(pl.col("least")).otherwise(pl.col("first")),
        )
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
