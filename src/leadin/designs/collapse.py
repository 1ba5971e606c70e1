"""One simulated trial, collapsed to what its analyses need, exactly as they would see it in the trial's tables.

The plain way, array by array; the fast generator gives the same numbers without the arrays.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadin.engine.collapsed import (
    AFTER,
    BASE,
    BEFORE,
    COUNT,
    EVENT,
    MONTHS,
    SUMS,
    TT,
    TY,
    YY,
    ZERO,
    Collapsed,
    Floats,
    Ints,
    T,
    Y,
)
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.protocol import Protocol
from leadin.protocols.visits import Visit
from leadin.simulation.days import whole_days
from leadin.simulation.entry import allocation_days
from leadin.simulation.participants import SimulatedArrays
from leadin.simulation.timetable import Timetable


def visits_after(protocol: Protocol, measures: Sequence[str]) -> tuple[Visit, ...]:
    """The scheduled visits after time zero that list any of the measures: the planned times of `Collapsed.seen`."""
    return tuple(visit for visit in protocol.visits if visit.day > 0 and set(measures) & set(visit.measures))


def collapse(protocol: Protocol, arrays: SimulatedArrays, measures: Sequence[str]) -> Collapsed:
    """The trial as one replicate: participants arm by arm in the protocol's order, within an arm in the order of
    screening; times in months from each one's own time zero.

    seen: NaN at visits that do not list the measure. survival: months from the origin of the survival clock
    (randomisation; of one arm without it time zero, of several enrolment) to death or the last known day, whole days as
    in the tables; negative and without event for who is left out of survival analyses, because he died or left before
    the clock of his trial started.
    """
    arms = [np.flatnonzero(arrays.arm == number) for number in range(len(protocol.arms))]
    order = np.concatenate(arms)
    visits = visits_after(protocol, measures)
    days = arrays.visit_days[order]
    sums = np.zeros((1, len(measures), SUMS, order.size))
    seen = np.full((1, len(measures), len(visits), order.size), np.nan)
    sums[:, :, BASE:] = np.nan
    for number, measure in enumerate(measures):
        if measure in arrays.observed:
            values = arrays.observed[measure][order]
            sums[0, number] = _sums(days, values)
            seen[0, number] = _held(days, values, visits, measure)
    return Collapsed(
        sizes=np.array([mine.size for mine in arms], dtype=np.int64),
        sums=sums,
        seen=seen,
        survival=_survival(protocol, arrays, order)[None],
        filled=np.ones(1, dtype=np.bool_),
    )


def _sums(days: Floats, values: Floats) -> Floats:
    """(16, n) from days and values (n, k)."""
    made = np.zeros((SUMS, days.shape[0]))
    here = np.isfinite(values) & np.isfinite(days)
    months = np.where(here, days, 0.0) / DAYS_PER_MONTH
    y = np.where(here, values, 0.0)
    for side, mine in ((BEFORE, here & (days < 0.0)), (AFTER, here & (days > 0.0))):
        t, v = np.where(mine, months, 0.0), np.where(mine, y, 0.0)
        terms = {COUNT: mine.astype(np.float64), T: t, TT: t * t, Y: v, TY: t * v, YY: v * v}
        for place, term in terms.items():
            made[side + place] = term.sum(axis=1)
    zero = here & (days == 0.0)
    made[ZERO], made[ZERO + 1] = zero.sum(axis=1), np.where(zero, y, 0.0).sum(axis=1)
    by_then = here & (days <= 0.0)
    last = np.where(by_then, days, -np.inf).argmax(axis=1)
    rows, has = np.arange(days.shape[0]), by_then.any(axis=1)
    made[BASE] = np.where(has, months[rows, last], np.nan)
    made[BASE + 1] = np.where(has, y[rows, last], np.nan)
    return made


def _held(days: Floats, values: Floats, visits: Sequence[Visit], measure: str) -> Floats:
    """(k, n): the value that each visit holds, by the rule of `analysis.visit_grid`: of those inside its window the
    one nearest to its day, of equals the earlier; one inside two windows belongs to the nearer visit."""
    held = np.full((len(visits), days.shape[0]), np.nan)
    mine = [number for number, visit in enumerate(visits) if measure in visit.measures]
    if not mine:
        return held
    windows = [(visits[i].day, visits[i].day - visits[i].days_early, visits[i].day + visits[i].days_late) for i in mine]
    day, low, high = np.array(windows, dtype=np.float64).T
    after = np.isfinite(values) & (days > 0.0)
    distance = np.abs(days[:, :, None] - day)  # (n, visits made, windows)
    distance[~(after[:, :, None] & (days[:, :, None] >= low) & (days[:, :, None] <= high))] = np.inf
    belongs = distance.argmin(axis=2)
    distance[belongs[:, :, None] != np.arange(day.size)] = np.inf
    # Visits are in order of day: of two as near, the first found is the earlier.
    nearest = distance.argmin(axis=1)
    rows = np.arange(days.shape[0])[:, None]
    found = np.isfinite(distance.min(axis=1))
    held[mine] = np.where(found, values[rows, nearest], np.nan).T
    return held


def _survival(protocol: Protocol, arrays: SimulatedArrays, order: Ints) -> Floats:
    """(2, n), by the rules of `trials.survival_times`."""
    enrolment = arrays.enrolment_day[order]
    if protocol.randomised:
        origin = allocation_days(protocol, arrays.times, enrolment)
    else:
        origin = enrolment if np.unique(arrays.arm[order]).size > 1 else np.zeros(order.size)
    last = whole_days(arrays.last_day[order])
    made = np.empty((2, order.size))
    made[MONTHS] = (last - origin) / DAYS_PER_MONTH
    made[EVENT] = np.isfinite(arrays.death_day[order]) & (last >= origin)
    return made


def clock_start(protocol: Protocol, times: Timetable) -> float | None:
    """Months from time zero at which everybody's survival clock starts; None where that differs between people."""
    how = protocol.randomisation
    if how is None:
        return 0.0 if len(protocol.arms) == 1 else None
    if times.allocation is not None:
        return times.allocation / DAYS_PER_MONTH if times.enrolment <= times.allocation else None
    return 0.0 if how.at == "baseline" else None
