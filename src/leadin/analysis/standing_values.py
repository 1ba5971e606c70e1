"""Values that stand at a visit by a planned strategy: of those who died before it, or to whom another intercurrent
event happened.

While alive: the last value before the event stands. Composite: the worst value of the measure does. Any other strategy
leaves the visit as it was observed, or missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.analysis.visit_grid import Floats, VisitGrid
from leadin.months import DAYS_PER_MONTH, month_words
from leadin.protocols.estimand import IntercurrentEvent, IntercurrentEventKind
from leadin.protocols.estimand_words import EVENTS, strategy_words
from leadin.trials.fatal_events import first_events
from leadin.trials.schema import conform
from leadin.trials.trial import Trial

KINDS: Mapping[IntercurrentEventKind, tuple[str, ...]] = {
    "death": ("death",),
    "ventilation": ("tracheostomy", "permanent_ventilation"),
    "non_invasive_ventilation": ("non_invasive_ventilation",),
    "other_therapy": ("other_therapy",),
    "not_dosed": ("not_dosed",),
}
"""The kinds of event in the tables that each intercurrent event is."""
SETTLING = ("while_alive", "composite")
"""Strategies by which a value stands at the visit for those to whom the event happened before it."""


def worst_value(measure: str) -> float | None:
    """The worst value of a measure's scale, which stands for death in a composite; None where there is none."""
    return None if measure == "weight_kg" else 0.0


@dataclass(frozen=True)
class StandingValues:
    """values (n,), in the order of the grid's participants: what stands at the visit; NaN where nothing does. remarks:
    how many, of which arm, by which strategy."""

    values: Floats
    remarks: tuple[str, ...]


def died_before(trial: Trial, grid: VisitGrid, visit: int) -> NDArray[np.bool_]:
    """Who (n,) died on or before the scheduled day of the visit and has no value at it."""
    died = _first_days(trial, grid, "death") <= _day(grid, visit)
    return np.asarray(died & np.isnan(grid.values[:, visit]), dtype=np.bool_)


def standing_values(trial: Trial, grid: VisitGrid, visit: int, events: Sequence[IntercurrentEvent]) -> StandingValues:
    """What stands at the visit (its number in the grid) by the strategies `while_alive` and `composite` among `events`.

    An event counts where it fell on or before the scheduled day of the visit and no value of the visit was taken
    before it; of several events the earliest decides, on equal days the one planned first. Whoever was never assessed
    has no last value. Where the measure has no worst value, nothing stands by `composite`.
    """
    values = np.full(grid.baseline.size, np.nan)
    decided = np.full(grid.baseline.size, np.inf)
    by = np.full(grid.baseline.size, -1)
    for number, item in enumerate(events):
        if item.strategy not in SETTLING or item.event == "not_dosed":
            continue
        day = _first_days(trial, grid, item.event)
        # NaN days, of those not seen at the visit, compare as False.
        counts = (day <= _day(grid, visit)) & ~(grid.days[:, visit] <= day) & (day < decided)
        stands = _last_values(trial, grid, day) if item.strategy == "while_alive" else _worst(grid)
        values, decided = np.where(counts, stands, values), np.where(counts, day, decided)
        by[counts] = number
    told = [_remark(grid, visit, item, np.isfinite(values) & (by == number)) for number, item in enumerate(events)]
    return StandingValues(values, tuple(remark for remark in told if remark))


def _day(grid: VisitGrid, visit: int) -> float:
    return float(grid.months[visit] * DAYS_PER_MONTH) + 1e-6


def _first_days(trial: Trial, grid: VisitGrid, event: IntercurrentEventKind) -> Floats:
    """The day of the first such event of each participant of the grid, infinity for none."""
    first = first_events(conform("events", trial.events), KINDS[event]).select("participant_id", "day")
    joined = grid.participants.join(first, on="participant_id", how="left", maintain_order="left")
    return joined["day"].fill_null(np.inf).to_numpy()


def _last_values(trial: Trial, grid: VisitGrid, until: Floats) -> Floats:
    """The last value of each participant on or before his day in `until`; NaN for none."""
    ends = grid.participants.select("participant_id", until=pl.Series(until, dtype=pl.Float64))
    last = (
        conform("assessments", trial.assessments)
        .filter((pl.col("measure") == grid.measure) & pl.col("value").is_finite() & pl.col("day").is_finite())
        .join(ends, on="participant_id")
        .filter(pl.col("day") <= pl.col("until"))
        .sort("participant_id", "day")
        .unique(subset="participant_id", keep="last", maintain_order=True)
        .select("participant_id", "value")
    )
    joined = grid.participants.join(last, on="participant_id", how="left", maintain_order="left")
    return joined["value"].fill_null(np.nan).to_numpy()


def _worst(grid: VisitGrid) -> Floats:
    worst = worst_value(grid.measure)
    return np.full(grid.baseline.size, np.nan if worst is None else worst)


def _remark(grid: VisitGrid, visit: int, item: IntercurrentEvent, who: NDArray[np.bool_]) -> str:
    """`3 participants with death before month 12 (2 of arm cells, 1 of arm control) count with ... (while alive)`."""
    if not who.any():
        return ""
    arms = grid.participants["arm"].filter(pl.Series(who))
    counts = [f"{int((arms == arm).sum())} of arm {arm}" for arm in arms.drop_nulls().unique(maintain_order=True)]
    of_arms = f" ({', '.join(sorted(counts, key=lambda text: text.partition(' of ')[2]))})" if counts else ""
    last = item.strategy == "while_alive"
    value = "their last value before it" if last else f"the worst value, {worst_value(grid.measure):g}"
    number = int(who.sum())
    people, verb = ("participant", "counts") if number == 1 else ("participants", "count")
    return (
        f"{number} {people} with {EVENTS[item.event]} by month {month_words(grid.months[visit])}{of_arms} {verb} with "
        f"{value} ({strategy_words(item.event, item.strategy)})"
    )
