"""The queue for clean-room slots: cultures of participants who come one after the other share a few places.

A slot is held from the isolation until the cells are ready or the culture is given up; first come, first served; on one
day, in the order of enrolment. Whoever died or left while waiting is not isolated, and a culture ends with its
participant. Who would be served so late that the cells could no longer be given steps out of the queue.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leadin.months import DAYS_PER_MONTH
from leadin.simulation.isolations import Orders

if TYPE_CHECKING:
    import simpy

Floats = NDArray[np.float64]


def queued_isolations(orders: Orders, zero: Floats, slots: int) -> Floats:
    """Days (m, a) of all samples taken, NaN for those never taken, each from its participant's scheduled time zero;
    zero (m,): that day in the calendar, whole. With slots for everybody it is what `unlimited_isolations` says."""
    import simpy

    isolated = np.full(orders.days.shape, np.nan)
    coming = np.flatnonzero(np.isfinite(orders.wanted))
    if not coming.size:
        return isolated
    room = simpy.Environment(initial_time=float(np.min((zero + orders.wanted)[coming])))
    places = simpy.Resource(room, capacity=slots)
    for order in coming.tolist():
        room.process(_lot(room, places, orders, order, float(zero[order]), isolated[order]))
    room.run()
    return isolated


def _lot(
    room: simpy.Environment, places: simpy.Resource, orders: Orders, order: int, zero: float, isolated: Floats
) -> Generator[simpy.Event, object, None]:
    """One planned lot: samples are taken until one succeeds, or none is left, or the participant is gone."""
    last, latest = float(orders.last[order]), float(orders.latest[order])
    day = float(orders.wanted[order])
    for sample in range(int(orders.samples[order])):
        yield room.timeout(max(zero + day - room.now, 0.0))
        if day >= last or day > latest:
            return
        with places.request() as place:
            yield place
            day = room.now - zero
            if day >= last or day > latest:
                return
            isolated[sample] = day
            days = float(orders.days[order, sample])
            yield room.timeout(min(days, float(np.ceil(last - day))))
        if orders.success[order, sample]:
            return
        day += days + orders.pause


def calendar(enrolment_day: Floats, per_month: float, gaps: Floats) -> Floats:
    """The calendar day (n,) of each participant's scheduled time zero, whole, when they are enrolled one after the
    other at a mean rate; enrolment_day (n,): from the scheduled time zero; gaps (n,): exponential with mean 1."""
    enrolled = np.cumsum(gaps) * DAYS_PER_MONTH / per_month
    zero: Floats = np.floor(enrolled - enrolment_day)
    return zero


def most_at_once(begins: Floats, ends: Floats) -> int:
    """The most cultures at one time; a culture that ends on the day on which another begins makes room for it."""
    if not begins.size:
        return 0
    days = np.concatenate((ends, begins))
    steps = np.concatenate((-np.ones(ends.size), np.ones(begins.size)))
    order = np.lexsort((steps, days))
    return int(np.cumsum(steps[order]).max())
