"""The listing of serious adverse events, a row each: who, what, when, after which injection, how bad, related."""

from __future__ import annotations

import polars as pl

from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.numbers import ABSENT, number, plural
from leadin.reports.tables import Column, Rows, Table

MOST = 60
"""With more serious events than this, only those related to treatment or fatal are listed."""


def serious_events_table(
    events: pl.DataFrame, arms: tuple[ReportArm, ...], name: str = "serious-events"
) -> Table | None:
    """The listing. events: what `analysis.serious_events` gives; None when there is none."""
    if events.is_empty():
        return None
    listed = events
    notes = ["Every event recorded as serious, of anybody in the tables, before time zero too; ordered by participant."]
    if events.height > MOST:
        listed = events.filter(pl.col("related") | (pl.col("grade") == 5).fill_null(False))
        shown = plural(listed.height, "serious event")
        notes = [
            f"{shown} of {events.height}: those related to treatment, and the fatal ones. The tables hold the others."
        ]
    columns = (
        Column("Participant"),
        Column("Term"),
        Column("Day", numeric=True),
        Column("Days since the injection", numeric=True),
        Column("Injection", numeric=True),
        Column("Grade", numeric=True),
        Column("Relatedness, as recorded"),
    )
    groups = []
    for arm in arms:
        rows = tuple(_row(row) for row in listed.iter_rows(named=True) if arm_called(arms, row["arm"]) == arm)
        if rows:
            groups.append(Rows(rows, arm.label if len(arms) > 1 else None))
    return Table(name, "Serious adverse events, one by one.", columns, tuple(groups), tuple(notes), wide=True)


def _row(row: dict[str, object]) -> tuple[str, ...]:
    return (
        str(row["participant_id"]),
        str(row["term"]),
        _whole(row["start_day"]),
        _whole(row["since_injection"]),
        ABSENT if row["injection"] is None else str(row["injection"]),
        ABSENT if row["grade"] is None else str(row["grade"]),
        str(row["relatedness"] or "not recorded"),
    )


def _whole(days: object) -> str:
    return number(float(days), 0) if isinstance(days, int | float) else ABSENT
