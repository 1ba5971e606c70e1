"""Cholesky's factor of a small symmetric matrix, and what is solved with it. Matrices are flat, row by row."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]


@kernel
def cholesky(matrix: Floats, k: int, shift: float, least: float, factor: Floats) -> bool:
    """Puts the lower factor of `matrix` (k, k) + shift I into `factor`; False once a pivot is not above `least`."""
    for i in range(k):
        for j in range(i + 1):
            total = matrix[i * k + j]
            for m in range(j):
                total -= factor[i * k + m] * factor[j * k + m]
            if i > j:
                factor[i * k + j] = total / factor[j * k + j]
            else:
                total += shift
                if not total > least:
                    return False
                factor[i * k + i] = math.sqrt(total)
    return True


@kernel
def solve_lower(factor: Floats, right: Floats) -> float:
    """Solves L x = right (k,) in place; gives the squared length of x."""
    k, length = right.shape[0], 0.0
    for i in range(k):
        total = right[i]
        for m in range(i):
            total -= factor[i * k + m] * right[m]
        right[i] = total / factor[i * k + i]
        length += right[i] * right[i]
    return length


@kernel
def solve_upper(factor: Floats, right: Floats) -> None:
    """Solves L' x = right (k,) in place."""
    k = right.shape[0]
    for i in range(k - 1, -1, -1):
        total = right[i]
        for m in range(i + 1, k):
            total -= factor[m * k + i] * right[m]
        right[i] = total / factor[i * k + i]
