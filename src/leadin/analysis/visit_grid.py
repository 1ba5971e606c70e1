"""One measure at baseline and at the visits after it, one row per participant: for methods that compare arms at visits.

A scheduled visit is held by the assessment inside its window, of several the one nearest to its day. Without scheduled
visits, the days that at least half of those still followed share (within a day) are the visits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.analysis.arms import allocated
from leadin.analysis.measures import measure_name
from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH, month_words
from leadin.trials.schema import conform
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]

SHARED_WITHIN = 1.0
"""Days by which assessments of a visit that nobody scheduled may lie apart from its day."""
SAME_MONTH = 0.05
"""Months by which a planned month and the month of a visit may differ."""


@dataclass(frozen=True)
class VisitGrid:
    """n participants, k visits after time zero in order.

    participants: participant_id, arm (n rows, in the order of their table, those in an arm). baseline (n,): the last
    value at or before time zero. months (k,): scheduled month of each visit, from time zero; names (k,). values (n, k).
    days (n, k): the actual days. Missing is NaN. outside: assessments after time zero that no visit holds.
    """

    measure: str
    participants: pl.DataFrame
    baseline: Floats
    months: Floats
    names: tuple[str, ...]
    values: Floats
    days: Floats
    outside: int

    def visit_at(self, month: float | None) -> int:
        """The number of the visit at that month, the last one for None. DataError where there is no such visit."""
        if month is None:
            return self.months.size - 1
        near = int(np.argmin(np.abs(self.months - month)))
        if abs(self.months[near] - month) <= max(SAME_MONTH, 0.5 / DAYS_PER_MONTH + 1e-9):
            return near
        told = [month_words(visit) for visit in self.months]
        if len(set(told)) < len(told):
            told = [f"{visit:.4g}" for visit in self.months]
        raise DataError(
            f"month: expected the month of a visit with the {measure_name(self.measure)} ({', '.join(told)}); got "
            f"{month:g}. Name one of these."
        )


def visit_grid(trial: Trial, measure: str) -> VisitGrid:
    """The measure of the participants in an arm, at baseline and at each visit after it.

    Give it a trial that `usable_trial` has been through. Raises DataError without participants, without an assessment
    after time zero, and where neither the protocol nor the days themselves make visits.
    """
    trial = allocated(trial)
    people = conform("participants", trial.participants).select("participant_id", "arm").with_row_index("row")
    seen = (
        conform("assessments", trial.assessments)
        .filter((pl.col("measure") == measure) & pl.col("value").is_finite() & pl.col("day").is_finite())
        .select("participant_id", "day", "value")
        .join(people.select("participant_id", "row"), on="participant_id")
        .sort("row", "day")
    )
    before, after = seen.filter(pl.col("day") <= 0.0), seen.filter(pl.col("day") > 0.0)
    if after.is_empty():
        raise DataError(f"{measure}: expected visits after time zero; got none")
    baseline = np.full(people.height, np.nan)
    last = before.group_by("row", maintain_order=True).last()
    baseline[last["row"].to_numpy()] = last["value"].to_numpy()
    windows = _scheduled(trial, measure) or _shared(trial, after, measure)
    held = _held(after, windows)
    values, days = (np.full((people.height, len(windows)), np.nan) for _ in range(2))
    rows, columns = held["row"].to_numpy(), held["visit"].to_numpy()
    values[rows, columns], days[rows, columns] = held["value"].to_numpy(), held["day"].to_numpy()
    return VisitGrid(
        measure,
        people.drop("row"),
        baseline,
        np.array([window.day for window in windows]) / DAYS_PER_MONTH,
        tuple(window.name for window in windows),
        values,
        days,
        after.height - held.height,
    )


@dataclass(frozen=True)
class _Window:
    """A visit on `day`; an assessment from `low` to `high` days belongs to it."""

    name: str
    day: float
    low: float
    high: float


def _scheduled(trial: Trial, measure: str) -> list[_Window]:
    """The protocol's visits after time zero that take the measure; a window never reaches back to time zero."""
    visits = () if trial.protocol is None else trial.protocol.visits
    return [
        _Window(visit.name, float(visit.day), float(visit.day - visit.days_early), float(visit.day + visit.days_late))
        for visit in visits
        if visit.day > 0 and measure in visit.measures
    ]


def _shared(trial: Trial, after: pl.DataFrame, measure: str) -> list[_Window]:
    """Days within a day of which at least half of those still followed were seen, the most shared ones first taken."""
    last = _last_days(trial)
    rows, days = after["row"].to_numpy(), after["day"].to_numpy()
    free = np.ones(days.size, dtype=np.bool_)
    found: list[float] = []
    while free.any():
        candidates = np.unique(days[free])
        near = free & (np.abs(days - candidates[:, None]) <= SHARED_WITHIN)
        sharing = np.array([np.unique(rows[mine]).size for mine in near])
        followed = (last[None, :] >= candidates[:, None] - SHARED_WITHIN).sum(axis=1)
        enough = 2 * sharing >= followed
        if not enough.any():
            break
        best = int(np.argmax(np.where(enough, sharing, -1)))
        day = float(np.median(days[near[best]]))
        found.append(day)
        free &= np.abs(days - day) > SHARED_WITHIN
        free &= ~near[best]
    if not found:
        raise DataError(
            f"{measure}: expected visits on days that at least half of those still followed share; the days of "
            "assessment are all different. Name a protocol with visits (--protocol), or use a model in time "
            "(random_slope, broken_stick)."
        )
    return [
        _Window(f"month {day / DAYS_PER_MONTH:.3g}", day, day - SHARED_WITHIN, day + SHARED_WITHIN)
        for day in sorted(found)
    ]


def _last_days(trial: Trial) -> Floats:
    """The last day on which anything is known of each participant (n,); minus infinity for nothing."""
    known = [
        trial.assessments.filter(pl.col("value").is_not_null()).select("participant_id", "day"),
        trial.events.select("participant_id", "day"),
    ]
    last = pl.concat(known).filter(pl.col("day").is_finite()).group_by("participant_id").agg(pl.col("day").max())
    joined = trial.participants.select("participant_id").join(
        last, on="participant_id", how="left", maintain_order="left"
    )
    return joined["day"].fill_null(float("-inf")).to_numpy()


def _held(after: pl.DataFrame, windows: Sequence[_Window]) -> pl.DataFrame:
    """row, visit, value, day: of each participant and visit the assessment nearest to its day, of equals the earlier;
    an assessment inside two windows belongs to the nearer visit."""
    days = after["day"].to_numpy()
    low, high, day = (np.array([getattr(window, name) for window in windows]) for name in ("low", "high", "day"))
    distance = np.abs(days[:, None] - day)
    distance[(days[:, None] < low) | (days[:, None] > high)] = np.inf
    visit = distance.argmin(axis=1)
    nearest = distance[np.arange(days.size), visit]
    return (
        after.with_columns(visit=pl.Series(visit, dtype=pl.Int64), distance=pl.Series(nearest, dtype=pl.Float64))
        .filter(pl.col("distance").is_finite())
        .sort("row", "visit", "distance", "day")
        .unique(subset=["row", "visit"], keep="first", maintain_order=True)
        .select("row", "visit", "value", "day")
    )
