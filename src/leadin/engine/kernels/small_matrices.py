"""Small symmetric matrices in kernels: Cholesky factor and solution, eigenvalues by Jacobi's rotations.

Matrices are the leading (n, n) of arrays (at least n, at least n); of symmetric ones the lower triangle is read.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]
Integer = int | np.int64
"""A number written out is given as np.int64: numba would compile a function once more for each."""

SWEEPS = 60
"""More than any small matrix needs: each sweep squares the share of what is off the diagonal."""


@kernel
def cholesky(a: Floats, n: Integer, share: float, lower: Floats) -> bool:
    """Puts the Cholesky factor of `a` into the lower triangle of `lower`, which may be `a` itself.

    False, with `lower` half done, where a pivot is not above `share` of its diagonal entry.
    """
    for j in range(n):
        whole = a[j, j]
        pivot = whole
        for k in range(j):
            pivot -= lower[j, k] * lower[j, k]
        if not pivot > share * whole or not pivot > 0.0:
            return False
        root = math.sqrt(pivot)
        lower[j, j] = root
        for i in range(j + 1, n):
            total = a[i, j]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            lower[i, j] = total / root
    return True


@kernel
def solve(lower: Floats, n: Integer, b: Floats) -> None:
    """Turns b (n,) into (L L')^-1 b, L the Cholesky factor in `lower`."""
    for i in range(n):
        for k in range(i):
            b[i] -= lower[i, k] * b[k]
        b[i] /= lower[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            b[i] -= lower[k, i] * b[k]
        b[i] /= lower[i, i]


@kernel
def jacobi(a: Floats, n: Integer, vectors: Floats) -> None:
    """Turns the symmetric `a` (both triangles) into its eigenvalues, on the diagonal, and `vectors` into its
    eigenvectors, one a column.

    Reference: Golub & Van Loan (2013), Matrix computations, 4th edition, section 8.5.
    """
    for i in range(n):
        for j in range(n):
            vectors[i, j] = 0.0
        vectors[i, i] = 1.0
    for _ in range(SWEEPS):
        off, whole = 0.0, 0.0
        for i in range(n):
            whole += a[i, i] * a[i, i]
            for j in range(i):
                off += a[i, j] * a[i, j]
        if not off > 1e-40 * whole:
            return
        for p in range(n - 1):
            for q in range(p + 1, n):
                _rotate(a, n, p, q, vectors)


@kernel
def _rotate(a: Floats, n: Integer, p: int, q: int, vectors: Floats) -> None:
    """The rotation in the plane of p and q that makes a[p, q] zero."""
    if a[p, q] == 0.0:
        return
    tau = (a[q, q] - a[p, p]) / (2.0 * a[p, q])
    root = math.sqrt(1.0 + tau * tau)
    t = 1.0 / (tau + root) if tau >= 0.0 else -1.0 / (root - tau)
    cosine = 1.0 / math.sqrt(1.0 + t * t)
    sine = t * cosine
    for k in range(n):
        left, right = a[k, p], a[k, q]
        a[k, p], a[k, q] = cosine * left - sine * right, sine * left + cosine * right
    for k in range(n):
        left, right = a[p, k], a[q, k]
        a[p, k], a[q, k] = cosine * left - sine * right, sine * left + cosine * right
    for k in range(n):
        left, right = vectors[k, p], vectors[k, q]
        vectors[k, p], vectors[k, q] = cosine * left - sine * right, sine * left + cosine * right
