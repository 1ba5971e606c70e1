"""The order in which participants were treated, in the calendar, where the table of participants tells it.

Days in a trial folder count from each one's own time zero, so that two people's days cannot be compared, and the
order of rows may be any. Three further columns of the table of participants can tell:
`time_zero_on` (calendar date of day 0), `accrual_order` (1, 2, ...) and `enrolled_on` (calendar date of enrolment).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from leadin.trials.trial import Trial

CALENDAR, ORDERS = "time_zero_on", ("accrual_order", "enrolled_on")


@dataclass(frozen=True)
class Order:
    """path: (treated, with the event) at each step, rising; empty where the order is unknown. words: what it was taken
    from, or why it is unknown."""

    path: tuple[tuple[int, int], ...]
    words: str


def treatment_order(trial: Trial, treated: pl.DataFrame, events: pl.DataFrame) -> Order:
    """The path of one group. treated: participant_id, first_dose; events: participant_id, start_day, of those that
    count. A column that is empty for anybody treated tells no order."""
    table = trial.participants
    if CALENDAR in table.columns:
        days = _days(table, CALENDAR)
        people = treated.join(days, on="participant_id", how="left", maintain_order="left")
        if not people["place"].has_nulls():
            return Order(_calendar_path(people, events), f"the order is that of the calendar ({CALENDAR})")
    for column in ORDERS:
        if column in table.columns:
            people = treated.join(_days(table, column), on="participant_id", how="left", maintain_order="left")
            if not people["place"].has_nulls() and people["place"].n_unique() == people.height:
                said = f"the order of treatment is taken from {column}; each counts with all events before the next one"
                return Order(_ordered_path(people, events), said)
    said = (
        "the order of treatment is unknown: days count from each participant's own time zero. Give a column "
        f"{CALENDAR}, {' or '.join(ORDERS)} in participants"
    )
    return Order((), said)


def _days(table: pl.DataFrame, column: str) -> pl.DataFrame:
    """participant_id, place: the column as days or numbers; null where it is neither."""
    values = table[column]
    if values.dtype == pl.String:
        text = values.str.strip_chars()
        dates = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).to_physical().cast(pl.Float64)
        place = text.cast(pl.Float64, strict=False) if column == "accrual_order" else dates
    elif values.dtype.is_temporal():
        place = values.cast(pl.Date).to_physical().cast(pl.Float64)
    else:
        place = values.cast(pl.Float64, strict=False)
    return table.select("participant_id").with_columns(place=place.fill_nan(None))


def _calendar_path(people: pl.DataFrame, events: pl.DataFrame) -> tuple[tuple[int, int], ...]:
    """Counts at the end of each calendar day on which anybody was first treated or first had the event."""
    started = (people["place"] + people["first_dose"]).sort()
    first = events.group_by("participant_id").agg(day=pl.col("start_day").min())
    had = (
        first.join(people.select("participant_id", "place"), on="participant_id")
        .select(day=pl.col("place") + pl.col("day"))["day"]
        .sort()
    )
    steps = sorted({*started.floor().to_list(), *had.floor().to_list()})
    path = [(int((started.floor() <= day).sum()), int((had.floor() <= day).sum())) for day in steps]
    return tuple(path)


def _ordered_path(people: pl.DataFrame, events: pl.DataFrame) -> tuple[tuple[int, int], ...]:
    affected = set(events["participant_id"])
    ids = people.sort("place")["participant_id"].to_list()
    return tuple((k, sum(who in affected for who in ids[:k])) for k in range(1, len(ids) + 1))
