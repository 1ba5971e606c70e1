"""Preferred terms by seriousness and relatedness, arm beside arm."""

from __future__ import annotations

from typing import Any

import polars as pl

from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.numbers import ABSENT, plural
from leadin.reports.tables import Column, Rows, Table

PARTS = (
    ("serious_participants", "Serious"),
    ("related_participants", "Related"),
    ("serious_related_participants", "Both"),
)


def seriousness_table(counts: pl.DataFrame, arms: tuple[ReportArm, ...], name: str = "seriousness") -> Table | None:
    """Participants with a serious, a related, a serious and related event of each term; terms without any are left out.

    counts: what `adverse_event_table.safety_table` gives. None where no event is either.
    """
    every = counts.filter(pl.col("system_organ_class").is_null())
    groups = [Rows((_row("Any adverse event", every, arms),))]
    terms = counts.drop_nulls("term").filter(
        (pl.col("serious_participants") + pl.col("related_participants")).sum().over("system_organ_class", "term") > 0
    )
    if terms.is_empty():
        return None
    for title in terms["system_organ_class"].unique(maintain_order=True):
        mine = terms.filter(pl.col("system_organ_class") == title)
        names = mine["term"].unique(maintain_order=True)
        groups.append(Rows(tuple(_row(term, mine.filter(pl.col("term") == term), arms) for term in names), title))
    columns = [Column("Preferred term")]
    for arm in arms:
        group = f"{arm.label}, n\u00a0=\u00a0{_value(every, arm, arms, 'n')}"
        columns += [Column(words, True, group) for _, words in PARTS]
    notes = [
        "Participants with at least one event of the term that was serious, related to treatment, or both at once; "
        "terms of which none was either are left out."
    ]
    for words in ("serious", "related"):
        silent = int(every[f"{words}_unknown"].sum())
        if silent:
            said = f"does not say whether it was {words}" if silent == 1 else f"do not say whether they were {words}"
            notes.append(f"{plural(silent, 'event')} {said}; not counted here.")
    caption = "Serious and related adverse events by preferred term."
    return Table(name, caption, tuple(columns), tuple(groups), tuple(notes), wide=True)


def _row(title: str, rows: pl.DataFrame, arms: tuple[ReportArm, ...]) -> tuple[str, ...]:
    cells = [title]
    for arm in arms:
        cells += [str(_value(rows, arm, arms, column) or ABSENT) for column, _ in PARTS]
    return tuple(cells)


def _value(rows: pl.DataFrame, arm: ReportArm, arms: tuple[ReportArm, ...], column: str) -> Any:
    return next((row[column] for row in rows.iter_rows(named=True) if arm_called(arms, row["arm"]) == arm), 0)
