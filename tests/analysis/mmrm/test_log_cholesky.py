"""The coordinates of a covariance: there and back, and derivatives by differences."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.mmrm.log_cholesky import log_cholesky, log_cholesky_of

PLACE = np.array([0.2, -0.3, 0.1, 0.5, -0.4, 0.7])


def test_two_visits_by_hand():
    sigma, _, _ = log_cholesky(np.array([np.log(2.0), np.log(3.0), 0.5]), 2)
    assert sigma == pytest.approx(np.array([[4.0, 1.0], [1.0, 9.25]]))


def test_there_and_back():
    sigma, _, _ = log_cholesky(PLACE, 3)
    assert log_cholesky_of(sigma) == pytest.approx(PLACE)


def test_derivatives_are_those_of_differences():
    step = 1e-5
    _, first, second = log_cholesky(PLACE, 3)
    for k, unit in enumerate(np.eye(6)):
        above, below = (log_cholesky(PLACE + sign * step * unit, 3) for sign in (1, -1))
        np.testing.assert_allclose((above[0] - below[0]) / (2 * step), first[k], atol=1e-9)
        np.testing.assert_allclose((above[1] - below[1]) / (2 * step), second[k], atol=1e-9)
