"""Covariance structures: what they are, and their derivatives against differences."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from leadin.analysis.mmrm.structures import STRUCTURES, structure_named
from leadin.protocols.planned_analysis import CovarianceStructure

NAMES = tuple(STRUCTURES)
SIZES = {
    "unstructured": (1, 3, 10, 28),
    "heterogeneous_toeplitz": (1, 3, 7, 13),
    "toeplitz": (1, 2, 4, 7),
    "heterogeneous_ante_dependence": (1, 3, 7, 13),
    "ante_dependence": (1, 2, 4, 7),
    "heterogeneous_autoregressive": (1, 3, 5, 8),
    "autoregressive": (1, 2, 2, 2),
    "heterogeneous_compound_symmetry": (1, 3, 5, 8),
    "compound_symmetry": (1, 2, 2, 2),
}


def some(name, visits, seed=0):
    """Parameters without any symmetry."""
    size = structure_named(name).size(visits)
    return np.random.Generator(np.random.PCG64(seed)).normal(0.1, 0.4, size)


def test_every_structure_of_a_plan_is_here():
    assert set(NAMES) == set(get_args(CovarianceStructure))
    assert [s.label for s in STRUCTURES.values()] == [
        "unstructured", "heterogeneous Toeplitz", "Toeplitz", "heterogeneous ante-dependence", "ante-dependence",
        "heterogeneous AR(1)", "AR(1)", "heterogeneous compound symmetry", "compound symmetry",
    ]  # fmt: skip
    assert structure_named("toeplitz") is STRUCTURES["toeplitz"]


@pytest.mark.parametrize("name", NAMES)
def test_numbers_of_parameters(name):
    assert tuple(structure_named(name).size(visits) for visits in (1, 2, 4, 7)) == SIZES[name]


@pytest.mark.parametrize("visits", [1, 2, 3, 5])
@pytest.mark.parametrize("name", NAMES)
def test_derivatives_are_those_of_differences(name, visits):
    structure = structure_named(name)
    theta = some(name, visits)
    unit = np.linspace(0.5, 2.0, visits)
    for function, more in ((structure.covariance, visits), (structure.search, unit)):
        at = function(theta, more)
        assert at.value == pytest.approx(at.value.T, abs=0)
        for i in range(theta.size):
            step = np.zeros(theta.size)
            step[i] = 1e-6
            up, down = function(theta + step, more), function(theta - step, more)
            assert at.first[i] == pytest.approx((up.value - down.value) / 2e-6, abs=1e-8)
            for j in range(theta.size):
                assert at.second[i, j] == pytest.approx((up.first[j] - down.first[j]) / 2e-6, abs=1e-7)


@pytest.mark.parametrize("visits", [1, 2, 4])
@pytest.mark.parametrize("name", NAMES)
def test_a_start_from_a_member_of_the_family_is_that_member(name, visits):
    structure = structure_named(name)
    sigma = structure.covariance(0.5 * np.abs(some(name, visits, 3)), visits).value
    assert structure.covariance(structure.start(sigma), visits).value == pytest.approx(sigma, rel=1e-12)
    unit = np.linspace(0.5, 2.0, visits)
    place = structure.search_start(sigma, unit)
    assert structure.search(place, unit).value == pytest.approx(sigma, rel=1e-12)
    theta = structure.parameters(place, unit)
    assert structure.covariance(theta, visits).value == pytest.approx(sigma, rel=1e-12)
    assert structure.covariance(structure.rescaled(theta, visits, 3.0), visits).value == pytest.approx(9.0 * sigma)


def t(rho):
    return rho / np.sqrt(1 - rho**2)


SCALE = np.outer([2.0, 3.0, 4.0], [2.0, 3.0, 4.0])
SHAPES = {
    "compound_symmetry": ([0.3], [[1, 0.3, 0.3], [0.3, 1, 0.3], [0.3, 0.3, 1]]),
    "autoregressive": ([-0.5], [[1, -0.5, 0.25], [-0.5, 1, -0.5], [0.25, -0.5, 1]]),
    "toeplitz": ([0.6, 0.2], [[1, 0.6, 0.2], [0.6, 1, 0.6], [0.2, 0.6, 1]]),
    "ante_dependence": ([0.6, 0.5], [[1, 0.6, 0.3], [0.6, 1, 0.5], [0.3, 0.5, 1]]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_structure_is_what_its_name_says(name):
    rho, correlation = SHAPES[name]
    shape = t(np.array(rho))
    even = structure_named(name).covariance(np.array([np.log(2.0), *shape]), 3).value
    assert even == pytest.approx(4.0 * np.array(correlation), rel=1e-12)
    uneven = structure_named(f"heterogeneous_{name}").covariance(np.array([*np.log([2.0, 3.0, 4.0]), *shape]), 3).value
    assert uneven == pytest.approx(SCALE * np.array(correlation), rel=1e-12)


def test_unstructured_is_a_scaled_factor_with_ones_on_its_diagonal():
    lower = np.array([[1.0, 0, 0], [0.5, 1, 0], [-0.2, 0.7, 1]])
    theta = np.array([*np.log([2.0, 3.0, 4.0]), 0.5, -0.2, 0.7])
    value = structure_named("unstructured").covariance(theta, 3).value
    assert value == pytest.approx(SCALE * (lower @ lower.T), rel=1e-12)


def test_starts_are_possible_whatever_the_data_say():
    """Lag means of -0.5 and 0.9 are those of no covariance; and a common correlation of -0.9 not for four visits."""
    odd = np.array([[1, -0.5, 0.9, -0.5], [-0.5, 1, -0.5, 0.9], [0.9, -0.5, 1, -0.5], [-0.5, 0.9, -0.5, 1.0]])
    for name in ("toeplitz", "heterogeneous_toeplitz", "compound_symmetry"):
        structure = structure_named(name)
        assert np.linalg.eigvalsh(structure.covariance(structure.start(odd), 4).value)[0] >= 0.009
    apart = np.full((4, 4), -0.9) + 1.9 * np.eye(4)
    start = structure_named("compound_symmetry").start(apart)
    assert structure_named("compound_symmetry").covariance(start, 4).value[0, 1] == pytest.approx(-0.5 / 3)
    one = np.ones((3, 3))
    assert structure_named("autoregressive").covariance(structure_named("autoregressive").start(one), 3).value[
        0, 1
    ] == pytest.approx(0.95)
