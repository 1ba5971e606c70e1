"""The normal distribution in kernels, against scipy."""

import math

import numpy as np
import pytest
from scipy import special

from leadin.engine.kernels.normal_distribution import normal_cdf, normal_quantile

SCORES = [-37.0, -8.5, -6.0, -1.0, -0.3, -1e-9, 0.0, 1e-9, 0.7, 2.0, 5.0, 8.0, 40.0]
SHARES = [1e-300, 1e-100, 1e-16, 1e-5, 0.01, 0.2, 0.49, 0.499999999, 0.5, 0.500000001, 0.7, 0.99, 0.9999999]


@pytest.mark.parametrize("x", SCORES)
def test_the_share_below(x):
    assert normal_cdf(x) == pytest.approx(special.ndtr(x), rel=1e-15 * max(5.0, x * x), abs=0)


@pytest.mark.parametrize("p", SHARES)
def test_the_quantile(p):
    assert normal_quantile(p) == pytest.approx(special.ndtri(p), rel=1e-13, abs=1e-16)


def test_the_quantile_on_a_fine_grid_undoes_the_share_below():
    shares = np.concatenate((np.geomspace(1e-200, 0.5, 3_000), np.linspace(0.5, 0.9, 500)))
    quantiles = np.array([normal_quantile(p) for p in shares])
    assert np.allclose([normal_cdf(x) for x in quantiles], shares, rtol=2e-13, atol=0)
    assert np.all(np.diff(quantiles) >= 0)


def test_the_ends_and_what_is_no_share():
    assert normal_quantile(0.0) == -math.inf
    assert normal_quantile(1.0) == math.inf
    assert str(normal_quantile(0.5)) == "0.0"
    for p in (-0.1, 1.1, math.nan):
        assert math.isnan(normal_quantile(p))
