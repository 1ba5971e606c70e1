"""Ordinary least squares: coefficients, their covariance, and what is left unexplained.

Reference: Golub (1965), Numerical methods for solving linear least squares problems, Numerische Mathematik 7:206-216,
doi:10.1007/BF01436075.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.errors import DataError

Floats = NDArray[np.float64]

DEPENDENT_BELOW = 1e-7
"""A column of which no larger share than this is left, once the columns before it are taken out, is a combination of
them (the tolerance of R's lm)."""
EXACT_BELOW = 1e-24
"""Where no larger share of the squares than this is left, the fit is exact but for rounding, and no error can be told
from it."""


@dataclass(frozen=True)
class LeastSquares:
    """A fit with p columns. coefficients (p,); covariance (p, p) of them; df: rows minus columns; variance: of what is
    left, its squares over df."""

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    df: int
    variance: float


def least_squares(y: ArrayLike, x: ArrayLike, names: Sequence[str]) -> LeastSquares:
    """Fits y (n,) by the columns of x (n, p), called `names`; a constant is a column like any other.

    Raises DataError for missing or infinite numbers, where fewer than p + 1 rows are given, where a column is a
    combination of those before it, and where y is fitted exactly, so that no error can be estimated.
    """
    y, x = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    if y.ndim != 1 or x.shape != (y.size, len(names)) or not (np.isfinite(y).all() and np.isfinite(x).all()):
        raise DataError("y, x: expected finite numbers, one row of x for each of y. Leave rows with missing ones out.")
    n, p = x.shape
    if n <= p:
        raise DataError(f"expected more than {p} rows to estimate {p} coefficients and an error; got {n}")
    q, r = np.linalg.qr(x)
    size = np.sqrt((x**2).sum(axis=0))
    dependent = np.flatnonzero(np.abs(np.diag(r)) <= DEPENDENT_BELOW * size)
    if dependent.size:
        name = names[int(dependent[0])]
        raise DataError(f"{name}: expected a column that is no combination of the others; it is one. Leave it out.")
    coefficients = np.linalg.solve(r, q.T @ y)
    rest = y - x @ coefficients
    squares = float(rest @ rest)
    if squares <= EXACT_BELOW * float(y @ y):
        raise DataError("the values are fitted exactly, so that their error cannot be estimated")
    variance = squares / (n - p)
    inverse = np.linalg.solve(r, np.eye(p))
    return LeastSquares(tuple(names), coefficients, variance * (inverse @ inverse.T), n - p, variance)
