"""The drift and its integral: against their exact joint distribution, and against each other over any steps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from leadin.disease.drift import drift_path

N, TAU, SD = 20_000, 2.0, 0.9


def path(months, seed=1, n=N, sd=SD, tau=TAU):
    generator = np.random.default_rng(seed)
    months = np.broadcast_to(np.asarray(months, dtype=float), (n, len(months)))
    start = sd * generator.standard_normal(n)
    normals = generator.standard_normal((n, months.shape[1] - 1, 2))
    integral, last = drift_path(months, np.full(n, sd), tau, start, normals)
    return start, integral, last


def distance(sample, sd):
    """The Kolmogorov-Smirnov distance of a sample from N(0, sd)."""
    ordered = ndtr(np.sort(sample) / sd)
    ranks = np.arange(sample.size + 1) / sample.size
    return max(np.abs(ordered - ranks[1:]).max(), np.abs(ordered - ranks[:-1]).max())


def integral_sd(months):
    """SD of the integral of a stationary drift over so many months."""
    return SD * np.sqrt(2 * TAU * months - 2 * TAU**2 * (1 - np.exp(-months / TAU)))


CRITICAL = 1.95 / np.sqrt(N)  # exceeded once in a thousand


@pytest.mark.parametrize("months", [(0, 0.1), (0, 6), (0, 0.5, 1, 1.5), (-3, -2, 0, 0.01, 9)])
def test_the_drift_stays_stationary(months):
    _, _, last = path(months)
    assert distance(last, SD) < CRITICAL


@pytest.mark.parametrize("months", [(0, 0.1), (0, 6), (0, 0.5, 1, 1.5), (-3, -2, 0, 0.01, 9)])
def test_the_integral_has_its_exact_distribution_whatever_the_steps(months):
    _, integral, _ = path(months)
    assert distance(integral[:, -1], integral_sd(months[-1] - months[0])) < CRITICAL


@pytest.mark.parametrize("steps", [1, 4, 40])
def test_drift_and_integral_go_together_as_they_should(steps):
    _, integral, last = path(np.linspace(0, 3, steps + 1))
    exact = SD**2 * TAU * (1 - np.exp(-3 / TAU))  # Cov(u(h), integral) = s^2 tau (1 - a)
    covariance = np.cov(integral[:, -1], last)[0, 1]
    error = np.sqrt((integral[:, -1].var() * last.var() + exact**2) / N)
    assert abs(covariance - exact) < 4 * error


def test_the_correlation_of_the_drift_over_time_is_exponential():
    start, _, last = path((0, 1.0, 3.0))
    exact = np.exp(-3 / TAU)
    assert abs(np.corrcoef(start, last)[0, 1] - exact) < 4 * (1 - exact**2) / np.sqrt(N)


def test_a_step_of_no_length_changes_nothing():
    generator = np.random.default_rng(4)
    start = generator.standard_normal(50)
    months = np.broadcast_to([0.0, 1.0, 1.0, 2.0], (50, 4))
    normals = generator.standard_normal((50, 3, 2))
    integral, last = drift_path(months, np.ones(50), TAU, start, normals)
    without, last_without = drift_path(months[:, [0, 1, 3]], np.ones(50), TAU, start, normals[:, [0, 2]])
    assert np.array_equal(integral[:, 1], integral[:, 2])
    assert np.array_equal(integral[:, [0, 1, 3]], without)
    assert np.array_equal(last, last_without)


def test_without_spread_there_is_no_drift():
    integral, last = drift_path(np.array([[0.0, 1.0, 4.0]]), np.zeros(1), TAU, np.zeros(1), np.ones((1, 2, 2)))
    assert not integral.any()
    assert not last.any()


def test_a_known_start_decays_and_adds_up():
    """With the noise set to nothing, u(t) = u(0) exp(-t / tau) and its integral is tau u(0) (1 - exp(-t / tau))."""
    months = np.array([[0.0, 0.5, 2.0]])
    integral, last = drift_path(months, np.ones(1), TAU, np.array([3.0]), np.zeros((1, 2, 2)))
    assert integral == pytest.approx(TAU * 3.0 * (1 - np.exp(-months / TAU)), rel=1e-14)
    assert last == pytest.approx(3.0 * np.exp(-2.0 / TAU), rel=1e-14)
