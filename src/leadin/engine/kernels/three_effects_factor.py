"""A triangular factor of the covariance of three random effects, and derivatives over its entries.

S = F F' for many F; L is the lower triangular one with a diagonal that is not negative. For steps its rows stand in the
order of the largest pivots, so that what vanishes at the edge (a variance of zero, effects tied together) is the end of
its diagonal, where the deviance is an ordinary function: everything else would be far from its neighbours there.
Entries of L are written as those of S: 00, 10, 20, 11, 21, 22. F and L are (9,), row by row.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.three_effects_deviance import entry

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALL = 1e-6
"""A pivot below this share of the largest entry counts as zero."""


@kernel
def rotate(matrix: Floats, left: int, right: int) -> None:
    """Turns two columns so that in row `left` the right one is zero and the left one not negative."""
    x, y = matrix[4 * left], matrix[3 * left + right]
    length = math.sqrt(x * x + y * y)
    if length == 0.0:
        return
    cosine, sine = x / length, y / length
    for i in range(3):
        a, b = matrix[3 * i + left], matrix[3 * i + right]
        matrix[3 * i + left] = cosine * a + sine * b
        matrix[3 * i + right] = cosine * b - sine * a
    matrix[4 * left], matrix[3 * left + right] = length, 0.0


@kernel
def triangular(factor: Floats) -> None:
    """Makes F lower triangular, with a diagonal that is not negative, for the same S."""
    for row in range(2):
        for right in range(row + 1, 3):
            rotate(factor, row, right)
    factor[8] = abs(factor[8])


@kernel
def length_from(factor: Floats, row: int, column: int) -> float:
    """Squared length of a row of F from a column on."""
    total = 0.0
    for k in range(column, 3):
        total += factor[3 * row + k] * factor[3 * row + k]
    return total


@kernel
def pivoted(factor: Floats, order: Ints) -> None:
    """Makes F triangular with its rows in the order of the largest pivots; `order` (3,) follows the rows."""
    for column in range(2):
        best = column
        for row in range(column + 1, 3):
            if length_from(factor, row, column) > length_from(factor, best, column):
                best = row
        if best != column:
            order[column], order[best] = order[best], order[column]
            for k in range(3):
                factor[3 * column + k], factor[3 * best + k] = factor[3 * best + k], factor[3 * column + k]
        for right in range(column + 1, 3):
            rotate(factor, column, right)
    factor[8] = abs(factor[8])


@kernel
def in_order(factor: Floats, order: Ints, lower: Floats) -> None:
    """L, with its rows in their own order, of the F whose rows stand in `order`.

    Where a pivot vanishes and what is below it does not, L is not unique: then that column is zero.
    """
    for row in range(3):
        for k in range(3):
            lower[3 * order[row] + k] = factor[3 * row + k]
    s11 = s12 = s22 = 0.0
    for k in range(3):
        s11 += lower[3 + k] * lower[3 + k]
        s12 += lower[3 + k] * lower[6 + k]
        s22 += lower[6 + k] * lower[6 + k]
    triangular(lower)
    largest = 1.0
    for place in range(9):
        largest = max(largest, abs(lower[place]))
    small = SMALL * largest
    if lower[0] < small and max(abs(lower[3]), abs(lower[6])) >= small:
        lower[0] = lower[3] = lower[4] = lower[6] = lower[7] = 0.0
        lower[8] = math.sqrt(max(s22, 0.0))
        if s11 >= small * small:
            lower[4] = math.sqrt(s11)
            lower[7] = s12 / lower[4]
            rest = s22 - lower[7] * lower[7]
            lower[8] = math.sqrt(rest) if rest >= small * small else 0.0
        elif s22 < small * small:
            lower[8] = 0.0
    elif lower[4] < small and abs(lower[7]) >= small:
        rest = lower[7] * lower[7] + lower[8] * lower[8]
        lower[4] = lower[7] = 0.0
        lower[8] = math.sqrt(rest) if rest >= small * small else 0.0


@kernel
def square(factor: Floats, order: Ints, s: Floats) -> None:
    """S (6,) of the F whose rows stand in `order`."""
    for a in range(3):
        for b in range(a, 3):
            total = 0.0
            for k in range(3):
                total += factor[3 * a + k] * factor[3 * b + k]
            s[entry(order[a], order[b])] = total


@kernel
def carry(
    slope: Floats, curve: Floats, lower: Floats, order: Ints, half: Floats, gradient: Floats, hessian: Floats
) -> None:
    """Gradient (6,) and Hessian (6, 6) over the entries of L from those over S; half (36,) is work space."""
    for r in range(3):
        for c in range(r + 1):
            t = entry(r, c)
            total = 0.0
            for b in range(c, 3):
                moved = lower[3 * b + c] * (2.0 if b == r else 1.0)
                total += slope[entry(order[r], order[b])] * moved
            gradient[t] = total
            for j in range(6):
                total = 0.0
                for b in range(c, 3):
                    moved = lower[3 * b + c] * (2.0 if b == r else 1.0)
                    total += curve[6 * j + entry(order[r], order[b])] * moved
                half[6 * t + j] = total
    for r in range(3):
        for c in range(r + 1):
            t = entry(r, c)
            for q in range(3):
                for d in range(q + 1):
                    u = entry(q, d)
                    if u < t:
                        continue
                    total = 0.0
                    for b in range(d, 3):
                        moved = lower[3 * b + d] * (2.0 if b == q else 1.0)
                        total += half[6 * t + entry(order[q], order[b])] * moved
                    if c == d:
                        total += slope[entry(order[r], order[q])] * (2.0 if r == q else 1.0)
                    hessian[6 * t + u], hessian[6 * u + t] = total, total
