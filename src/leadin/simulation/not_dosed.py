"""Why participants meant to have cells never had any, and when that was known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.disease.lot_release import FAILURES, RELEASED
from leadin.simulation.days import whole_days
from leadin.simulation.participants import SimulatedArrays

Floats = NDArray[np.float64]

DIED = "died before the first administration"
LEFT = "left before the first administration"
NO_LOT = "no lot was released"
TOO_LATE = "cells were not ready in time"


def not_dosed(arrays: SimulatedArrays) -> tuple[Floats, NDArray[np.str_]]:
    """Day (n,) and reason (n,) for everybody screened, to be read of those who were meant to have cells and had none.

    The cells are the reason when it was known that none would come while the participant was still there: on the day
    on which his last culture ended, or could not be begun any more. The cause of the last failure is named. Else it is
    that he died or left, on the day that he did or of the dose that he missed.
    """
    last = whole_days(arrays.last_day)
    first = arrays.dose_days.min(axis=1, initial=np.inf, where=~np.isnan(arrays.dose_days))
    died = np.isfinite(arrays.death_day)
    reason = np.where(died, DIED, np.where(np.isfinite(arrays.drop_out_day), LEFT, TOO_LATE)).astype(object)
    day = np.minimum(last, first)
    known, failure = _last_failure(arrays)
    none_came = np.isinf(first)
    lots = none_came & np.isfinite(known) & (known < arrays.last_day)
    words = np.array([TOO_LATE, *(f"{NO_LOT}: {why}" for why in FAILURES[1:])], dtype=object)
    reason[lots], day[lots] = words[failure[lots]], known[lots]
    return day, reason.astype(np.str_)


def _last_failure(arrays: SimulatedArrays) -> tuple[Floats, NDArray[np.int64]]:
    """Day (n,) on which nothing more was to be done for any lot, and what the last culture that failed came to;
    RELEASED without any."""
    known, last_end = np.full(arrays.arm.size, -np.inf), np.full(arrays.arm.size, -np.inf)
    failure = np.full(arrays.arm.size, RELEASED)
    for batch in arrays.making.batches:
        if batch.cultures is None or batch.given_up is None:
            continue
        rows = arrays.rows[batch.rows]
        known[rows] = np.maximum(known[rows], batch.given_up.max(axis=1, initial=-np.inf))
        failed = np.where(batch.cultures.failure == RELEASED, np.nan, batch.cultures.days)
        ended = batch.isolated.reshape(rows.size, -1) + failed
        for column in range(ended.shape[1]):
            later = ended[:, column] > last_end[rows]
            last_end[rows[later]] = ended[later, column]
            failure[rows[later]] = batch.cultures.failure[later, column]
    return known, failure
