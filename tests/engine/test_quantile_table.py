"""Tables of quantiles: against scipy's own inverses, rising, within bounds, and their variates as statistics."""

import math

import numba
import numpy as np
import pytest
from scipy import special, stats

from leadin.engine import quantile_table
from leadin.engine.kernels.normals import normals
from leadin.engine.kernels.quantile_table import LIMIT, from_table
from leadin.engine.quantile_table import gamma_table, normal_table

GRID = np.linspace(-LIMIT, LIMIT, 40_001)
CORE = np.abs(GRID) <= 6
UNBOUNDED = math.inf


@numba.njit
def each(z, table):
    values = np.empty_like(z)
    for i in range(z.size):
        values[i] = from_table(z[i], table)
    return values


def exact(frozen, low, high, z):
    """The quantile within bounds by scipy, from the nearer end."""
    below, above = frozen.cdf(low), frozen.sf(high)
    kept = frozen.sf(low) - above if below > 0.5 else frozen.cdf(high) - below
    p, q = below + kept * special.ndtr(z), above + kept * special.ndtr(-z)
    return np.where(p < q, frozen.ppf(p), frozen.isf(q))


@pytest.mark.parametrize(
    ("shape", "steps"), [(0.1, 8192), (0.5, 2048), (1.0, 1024), (2.0, 512), (3.0, 256), (10.0, 128), (1000.0, 128)]
)
def test_a_gamma_is_exact_to_nine_digits_and_rises(shape, steps):
    table = gamma_table(shape, 2.5)
    assert table.shape == (steps, 6)
    assert table.flags.c_contiguous
    found = each(GRID, table)
    lower, upper = special.ndtr(GRID), special.ndtr(-GRID)
    true = 2.5 * np.where(GRID < 0, special.gammaincinv(shape, lower), special.gammainccinv(shape, upper))
    error = np.abs(found / true - 1)
    assert error[CORE].max() < 1e-9
    assert error.max() < 1e-8
    assert np.all(np.diff(found) > 0)


@pytest.mark.parametrize(
    ("mean", "sd", "low", "high", "steps"),
    [
        (0.0, 1.0, -UNBOUNDED, UNBOUNDED, 128),
        (55.0, 11.0, 18.0, 90.0, 256),
        (38.0, 5.5, 0.0, 48.0, 256),
        (0.0, 1.0, -0.1, 0.1, 128),
        (0.0, 1.0, 2.0, 3.0, 256),
        (0.0, 1.0, 5.0, UNBOUNDED, 128),
        (0.0, 1.0, -UNBOUNDED, -5.0, 128),
        (10.0, 2.0, 0.0, 12.0, 1024),
    ],
)
def test_a_normal_within_bounds(mean, sd, low, high, steps):
    table = normal_table(mean, sd, low, high)
    assert table.shape == (steps, 6)
    found = each(GRID, table)
    true = exact(stats.norm(mean, sd), low, high, GRID)
    error = np.abs(found - true) / np.maximum(np.abs(true), 0 if low >= 0 else sd)
    assert error[CORE].max() < 1e-9
    assert np.all(np.diff(found) >= 0)
    assert low <= found[0] < found[-1] <= high


@pytest.mark.parametrize(
    ("shape", "scale", "low", "high"),
    [(2.0, 10.0, 3.0, 60.0), (0.5, 10.0, 0.1, 200.0), (3.0, 1.0, 0.0, 2.0), (3.0, 1.0, 10.0, UNBOUNDED)],
)
def test_a_gamma_within_bounds(shape, scale, low, high):
    found = each(GRID, gamma_table(shape, scale, low, high))
    true = exact(stats.gamma(shape, scale=scale), low, high, GRID)
    assert np.abs(found / true - 1)[CORE].max() < 1e-9
    assert np.all(np.diff(found) >= 0)
    assert low <= found[0] < found[-1] <= high


def test_a_standard_normal_is_its_own_score():
    assert np.allclose(each(GRID, normal_table(0.0, 1.0)), GRID, rtol=0, atol=5e-14)


def test_beyond_the_table_the_end_holds_and_nan_stays():
    table = gamma_table(2.0, 1.0)
    for side in (-1, 1):
        end = from_table(side * LIMIT, table)
        assert end == pytest.approx(exact(stats.gamma(2.0), 0.0, UNBOUNDED, side * LIMIT), rel=1e-9, abs=0)
        for beyond in (8.300001, 9.0, 1e300, math.inf):
            assert from_table(side * beyond, table) == pytest.approx(end, rel=1e-15)
    assert math.isnan(from_table(math.nan, table))


def test_steps_join_without_a_gap():
    table = gamma_table(3.0, 1.0)
    assert np.allclose(table[:-1].sum(axis=1), table[1:, 0], rtol=1e-13)
    slopes = table[:-1] @ np.arange(6)
    assert np.allclose(slopes, table[1:, 1], rtol=1e-9)


@pytest.mark.parametrize("shape", [0.1, 1.0, 2.7])
def test_gamma_variates_as_statistics(shape, drawn):
    n = 1_000_000
    values = each(drawn(normals, n, purpose=3), gamma_table(shape, 2.0))
    frozen = stats.gamma(shape, scale=2.0)
    assert stats.kstest(values, frozen.cdf).pvalue > 0.01
    for order in range(1, 5):
        error = math.sqrt((frozen.moment(2 * order) - frozen.moment(order) ** 2) / n)
        assert abs(np.mean(values**order) - frozen.moment(order)) < 4 * error


def test_variates_within_bounds_as_statistics(drawn):
    z = drawn(normals, 1_000_000, purpose=4)
    values = each(z, normal_table(38.0, 5.5, 25.0, 48.0))
    below, above = special.ndtr(-13 / 5.5), special.ndtr(10 / 5.5)
    shares = (special.ndtr((values - 38.0) / 5.5) - below) / (above - below)
    assert stats.kstest(shares, "uniform").pvalue > 0.01
    assert values.min() >= 25
    assert values.max() <= 48


@pytest.mark.parametrize(
    "numbers", [(0.09, 1.0, 0.0, 1.0), (1.0, 0.0, 0.0, 1.0), (1.0, math.inf, 0.0, 1.0), (1.0, 1.0, -1.0, 1.0)]
)
def test_a_gamma_table_of_what_is_no_gamma(numbers):
    with pytest.raises(ValueError, match=r"a gamma table needs shape >= 0\.1, scale > 0 and 0 <= low < high, not \("):
        gamma_table(*numbers)


@pytest.mark.parametrize("numbers", [(math.nan, 1.0), (0.0, 0.0), (0.0, math.inf), (0.0, 1.0, 2.0, 2.0)])
def test_a_normal_table_of_what_is_no_normal(numbers):
    with pytest.raises(ValueError, match=r"a normal table needs a finite mean, sd > 0 and low < high, not \("):
        normal_table(*numbers)


def test_bounds_that_leave_nothing():
    with pytest.raises(ValueError, match=r"^nothing of the distribution lies between 50.0 and 60.0$"):
        normal_table(0.0, 1.0, 50.0, 60.0)
    with pytest.raises(ValueError, match=r"^nothing of the distribution lies between 5000.0 and inf$"):
        gamma_table(1.0, 1.0, 5000.0)


def test_a_table_that_would_be_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(quantile_table, "MOST", 256)
    assert len(gamma_table(3.0, 1.0)) == 256
    with pytest.raises(ValueError, match=r"^no table of 256 steps meets the quantile within 2e-10$"):
        gamma_table(1.0, 1.0)
