"""Vital capacity: each patient loses it along a line of his own. Slow and forced vital capacity share that line and
differ by the error of their assessments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def true_capacity(capacity: Floats, capacity_loss: Floats, months: Floats) -> Floats:
    """% predicted (n, k) at months (n, k) from time zero, never below 0, from the capacity (n,) then and its loss (n,)
    per month. Where a therapy acts on breathing, `months` are those in which it is lost: the integral of 1 - E."""
    return np.maximum(capacity[:, None] - capacity_loss[:, None] * months, 0.0)
