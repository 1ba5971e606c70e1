"""What would be written down of one participant at a visit, measure by measure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.disease.kernels.measurement import (
    CAPACITY,
    SCORE,
    STRENGTH_LEFT,
    WEIGHT,
    observed_score,
    observed_value,
    true_capacity,
    true_strength,
    true_weight,
)
from leadin.disease.kernels.nature import Record
from leadin.disease.kernels.people import CAPACITY as CAPACITY_AT_ZERO
from leadin.disease.kernels.people import (
    CAPACITY_LOSS,
    WEIGHT_LOSS,
)
from leadin.disease.kernels.people import STRENGTH_LEFT as LEFT_AT_ZERO
from leadin.disease.kernels.people import STRENGTH_RIGHT as RIGHT_AT_ZERO
from leadin.disease.kernels.people import WEIGHT as WEIGHT_AT_ZERO
from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]


@kernel
def observe(
    nature: Record,
    kind: int,
    error: float,
    traits: Floats,
    months: float,
    spared_months: float,
    true_score: float,
    lost_left: float,
    lost_right: float,
) -> float:
    """The value at months from time zero. spared_months: of the loss of vital capacity. lost_left, lost_right: points
    lost since time zero that the strength of that side goes with."""
    if kind == SCORE:
        return observed_score(true_score, error)
    if kind == CAPACITY:
        true = true_capacity(traits[CAPACITY_AT_ZERO], traits[CAPACITY_LOSS], months - spared_months)
    elif kind == WEIGHT:
        true = true_weight(traits[WEIGHT_AT_ZERO], traits[WEIGHT_LOSS], months)
    elif kind == STRENGTH_LEFT:
        true = true_strength(traits[LEFT_AT_ZERO], nature.strength_per_point, lost_left)
    else:
        true = true_strength(traits[RIGHT_AT_ZERO], nature.strength_per_point, lost_right)
    return observed_value(true, error)


@kernel(inline=True)
def whole_day(day: float) -> float:
    """A day as tables have it: rounded away from time zero."""
    return math.floor(day) if day < 0.0 else math.ceil(day)
