"""Least squares by hand, by property, and what it refuses. R's lm: tests/analysis/test_ancova.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine.least_squares import least_squares
from leadin.errors import DataError

DRAW = np.random.Generator(np.random.PCG64(8))
X = np.column_stack([np.ones(12), DRAW.normal(size=(12, 2))])
Y = DRAW.normal(size=12)
NAMES = ("one", "a", "b")


def test_a_line_through_four_points():
    # y 1, 3, 2, 4 at 0, 1, 2, 3: slope 0.8, intercept 1.3, squares left 1.8 of two degrees of freedom.
    fit = least_squares([1, 3, 2, 4], [[1, 0], [1, 1], [1, 2], [1, 3]], ("constant", "time"))
    np.testing.assert_allclose(fit.coefficients, [1.3, 0.8], rtol=1e-12)
    assert (fit.df, fit.names) == (2, ("constant", "time"))
    assert fit.variance == pytest.approx(0.9)
    np.testing.assert_allclose(fit.covariance, 0.9 * np.array([[0.7, -0.3], [-0.3, 0.2]]), rtol=1e-12)


@given(st.floats(-1e3, 1e3), st.floats(0.01, 100), st.permutations(range(12)))
def test_shift_scale_and_order(shift, scale, order):
    usual = least_squares(Y, X, NAMES)
    other = least_squares((shift + scale * Y)[order], X[order], NAMES)
    np.testing.assert_allclose(other.coefficients[1:], scale * usual.coefficients[1:], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(other.coefficients[0], shift + scale * usual.coefficients[0], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(other.covariance, scale**2 * usual.covariance, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(
    ("y", "x", "names", "said"),
    [
        (Y[:3], X[:3], NAMES, "expected more than 3 rows to estimate 3 coefficients and an error; got 3"),
        (Y, np.column_stack([X[:, :2], 2 - 3 * X[:, 1]]), NAMES, "b: expected a column that is no combination of the"),
        (Y, np.column_stack([X[:, :1], 0 * Y, Y]), NAMES, "a: expected a column that is no combination of the others"),
        (X @ [1, 2, 3], X, NAMES, "the values are fitted exactly, so that their error cannot be estimated"),
        (0 * Y, X, NAMES, "the values are fitted exactly, so that their error cannot be estimated"),
        (np.full(12, np.nan), X, NAMES, "y, x: expected finite numbers, one row of x for each of y. Leave rows with"),
        (Y, np.full_like(X, np.inf), NAMES, "y, x: expected finite numbers, one row of x for each of y."),
        (Y, X[:-1], NAMES, "y, x: expected finite numbers, one row of x for each of y."),
        (Y, X, ("one", "a"), "y, x: expected finite numbers, one row of x for each of y."),
        (X, X, NAMES, "y, x: expected finite numbers, one row of x for each of y."),
    ],
)
def test_what_cannot_be_fitted_is_refused(y, x, names, said):
    with pytest.raises(DataError) as caught:
        least_squares(y, x, names)
    assert str(caught.value).startswith(said)


def test_one_row_more_than_columns_is_enough():
    assert least_squares(Y[:4], X[:4], NAMES).df == 1


@pytest.mark.parametrize("size", [1e-9, 1e9])
def test_how_large_a_column_is_does_not_matter(size):
    usual = least_squares(Y, X, NAMES)
    other = least_squares(Y, X * [1, size, 1], NAMES)
    np.testing.assert_allclose(other.coefficients, usual.coefficients / [1, size, 1], rtol=1e-8)
    with pytest.raises(DataError, match=r"^b: expected a column that is no combination of the others"):
        least_squares(Y, np.column_stack([X[:, :2], 2 - 3 * X[:, 1]]) * [1, size, size], NAMES)


@pytest.mark.parametrize(("share", "kept"), [(1e-6, True), (1e-8, False)])
def test_how_little_of_a_column_may_be_new(share, kept):
    x = np.column_stack([X[:, :2], X[:, 1] + share * X[:, 2]])
    if kept:
        assert np.isfinite(least_squares(Y, x, NAMES).covariance).all()
    else:
        with pytest.raises(DataError, match=r"^b: expected"):
            least_squares(Y, x, NAMES)
