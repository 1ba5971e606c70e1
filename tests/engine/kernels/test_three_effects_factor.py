"""Triangular factors of a covariance of three effects: the same S, and at the edge the same choice as the plain one."""

import numpy as np
import pytest

from leadin.analysis.reml_optimum import lower_factor
from leadin.engine.kernels.three_effects_factor import in_order, pivoted, square

RANDOM = np.random.default_rng(7).normal(size=(3, 3))
FACTORS = {
    "any": RANDOM,
    "rank 2": RANDOM * [1, 1, 0],
    "rank 1": RANDOM * [0, 1, 0],
    "no intercept": RANDOM * [[0], [1], [1]],
    "no slope": RANDOM * [[1], [0], [1]],
    "no change": RANDOM * [[1], [1], [0]],
    "the change alone": RANDOM * [[0], [0], [1]],
    "the slope alone": RANDOM * [[0], [1], [0]],
    "nothing": np.zeros((3, 3)),
    "no intercept, rank 1": RANDOM * [[0], [1], [1]] * [0, 0, 1],
    "slope tied to intercept": np.array([[2.0, 0, 0], [1, 0, 0], [0.5, 0.3, 0.4]]),
}


@pytest.mark.parametrize("name", FACTORS)
def test_pivots_fall_and_the_factor_in_order_is_the_plain_one(name):
    given = FACTORS[name]
    factor, order, lower, s = given.ravel().copy(), np.arange(3), np.empty(9), np.empty(6)
    pivoted(factor, order)
    triangle = factor.reshape(3, 3)
    assert np.abs(np.triu(triangle, 1)).max() < 1e-15
    assert (np.diag(triangle) >= 0).all()
    assert np.diff(np.diag(triangle)).max() <= 1e-15
    assert triangle @ triangle.T == pytest.approx((given @ given.T)[np.ix_(order, order)], abs=1e-14)
    square(factor, order, s)
    assert s == pytest.approx((given @ given.T)[np.triu_indices(3)], abs=1e-14)
    in_order(factor, order, lower)
    assert lower.reshape(3, 3) == pytest.approx(lower_factor(given), abs=1e-14)
