"""Eigenvalues and vectors of small symmetric matrices, against LAPACK."""

import numpy as np
import pytest

from leadin.engine.kernels.jacobi import jacobi


def decomposed(matrix):
    turned, vectors = matrix.ravel().copy(), np.empty(matrix.size)
    jacobi(turned, len(matrix), vectors)
    return turned.reshape(matrix.shape), vectors.reshape(matrix.shape)


@pytest.mark.parametrize("k", [1, 2, 3, 7])
def test_eigenvalues_are_lapacks_and_vectors_put_the_matrix_together(k):
    root = np.random.default_rng(k).normal(size=(k, k))
    matrix = root + root.T
    turned, vectors = decomposed(matrix)
    assert sorted(np.diag(turned)) == pytest.approx(np.linalg.eigvalsh(matrix), rel=1e-13, abs=1e-14)
    assert np.abs(turned - np.diag(np.diag(turned))).max() < 1e-14
    assert vectors.T @ vectors == pytest.approx(np.eye(k), abs=1e-14)
    assert vectors @ np.diag(np.diag(turned)) @ vectors.T == pytest.approx(matrix, abs=1e-13)


def test_a_diagonal_matrix_stays_and_one_without_numbers_ends():
    turned, vectors = decomposed(np.diag([3.0, 0.0, -1.0]))
    assert np.array_equal(turned, np.diag([3.0, 0.0, -1.0]))
    assert np.array_equal(vectors, np.eye(3))
    decomposed(np.full((3, 3), np.nan))


def test_small_eigenvalues_beside_large_ones_are_found():
    turned, _ = decomposed(np.array([[1e6, 1.0], [1.0, 1e-6 + 1e-9]]))
    assert min(np.diag(turned)) == pytest.approx(1e-9, rel=1e-6)
