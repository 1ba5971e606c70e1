"""Minimum of a smooth function of a few parameters from its exact gradient and Hessian: Newton steps within a trusted
radius.

Directions of negative curvature are followed downhill and left at saddle points, which a REML deviance has wherever a
random effect is switched off. Every attempt is recorded, the failed ones with their reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Objective = Callable[[Floats], tuple[float, Floats, Floats]]
"""Value, gradient (k,) and Hessian (k, k) at a point (k,); raises FloatingPointError or LinAlgError where it has
none.
"""

MAX_STEPS = 200
RUNAWAY = 1e6
"""A parameter beyond this is taken to be on its way to infinity."""

DECREMENT = 1e-10
"""Newton decrement (squared length of the step in the metric of the Hessian) below which a point is taken as the
optimum.
"""

NEAR = 1e-6
"""Newton decrement below which the decrease left is too small to be seen in the value, and the gradient alone leads."""
SAME_OPTIMUM = 1e-7
"""Two optima whose criteria differ by less are one and the same."""


@dataclass(frozen=True)
class Attempt:
    """One run of an optimiser: from `start` it came to `end`, where the function is `criterion`; `reason` in words."""

    start: tuple[float, ...]
    end: tuple[float, ...]
    optimiser: str
    criterion: float
    converged: bool
    reason: str
    steps: int

    def __str__(self) -> str:
        """One line for a message that lists attempts."""
        start = ", ".join(f"{value:.3g}" for value in self.start)
        return (
            f"{self.optimiser} from ({start}): criterion {self.criterion:.8g} after {self.steps} steps; {self.reason}"
        )


def best_first(attempt: Attempt) -> tuple[bool, float]:
    """A key to sort by: lowest criterion first, of equals the converged ones; those without a criterion last."""
    return math.isnan(attempt.criterion), attempt.criterion - SAME_OPTIMUM * attempt.converged


def newton(objective: Objective, start: Floats, name: str = "newton") -> Attempt:
    """Trust-region Newton from `start` (k,); saddle points are left along their most negative curvature."""
    try:
        value, gradient, hessian = objective(start)
    except (FloatingPointError, np.linalg.LinAlgError) as error:
        return _attempt(start, start, name, float("nan"), False, f"no value at the start: {error}", 0)
    point, radius = start, 1.0
    for step in range(1, MAX_STEPS + 1):
        curvatures, axes = np.linalg.eigh(hessian)
        slopes = axes.T @ gradient
        decrement = _decrement(slopes, curvatures)
        if decrement < NEAR and curvatures[0] > -_flat(curvatures):
            polished, criterion, left = _polish(objective, point, value, gradient, hessian)
            if left < DECREMENT:
                return _attempt(start, polished, name, criterion, True, "gradient zero, no direction downhill", step)
        if decrement < DECREMENT:
            move = axes[:, 0] * radius
        else:
            move = -axes @ (slopes / np.maximum(np.abs(curvatures), _flat(curvatures)))
            move *= min(1.0, radius / float(np.linalg.norm(move)))
        trial = _value_at(objective, point + move)
        promised = -float(gradient @ move + 0.5 * move @ hessian @ move)
        if trial is not None and value - trial[0] > 1e-4 * promised > 0.0:
            point = point + move
            value, gradient, hessian = trial
            radius = max(radius, 2.0 * float(np.linalg.norm(move)))
        else:
            radius = float(np.linalg.norm(move)) / 4.0
        if np.abs(point).max() > RUNAWAY:
            return _attempt(start, point, name, value, False, "a parameter runs away to infinity", step)
        if radius < 1e-12:
            return _attempt(
                start, point, name, value, False, "no step leads downhill although the gradient is not zero", step
            )
    return _attempt(start, point, name, value, False, f"not there after {step} steps", step)


def nelder_mead(objective: Objective, start: Floats) -> Attempt:
    """The simplex search of scipy from `start` (k,), which needs no derivatives, then `newton` from where it ends."""
    from scipy.optimize import minimize

    def criterion(point: Floats) -> float:
        found = _value_at(objective, point)
        return float("inf") if found is None else found[0]

    found = minimize(criterion, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-8, "maxiter": 1000})
    finished = newton(objective, np.asarray(found.x, dtype=np.float64), "nelder-mead, newton")
    return _attempt(
        start,
        np.array(finished.end),
        finished.optimiser,
        finished.criterion,
        finished.converged,
        finished.reason,
        finished.steps,
    )


def _polish(
    objective: Objective, point: Floats, value: float, gradient: Floats, hessian: Floats
) -> tuple[Floats, float, float]:
    """Full Newton steps as long as each makes the decrement smaller: past this only rounding is left. Returns the
    decrement too.
    """
    left = float("inf")
    for _ in range(10):
        curvatures, axes = np.linalg.eigh(hessian)
        slopes = axes.T @ gradient
        left = _decrement(slopes, curvatures)
        move = -axes @ (slopes / np.maximum(np.abs(curvatures), _flat(curvatures)))
        trial = _value_at(objective, point + move)
        if trial is None or not _decrement(*_in_axes(trial)) < 0.5 * left:
            break
        point = point + move
        value, gradient, hessian = trial
    return point, value, left


def _in_axes(at: tuple[float, Floats, Floats]) -> tuple[Floats, Floats]:
    """Slopes and curvatures along the eigenvectors of the Hessian."""
    curvatures, axes = np.linalg.eigh(at[2])
    return axes.T @ at[1], curvatures


def _value_at(objective: Objective, point: Floats) -> tuple[float, Floats, Floats] | None:
    try:
        found = objective(point)
    except (FloatingPointError, np.linalg.LinAlgError):
        return None
    return found if np.isfinite(found[0]) else None


def _flat(curvatures: Floats) -> float:
    """Curvature below which a direction counts as flat."""
    return 1e-9 * max(float(np.abs(curvatures).max()), 1e-6)


def _decrement(slopes: Floats, curvatures: Floats) -> float:
    return float((slopes**2 / np.maximum(np.abs(curvatures), _flat(curvatures))).sum())


def _attempt(
    start: Floats, end: Floats, optimiser: str, criterion: float, converged: bool, reason: str, steps: int
) -> Attempt:
    return Attempt(
        tuple(float(x) for x in start),
        tuple(float(x) for x in end),
        optimiser,
        float(criterion),
        converged,
        reason,
        steps,
    )
