"""The standard normal distribution: its function and its quantile."""

from __future__ import annotations

import math

from leadin.engine.kernels.compiled import kernel

ROOT_HALF = math.sqrt(0.5)
ROOT_TWO_PI = math.sqrt(2.0 * math.pi)
SLOPE = math.sqrt(math.pi / 8.0)
RISE, FALL = 0.70086, 0.65201
"""Chosen by ourselves for the smallest error of the first guess, 0.011."""
STEPS = 3
"""Of Halley's method: from 0.011 to the last bits."""


@kernel
def normal_cdf(x: float) -> float:
    """The share of a standard normal below x."""
    return 0.5 * math.erfc(-x * ROOT_HALF)


@kernel
def normal_quantile(p: float) -> float:
    """The x below which lies the share p: minus infinity for 0, infinity for 1, NaN outside 0 to 1; p >= 1e-300.

    Halley's method on the smaller tail, from a ratio in s = -2 log(2 p) that is right at both ends: x = -sqrt(pi / 8) s
    near 0, x^2 = s far out. Above 1/2 it is as exact as 1 - p.
    """
    tail = min(p, 1.0 - p)
    if not tail > 0.0:
        if tail == 0.0:
            return -math.inf if p < 0.5 else math.inf
        return math.nan
    s = max(-2.0 * math.log(2.0 * tail), 0.0)
    depth, linear = math.sqrt(s), SLOPE * s
    x = -linear * (1.0 + RISE * depth) / (1.0 + FALL * depth + RISE * linear)
    for _ in range(STEPS):
        excess = (0.5 * math.erfc(-x * ROOT_HALF) - tail) * ROOT_TWO_PI * math.exp(0.5 * x * x)
        x -= excess / (1.0 + 0.5 * x * excess)
    return x if p < 0.5 else 0.0 - x
