"""Who was at risk and who had the event at each distinct event time of one trial: all that survival methods need.

Only the times of events are sorted, mostly few; every other unit is put between them by binary search.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.sorting import sort_places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def event_table(
    time: Floats, event: Floats, starts: Ints, at: Floats, risk: Floats, events: Floats, last: Floats, spare: Ints
) -> int:
    """Fills the table of one trial, n units in A groups; says at how many distinct times, m, anybody had the event.

    time, event (n,): event is 1, or 0 for censored. starts (A + 1,): as `group_starts` gives them.
    at (n,): the m event times, ascending. risk, events (A, n + 1): units of each group at risk just before, and with
    the event at, each of them; only the first m are filled. last (A,): the longest time of each group, -1 of an empty
    one. Scratch: spare (3, n).
    """
    order = spare[0]
    dying = 0
    for i in range(time.size):
        order[dying] = i
        dying += 1 if event[i] > 0.5 else 0
    sort_places(time, order, dying, spare[1], spare[2])
    m = 0
    for i in range(dying):
        t = time[order[i]]
        if m == 0 or t > at[m - 1]:
            at[m] = t
            m += 1
    for g in range(starts.size - 1):
        last[g] = _group_row(
            time[starts[g] : starts[g + 1]], event[starts[g] : starts[g + 1]], at, m, risk[g], events[g]
        )
    return m


@kernel
def _group_row(time: Floats, event: Floats, at: Floats, m: int, risk: Floats, events: Floats) -> float:
    """One group's row of the table; says its longest time."""
    for u in range(m + 1):
        risk[u] = events[u] = 0.0
    end = at[m - 1] if m > 0 else 0.0
    longest = -1.0
    for i in range(time.size):
        t = time[i]
        longest = max(longest, t)
        # At risk at the first u of the event times.
        u = m if t >= end else times_until(at, m, t)
        risk[u] += 1.0
        if event[i] > 0.5 and u > 0:
            events[u - 1] += 1.0
    left = risk[m]
    for u in range(m - 1, -1, -1):
        left, risk[u] = left + risk[u], left
    return longest


@kernel
def times_until(at: Floats, m: int, t: float) -> int:
    """How many of the first m ascending times are not after t."""
    low, high = 0, m
    while low < high:
        middle = (low + high) // 2
        if at[middle] <= t:
            low = middle + 1
        else:
            high = middle
    return low
