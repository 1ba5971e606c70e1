"""When each sample is taken: on the day that the plan asks for it, and again after a failure, as long as its
participant is there. Without a limit on clean-room slots nobody waits for anybody; see `clean_room` for the queue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Orders:
    """m planned lots to be made, days from the SCHEDULED time zero of each one's participant, all whole.

    wanted (m,): day of the first sample. latest (m,): a sample later than that would give cells too late. last (m,):
    day on which the participant dies or leaves, else infinite. days, success (m, a): how long the culture of each of
    a samples takes, and whether it ends in a released lot. samples (m,): how many may be taken. pause: days from a
    failure to the next sample.
    """

    wanted: Floats
    latest: Floats
    last: Floats
    days: Floats
    success: Flags
    samples: Ints
    pause: float


def unlimited_isolations(orders: Orders) -> Floats:
    """Days (m, a) of all samples taken, NaN for those never taken, when a clean-room slot is always free."""
    isolated = np.full(orders.days.shape, np.nan)
    day, going = orders.wanted, np.isfinite(orders.wanted)
    for sample in range(orders.days.shape[1]):
        going = going & (sample < orders.samples) & (day < orders.last) & (day <= orders.latest)
        isolated[going, sample] = day[going]
        going = going & ~orders.success[:, sample]
        day = day + orders.days[:, sample] + orders.pause
    return isolated


def given_up_days(orders: Orders, isolated: Floats) -> Floats:
    """The whole day (m,) on which nothing more was to be done for each lot: the end of its last culture, or, where a
    sample was waited for in vain, the last day on which it could be taken; isolated (m, a): days of samples taken."""
    ended = np.fmax.reduce(isolated + orders.days, axis=1, initial=-np.inf)
    taken = np.isfinite(isolated)
    failed = ~np.any(taken & orders.success, axis=1)
    left = taken.sum(axis=1) < orders.samples
    again = ~taken.any(axis=1) | (failed & left & (ended + orders.pause <= orders.latest))
    return np.where(again, np.ceil(np.fmax(orders.latest, orders.wanted)), ended)
