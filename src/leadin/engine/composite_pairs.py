"""Every pair compared by a composite: an event first, and a repeated outcome where the event does not tell.

Of two, the one whose event comes first loses. Where that is undecided (neither had the event, or one was censored
before the other's event) the larger of their outcomes wins, at the last occasion on which both have one. Both events at
the same time, equal outcomes, and no occasion in common are ties. Who was censored at the very time of the other's
event outlived it. With early censoring such comparisons need not be transitive: a may beat b, b beat c, and c beat a,
each pair over other occasions.

Reference: Finkelstein & Schoenfeld (1999), Combining mortality and longitudinal measures in clinical trials, Stat Med
18:1341-1354, doi:10.1002/(SICI)1097-0258(19990615)18:11<1341::AID-SIM129>3.0.CO;2-7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.errors import DataError

Floats = NDArray[np.float64]
Signs = NDArray[np.int8]

BY_EVENT, BY_OUTCOME, TIED = 1, 2, 0
"""What decided a pair."""
BLOCK = 512
"""Rows compared at once: the working memory then stays below some ten matrices of 512 rows."""


@dataclass(frozen=True)
class Courses:
    """n courses. time (n,): of the event, or of censoring where `event` (n,) is False. outcome (n, k): at k occasions
    in order, larger is better, NaN where it is missing."""

    time: Floats
    event: NDArray[np.bool_]
    outcome: Floats


@dataclass(frozen=True)
class Comparisons:
    """Rows against columns (n, m). sign: 1 where the row wins, -1 where it loses, 0 for a tie. decided: BY_EVENT,
    BY_OUTCOME or TIED."""

    sign: Signs
    decided: Signs


def courses(time: ArrayLike, event: ArrayLike, outcome: ArrayLike) -> Courses:
    """Courses from arrays. Raises DataError where shapes differ, a time is not finite, or an outcome is infinite."""
    times, events = np.asarray(time, dtype=np.float64), np.asarray(event, dtype=np.bool_)
    values = np.asarray(outcome, dtype=np.float64)
    if times.ndim != 1 or events.shape != times.shape or values.ndim != 2 or values.shape[0] != times.size:
        raise DataError("time, event, outcome: expected one time, one event and one row of outcomes for each.")
    if not bool(np.isfinite(times).all()) or bool(np.isinf(values).any()):
        raise DataError("time, outcome: expected finite numbers, or NaN for an outcome that is missing.")
    return Courses(times, events, values)


def compare_all(rows: Courses, columns: Courses) -> Comparisons:
    """Each of n rows against each of m columns, over the same k occasions."""
    if rows.outcome.shape[1] != columns.outcome.shape[1]:
        raise DataError("outcome: expected the same occasions in rows and columns.")
    shape = (rows.time.size, columns.time.size)
    sign, decided = np.zeros(shape, dtype=np.int8), np.zeros(shape, dtype=np.int8)
    for first in range(0, shape[0], BLOCK):
        part = slice(first, first + BLOCK)
        mine = Courses(rows.time[part], rows.event[part], rows.outcome[part])
        sign[part], decided[part] = _compare(mine, columns)
    return Comparisons(sign, decided)


def _compare(rows: Courses, columns: Courses) -> tuple[Signs, Signs]:
    time, event = rows.time[:, None], rows.event[:, None]
    earlier, later = time < columns.time, time > columns.time
    both, same = event & columns.event, time == columns.time
    # Censored at the time of the other's event counts as later than it.
    lost = event & (earlier | (same & ~columns.event))
    won = columns.event & (later | (same & ~event))
    by_event = won | lost
    latest = np.zeros(by_event.shape)
    for mine, other in zip(rows.outcome.T, columns.outcome.T, strict=True):
        difference = np.sign(mine[:, None] - other)
        # A later occasion that both have replaces an earlier one, a tie included.
        np.copyto(latest, difference, where=~np.isnan(difference))
    latest[by_event | (both & same)] = 0.0
    sign = (won.astype(np.int8) - lost.astype(np.int8)) + latest.astype(np.int8)
    decided = np.where(by_event, BY_EVENT, np.where(latest != 0.0, BY_OUTCOME, TIED)).astype(np.int8)
    return sign, decided


def compare_two(rows: Courses, i: int, columns: Courses, j: int) -> tuple[int, int]:
    """Course i of the rows against course j of the columns, plainly: the sign and what decided it. The definition that
    `compare_all` is held to."""
    mine, other = float(rows.time[i]), float(columns.time[j])
    if rows.event[i] and columns.event[j]:
        return (0, TIED) if mine == other else ((1, BY_EVENT) if mine > other else (-1, BY_EVENT))
    if rows.event[i] and mine <= other:
        return -1, BY_EVENT
    if columns.event[j] and other <= mine:
        return 1, BY_EVENT
    for a, b in zip(rows.outcome[i][::-1], columns.outcome[j][::-1], strict=True):
        if not (np.isnan(a) or np.isnan(b)):
            return (0, TIED) if a == b else ((1, BY_OUTCOME) if a > b else (-1, BY_OUTCOME))
    return 0, TIED
