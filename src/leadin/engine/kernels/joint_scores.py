"""Scores of the joint rank of one trial: for each unit the others it beats minus those it loses to.

The rule is that of `engine.composite_pairs`: the earlier event loses; where that is undecided, the larger change at the
last time at which both were seen wins. A score is a sum over pairs, so each pair may be judged in the way that is
cheapest, once. By sorting: two units with events; an event and a unit followed at least so long; two units without
event that were both seen at the last time. Singly: the rest, a unit without event that was not seen at the last time
(beside any other without event), and an event after the other was censored.

Where no pair is of the rest the order is total: events are compared by one number, their time, units without event by
another, their change at the last time, and each of the first loses to each of the second; an order by one number is
total, and so is one order set below another. A single pair of the rest may break it: a beats b at the last time, b
beats c and c beats a, each at the last time of that pair.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.event_table import times_until
from leadin.engine.kernels.sorting import sort_places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNITS = 1e9
"""Times and changes are compared as whole numbers of 1e-9: equal ones must tie whatever their rounding."""
WHOLE = 4.5e15
"""A number beyond this is whole in any case."""

WORK_ROWS, SPARE_ROWS = 5, 6
LIVES = 1e300
"""Later than the time of any event."""
REACH, TIME, UNTIL, AT, GAP = range(WORK_ROWS)
"""Rows of `work`. REACH: the time of a unit's event, LIVES without one; TIME: of the event or of censoring; UNTIL: up
to when a unit may be compared by its changes, REACH, or before all times where it has none; AT: times of the events in
order; GAP: differences between one unit's changes and all others'."""
EVENTS, LAST, OTHERS, LOST, FIRST, SORT = range(SPARE_ROWS)
"""Rows of `spare`. EVENTS: units with event, in the order of time; LAST, OTHERS: units without, seen at the last time
or not; LOST: how often each lost, less how often it won, when others were judged singly; FIRST, SORT: to work with."""


@kernel
def joint_scores(
    time: Floats,
    event: Floats,
    seen: Floats,
    baseline: Floats,
    end: float,
    score: Ints,
    change: Floats,
    work: Floats,
    spare: Ints,
) -> int:
    """Fills score (n,) of one trial and says how many pairs were judged singly.

    time, event (n,): to the event, or to censoring where event is 0; nothing after `end` counts. seen (k, n): values at
    the k times that count, in order, NaN where there is none. baseline (n,): what they are changes from; whoever has
    none is compared by events alone. Scratch: change (k, n), work (WORK_ROWS, n + 1), spare (SPARE_ROWS, n + 1).
    """
    k = seen.shape[0]
    dying = _with_event(time, event, end, score, work, spare)
    for v in range(k):
        _changes(seen[v], baseline, change[v], work[REACH], work[UNTIL])
    standing, lacking = _without_event(change, work, spare)
    if k > 0:
        sort_places(change[k - 1], spare[LAST], standing, spare[FIRST], spare[SORT])
        _standings(change[k - 1], spare[LAST], standing, score)
    sort_places(work[TIME], spare[EVENTS], dying, spare[FIRST], spare[SORT])
    _standings(work[TIME], spare[EVENTS], dying, score)
    singly = _below_the_rest(dying, score, work, spare)
    if k > 0:
        _singly(change, dying, standing, lacking, score, work, spare)
        singly += lacking * standing + lacking * (lacking - 1) // 2
    return singly


@kernel
def whole(x: float) -> float:
    """The number in units of 1e-9, whole."""
    y = x * UNITS
    return float(round(y)) if abs(y) < WHOLE else y


@kernel
def _with_event(time: Floats, event: Floats, end: float, score: Ints, work: Floats, spare: Ints) -> int:
    """Lists the units with an event until `end`, and sets out everybody's times; says how many they are."""
    dying = 0
    for i in range(time.size):
        work[TIME, i] = whole(min(time[i], end))
        died = event[i] > 0.5 and time[i] <= end and work[TIME, i] < LIVES
        work[REACH, i] = work[TIME, i] if died else LIVES
        work[UNTIL, i] = -LIVES
        score[i] = spare[LOST, i] = 0
        spare[EVENTS, dying] = i
        dying += 1 if died else 0
    return dying


@kernel
def _changes(seen: Floats, baseline: Floats, change: Floats, reach: Floats, until: Floats) -> None:
    """Fills change (n,) at one time, in units of 1e-9, NaN where there is none, and `until` of those who have one."""
    for i in range(seen.size):
        change[i] = whole(seen[i] - baseline[i])
        until[i] = reach[i] if change[i] == change[i] else until[i]


@kernel
def _without_event(change: Floats, work: Floats, spare: Ints) -> tuple[int, int]:
    """Lists the units without event; says how many were seen at the last time, and how many were not."""
    k, n = change.shape
    standing = lacking = 0
    for i in range(n):
        lives = work[REACH, i] == LIVES
        last = k > 0 and change[k - 1, i] == change[k - 1, i]
        spare[LAST, standing] = spare[OTHERS, lacking] = i
        standing += 1 if lives and last else 0
        lacking += 1 if lives and not last else 0
    return standing, lacking


@kernel
def _standings(keys: Floats, order: Ints, m: int, score: Ints) -> None:
    """Adds to the score of each of the first m of `order`, ascending by key, those below it less those above it."""
    i = 0
    while i < m:
        j = i + 1
        while j < m and keys[order[j]] == keys[order[i]]:
            j += 1
        for tied in range(i, j):
            score[order[tied]] += i + j - m
        i = j


@kernel
def _below_the_rest(dying: int, score: Ints, work: Floats, spare: Ints) -> int:
    """Units with event against units without, followed at least so long; says how many of these pairs are undecided."""
    n = score.size
    for d in range(dying):
        work[AT, d] = work[TIME, spare[EVENTS, d]]
        spare[FIRST, d] = 0
    latest = work[AT, dying - 1] if dying > 0 else -LIVES
    undecided = 0
    for i in range(n):
        if work[REACH, i] == LIVES:
            before = dying if work[TIME, i] >= latest else times_until(work[AT], dying, work[TIME, i])
            score[i] += before
            undecided += dying - before
            if before < dying:
                spare[FIRST, before] += 1
    left = 0
    for d in range(dying):
        # So many were no longer followed.
        left += spare[FIRST, d]
        score[spare[EVENTS, d]] -= n - dying - left
    return undecided


@kernel
def _singly(change: Floats, dying: int, standing: int, lacking: int, score: Ints, work: Floats, spare: Ints) -> None:
    """Judges by change the pairs that sorting did not: of a unit not seen last and all without event or with a later
    one; of a unit seen last and those with a later event."""
    for a in range(lacking):
        i = spare[OTHERS, a]
        score[i] += _against_all(change, i, LIVES, work, spare[LOST])
    latest = work[AT, dying - 1] if dying > 0 else -LIVES
    for a in range(standing):
        i = spare[LAST, a]
        if work[TIME, i] < latest:
            score[i] += _against_all(change, i, latest, work, spare[LOST])
    for a in range(standing):
        score[spare[LAST, a]] -= spare[LOST, spare[LAST, a]]
    for d in range(dying):
        score[spare[EVENTS, d]] -= spare[LOST, spare[EVENTS, d]]


@kernel
def _against_all(change: Floats, i: int, most: float, work: Floats, lost: Ints) -> int:
    """How many unit i beats by change, less those it loses to, among those whose UNTIL is after its own time and at
    most `most`: at the last time at which both were seen."""
    v = change.shape[0] - 1
    while v >= 0 and change[v, i] != change[v, i]:
        v -= 1
    if v < 0:
        return 0
    undecided = _gaps(change[v, i], change[v], work[UNTIL], work[TIME, i], most, work[GAP])
    while undecided > 0 and v > 0:
        v -= 1
        if change[v, i] == change[v, i]:
            undecided = _earlier_gaps(change[v, i], change[v], work[GAP])
    return _signs(change.shape[1], work[GAP], lost)


@kernel(sums=True)
def _gaps(mine: float, row: Floats, until: Floats, after: float, most: float, gap: Floats) -> int:
    """Fills gap (n,): `mine` less the others', NaN where there is none, 0 for those not compared. Says how many are
    NaN."""
    undecided = 0
    for j in range(row.size):
        gap[j] = mine - row[j] if after < until[j] <= most else 0.0
        undecided += 1 if gap[j] != gap[j] else 0
    return undecided


@kernel(sums=True)
def _earlier_gaps(mine: float, row: Floats, gap: Floats) -> int:
    """Puts differences at an earlier time where gap is NaN. Says how many still are."""
    undecided = 0
    for j in range(row.size):
        gap[j] = gap[j] if gap[j] == gap[j] else mine - row[j]
        undecided += 1 if gap[j] != gap[j] else 0
    return undecided


@kernel(sums=True)
def _signs(n: int, gap: Floats, lost: Ints) -> int:
    """The sum of the signs of gap (n,), which are added to `lost`; NaN counts as 0."""
    total = 0
    for j in range(n):
        sign = (1 if gap[j] > 0.0 else 0) - (1 if gap[j] < 0.0 else 0)
        lost[j] += sign
        total += sign
    return total
