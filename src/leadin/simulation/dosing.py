"""From ready lots to dosing days: each dose on its day, or when its cells are there, never too soon after the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from leadin.simulation.timetable import Window

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

NO_LOT = -1


@dataclass(frozen=True)
class Supply:
    """The lots of one product for the dosing days of n participants.

    ready (n, d): day from which cells can be given, minus infinite for cells from stock, NaN for none. lot (n, d): the
    lot they are from, by any number of its own, NO_LOT for none. kept_days: whole days that a released lot keeps.
    fresh: it is released on the first day on which it is given, not when it is ready.
    """

    ready: Floats
    lot: Ints
    kept_days: float
    fresh: bool


@dataclass(frozen=True)
class DoseDays:
    """days (n, d): of each dose, NaN for none. lot (n, d, p): the lot given then of each of p products, else NO_LOT."""

    days: Floats
    lot: Ints


def dose_days(supplies: Sequence[Supply], targets: Floats, window: Window, longest_wait: float) -> DoseDays:
    """The dosing days of n participants; targets (n, d): the days that cells are made for; window: the planned ones.

    A dose is given on the latest of its target, the day on which the cells of all its products are ready, and the end
    of the planned interval from the dose before (less the days that it may be early). Cells of a product that has no
    lot, or whose lot has expired, are left out; a dose without any cells, or later than `longest_wait` days after its
    planned day, is skipped.
    """
    n, count = targets.shape
    days = np.full((n, count), np.nan)
    lots = np.full((n, count, len(supplies)), NO_LOT)
    soonest = np.full(n, -np.inf)  # by how much later than planned the dose before was given
    for place in range(count):
        ready = reduce(np.fmax, (supply.ready[:, place] for supply in supplies))
        day = np.maximum(np.maximum(targets[:, place], ready), window.days[place] - window.early[place] + soonest)
        in_time = day - window.days[place] <= longest_wait  # never where there are no cells at all
        there = np.zeros(n, dtype=np.bool_)
        for position, supply in enumerate(supplies):
            keeps = in_time & (supply.ready[:, place] < np.inf)
            if np.isfinite(supply.kept_days):
                keeps &= day - _released(supply, place, day, days, lots[:, :, position]) <= supply.kept_days
            lots[:, place, position] = np.where(keeps, supply.lot[:, place], NO_LOT)
            there |= keeps
        days[:, place] = np.where(there, day, np.nan)
        soonest = np.where(there, day - window.days[place], soonest)
    return DoseDays(days, lots)


def _released(supply: Supply, place: int, day: Floats, days: Floats, lots: Ints) -> Floats:
    """The day of release (n,) of the lot that is to be given on `day`, the dose at that place."""
    if not supply.fresh:
        return supply.ready[:, place]
    since = day
    for before in range(place):
        same = (lots[:, before] == supply.lot[:, place]) & (lots[:, before] != NO_LOT)
        since = np.where(same, np.fmin(since, days[:, before]), since)
    return since
