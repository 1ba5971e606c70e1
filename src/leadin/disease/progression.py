"""How function is lost: the true score along a path of months.

    F(t) = F(0) - integral from 0 to t of (R + u),    u: drift of the rate, stationary SD c sqrt(R)

At enrolment the drift has mean -k c sqrt(R): people are enrolled in a steady spell, and first assessments are practice.
The loss is exact at every month of the path, whatever its steps (see `drift.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.drift import drift_path
from leadin.disease.population import Population

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Loss:
    """Points lost without treatment along a path. months (n, k + 1): from time zero; lost (n, k + 1): since the first
    of them; drift (n,): of the rate at the last of them, points per month."""

    months: Floats
    lost: Floats
    drift: Floats


def drift_sd(rate: Floats, population: Population) -> Floats:
    """Stationary SD of the drift (n,) of participants with those long-run rates, points per month."""
    return population.decline.drift_sd * np.sqrt(rate)


def drift_at_enrolment(rate: Floats, normals: Floats, population: Population) -> Floats:
    """Drift of the rate (n,) at enrolment, points per month: on average on the side of slower decline by the stated
    number of stationary SDs, from where it goes back to its own mean, 0."""
    drift: Floats = drift_sd(rate, population) * (normals - population.decline.steady_at_enrolment)
    return drift


def untreated_loss(months: Floats, rate: Floats, drift: Floats, normals: Floats, population: Population) -> Loss:
    """Loss along months (n, k + 1) given the rate (n,), the drift (n,) at the first month and normals (n, k, 2)."""
    integral, last = drift_path(months, drift_sd(rate, population), population.decline.drift_months, drift, normals)
    return Loss(months, rate[:, None] * (months - months[:, :1]) + integral, last)
