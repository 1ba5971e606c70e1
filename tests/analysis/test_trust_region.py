"""The optimiser on functions whose minima are known by heart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadin.analysis.trust_region import DECREMENT, MAX_STEPS, NEAR, RUNAWAY, Attempt, nelder_mead, newton


def rosenbrock(point):
    x, y = point
    value = 100 * (y - x * x) ** 2 + (1 - x) ** 2
    gradient = np.array([-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)])
    hessian = np.array([[1200 * x * x - 400 * y + 2, -400 * x], [-400 * x, 200.0]])
    return float(value), gradient, hessian


def double_well(point):
    """A saddle at the origin and minima -1/4 at x = 1 and x = -1."""
    x, y = point
    return x**4 / 4 - x**2 / 2 + y**2, np.array([x**3 - x, 2 * y]), np.diag([3 * x * x - 1, 2.0])


def test_newton_finds_the_minimum_of_a_curved_valley_to_rounding():
    found = newton(rosenbrock, np.array([-1.2, 1.0]))
    assert found.converged
    assert found.end == pytest.approx((1.0, 1.0), abs=1e-12)
    assert found.criterion < 1e-24
    assert found.start == (-1.2, 1.0)
    assert found.optimiser == "newton"
    assert found.reason == "gradient zero, no direction downhill"
    assert 2 < found.steps < 60


def test_newton_solves_a_quadratic_in_two_steps_from_inside_the_radius():
    def bowl(point):
        return float(point @ point), 2 * point, 2 * np.eye(2)

    found = newton(bowl, np.array([0.3, 0.4]))
    assert found.converged
    assert found.end == (0.0, 0.0)
    assert found.steps == 2


def test_newton_from_the_minimum_stays_there():
    found = newton(rosenbrock, np.array([1.0, 1.0]))
    assert (found.converged, found.steps, found.end, found.criterion) == (True, 1, (1.0, 1.0), 0.0)


@pytest.mark.parametrize("start", [(0.0, 0.0), (0.0, 0.7), (1e-9, 0.0)])
def test_newton_leaves_a_saddle_point(start):
    found = newton(double_well, np.array(start))
    assert found.converged
    assert found.criterion == pytest.approx(-0.25, abs=1e-14)
    assert np.abs(found.end) == pytest.approx([1.0, 0.0], abs=1e-12)


def test_newton_goes_to_a_boundary_optimum_like_any_other():
    """x^2 may not be negative: its best value is zero, an ordinary stationary point in x."""

    def edge(point):
        square = point[0] ** 2
        return float((square + 1) ** 2), np.array([4 * point[0] * (square + 1)]), np.array([[12 * square + 4.0]])

    found = newton(edge, np.array([2.0]))
    assert found.converged
    assert found.end[0] == pytest.approx(0.0, abs=1e-12)


def test_newton_goes_through_a_point_without_a_value():
    """From 2.5 the first step would be to a place where there is no logarithm."""

    def barrier(point):
        x = float(point[0])
        if x <= 0:
            raise FloatingPointError("no logarithm")
        return x - np.log(x), np.array([1 - 1 / x]), np.array([[1 / x**2]])

    found = newton(barrier, np.array([2.5]))
    assert found.converged
    assert found.end[0] == pytest.approx(1.0, abs=1e-9)


def test_newton_reports_a_start_without_a_value():
    def nowhere(point):
        raise np.linalg.LinAlgError("singular matrix")

    found = newton(nowhere, np.array([1.0, 2.0]), "mine")
    assert not found.converged
    assert np.isnan(found.criterion)
    assert replace(found, criterion=0.0) == Attempt(
        (1.0, 2.0), (1.0, 2.0), "mine", 0.0, False, "no value at the start: singular matrix", 0
    )


def test_newton_reports_a_runaway():
    def downhill(point):
        return float(-point[0]), np.array([-1.0]), np.array([[1e-12]])

    found = newton(downhill, np.array([0.0]))
    assert not found.converged
    assert found.reason == "a parameter runs away to infinity"
    assert found.end[0] > RUNAWAY
    assert found.steps < 40


def test_newton_reports_that_no_step_leads_downhill():
    def lying(point):
        return float(point[0] ** 2 + 1), np.array([-2 * point[0] - 1.0]), np.eye(1)

    found = newton(lying, np.array([0.5]))
    assert not found.converged
    assert found.reason == "no step leads downhill although the gradient is not zero"
    assert found.end[0] == 0.5


def test_newton_reports_that_it_is_not_there_yet():
    def creeping(point):
        """The Hessian is a million times too steep, so that every step is far too short."""
        return float(point[0] ** 2), np.array([2 * point[0]]), np.array([[2e6]])

    found = newton(creeping, np.array([1e3]))
    assert not found.converged
    assert found.reason == "not there after 200 steps"
    assert found.steps == MAX_STEPS == 200


def test_a_flat_direction_does_not_stop_newton():
    def trough(point):
        return float(point[0] ** 2), np.array([2 * point[0], 0.0]), np.diag([2.0, 0.0])

    found = newton(trough, np.array([3.0, 5.0]))
    assert found.converged
    assert found.end == pytest.approx((0.0, 5.0), abs=1e-12)


def test_nelder_mead_needs_no_derivatives_on_its_way():
    found = nelder_mead(rosenbrock, np.array([-1.2, 1.0]))
    assert found.converged
    assert found.optimiser == "nelder-mead, newton"
    assert found.start == (-1.2, 1.0)
    assert found.end == pytest.approx((1.0, 1.0), abs=1e-10)


def test_nelder_mead_keeps_away_from_points_without_a_value():
    def barrier(point):
        x = float(point[0])
        if x <= 0:
            raise FloatingPointError("no logarithm")
        return x - np.log(x), np.array([1 - 1 / x]), np.array([[1 / x**2]])

    found = nelder_mead(barrier, np.array([0.01]))
    assert found.converged
    assert found.end[0] == pytest.approx(1.0, abs=1e-9)


def test_an_attempt_is_one_line():
    attempt = Attempt((1.0, 0.12345), (0.0, 0.0), "newton", 1265.62943158, False, "it rained", 7)
    assert str(attempt) == "newton from (1, 0.123): criterion 1265.6294 after 7 steps; it rained"


def test_thresholds():
    assert (DECREMENT, NEAR, RUNAWAY) == (1e-10, 1e-6, 1e6)
