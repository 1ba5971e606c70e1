"""What a trial gives to a fit with three random effects: its units in segments, scaled and centred, and whether it can
be fitted at all.

Columns are divided by their root mean square, and the values are taken as residuals of least squares, so that little is
lost in sums of squares. A group with no value after time 0 is left out with all its values.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.collapsed import AFTER, BEFORE, COUNT, TT, TY, YY, ZERO, T, Y
from leadin.engine.fits import CONVERGED, NO_VARIATION, RANK_DEFICIENT, TOO_FEW
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.three_effects_deviance import BETA, RESIDUAL, SUMS, TOTAL, S, deviance
from leadin.engine.kernels.three_effects_units import (
    CAPACITY,
    DETERMINANT,
    LANES,
    ROWS,
    SEGMENT,
    SQUARES,
    STRIDE,
    C,
    D,
    centre,
    place_adjoints,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOTHING_LEFT = 1e-12
"""Values vary when their sum of squares, about what is asked, is above this share of the plain sum of squares."""
REDUNDANT = 1e-12
"""A column is redundant when what the columns before leave over is below this share of its squared length."""
SAME = 1e-10
"""Eigenvalues below this share of the largest are zero."""


@kernel
def followed_groups(sums: Floats, starts: Ints, reference: int, order: Ints) -> int:
    """Numbers the groups with values after time 0 in `order` (A,), -1 for the others; gives how many there are, 0
    where the reference, or every other group, is without.
    """
    found = 0
    for group in range(starts.shape[0] - 1):
        values = 0.0
        for unit in range(starts[group], starts[group + 1]):
            values += sums[AFTER + COUNT, unit]
        order[group] = -1
        if values > 0.0:
            order[group] = found
            found += 1
    if order[reference] < 0 or found < min(starts.shape[0] - 1, 2):
        return 0
    return found


@kernel(sums=True)
def totals(sums: Floats, starts: Ints, order: Ints, told: Floats) -> None:
    """Over the groups in `order`: values, units with values, values before 0, t^2, t^2 after 0, y, y^2, and the most
    values in one unit, into told (8,).
    """
    values = units = before = tt = after = y = yy = most = 0.0
    for group in range(starts.shape[0] - 1):
        if order[group] < 0:
            continue
        for unit in range(starts[group], starts[group + 1]):
            here = sums[BEFORE + COUNT, unit] + sums[AFTER + COUNT, unit] + sums[ZERO, unit]
            values += here
            units += 1.0 if here > 0.0 else 0.0
            most = max(most, here)
            before += sums[BEFORE + COUNT, unit]
            tt += sums[BEFORE + TT, unit] + sums[AFTER + TT, unit]
            after += sums[AFTER + TT, unit]
            zero = sums[ZERO + 1, unit]
            y += sums[BEFORE + Y, unit] + sums[AFTER + Y, unit] + zero
            yy += sums[BEFORE + YY, unit] + sums[AFTER + YY, unit] + zero * zero
    told[0], told[1], told[2], told[3] = values, units, before, tt
    told[4], told[5], told[6], told[7] = after, y, yy, most


@kernel
def fill_segment(
    sums: Floats, first: int, last: int, units: Floats, width: int, mean: float, s1: float, s2: float
) -> None:
    """C and d of units `first` to `last`, values counted from `mean`, columns t and max(t, 0) times s1 and s2."""
    for place in range(ROWS):
        for i in range(last - first, width):
            units[place * STRIDE + i] = 0.0
    for i in range(last - first):
        unit = first + i
        after, tt = sums[AFTER + COUNT, unit], sums[AFTER + TT, unit]
        t = sums[AFTER + T, unit]
        all_t = t + sums[BEFORE + T, unit]
        values = after + sums[BEFORE + COUNT, unit] + sums[ZERO, unit]
        units[C + i] = values
        units[C + STRIDE + i] = all_t * s1
        units[C + 2 * STRIDE + i] = t * s2
        units[C + 3 * STRIDE + i] = (tt + sums[BEFORE + TT, unit]) * s1 * s1
        units[C + 4 * STRIDE + i] = tt * s1 * s2
        units[C + 5 * STRIDE + i] = tt * s2 * s2
        ty = sums[AFTER + TY, unit]
        y = sums[AFTER + Y, unit] + sums[BEFORE + Y, unit] + sums[ZERO + 1, unit]
        zero = sums[ZERO + 1, unit]
        yy = sums[AFTER + YY, unit] + sums[BEFORE + YY, unit] + zero * zero
        units[SQUARES + i] = yy - mean * (2.0 * y - mean * values)
        units[D + i] = y - mean * values
        units[D + STRIDE + i] = (ty + sums[BEFORE + TY, unit] - mean * all_t) * s1
        units[D + 2 * STRIDE + i] = (ty - mean * t) * s2
    place_adjoints(units, width)


@kernel
def load(sums: Floats, starts: Ints, order: Ints, told: Floats, scale: Floats, units: Floats, segments: Ints) -> int:
    """Fills the segments and the root mean squares of the columns (3,); gives the number of segments.

    told (8,): `totals` of the groups in `order`.
    """
    count, mean = 0, told[5] / told[0]
    scale[0], scale[1], scale[2] = 1.0, math.sqrt(told[3] / told[0]), math.sqrt(told[4] / told[0])
    s1, s2 = 1.0 / scale[1], 1.0 / scale[2]
    for group in range(starts.shape[0] - 1):
        if order[group] < 0:
            continue
        for first in range(starts[group], starts[group + 1], CAPACITY):
            last = min(first + CAPACITY, starts[group + 1])
            width = (last - first + LANES - 1) // LANES * LANES
            segments[2 * count], segments[2 * count + 1] = order[group], width
            fill_segment(sums, first, last, units[count * SEGMENT : (count + 1) * SEGMENT], width, mean, s1, s2)
            count += 1
    return count


@kernel
def refusal(told: Floats, groups: int) -> int:
    """Why a trial cannot be fitted, by its totals; CONVERGED where nothing is said against it."""
    if groups == 0 or told[2] == 0.0 or told[1] < 2.0 or told[0] <= groups + 2.0:
        return TOO_FEW
    if told[6] - told[5] * told[5] / told[0] <= NOTHING_LEFT * told[6]:
        return NO_VARIATION
    return CONVERGED


@kernel
def least_squares(
    units: Floats, segments: Ints, count: int, groups: int, told: Floats, at: Floats, fixed: Floats
) -> int:
    """Fits by least squares, into `fixed` (2 + H,), and takes the fit away; says why not where that cannot be."""
    for place in range(6):
        at[S + place] = 0.0
    at[TOTAL] = told[6] - told[5] * told[5] / told[0]
    deviance(units, segments, count, groups, told[0] - groups - 2.0, at)
    if redundant(groups, told[0], at):
        return RANK_DEFICIENT
    if at[RESIDUAL] <= NOTHING_LEFT * told[6]:
        return NO_VARIATION
    if told[7] < 4.0 and not repeated(units, segments, count):
        return TOO_FEW
    at[TOTAL] = at[RESIDUAL]
    for place in range(groups + 2):
        fixed[place] = at[BETA + place]
    for segment in range(count):
        part = units[segment * SEGMENT : (segment + 1) * SEGMENT]
        centre(part, segments[2 * segment + 1], fixed[0], fixed[1], fixed[2 + segments[2 * segment]])
    return CONVERGED


@kernel
def redundant(groups: int, values: float, at: Floats) -> bool:
    """Whether a fixed effect is a combination of the others, by the sums of the groups at S = 0."""
    a00 = a01 = a11 = 0.0
    for group in range(groups):
        base = SUMS + 10 * group
        f0, f1 = at[base + 2] / at[base + 5], at[base + 4] / at[base + 5]
        a00 += at[base] - f0 * at[base + 2]
        a01 += at[base + 1] - f0 * at[base + 4]
        a11 += at[base + 3] - f1 * at[base + 4]
    least = REDUNDANT * values
    return not (a00 > least and a11 - a01 * a01 / a00 > least)


@kernel
def repeated(units: Floats, segments: Ints, count: int) -> bool:
    """Whether some unit has more values than its own three columns can take up."""
    for segment in range(count):
        base = segment * SEGMENT
        for i in range(base, base + segments[2 * segment + 1]):
            values = units[i + C]
            a, b, c = units[i + C], units[i + C + 3 * STRIDE], units[i + C + 5 * STRIDE]
            trace = a + b + c
            minors = a * b + a * c + b * c - units[i + C + STRIDE] ** 2
            minors -= units[i + C + 2 * STRIDE] ** 2 + units[i + C + 4 * STRIDE] ** 2
            if values > 3.0 or (values > 2.0 and units[i + DETERMINANT] <= SAME * trace * minors):
                return True
            if values == 2.0 and minors <= SAME * trace * trace:
                return True
    return False
