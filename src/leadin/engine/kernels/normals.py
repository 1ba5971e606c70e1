"""Standard normals, each a pure function of the seed, the address of its stream and its place in it.

One 64-bit word decides 985 of 1,000: its low 8 bits choose a layer of the ziggurat, its high 53 a point across it, sign
included. What the first word leaves open is decided by words of a stream of its own, whose address is that of the first
with the place and the number of the attempt in it: nothing shifts when a draw takes one word more.

Reference: Marsaglia & Tsang 2000, The ziggurat method for generating random variables, doi:10.18637/jss.v005.i08.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.philox import HALF, Word32, Words, fill_words, philox
from leadin.engine.kernels.ziggurat import HEIGHT, INNER, WIDTH, R

Floats = NDArray[np.float64]

LAYER = np.uint64(255)
FRACTION = np.uint64(11)
"""A word without its lowest 11 bits is a whole number of 53 bits."""
CENTRE = 2.0**52 - 0.5
"""Half of all 53-bit numbers, less half a step: points lie as far to the left as to the right, and none at 0."""
UNIT = 2.0**-53
ATTEMPT = np.uint32(16)
"""Where the number of the attempt stands in c3: purposes are below 2^16."""
ATTEMPTS = 65_536
"""One attempt in two succeeds."""


@kernel
def normals(out: Floats, words: Words, n: int, c1: Word32, c2: Word32, c3: Word32, k0: Word32, k1: Word32) -> None:
    """Puts standard normals into the first n places of `out`.

    words: scratch, with room for n rounded up to 16. c1, c2: row and replicate; c3 < 2^16: purpose; k0, k1: seed.
    """
    fill_words(words, n, c1, c2, c3, k0, k1)
    normals_of_words(out, words, 0, n, c1, c2, c3, k0, k1)


@kernel
def normals_of_words(
    out: Floats, words: Words, first: int, n: int, c1: Word32, c2: Word32, c3: Word32, k0: Word32, k1: Word32
) -> None:
    """Puts the normals of places first to first + n - 1 of a stream into the first n places of `out`.

    words: of the stream from place 0 on, made by `fill_words`, so that other numbers can be made of the other places.
    """
    row, replicate, purpose, key_0, key_1 = np.uint32(c1), np.uint32(c2), np.uint32(c3), np.uint32(k0), np.uint32(k1)
    for i in range(n):
        word = words[first + i]
        x = across(word)
        if abs(x) < INNER[word & LAYER]:
            out[i] = x
        else:
            out[i] = decided(word, np.uint32(first + i), row, replicate, purpose, key_0, key_1)


@kernel(inline=True)
def across(word: np.uint64) -> float:
    """The point that a word chooses within the layer it chooses."""
    x: float = (np.float64(word >> FRACTION) - CENTRE) * WIDTH[word & LAYER]
    return x


@kernel
def decided(word: np.uint64, place: Word32, c1: Word32, c2: Word32, c3: Word32, k0: Word32, k1: Word32) -> float:
    """The normal at `place` whose first word fell between the sure part of its layer and the layer's end."""
    for attempt in range(1, ATTEMPTS):
        a, b, c, d = philox(place, c1, c2, c3 | np.uint32(np.uint32(attempt) << ATTEMPT), k0, k1)
        u = np.float64((np.uint64(a) << HALF | np.uint64(b)) >> FRACTION) * UNIT
        other = np.uint64(c) << HALF | np.uint64(d)
        layer, x = word & LAYER, across(word)
        if layer == 0:
            beyond = -math.log(1.0 - u) / R
            if -2.0 * math.log(1.0 - np.float64(other >> FRACTION) * UNIT) > beyond * beyond:
                return R + beyond if x > 0.0 else -R - beyond
        else:
            low = HEIGHT[layer]
            if low + u * (HEIGHT[layer + np.uint64(1)] - low) < math.exp(-0.5 * x * x):
                return x
            word, x = other, across(other)
            if abs(x) < INNER[word & LAYER]:
                return x
    return 0.0
