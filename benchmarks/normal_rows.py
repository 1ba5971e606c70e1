"""The engine's normals and nothing else, row by row, inside compiled code."""

from __future__ import annotations

import numpy as np

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.normals import normals


@kernel
def normal_rows(out: np.ndarray, words: np.ndarray, length: int, count: int) -> float:
    """Draws `count` rows of `length` normals, one over the other."""
    total = 0.0
    for row in range(count):
        normals(out, words, length, np.uint32(row), np.uint32(1), np.uint32(2), np.uint32(1), np.uint32(0))
        total += out[0]
    return total
