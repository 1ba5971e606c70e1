"""Body weight and limb strength, plainly: weight falls along a line, strength falls with function."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LIGHTEST_KG = 30.0


def true_weight(weight_kg: Floats, weight_loss: Floats, months: Floats) -> Floats:
    """kg (n, k) at months (n, k) from time zero, from the weight (n,) then and its loss (n,) per month."""
    return np.maximum(weight_kg[:, None] - weight_loss[:, None] * months, LIGHTEST_KG)


def true_strength(strength: Floats, loss_per_point: float, points_lost: Floats) -> Floats:
    """% of normal (n, k), never below 0: strength (n,) of one side at time zero less what goes with the points of
    ALSFRS-R lost since then (n, k); where one side is treated alone, with the points lost as if the body were it."""
    return np.maximum(strength[:, None] - loss_per_point * points_lost, 0.0)
