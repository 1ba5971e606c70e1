"""Uniform and exponential numbers, each a pure function of the seed, the address of its stream and its place in it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.philox import Word32, Words, fill_words

Floats = NDArray[np.float64]

FRACTION = np.uint64(11)
UNIT = 2.0**-53


@kernel
def uniforms(out: Floats, words: Words, n: int, c1: Word32, c2: Word32, c3: Word32, k0: Word32, k1: Word32) -> None:
    """Puts uniform numbers, 0 <= u < 1 in steps of 2^-53, into the first n places of `out`.

    words: scratch, with room for n rounded up to 16. c1, c2: row and replicate; c3: purpose; k0, k1: seed.
    """
    fill_words(words, n, c1, c2, c3, k0, k1)
    uniforms_of_words(out, words, n)


@kernel
def uniforms_of_words(out: Floats, words: Words, n: int) -> None:
    """Uniform numbers of the first n words."""
    for i in range(n):
        out[i] = np.float64(words[i] >> FRACTION) * UNIT


@kernel
def exponentials(out: Floats, words: Words, n: int, c1: Word32, c2: Word32, c3: Word32, k0: Word32, k1: Word32) -> None:
    """Puts exponential numbers with mean 1 into the first n places of `out`: -log(1 - u), 0 to 36.7, rising with u.

    Scratch and address as for `uniforms`.
    """
    uniforms(out, words, n, c1, c2, c3, k0, k1)
    for i in range(n):
        out[i] = -math.log(1.0 - out[i])
