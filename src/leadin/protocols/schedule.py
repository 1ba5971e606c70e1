"""A protocol's dates: visits, isolations, expansions and injections with their windows."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal, get_args

from leadin.errors import UsageError
from leadin.protocols.lots import PlannedLot, planned_lots
from leadin.protocols.nearest import nearest
from leadin.protocols.problems import shown
from leadin.protocols.product import Product
from leadin.protocols.protocol import Arm, Protocol
from leadin.protocols.visits import Visit

ActivityKind = Literal["visit", "randomisation", "isolation", "expansion", "differentiation", "release", "injection"]
KINDS: tuple[ActivityKind, ...] = get_args(ActivityKind)
"""Kinds of activity, in the order they are told when several fall on one day."""


@dataclass(frozen=True)
class ScheduledActivity:
    """One dated activity of one participant.

    day: whole days from time zero; date: that day. last_day and last_date differ from them for what takes days
    (expansion, differentiation, release tests). earliest, latest: the window in which it may begin; that of an
    isolation and of what follows it moves with the dose that the lot is made for. arm: the arm it belongs to, None:
    every arm. lot: number of the planned lot within the arm, None for visits. key: stays the same when days are
    changed.
    """

    kind: ActivityKind
    label: str
    day: int
    last_day: int
    date: datetime.date
    last_date: datetime.date
    earliest: datetime.date
    latest: datetime.date
    arm: str | None
    lot: int | None
    key: str


@dataclass(frozen=True)
class _Undated:
    kind: ActivityKind
    label: str
    day: int
    last_day: int
    early: int
    late: int
    arm: str | None
    lot: int | None
    key: str


def dated_schedule(
    protocol: Protocol, start: datetime.date, *, arm: str | None = None
) -> tuple[ScheduledActivity, ...]:
    """The schedule of a participant whose first visit is on `start`, in order of date.

    arm: only that arm's activities beside the visits; without it, those of every arm. Raises UsageError for an arm
    that the protocol does not have and for a start from which the calendar ends before the trial does.
    """
    arms = protocol.arms if arm is None else (_named_arm(protocol, arm),)
    first = min(visit.day for visit in protocol.visits)
    undated = [
        *(_visit_activity(visit, first) for visit in protocol.visits),
        *_allocation(protocol),
        *(activity for one in arms for activity in _arm_activities(one, protocol)),
    ]
    # Within a day and kind, arms and lots keep the order they were put in.
    undated.sort(key=lambda it: (it.day, KINDS.index(it.kind)))
    try:
        return tuple(_dated(it, start, first) for it in undated)
    except OverflowError as error:
        raise UsageError(
            f"start: expected a date that leaves room for the whole schedule; got {start}. Write one nearer to today."
        ) from error


def _named_arm(protocol: Protocol, name: str) -> Arm:
    names = [arm.name for arm in protocol.arms]
    if name not in names:
        near = nearest(name, names)
        advice = f"Write {near}." if near else "Write one of these."
        raise UsageError(f"arm: expected an arm of {protocol.name} ({', '.join(names)}); got {shown(name)}. {advice}")
    return protocol.arm(name)


def _visit_activity(visit: Visit, first: int) -> _Undated:
    """The first visit has no window: the schedule counts from the day it is on."""
    early, late = (0, 0) if visit.day == first else (visit.days_early, visit.days_late)
    return _Undated("visit", visit.name, visit.day, visit.day, early, late, None, None, visit.name)


def _allocation(protocol: Protocol) -> list[_Undated]:
    """The day of allocation, where the protocol names one."""
    day = None if protocol.randomisation is None else protocol.randomisation.day
    if day is None:
        return []
    return [_Undated("randomisation", "randomisation", day, day, 0, 0, None, None, "day of allocation")]


def _arm_activities(arm: Arm, protocol: Protocol) -> list[_Undated]:
    products = {product.name: product for product in protocol.products}
    lots = planned_lots(arm, protocol)
    made = [activity for lot in lots for activity in _lot_activities(lot, arm, products[lot.product])]
    lot_of = {position: lot.number for lot in lots for position in lot.administrations}
    days = sorted({dose.day for dose in arm.administrations})
    for position, dose in enumerate(arm.administrations):
        number = f" {days.index(dose.day) + 1}" if len(days) > 1 else ""
        label = f"injection{number} of {dose.product}, {dose.route}"
        key = f"injection {position + 1}"
        made.append(
            _Undated(
                "injection", label, dose.day, dose.day, dose.days_early, dose.days_late, arm.name, lot_of[position], key
            )
        )
    return made


def _lot_activities(lot: PlannedLot, arm: Arm, product: Product) -> list[_Undated]:
    """What making a lot takes; nothing for cells from stock."""
    if lot.isolated_day is None or lot.harvested_day is None or product.manufacturing is None:
        return []
    tissue, release_days = product.source_tissue, product.manufacturing.release_days
    first = min(lot.administrations, key=lambda position: arm.administrations[position].day)
    early, late = arm.administrations[first].days_early, arm.administrations[first].days_late
    steps: list[tuple[ActivityKind, str, int, int]] = [
        ("isolation", f"isolation from {tissue}" if tissue else "isolation", lot.isolated_day, lot.isolated_day),
        ("expansion", "expansion", lot.isolated_day, lot.harvested_day),
    ]
    tested = lot.released_day - release_days
    if tested > lot.harvested_day:
        steps.append(("differentiation", "differentiation", lot.harvested_day, tested))
    steps.append(("release", "release tests and release" if release_days else "release", tested, lot.released_day))
    return [
        _Undated(
            kind, f"{label}, lot {lot.number}", day, last, early, late, arm.name, lot.number, f"{kind} {lot.number}"
        )
        for kind, label, day, last in steps
    ]


def _dated(it: _Undated, start: datetime.date, first: int) -> ScheduledActivity:
    def on(day: int) -> datetime.date:
        return start + datetime.timedelta(days=day - first)

    return ScheduledActivity(
        kind=it.kind,
        label=it.label,
        day=it.day,
        last_day=it.last_day,
        date=on(it.day),
        last_date=on(it.last_day),
        earliest=on(it.day - it.early),
        latest=on(it.day + it.late),
        arm=it.arm,
        lot=it.lot,
        key=it.key if it.arm is None else f"{it.arm} {it.key}",
    )
