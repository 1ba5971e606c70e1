"""Small matrices against numpy's."""

import numpy as np
import pytest

from leadin.engine.kernels.small_matrices import cholesky, jacobi, solve


def symmetric(n, seed, positive=True):
    a = np.random.default_rng([n, seed]).normal(size=(n, n))
    return a @ a.T + 0.1 * np.eye(n) if positive else a + a.T


@pytest.mark.parametrize("n", [1, 2, 3, 4, 9])
def test_cholesky_and_solution(n):
    a, b = symmetric(n, 1), np.arange(1.0, n + 1.0)
    wide = np.full((10, 10), np.nan)
    wide[:n, :n] = np.tril(a)
    lower, x = np.zeros((10, 10)), b.copy()
    assert cholesky(wide, n, 1e-11, lower)
    assert lower[:n, :n] == pytest.approx(np.linalg.cholesky(a), abs=1e-12)
    solve(lower, n, x)
    assert x == pytest.approx(np.linalg.solve(a, b), rel=1e-9)
    assert cholesky(wide, n, 1e-11, wide)  # in its own place
    assert np.array_equal(np.tril(wide[:n, :n]), lower[:n, :n])


@pytest.mark.parametrize(
    "a",
    [[[0.0, 0.0], [0.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]], [[1.0, 1.0], [1.0, 1.0 + 1e-12]], [[np.nan, 0.0], [0.0, 1.0]]],
)
def test_what_is_not_positive_definite_has_no_factor(a):
    assert not cholesky(np.array(a), 2, 1e-11, np.zeros((2, 2)))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("positive", [True, False])
def test_eigenvalues_and_vectors(n, positive):
    a = symmetric(n, 2, positive)
    values, vectors = a.copy(), np.zeros((n, n))
    jacobi(values, n, vectors)
    assert np.sort(np.diag(values)) == pytest.approx(np.linalg.eigvalsh(a), abs=1e-12)
    assert vectors @ np.diag(np.diag(values)) @ vectors.T == pytest.approx(a, abs=1e-12)
    assert vectors.T @ vectors == pytest.approx(np.eye(n), abs=1e-12)


def test_eigenvalues_that_are_equal_zero_or_far_apart():
    for a in (np.eye(3), np.zeros((3, 3)), np.ones((3, 3)), np.diag([1e12, 1.0, 1e-12])):
        values, vectors = a.copy(), np.zeros((3, 3))
        jacobi(values, 3, vectors)
        assert np.sort(np.diag(values)) == pytest.approx(np.linalg.eigvalsh(a), abs=1e-15, rel=1e-12)
