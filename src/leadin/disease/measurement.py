"""What an assessor writes down: the true value with an error, rounded and held within the scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.als.alsfrs_r import TOTAL_MAXIMUM

Floats = NDArray[np.float64]


def observed_score(true_score: Floats, error_sd: float, normals: Floats) -> Floats:
    """ALSFRS-R as recorded: whole points within 0 to 48 of the true score plus an error of SD `error_sd`."""
    return np.clip(np.rint(true_score + error_sd * normals), 0.0, TOTAL_MAXIMUM)


def observed_value(true_value: Floats, error_sd: float, normals: Floats) -> Floats:
    """A continuous measure as recorded: to one decimal, never below 0."""
    return np.maximum(np.round(true_value + error_sd * normals, 1), 0.0)
