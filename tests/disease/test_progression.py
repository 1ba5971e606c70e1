"""The start of a path: people are enrolled in a steady spell, which wears off as the drift does."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.disease.progression import drift_at_enrolment, drift_sd, untreated_loss

N = 40_000
RATE = 1.44


def steady(population, spell):
    decline = population.decline.model_copy(update={"steady_at_enrolment": spell, "drift_months": 1.5, "drift_sd": 0.8})
    return population.model_copy(update={"decline": decline})


def lost(population, months, seed=1):
    generator = np.random.default_rng(seed)
    rate = np.full(N, RATE)
    start = drift_at_enrolment(rate, generator.standard_normal(N), population)
    path = np.broadcast_to(months, (N, len(months)))
    loss = untreated_loss(path, rate, start, generator.standard_normal((N, len(months) - 1, 2)), population)
    return start, loss


@pytest.mark.parametrize("spell", [0.0, 0.7, -0.5])
def test_the_spell_shifts_the_drift_at_enrolment_and_not_its_spread(pro_act, spell):
    population = steady(pro_act, spell)
    start, loss = lost(population, np.array([0.0, 40.0]))
    sd = drift_sd(np.array([RATE]), population)[0]
    assert abs(start.mean() + spell * sd) < 4 * sd / np.sqrt(N)
    assert abs(start.std() - sd) < 4 * sd / np.sqrt(2 * N)
    assert abs(loss.drift.mean()) < 4 * sd / np.sqrt(N)  # forty months later it is forgotten


@pytest.mark.parametrize("months", [0.5, 3.0, 12.0])
def test_what_it_saves(pro_act, months):
    """k c sqrt(R) tau (1 - exp(-t / tau)) points by month t, on any grid."""
    population = steady(pro_act, 0.7)
    saved = 0.7 * 0.8 * np.sqrt(RATE) * 1.5 * (1 - np.exp(-months / 1.5))
    for steps in (1, 5):
        _, loss = lost(population, np.linspace(0, months, steps + 1))
        points = loss.lost[:, -1]
        assert abs(points.mean() - (RATE * months - saved)) < 4 * points.std() / np.sqrt(N)


def test_without_a_spell_the_first_months_are_like_any_others(pro_act):
    _, loss = lost(steady(pro_act, 0.0), np.array([0.0, 1.0, 2.0]))
    first, second = np.diff(loss.lost, axis=1).T
    assert abs(first.mean() - second.mean()) < 4 * (first - second).std() / np.sqrt(N)
    assert abs(first.std() - second.std()) < 4 * first.std() / np.sqrt(N)
