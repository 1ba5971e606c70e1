"""What is written down at a visit, measure by measure; the plain twins are `leadin.disease.measurement`, `breathing`,
`body` and `leadin.simulation.measures`."""

from __future__ import annotations

import math

from leadin.engine.kernels.compiled import kernel

SCORE, CAPACITY, WEIGHT, STRENGTH_LEFT, STRENGTH_RIGHT = range(5)
"""Kinds of measure. Slow and forced vital capacity are both CAPACITY: they differ by the error alone."""
HIGHEST_SCORE = 48.0
LIGHTEST_KG = 30.0


@kernel(inline=True)
def observed_score(true_score: float, error: float) -> float:
    """ALSFRS-R: whole points within 0 to 48. Halves, which go up here, have probability 0."""
    return min(max(math.floor(true_score + error + 0.5), 0.0), HIGHEST_SCORE)


@kernel(inline=True)
def observed_value(true_value: float, error: float) -> float:
    """A continuous measure: to one decimal, never below 0."""
    return max(math.floor((true_value + error) * 10.0 + 0.5) / 10.0, 0.0)


@kernel(inline=True)
def true_capacity(capacity: float, loss_per_month: float, months_of_loss: float) -> float:
    """Vital capacity, % predicted, never below 0."""
    return max(capacity - loss_per_month * months_of_loss, 0.0)


@kernel(inline=True)
def true_weight(weight_kg: float, loss_per_month: float, months: float) -> float:
    """Weight in kg."""
    return max(weight_kg - loss_per_month * months, LIGHTEST_KG)


@kernel(inline=True)
def true_strength(strength: float, loss_per_point: float, points_lost: float) -> float:
    """Strength of one side, % of normal, never below 0."""
    return max(strength - loss_per_point * points_lost, 0.0)


@kernel(inline=True)
def going_with(z: float, correlation: float, mean: float, sd: float, normal: float) -> float:
    """A value of that mean and SD whose correlation with the standardised rate z is as stated."""
    return mean + sd * (correlation * z + math.sqrt(1.0 - correlation * correlation) * normal)
