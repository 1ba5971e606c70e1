"""When things are planned to happen, as arrays: visits, dosing days and the grid on which a path is drawn.

All of it follows from the protocol and the population alone, never from a participant, so that the random numbers each
participant uses do not depend on who else is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from leadin.months import DAYS_PER_MONTH
from leadin.protocols.lots import planned_lots
from leadin.protocols.protocol import Arm, Protocol
from leadin.simulation.lot_plans import ProductPlan, product_plans
from leadin.simulation.sides import side_shares

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONGEST_STEP_DAYS = 14.0


@dataclass(frozen=True)
class Window:
    """Planned days (k,) and how many whole days early and late each may be: the protocol's window, made narrower where
    neighbours would otherwise change places or cross time zero."""

    days: Floats
    early: Floats
    late: Floats

    def part(self, places: slice) -> Window:
        """Some of the planned days."""
        return Window(self.days[places], self.early[places], self.late[places])


@dataclass(frozen=True)
class Timetable:
    """A protocol's times in days from time zero.

    enrolment: planned day of enrolment, <= 0. end: planned end of follow-up. visits: all visits, of which the first
    `lead_in_visits` are at or before time zero. screening_visit: the visit that is the enrolment, None when enrolment
    is earlier than every visit. baseline_visit: the last visit at or before time zero, None when there is none. doses:
    distinct dosing days of each arm. cells: of each arm, cells of all administrations of each dosing day (2, d), those
    fixed and those per kg; NaN when the protocol does not say. sides: of each arm, shares of the cells of each dosing
    day by side (d, 4), see `sides.py`. products: of each arm, its products and their lots. allocation: the day of
    allocation, where the protocol names one; allocation_visit: the last visit at or before it. longest_step: of the
    grid, days.
    """

    enrolment: float
    end: float
    visits: Window
    lead_in_visits: int
    screening_visit: int | None
    baseline_visit: int | None
    doses: tuple[Window, ...]
    cells: tuple[Floats, ...]
    sides: tuple[Floats, ...]
    products: tuple[tuple[ProductPlan, ...], ...]
    allocation_visit: int | None = None
    allocation: float | None = None
    longest_step: float = LONGEST_STEP_DAYS

    @cached_property
    def lead_in_window(self) -> Window:
        """Visits at or before time zero."""
        return self.visits.part(slice(None, self.lead_in_visits))

    @cached_property
    def follow_up_window(self) -> Window:
        """Visits after time zero."""
        return self.visits.part(slice(self.lead_in_visits, None))

    @cached_property
    def most_doses(self) -> int:
        """The largest number of dosing days in any arm."""
        return max(window.days.size for window in self.doses)

    @cached_property
    def lead_in_parts(self) -> Ints:
        """Steps between neighbouring times of enrolment, lead-in visits and time zero."""
        visits = self.lead_in_window
        low = np.concatenate(([self.enrolment], visits.days - visits.early, [0.0]))
        high = np.concatenate(([self.enrolment], visits.days + visits.late, [0.0]))
        if self.screening_visit is not None:
            low[0], high[0] = low[1], high[1]
        parts = self._parts(low, high)
        if self.screening_visit is not None:
            parts[0] = 0  # enrolment is the first visit
        return parts

    @cached_property
    def latest(self) -> float:
        """The latest day, from a participant's own time zero, to which a dose or a visit can draw out his follow-up."""
        windows = (self.visits, *self.doses)
        return max(self.end, *(float((window.days + window.late).max(initial=0.0)) for window in windows))

    @cached_property
    def follow_up_parts(self) -> Ints:
        """Steps between neighbouring times of time zero, later visits and the latest day."""
        visits = self.follow_up_window
        low = np.concatenate(([0.0], visits.days - visits.early, [self.latest]))
        high = np.concatenate(([0.0], visits.days + visits.late, [self.latest]))
        return self._parts(low, high)

    def _parts(self, low: Floats, high: Floats) -> Ints:
        # The j-th smallest of times within these bounds lies within the j-th smallest bounds.
        gap = np.sort(high)[1:] - np.sort(low)[:-1]
        return np.ceil(gap / self.longest_step).astype(np.int64)


def timetable(protocol: Protocol) -> Timetable:
    """The times of a protocol. A trial starts with its first visit, or with the first tissue sample if that is
    earlier, or with the lead-in when no visit is before time zero."""
    samples = [lot.isolated_day for arm in protocol.arms for lot in planned_lots(arm, protocol)]
    sampled = min((day for day in samples if day is not None), default=0)
    how = protocol.randomisation
    allocation = None if how is None or how.day is None else float(how.day)
    visits = _visit_windows(protocol, sampled, allocation)
    products = tuple(product_plans(arm, protocol) for arm in protocol.arms)
    before = int(np.sum(visits.days <= 0))
    lead_in = -protocol.lead_in_months * DAYS_PER_MONTH
    first_visit = float(visits.days[0]) if before else lead_in
    enrolment = min(first_visit, float(sampled), 0.0)
    last_dose = max((float(dose.day) for arm in protocol.arms for dose in arm.administrations), default=0.0)
    end = max(protocol.follow_up_months * DAYS_PER_MONTH, float(visits.days[-1]), last_dose)
    return Timetable(
        enrolment=enrolment,
        end=end,
        visits=visits,
        lead_in_visits=before,
        screening_visit=0 if before and first_visit == enrolment else None,
        baseline_visit=before - 1 if before else None,
        doses=tuple(_dose_windows(arm, randomised=protocol.randomised) for arm in protocol.arms),
        cells=tuple(_all_cells(plans) for plans in products),
        sides=tuple(side_shares(arm) for arm in protocol.arms),
        products=products,
        allocation_visit=None if allocation is None else _last_at(visits.days, allocation),
        allocation=allocation,
    )


def _all_cells(plans: tuple[ProductPlan, ...]) -> Floats:
    cells: Floats = np.sum([plan.cells for plan in plans], axis=0) if plans else np.zeros((2, 0))
    return cells


def _last_at(days: Floats, day: float) -> int | None:
    """Position of the last of sorted days at or before a day; None when all are later."""
    position = int(np.searchsorted(days, day, side="right")) - 1
    return position if position >= 0 else None


def _visit_windows(protocol: Protocol, sampled: float, allocation: float | None) -> Window:
    days = np.array([visit.day for visit in protocol.visits], dtype=np.float64)
    early = np.array([visit.days_early for visit in protocol.visits], dtype=np.float64)
    late = np.array([visit.days_late for visit in protocol.visits], dtype=np.float64)
    early, late = _apart(days, early, late)
    # A visit planned for time zero is made on it; others stay on their side, or a baseline would follow the first dose.
    late = np.where(days <= 0, np.minimum(late, -days), late)
    early = np.where(days > 0, np.minimum(early, days - 1), np.where(days == 0, 0, early))
    late[0] = min(late[0], max(sampled - days[0], 0.0))  # nobody gives tissue before he is enrolled
    if sampled < days[0]:  # who is enrolled to give tissue is seen after that
        early = np.where(days <= 0, np.minimum(early, days - sampled), early)
    if allocation is not None:  # a visit is judged for allocation when it was made before it, as planned
        late = np.where(days <= allocation, np.minimum(late, allocation - days), late)
        early = np.where(days > allocation, np.minimum(early, days - allocation - 1), early)
    return Window(days, early, late)


def _dose_windows(arm: Arm, *, randomised: bool) -> Window:
    by_day = {dose.day: dose for dose in reversed(arm.administrations)}
    doses = [by_day[day] for day in sorted(by_day)]
    days = np.array([dose.day for dose in doses], dtype=np.float64)
    early = np.array([dose.days_early for dose in doses], dtype=np.float64)
    late = np.array([dose.days_late for dose in doses], dtype=np.float64)
    early, late = _apart(days, early, late)
    early = np.minimum(early, np.maximum(days, 0))
    if not randomised:
        late = np.where(days == 0, 0, late)  # single-arm: the first administration is time zero
    return Window(days, early, late)


def _apart(days: Floats, early: Floats, late: Floats) -> tuple[Floats, Floats]:
    """Windows cut at half the way to the neighbours, so that order is kept and no two share a day."""
    half = np.floor((np.diff(days) - 1) / 2)
    early, late = early.copy(), late.copy()
    early[1:] = np.minimum(early[1:], half)
    late[:-1] = np.minimum(late[:-1], half)
    return early, late


def jittered(window: Window, sd_days: float, normals: Floats) -> Floats:
    """Actual days (n, k): whole days about the planned ones, held within the window; normals (n, k)."""
    days: Floats = window.days + np.clip(np.rint(sd_days * normals), -window.early, window.late)
    return days


def grid(nodes: Floats, parts: Ints) -> tuple[Floats, Ints]:
    """The grid (n, K + 1) through each participant's sorted nodes (n, m), each gap cut into `parts` (m - 1,) equal
    steps, and the column of each node in it (m,). A gap of 0 parts has no length: both nodes share a column."""
    gap = np.repeat(np.arange(parts.size), parts)
    within = np.concatenate([np.arange(1, count + 1) / count for count in parts if count]) if gap.size else np.zeros(0)
    start, end = nodes[:, gap], nodes[:, gap + 1]
    inner = start + (end - start) * within
    inner[:, within == 1.0] = end[:, within == 1.0]
    columns: Ints = np.concatenate(([0], np.cumsum(parts)))
    return np.concatenate((nodes[:, :1], inner), axis=1), columns
