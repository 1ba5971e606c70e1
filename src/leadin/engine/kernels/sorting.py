"""Sorting a few hundred numbers inside a kernel: into buckets by size, then by insertion.

Where most numbers lie in few buckets, as beside one far away, Shell's sort takes over from insertion, so that no input
is slow. Which of equal numbers comes first is left open: nothing may depend on it.

Reference: Shell (1959), A high-speed sorting procedure, Commun ACM 2:30-32, doi:10.1145/368370.368387.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEW = 24
"""So many are sorted by insertion alone."""
MOVES = 4
"""Moves for each number that insertion may take before Shell's sort takes over; within buckets it takes about one."""


@kernel
def sort_places(keys: Floats, order: Ints, m: int, moved: Ints, counts: Ints) -> None:
    """Puts the first m of `order`, places in `keys`, in ascending order of their keys, none of which is NaN.

    Scratch: moved (at least m), counts (some m: the buckets, at most 2 m of them are used).
    """
    if m > FEW:
        _into_buckets(keys, order, m, moved, counts)
    if not _insert(keys, order, m, MOVES * m + FEW * FEW):
        _shell(keys, order, m)


@kernel
def _into_buckets(keys: Floats, order: Ints, m: int, moved: Ints, counts: Ints) -> None:
    low = high = keys[order[0]]
    for i in range(1, m):
        key = keys[order[i]]
        low = min(low, key)
        high = max(high, key)
    buckets = min(counts.size, 2 * m)
    if not high > low:
        return
    scale = (buckets - 1) / (high - low)
    for b in range(buckets):
        counts[b] = 0
    for i in range(m):
        counts[_bucket(keys[order[i]], low, scale, buckets)] += 1
    before = 0
    for b in range(buckets):
        before, counts[b] = before + counts[b], before
    for i in range(m):
        b = _bucket(keys[order[i]], low, scale, buckets)
        moved[counts[b]] = order[i]
        counts[b] += 1
    for i in range(m):
        order[i] = moved[i]


@kernel
def _bucket(key: float, low: float, scale: float, buckets: int) -> int:
    # Each step keeps the order of two keys or makes them equal, so that buckets are in order whatever the rounding.
    place = (key - low) * scale
    return int(place) if 0.0 <= place < buckets else 0


@kernel
def _insert(keys: Floats, order: Ints, m: int, most: int) -> bool:
    """Insertion sort; False, with the work half done, where it takes more than `most` moves."""
    moves = 0
    for i in range(1, m):
        place = order[i]
        key = keys[place]
        j = i
        while j > 0 and keys[order[j - 1]] > key:
            order[j] = order[j - 1]
            j -= 1
        order[j] = place
        moves += i - j
        if moves > most:
            return False
    return True


@kernel
def _shell(keys: Floats, order: Ints, m: int) -> None:
    gap = m // 2
    while gap > 0:
        for i in range(gap, m):
            place = order[i]
            key = keys[place]
            j = i
            while j >= gap and keys[order[j - gap]] > key:
                order[j] = order[j - gap]
                j -= gap
            order[j] = place
        gap = 1 if gap == 2 else gap * 5 // 11
