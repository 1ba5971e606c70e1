"""Philox4x32-10: 128 random bits as a function of a 128-bit counter and a 64-bit key, with no state between calls.

Reference: Salmon, Moraes, Dror & Shaw 2011, Parallel random numbers: as easy as 1, 2, 3, doi:10.1145/2063384.2063405.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel

Words = NDArray[np.uint64]
Word32 = np.uint32

MULTIPLIER_0, MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL_0, WEYL_1 = np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)
HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
ROUNDS = 10
BLOCKS = 8
"""Counters worked on together."""
ROOM = 2 * BLOCKS
"""Words are made by so many."""


@kernel(inline=True)
def philox(
    c0: Word32, c1: Word32, c2: Word32, c3: Word32, k0: Word32, k1: Word32
) -> tuple[Word32, Word32, Word32, Word32]:
    """The four 32-bit words of counter (c0, c1, c2, c3) under key (k0, k1)."""
    for _ in range(ROUNDS):
        p0, p1 = MULTIPLIER_0 * np.uint64(c0), MULTIPLIER_1 * np.uint64(c2)
        c0, c1, c2, c3 = (
            np.uint32(p1 >> HALF) ^ c1 ^ k0,
            np.uint32(p1 & LOW),
            np.uint32(p0 >> HALF) ^ c3 ^ k1,
            np.uint32(p0 & LOW),
        )
        k0, k1 = np.uint32(np.uint64(k0) + np.uint64(WEYL_0) & LOW), np.uint32(np.uint64(k1) + np.uint64(WEYL_1) & LOW)
    return c0, c1, c2, c3


@kernel
def fill_words(out: Words, n: int, c1: Word32, c2: Word32, c3: Word32, k0: Word32, k1: Word32) -> None:
    """Puts 64-bit words into the first n places of `out`, and more into the next: it has room for n rounded up to 16.

    Words 2 i and 2 i + 1 of a stream are the two halves of counter (i, c1, c2, c3): a word depends on its place alone.
    """
    row, replicate, purpose, key_0, key_1 = np.uint32(c1), np.uint32(c2), np.uint32(c3), np.uint32(k0), np.uint32(k1)
    for i in range((n + ROOM - 1) // ROOM * BLOCKS):  # a whole number of vector registers, none left over
        a, b, c, d = philox(np.uint32(i), row, replicate, purpose, key_0, key_1)
        out[2 * i] = np.uint64(a) << HALF | np.uint64(b)
        out[2 * i + 1] = np.uint64(c) << HALF | np.uint64(d)
