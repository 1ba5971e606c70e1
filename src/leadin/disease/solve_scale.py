"""Solves the Weibull scale of a population's survival, once, so that its 12-month survival is as stated:

    python -m leadin.disease.solve_scale pro-act

Without effect and without entry criteria: everybody is enrolled at time zero. Given a patient's path, his chance to
live 12 months is exp(-G scale^-shape) with G free of the scale, so no death need be drawn and the mean of these chances
is set to the target by bisection.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.people import draw_people
from leadin.disease.population import Population
from leadin.disease.progression import drift_at_enrolment, untreated_loss
from leadin.disease.survival import cumulative_hazard, death_threshold
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams

Floats = NDArray[np.float64]

HORIZON_MONTHS = 12.0
STEPS = 26
"""Steps of 14 days, as in a simulated trial."""
BATCH = 50_000


@dataclass(frozen=True)
class SolvedScale:
    """scale_months, and its Monte Carlo standard error from the patients simulated."""

    scale_months: float
    standard_error: float


def solve_scale(population: Population, *, patients: int = 1_000_000, seed: int = 1) -> SolvedScale:
    """The scale at which `alive_at_12_months` of the population live 12 months; months."""
    shape, target = population.survival.weibull_shape, population.survival.alive_at_12_months
    burden = _burden(population, patients, seed)
    low, high = 0.1, 10_000.0
    for _ in range(100):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if np.mean(np.exp(-burden * middle**-shape)) < target else (low, middle)
    scale = (low * high) ** 0.5
    alive = np.exp(-burden * scale**-shape)
    slope = np.mean(alive * burden) * shape * scale ** (-shape - 1.0)
    return SolvedScale(scale, float(alive.std() / np.sqrt(patients) / slope))


def _burden(population: Population, patients: int, seed: int) -> Floats:
    """Each patient's cumulative hazard over 12 months if the scale were 1 month."""
    draws = Draws(Streams(seed))
    unit = population.survival.model_copy(update={"scale_months": 1.0})
    burden = []
    for start in range(0, patients, BATCH):
        n = min(BATCH, patients - start)
        people = draw_people(population, draws, n)
        months = np.broadcast_to(np.linspace(0.0, HORIZON_MONTHS, STEPS + 1), (n, STEPS + 1))
        drift = drift_at_enrolment(people.rate, draws.normal("drift/start", n), population)
        loss = untreated_loss(months, people.rate, drift, draws.normal("drift/path", n, STEPS, 2), population)
        hazard = cumulative_hazard(months, people.score[:, None] - loss.lost, unit)[:, -1]
        burden.append(hazard / death_threshold(np.ones(n), people.rate, population))
    return np.concatenate(burden)


def main(names: list[str]) -> None:
    """Prints the solved scale of each population named."""
    from leadin.disease.load import load_population

    for name in names:
        solved = solve_scale(load_population(name))
        sys.stdout.write(
            f"{name}: scale_months {solved.scale_months:.3f} (standard error {solved.standard_error:.3f})\n"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
