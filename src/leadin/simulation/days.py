"""Days as they are written into tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def whole_days(days: Floats) -> Floats:
    """Days rounded away from time zero, so that what happens after it is recorded from day 1 on and what happens
    before it up to day -1. Neither order nor the side of a whole day is lost."""
    return np.where(days < 0, np.floor(days), np.ceil(days))
