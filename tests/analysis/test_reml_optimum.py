"""Starts, the choice among attempts, and the way from a square factor to lme4's triangular one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadin.analysis import reml_optimum
from leadin.analysis.reml_deviance import group_sums
from leadin.analysis.reml_optimum import group_ranks, lent_curvature, lower_factor, reml_optima
from leadin.analysis.trust_region import Attempt
from leadin.errors import ConvergenceError


def sums():
    rng = np.random.default_rng(8)
    ids = np.repeat(np.arange(10), 6)
    time = np.tile(np.arange(6.0), 10)
    z = np.column_stack([np.ones_like(time), time])
    y = 37 + (rng.normal(size=(10, 2)) * [4, 1])[ids, 0] + rng.normal(size=10)[ids] * time + rng.normal(size=60)
    return group_sums(y, z, z, ids, 10)


def attempt(criterion, converged, name="newton"):
    return Attempt((0.0,), (1.0,), name, criterion, converged, "said so", 3)


def outcomes(monkeypatch, *found, simplex=None):
    """Let the optimisers answer with the attempts given."""
    queue = list(found)
    monkeypatch.setattr(reml_optimum, "newton", lambda objective, start: queue.pop(0))
    monkeypatch.setattr(reml_optimum, "nelder_mead", lambda objective, start: simplex(start))
    return reml_optima(sums(), [])


def test_the_lowest_converged_optimum_wins(monkeypatch):
    given = [attempt(c, True) for c in (12.0, 10.0, 11.0, 13.0)]
    assert [a.criterion for a in outcomes(monkeypatch, *given)] == [10.0, 11.0, 12.0, 13.0]


def test_a_failed_attempt_at_the_same_optimum_does_not_count(monkeypatch):
    given = [attempt(10.0 - 1e-9, False), attempt(10.0, True), attempt(float("nan"), False), attempt(11.0, True)]
    ranked = outcomes(monkeypatch, *given)
    assert ranked[0] == given[1]
    assert np.isnan(ranked[-1].criterion)


def test_a_failed_attempt_below_the_best_optimum_is_a_failure(monkeypatch):
    given = [attempt(10.0 - 1e-5, False), attempt(10.0, True), attempt(12.0, True), attempt(11.0, True)]
    with pytest.raises(ConvergenceError, match="the best point found is not an optimum"):
        outcomes(monkeypatch, *given)


def test_the_simplex_is_tried_only_when_all_newton_steps_fail(monkeypatch):
    failed = [attempt(c, False) for c in (12.0, 10.0, 11.0, 13.0)]
    failed[1] = replace(failed[1], end=(7.0,))
    begun = []
    rescued = attempt(9.0, True, "nelder-mead, newton")
    ranked = outcomes(monkeypatch, *failed, simplex=lambda start: begun.append(start.tolist()) or rescued)
    assert [a.criterion for a in ranked] == [9.0, 10.0, 11.0, 12.0, 13.0]
    assert ranked[0] is rescued
    assert begun == [[7.0]]
    one_good = [*failed[:3], attempt(9.0, True)]
    assert len(outcomes(monkeypatch, *one_good)) == 4


def test_all_starts_reach_one_optimum_and_the_first_is_nearest():
    attempts = reml_optima(sums(), [])
    criteria = [a.criterion for a in attempts]
    assert max(criteria) - min(criteria) < 1e-9
    by_start = {a.start: a.steps for a in attempts}
    assert {(1.0, 0.0, 0.0, 1.0), (0.2, 0.0, 0.0, 0.2), (3.0, 0.0, -3.0, 3.0)} < set(by_start)
    (least_squares,) = set(by_start) - {(1.0, 0.0, 0.0, 1.0), (0.2, 0.0, 0.0, 0.2), (3.0, 0.0, -3.0, 3.0)}
    assert by_start[least_squares] == min(by_start.values()) <= 4


def test_the_first_start_is_the_moment_estimate_in_balanced_data():
    """Same times for all: covariance of own coefficients over the pooled residual variance, less (Z'Z)^-1."""
    rng = np.random.default_rng(5)
    z = np.column_stack([np.ones(5), np.arange(5.0)])
    own = rng.normal(size=(30, 2)) * [6.0, 3.0]
    y = own @ z.T + rng.normal(size=(30, 5))
    fixed = np.tile(z, (30, 1))
    found = reml_optimum._least_squares_start(group_sums(y.ravel(), fixed, fixed, np.repeat(np.arange(30), 5), 30))
    coefficients = np.linalg.lstsq(z, y.T, rcond=None)[0]
    residual = ((y.T - z @ coefficients) ** 2).sum() / (30 * 3)
    expected = np.cov(coefficients, bias=True) / residual - np.linalg.inv(z.T @ z)
    assert found @ found.T == pytest.approx(expected, rel=1e-8)


def test_the_first_start_is_never_singular():
    rng = np.random.default_rng(6)
    z = np.column_stack([np.ones(5), np.arange(5.0)])
    y = np.tile(z @ [30.0, -1.0], 8) + rng.normal(size=40)
    fixed = np.tile(z, (8, 1))
    found = reml_optimum._least_squares_start(group_sums(y, fixed, fixed, np.repeat(np.arange(8), 5), 8))
    assert np.linalg.eigvalsh(found @ found.T)[0] == pytest.approx(0.01, rel=1e-6)


def test_without_any_full_group_the_first_start_is_one():
    rng = np.random.default_rng(7)
    z = np.column_stack([np.ones(8), np.arange(8.0)])
    ids = np.repeat(np.arange(4), 2)
    alone = group_sums(rng.normal(size=8), z, np.column_stack([z, z[:, 1] ** 2]), ids, 4)
    assert reml_optimum._least_squares_start(alone).tolist() == np.eye(3).tolist()


def test_curvature_is_lent_to_turns_alone():
    factor = np.array([[3.0, 0.0], [0.0, 4.0]])
    turn = np.array([0.0, -3.0, 4.0, 0.0])
    assert lent_curvature(factor) == pytest.approx(np.outer(turn, turn) / 25, rel=1e-14)
    assert lent_curvature(1e-6 * factor) == pytest.approx(lent_curvature(factor), rel=1e-12)
    assert lent_curvature(np.zeros((2, 2))).tolist() == np.zeros((4, 4)).tolist()
    assert lent_curvature(np.ones((1, 1))).tolist() == [[0.0]]


def test_ranks_say_what_a_group_can_tell_apart():
    none, one, two = np.zeros((2, 2)), np.array([[1.0, 2.0], [2.0, 4.0]]), np.array([[4.0, 6.0], [6.0, 14.0]])
    assert group_ranks(np.stack([none, one, two])).tolist() == [0, 1, 2]
    nearly = np.array([[1.0, 2.0], [2.0, 4.0 + 1e-4]])
    assert group_ranks(nearly[None]).tolist() == [2]


@pytest.mark.parametrize("q", [1, 2, 3])
def test_the_triangular_factor_gives_the_same_covariance(q):
    factor = np.random.default_rng(q).normal(size=(q, q))
    lower = lower_factor(factor)
    assert lower @ lower.T == pytest.approx(factor @ factor.T, rel=1e-12)
    assert lower == pytest.approx(np.linalg.cholesky(factor @ factor.T), rel=1e-9, abs=1e-12)
    assert np.triu(lower, 1).tolist() == np.zeros((q, q)).tolist()


def test_a_factor_of_lower_rank_keeps_its_covariance():
    factor = np.array([[2.0, 0.0, 0.0], [0.5, 0.0, 0.0], [-1.0, 0.0, 0.0]])
    assert lower_factor(factor) == pytest.approx(factor, abs=1e-12)
    assert lower_factor(-factor[:, ::-1]) == pytest.approx(factor, abs=1e-12)
    assert lower_factor(np.zeros((3, 3))).tolist() == np.zeros((3, 3)).tolist()


@pytest.mark.parametrize(
    ("s", "expected"),
    [
        ([[0, 0, 0], [0, 4, 2], [0, 2, 5]], [[0, 0, 0], [0, 2, 0], [0, 1, 2]]),
        ([[4, 0, 2], [0, 0, 0], [2, 0, 5]], [[2, 0, 0], [0, 0, 0], [1, 0, 2]]),
        ([[0, 0, 0], [0, 0, 0], [0, 0, 9]], [[0, 0, 0], [0, 0, 0], [0, 0, 3]]),
        ([[0, 0, 0], [0, 4, 6], [0, 6, 9]], [[0, 0, 0], [0, 2, 0], [0, 3, 0]]),
    ],
)
def test_below_a_zero_on_the_diagonal_stand_zeros(s, expected):
    """The factor of a matrix with a zero variance is not unique; the one with zeros below it is given, however
    turned.
    """
    root = np.array(expected, dtype=float)
    rng = np.random.default_rng(1)
    for _ in range(5):
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        lower = lower_factor(root @ turn)
        assert lower @ lower.T == pytest.approx(np.array(s, dtype=float), abs=1e-9)
        assert lower == pytest.approx(root, abs=1e-7)
        zero = np.flatnonzero(np.diag(root) == 0)
        assert np.abs(lower[:, zero]).max() < 1e-6
