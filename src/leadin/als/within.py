"""Numbers that must lie within bounds, told by name when they do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.errors import DataError

Floats = NDArray[np.float64]


def numbers_within(
    name: str, values: ArrayLike, what: str, low: float, high: float = np.inf, *, above: bool = False
) -> Floats:
    """`values` as an array of numbers; NaN is a missing value.

    DataError that names the argument and says `what` it should hold when a value is below `low` (above=True: at it) or
    beyond `high`.
    """
    numbers = np.asarray(values, dtype=np.float64)
    wrong = (numbers <= low) if above else (numbers < low)
    wrong |= (numbers > high) | np.isinf(numbers)
    if np.any(wrong):
        raise DataError(f"{name}: expected {what}; got {numbers[wrong].flat[0]:g}. Correct it, or give NaN if missing.")
    return numbers


def flags_or_missing(name: str, values: ArrayLike) -> Floats:
    """Yes (1), no (0) or missing (NaN) as numbers, from booleans or such numbers. DataError for anything else."""
    numbers = np.asarray(values, dtype=np.float64)
    wrong = ~(np.isnan(numbers) | (numbers == 0.0) | (numbers == 1.0))
    if np.any(wrong):
        raise DataError(f"{name}: expected yes (1), no (0) or NaN if missing; got {numbers[wrong].flat[0]:g}.")
    return numbers
