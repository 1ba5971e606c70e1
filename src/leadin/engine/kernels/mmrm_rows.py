"""What is done to rows of scratch space: x, y and `out` are numbers of rows, `many` how many numbers of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]


@kernel(sums=True)
def dot(work: Floats, x: int, y: int, many: int) -> float:
    """The sum of products."""
    total = 0.0
    for place in range(many):
        total += work[x, place] * work[y, place]
    return total


@kernel(sums=True)
def dots(work: Floats, x: int, count: int, y: int, others: int, many: int, out: int) -> None:
    """Rows from `out` (count, others): the sums of products of the rows from x (count) and from y (others)."""
    for i in range(count):
        for j in range(0, others - 1, 2):
            first, second = 0.0, 0.0
            for place in range(many):
                first += work[x + i, place] * work[y + j, place]
                second += work[x + i, place] * work[y + j + 1, place]
            work[out + i, j] = first
            work[out + i, j + 1] = second
        if others % 2 == 1:
            work[out + i, others - 1] = dot(work, x + i, y + others - 1, many)


@kernel
def put(work: Floats, out: int, value: float, many: int) -> None:
    """out = value."""
    for place in range(many):
        work[out, place] = value


@kernel(sums=True)
def put_product(work: Floats, out: int, factor: float, x: int, y: int, many: int) -> None:
    """out = factor x y."""
    for place in range(many):
        work[out, place] = factor * work[x, place] * work[y, place]


@kernel(sums=True)
def add(work: Floats, out: int, factor: float, x: int, many: int) -> None:
    """out += factor x."""
    for place in range(many):
        work[out, place] += factor * work[x, place]


@kernel(sums=True)
def add_product(work: Floats, out: int, factor: float, x: int, y: int, many: int) -> None:
    """out += factor x y."""
    for place in range(many):
        work[out, place] += factor * work[x, place] * work[y, place]
