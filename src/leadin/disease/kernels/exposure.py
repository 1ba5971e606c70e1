"""The mean effect of the doses given over a step of the path; the plain twin is `leadin.disease.exposure`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]

GAUSS_POINTS, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(16)
SQUARED_PLACES = ((GAUSS_POINTS + 1.0) / 2.0) ** 2
"""Places within a piece, crowded where a large dose starts to rise steeply."""
SQUARED_WEIGHTS = (GAUSS_POINTS + 1.0) / 2.0 * GAUSS_WEIGHTS


@kernel
def next_cut(start: float, end: float, dose_days: Floats, doses: Floats, count: int, onset_days: float) -> float:
    """The first day after `start`, at most `end`, on which a dose is given or comes to work in full."""
    cut = end
    for d in range(count):
        if doses[d] > 0.0:
            for day in (dose_days[d], dose_days[d] + onset_days):
                if start < day < cut:
                    cut = day
    return cut


@kernel
def area_of_effect(
    start: float, end: float, dose_days: Floats, doses: Floats, count: int, onset_days: float, lifetime_days: float
) -> float:
    """The integral of x / (1 + x) over a piece that no dose and no end of an onset parts, in days."""
    length, middle = end - start, start + (end - start) / 2.0
    level, rise = 0.0, 0.0
    for d in range(count):
        if doses[d] > 0.0 and middle > dose_days[d]:
            since = max(start - dose_days[d], 0.0)
            left = doses[d] * math.exp(-since / lifetime_days)
            if onset_days > 0.0 and middle < dose_days[d] + onset_days:
                level += left * since / onset_days
                rise += left / onset_days
            else:
                level += left
    if rise <= 0.0:
        return lifetime_days * (math.log1p(level) - math.log1p(level * math.exp(-length / lifetime_days)))
    area = 0.0
    for g in range(SQUARED_PLACES.size):
        s = length * SQUARED_PLACES[g]
        x = (level + rise * s) * math.exp(-s / lifetime_days)
        area += SQUARED_WEIGHTS[g] * x / (1.0 + x)
    return area * length


@kernel
def mean_effect(
    start: float,
    end: float,
    dose_days: Floats,
    doses: Floats,
    count: int,
    maximum_effect: float,
    onset_days: float,
    lifetime_days: float,
) -> float:
    """The mean of E between two days; 0 over no time.

    doses: of the first `count`, in doses of half effect, 0 where none was given.
    """
    if end <= start:
        return 0.0
    area, here = 0.0, start
    while here < end:
        cut = next_cut(here, end, dose_days, doses, count, onset_days)
        area += area_of_effect(here, cut, dose_days, doses, count, onset_days, lifetime_days)
        here = cut
    return maximum_effect * area / (end - start)
