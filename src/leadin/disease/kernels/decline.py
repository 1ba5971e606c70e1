"""The drifting rate of decline, step by step; the plain twin is `leadin.disease.drift`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]

LENGTH, KEPT, BACK, SHOCK, ALONG, ACROSS = range(6)
STEP = 6
"""Numbers that describe a step of the path: its length in months, and what stationary drift of SD 1 does in it."""


@kernel
def describe_step(months: float, correlation_months: float, step: Floats) -> None:
    """Fills `step` (6,) for a step of that length; see `leadin.disease.drift` for the formulas."""
    tau = correlation_months
    kept, lost = math.exp(-months / tau), -math.expm1(-months / tau)
    along = tau * lost * math.sqrt(lost / (1.0 + kept))
    variance = 2.0 * tau * months - tau * tau * lost * (3.0 - kept)
    step[LENGTH] = months
    step[KEPT] = kept
    step[BACK] = tau * lost
    step[SHOCK] = math.sqrt(lost * (1.0 + kept))
    step[ALONG] = along
    step[ACROSS] = math.sqrt(max(variance - along * along, 0.0))


@kernel(inline=True)
def step_loss(step: Floats, rate: float, sd: float, drift: float, z1: float, z2: float) -> float:
    """Points lost untreated in a step that begins with that drift; sd: stationary, of the drift."""
    return rate * step[LENGTH] + step[BACK] * drift + sd * (step[ALONG] * z1 + step[ACROSS] * z2)


@kernel(inline=True)
def drift_after(step: Floats, sd: float, drift: float, z1: float) -> float:
    """The drift at the end of a step."""
    return step[KEPT] * drift + sd * step[SHOCK] * z1
