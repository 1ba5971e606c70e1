"""Satterthwaite's degrees of freedom against their definition by numerical differences, exact cases, and singular fits.

The agreement with lmerTest on reference data stands in test_mixed_model, test_random_slope and test_broken_stick.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from leadin.analysis.mixed_model import fit_mixed_model
from leadin.analysis.satterthwaite import SMALLEST_EIGENVALUE, contrast_test, degrees_of_freedom
from leadin.errors import DataError


def trial(q, seed=3):
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(12), 9)
    time = np.tile(np.arange(-3.0, 6.0), 12) + rng.normal(0, 0.2, ids.size)
    z = np.column_stack([np.ones_like(time), time, np.maximum(time, 0)])[:, :q]
    own = rng.normal(size=(12, 3)) * [4.0, 1.0, 1.5]
    y = 37 - time + (z * own[ids, :q]).sum(axis=1) + rng.normal(0, 1.2, ids.size)
    x = np.column_stack([np.ones_like(time), time, (ids % 2) * np.maximum(time, 0)])
    return y, x, z, ids


def dense(y, x, z, ids, parameters):
    """REML deviance, not profiled, and Cov(beta) at lme4's (theta, sigma), with dense matrices."""
    q = z.shape[1]
    factor = np.zeros((q, q))
    columns, rows = np.triu_indices(q)
    factor[rows, columns] = parameters[:-1]
    v = parameters[-1] ** 2 * (np.eye(y.size) + z @ factor @ factor.T @ z.T * (ids[:, None] == ids[None, :]))
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    residual = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
    deviance = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + residual @ inverse @ residual
    return deviance, np.linalg.inv(information)


def differences(function, at, h):
    """First derivatives of `function` and, of a scalar, the second, by central differences of step h."""
    steps = h * np.diag(np.maximum(np.abs(at), 0.1))
    first = np.array([(function(at + s) - function(at - s)) / (2 * s.sum()) for s in steps])
    second = np.array(
        [
            [
                (function(at + a + b) - function(at + a - b) - function(at - a + b) + function(at - a - b))
                / (4 * a.sum() * b.sum())
                for b in steps
            ]
            for a in steps
        ]
    )
    return first, second


@pytest.mark.parametrize("q", [1, 2, 3])
def test_hessian_gradient_and_df_equal_their_definition(q):
    """By numerical differences over lme4's theta and sigma, as lmerTest takes them; sigma in units of its estimate."""
    y, x, z, ids = trial(q)
    fit = fit_mixed_model(y, x, z, ids)
    assert not fit.singular
    at = np.append(fit.theta, fit.sigma)
    unit = np.append(np.ones(fit.theta.size), fit.sigma)
    _, hessian = differences(lambda u: dense(y, x, z, ids, u)[0], at, 1e-3)
    jacobian, _ = differences(lambda u: dense(y, x, z, ids, u)[1], at, 1e-4)
    expected = hessian * np.outer(unit, unit)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert fit.uncertainty.hessian / scale == pytest.approx(expected / scale, abs=2e-5)
    gradient = jacobian * unit[:, None, None]
    assert fit.uncertainty.covariance_gradient == pytest.approx(gradient, rel=1e-5, abs=1e-6 * np.abs(gradient).max())
    assert fit.uncertainty.inverse @ fit.uncertainty.hessian == pytest.approx(np.eye(at.size), abs=1e-8)
    assert fit.uncertainty.flat_directions == 0
    for contrast in np.vstack([np.eye(3), [1.0, 4.0, 4.0]]):
        variance = contrast @ fit.covariance @ contrast
        slope = jacobian @ contrast @ contrast
        df = 2 * variance**2 / (slope @ (2 * np.linalg.inv(hessian)) @ slope)
        assert fit.test(contrast).df == pytest.approx(df, rel=1e-4)


def test_the_test_of_a_contrast_is_the_t_test():
    """Coefficients 3 and 1, variances 4 and 1, a gradient made for 2 degrees of freedom, where t has closed forms."""
    uncertainty = SimpleNamespace(
        covariance_gradient=np.array([[[4.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]]),
        inverse=np.diag([0.5, 0.0]),
        flat_directions=0,
    )
    test = contrast_test(np.array([3.0, 1.0]), np.diag([4.0, 1.0]), uncertainty, [1.0, 0.0])
    assert (test.estimate, test.standard_error, test.t, test.level) == (3.0, 2.0, 1.5, 0.95)
    assert test.df == pytest.approx(2.0, rel=1e-14)
    assert test.p == pytest.approx(1 - 1.5 / np.sqrt(2 + 1.5**2), rel=1e-12)
    quantile = (2 * 0.975 - 1) * np.sqrt(2 / (4 * 0.975 * 0.025))
    assert test.ci_high == pytest.approx(3 + 2 * quantile, rel=1e-10)
    assert test.ci_low == pytest.approx(3 - 2 * quantile, rel=1e-10)
    narrower = contrast_test(np.array([3.0, 1.0]), np.diag([4.0, 1.0]), uncertainty, [-1.0, 0.0], level=0.8)
    assert (narrower.estimate, narrower.t, narrower.level) == (-3.0, -1.5, 0.8)
    assert narrower.p == test.p
    assert narrower.ci_high == pytest.approx(-3 + 2 * 0.8 * np.sqrt(2 / (4 * 0.9 * 0.1)), rel=1e-10)


def test_a_variance_that_nothing_uncertain_enters_has_infinite_df():
    uncertainty = SimpleNamespace(covariance_gradient=np.zeros((2, 1, 1)), inverse=np.eye(2), flat_directions=0)
    assert degrees_of_freedom(uncertainty, np.array([[4.0]]), np.array([1.0])) == np.inf
    test = contrast_test(np.array([3.919927969080108]), np.array([[4.0]]), uncertainty, [1.0])
    assert test.p == pytest.approx(0.05, rel=1e-12)
    assert test.ci_low == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("q", [2, 3])
def test_a_direction_the_data_do_not_determine_is_left_out(q):
    """Intercepts alike, slopes not: below the zero in theta nothing changes the deviance, and df are still those of
    the t test.
    """
    time = np.tile([-2.0, -1.0, 0.0, 1.0, 2.0], 6)
    ids = np.repeat(np.arange(6), 5)
    noise = np.tile([1.0, -2.0, 0.0, 2.0, -1.0], 6) * np.repeat([0.1, -0.1, 0.2, -0.2, 0.15, -0.15], 5)
    y = 20 + np.array([-3.0, -1.0, 0.5, 0.0, 1.5, 2.0])[ids] * time + noise
    z = np.column_stack([np.ones_like(time), time, time**2])[:, [0, 1] if q == 2 else [0, 2, 1]]
    fit = fit_mixed_model(y, np.column_stack([np.ones_like(time), time]), z, ids)
    assert fit.uncertainty.flat_directions == {2: 1, 3: 2}[q]
    assert fit.uncertainty.inverse.shape == (fit.theta.size + 1, fit.theta.size + 1)
    assert fit.test("x2").df == pytest.approx(5.0, rel=1e-6)


def test_the_unit_of_the_outcome_does_not_change_what_is_left_out():
    """In units of 1e6 the curvature over sigma itself would fall below the cut."""
    y, x, z, ids = trial(2)
    one, other = fit_mixed_model(y, x, z, ids), fit_mixed_model(1e6 * y, x, z, ids)
    assert other.uncertainty.flat_directions == one.uncertainty.flat_directions == 0
    assert other.test("x3").df == pytest.approx(one.test("x3").df, rel=1e-8)
    assert other.uncertainty.hessian == pytest.approx(one.uncertainty.hessian, rel=1e-6, abs=1e-6)
    assert one.uncertainty.hessian[-1, -1] == pytest.approx(4 * (108 - 3), rel=1e-14)
    assert SMALLEST_EIGENVALUE == 1e-8


def refused(message, contrast, level=0.95):
    y, x, z, ids = trial(1)
    with pytest.raises(DataError) as caught:
        fit_mixed_model(y, x, z, ids).test(contrast, level)
    assert str(caught.value) == message


def test_refuses_contrasts_that_say_nothing():
    refused("contrast: expected one number per fixed effect, shape (3,); got shape (2,)", [1.0, 0.0])
    refused("contrast: expected finite numbers, not all zero; got [0.0, 0.0, 0.0]", [0.0, 0.0, 0.0])
    refused("contrast: expected finite numbers, not all zero; got [nan, 1.0, 0.0]", [np.nan, 1.0, 0.0])
    refused("level: expected a number between 0 and 1; got 1.0", [1.0, 0.0, 0.0], level=1.0)
    refused("level: expected a number between 0 and 1; got 0.0", [1.0, 0.0, 0.0], level=0.0)
    refused("level: expected a number between 0 and 1; got -0.5", [1.0, 0.0, 0.0], level=-0.5)
