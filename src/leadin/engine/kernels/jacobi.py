"""Eigenvalues and eigenvectors of a small symmetric matrix by Jacobi's rotations, cyclic by row.

Reference: Golub & Van Loan, Matrix Computations, section on Jacobi methods. Matrices are flat, row by row.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]

SWEEPS = 30
NEGLIGIBLE = 1e-17
"""An entry off the diagonal below this share of its two diagonal entries is zero."""


@kernel
def jacobi(matrix: Floats, k: int, vectors: Floats) -> None:
    """Turns `matrix` (k, k) into the diagonal matrix of its eigenvalues; the columns of `vectors` (k, k) are theirs."""
    for place in range(k * k):
        vectors[place] = 0.0
    for i in range(k):
        vectors[i * k + i] = 1.0
    for _ in range(SWEEPS):
        moved = False
        for i in range(k - 1):
            for j in range(i + 1, k):
                off = matrix[i * k + j]
                a, b = matrix[i * k + i], matrix[j * k + j]
                if abs(off) <= NEGLIGIBLE * (abs(a) + abs(b)) or not abs(off) < math.inf:
                    continue
                moved = True
                half = 0.5 * (b - a) / off
                tangent = (1.0 if half >= 0.0 else -1.0) / (abs(half) + math.sqrt(half * half + 1.0))
                cosine = 1.0 / math.sqrt(tangent * tangent + 1.0)
                turn(matrix, k, i, j, cosine, tangent * cosine, vectors)
        if not moved:
            return


@kernel
def turn(matrix: Floats, k: int, i: int, j: int, cosine: float, sine: float, vectors: Floats) -> None:
    """One rotation, from both sides, in the plane of axes i and j."""
    for m in range(k):
        x, y = matrix[m * k + i], matrix[m * k + j]
        matrix[m * k + i], matrix[m * k + j] = cosine * x - sine * y, sine * x + cosine * y
        x, y = vectors[m * k + i], vectors[m * k + j]
        vectors[m * k + i], vectors[m * k + j] = cosine * x - sine * y, sine * x + cosine * y
    for m in range(k):
        x, y = matrix[i * k + m], matrix[j * k + m]
        matrix[i * k + m], matrix[j * k + m] = cosine * x - sine * y, sine * x + cosine * y
