"""Cholesky's factor of small matrices, against LAPACK."""

import numpy as np
import pytest

from leadin.engine.kernels.cholesky import cholesky, solve_lower, solve_upper

MATRIX = np.array([[4.0, 2.0, 0.4], [2.0, 5.0, -1.0], [0.4, -1.0, 3.0]])


def test_factor_and_solution_are_lapacks():
    factor = np.zeros(9)
    assert cholesky(MATRIX.ravel(), 3, 0.0, 0.0, factor)
    assert np.tril(factor.reshape(3, 3)) == pytest.approx(np.linalg.cholesky(MATRIX), rel=1e-14)
    right = np.array([1.0, -2.0, 3.0])
    length = solve_lower(factor, right)
    assert length == pytest.approx(np.array([1.0, -2.0, 3.0]) @ np.linalg.solve(MATRIX, [1.0, -2.0, 3.0]), rel=1e-13)
    solve_upper(factor, right)
    assert right == pytest.approx(np.linalg.solve(MATRIX, [1.0, -2.0, 3.0]), rel=1e-13)


def test_a_shift_is_added_to_the_diagonal():
    factor = np.zeros(9)
    assert cholesky(MATRIX.ravel(), 3, 2.0, 0.0, factor)
    assert np.tril(factor.reshape(3, 3)) == pytest.approx(np.linalg.cholesky(MATRIX + 2 * np.eye(3)), rel=1e-14)


def test_a_pivot_not_above_the_least_is_refused():
    factor = np.zeros(4)
    matrix = np.array([4.0, 0.0, 0.0, 1.0])
    assert cholesky(matrix, 2, 0.0, 0.999, factor)
    assert not cholesky(matrix, 2, 0.0, 1.0, factor)
    assert not cholesky(np.array([np.nan, 0.0, 0.0, 1.0]), 2, 0.0, 0.0, factor)
