"""Adverse events after the first, second, ... injection, as a table."""

from __future__ import annotations

import polars as pl

from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.numbers import cell_count, decimals_for_interval, interval, number, percent
from leadin.reports.tables import Column, Rows, Table


def injection_numbers_table(
    numbers: pl.DataFrame, arms: tuple[ReportArm, ...], name: str = "injection-numbers"
) -> Table | None:
    """The table. numbers: what `analysis.injection_numbers` gives; None when it has no rows."""
    columns = (
        Column("Injection"),
        Column("Given it", numeric=True),
        Column("With an event (%)", numeric=True),
        Column("Serious", numeric=True),
        Column("Related", numeric=True),
        Column("Serious and related", numeric=True),
        Column("at most", numeric=True),
        Column("Events", numeric=True),
        Column("per 100 person-months (95 % interval)", numeric=True),
    )
    groups = []
    for arm in arms:
        rows = []
        for row in numbers.iter_rows(named=True):
            if arm_called(arms, row["arm"]) != arm:
                continue
            decimals = decimals_for_interval(None, row["rate_low"], row["rate_high"])
            rate = f"{number(row['rate'], decimals)} ({interval(row['rate_low'], row['rate_high'], decimals)})"
            rows.append(
                (
                    f"{row['injection']}",
                    str(row["n"]),
                    cell_count(row["participants"], row["n"]),
                    str(row["serious"]),
                    str(row["related"]),
                    str(row["serious_related"]),
                    percent(row["serious_related_high"]),
                    str(row["events"]),
                    rate if row["rate"] is not None else number(None),
                )
            )
        if rows:
            groups.append(Rows(tuple(rows), arm.label if len(arms) > 1 else None))
    if not groups:
        return None
    notes = (
        "Participants with an event from that injection to the next one, death or the end of what is known, of those "
        "given it. At most: the upper end of the exact 95 % interval of the share with a serious related event.",
    )
    caption = "Adverse events after each injection, by its number."
    return Table(name, caption, columns, tuple(groups), notes, wide=True)
