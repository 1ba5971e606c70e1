"""The deviance from cross-products against the same thing written out with dense matrices, and its derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.reml_deviance import (
    along_factor,
    factor_of,
    group_sums,
    lower_triangle,
    pieces,
    profiled_deviance,
    quadratic_forms,
    symmetric_units,
    theta_size,
    turning_directions,
)

FACTORS = {
    1: np.array([[0.7]]),
    2: np.array([[1.2, 0.3], [-0.4, 0.5]]),
    3: np.array([[1.1, 0.2, -0.3], [0.4, 0.6, 0.1], [-0.2, 0.5, 0.3]]),
}


def example(q):
    """Seven groups of 2 to 8 observations in mixed order; uneven times, four fixed effects on awkward scales."""
    rng = np.random.default_rng(20261122)
    index = rng.permutation(np.repeat(np.arange(7), [2, 3, 4, 5, 6, 7, 8]))
    time = rng.uniform(-3, 6, index.size)
    random = np.column_stack([np.ones_like(time), time, np.maximum(time, 0)])[:, :q]
    fixed = np.column_stack([np.ones_like(time), time, 100 * np.maximum(time, 0), 0.01 * (index % 2) * time + 3])
    y = 37 - time + rng.normal(0, 5, 7)[index] + rng.normal(0, 1.5, index.size)
    return y, fixed, random, index


def dense_v(random, index, factor):
    same = index[:, None] == index[None, :]
    return np.eye(index.size) + (random @ factor @ factor.T @ random.T) * same


def dense_deviance(y, fixed, random, index, factor):
    """Minus twice the REML log-likelihood, profiled over beta and sigma, as it stands in a textbook."""
    n, p = fixed.shape
    v = dense_v(random, index, factor)
    inverse = np.linalg.inv(v)
    information = fixed.T @ inverse @ fixed
    residual = y - fixed @ np.linalg.solve(information, fixed.T @ inverse @ y)
    variance = residual @ inverse @ residual / (n - p)
    log_dets = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
    return log_dets + (n - p) * (1 + np.log(2 * np.pi * variance))


@pytest.mark.parametrize("q", [1, 2, 3])
@pytest.mark.parametrize("size", [0.0, 0.3, 1.0, 20.0])
def test_the_deviance_equals_its_dense_twin(q, size):
    y, fixed, random, index = example(q)
    factor = size * FACTORS[q]
    ours = profiled_deviance(group_sums(y, fixed, random, index, 7), factor).value
    assert ours == pytest.approx(dense_deviance(y, fixed, random, index, factor), rel=1e-10)


@pytest.mark.parametrize("q", [1, 2, 3])
def test_gradient_and_hessian_equal_numerical_derivatives(q):
    sums = group_sums(*example(q), 7)
    factor = FACTORS[q]
    at = profiled_deviance(sums, factor)
    h = 1e-5
    for k in range(q * q):
        step = np.zeros(q * q)
        step[k] = h
        up = profiled_deviance(sums, factor + step.reshape(q, q))
        down = profiled_deviance(sums, factor - step.reshape(q, q))
        assert at.gradient[k] == pytest.approx((up.value - down.value) / (2 * h), rel=1e-6, abs=1e-6)
        assert at.hessian[k] == pytest.approx((up.gradient - down.gradient) / (2 * h), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("q", [1, 2, 3])
def test_pieces_equal_generalised_least_squares(q):
    y, fixed, random, index = example(q)
    factor = FACTORS[q]
    sums = group_sums(y, fixed, random, index, 7)
    at = pieces(sums, factor)
    inverse = np.linalg.inv(dense_v(random, index, factor))
    information = fixed.T @ inverse @ fixed
    beta = np.linalg.solve(information, fixed.T @ inverse @ y)
    residual = y - fixed @ beta
    r_inverse = np.linalg.inv(sums.r)
    assert r_inverse @ (sums.least_squares + at.gamma) == pytest.approx(beta, rel=1e-8)
    assert at.r2 == pytest.approx(residual @ inverse @ residual, rel=1e-10)
    assert r_inverse @ at.c_inverse @ r_inverse.T == pytest.approx(np.linalg.inv(information), rel=1e-8, abs=1e-12)
    modes = [factor @ factor.T @ random[index == g].T @ (inverse @ residual)[index == g] for g in range(7)]
    assert at.modes == pytest.approx(np.array(modes), rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("q", [2, 3])
def test_derivatives_of_the_parts_equal_numerical_derivatives(q):
    sums = group_sums(*example(q), 7)
    s = FACTORS[q] @ FACTORS[q].T
    at = pieces(sums, FACTORS[q])
    h = 1e-6
    for j, unit in enumerate(symmetric_units(q)):
        up, down = (pieces(sums, np.linalg.cholesky(s + way * h * unit)) for way in (1, -1))
        assert at.log_det_1[j] == pytest.approx((up.log_det - down.log_det) / (2 * h), rel=1e-6, abs=1e-6)
        assert at.log_det_2[j] == pytest.approx((up.log_det_1 - down.log_det_1) / (2 * h), rel=1e-5, abs=1e-5)
        assert at.r2_1[j] == pytest.approx((up.r2 - down.r2) / (2 * h), rel=1e-5, abs=1e-5)
        assert at.r2_2[j] == pytest.approx((up.r2_1 - down.r2_1) / (2 * h), rel=1e-5, abs=1e-4)
        moved = (np.linalg.inv(up.c_inverse) - np.linalg.inv(down.c_inverse)) / (2 * h)
        assert at.c_1[j] == pytest.approx(moved, rel=1e-5, abs=1e-6)


def test_a_group_without_random_effects_still_counts():
    """Observations at time zero only, with a random slope alone: Z is zero in that group."""
    y, fixed, random, index = example(2)
    slope = random[:, 1:] * (index != 3)[:, None]
    ours = profiled_deviance(group_sums(y, fixed, slope, index, 7), FACTORS[1]).value
    assert ours == pytest.approx(dense_deviance(y, fixed, slope, index, FACTORS[1]), rel=1e-10)


def test_rescaled_sums_are_those_of_rescaled_columns():
    y, fixed, random, index = example(3)
    scale = np.array([2.0, 0.5, 10.0])
    sums = group_sums(y, fixed, random, index, 7)
    factor = FACTORS[3]
    expected = profiled_deviance(group_sums(y, fixed, random / scale, index, 7), factor).value
    assert profiled_deviance(sums.rescaled(scale), factor).value == pytest.approx(expected, rel=1e-12)
    assert (sums.p, sums.q, sums.n) == (4, 3, 35)


def test_the_order_of_rows_does_not_matter():
    y, fixed, random, index = example(2)
    order = np.random.default_rng(3).permutation(y.size)
    one = profiled_deviance(group_sums(y, fixed, random, index, 7), FACTORS[2]).value
    other = profiled_deviance(group_sums(y[order], fixed[order], random[order], index[order], 7), FACTORS[2]).value
    assert other == pytest.approx(one, rel=1e-12)


def test_theta_is_the_lower_triangle_column_by_column():
    rows, columns = lower_triangle(3)
    assert rows.tolist() == [0, 1, 2, 1, 2, 2]
    assert columns.tolist() == [0, 0, 0, 1, 1, 2]
    assert factor_of(np.arange(1.0, 7.0), 3).tolist() == [[1, 0, 0], [2, 4, 0], [3, 5, 6]]
    assert [theta_size(q) for q in (1, 2, 3)] == [1, 3, 6]


@pytest.mark.parametrize("q", [1, 2, 3])
def test_quadratic_forms_give_the_entries_of_s(q):
    factor = FACTORS[q]
    entries = factor.ravel()
    given = [entries @ form @ entries / 2 for form in quadratic_forms(q)]
    assert given == pytest.approx((factor @ factor.T)[lower_triangle(q)].tolist(), rel=1e-13)
    with pytest.raises(ValueError, match="read-only"):
        quadratic_forms(q)[0, 0, 0] = 5.0
    with pytest.raises(ValueError, match="read-only"):
        symmetric_units(q)[0, 0, 0] = 5.0


@pytest.mark.parametrize("q", [1, 2, 3])
def test_turning_a_factor_changes_nothing(q):
    factor = FACTORS[q]
    turns = turning_directions(factor)
    assert turns.shape == (q * q, q * (q - 1) // 2)
    for turn in turns.T:
        move = turn.reshape(q, q)
        assert move @ factor.T + factor @ move.T == pytest.approx(np.zeros((q, q)), abs=1e-14)
        assert np.abs(move).max() > 0.1
    gradient = profiled_deviance(group_sums(*example(q), 7), factor).gradient
    assert gradient @ turns == pytest.approx(np.zeros(turns.shape[1]), abs=1e-9)
    assert np.linalg.matrix_rank(turns) == q * (q - 1) // 2 if q > 1 else turns.size == 0


def test_along_factor_is_the_chain_rule():
    """f(S) = S_11^2 + 3 S_21 for q = 2."""
    factor = FACTORS[2]

    def value(entries):
        s = entries.reshape(2, 2) @ entries.reshape(2, 2).T
        return s[0, 0] ** 2 + 3 * s[1, 0]

    s = factor @ factor.T
    curve = np.zeros((3, 3))
    curve[0, 0] = 2.0
    gradient, hessian = along_factor(factor, np.array([2 * s[0, 0], 3.0, 0.0]), curve)
    h = 1e-4
    steps = h * np.eye(4)
    at = factor.ravel()
    for a in range(4):
        slope = (value(at + steps[a]) - value(at - steps[a])) / (2 * h)
        assert gradient[a] == pytest.approx(slope, abs=1e-6)
        for b in range(4):
            corner = [value(at + i * steps[a] + j * steps[b]) for i in (1, -1) for j in (1, -1)]
            second = (corner[0] - corner[1] - corner[2] + corner[3]) / (4 * h * h)
            assert hessian[a, b] == pytest.approx(second, abs=1e-5)


def test_a_perfect_fit_has_no_deviance():
    y, fixed, random, index = example(1)
    sums = group_sums(0 * y, fixed, random, index, 7)
    with pytest.raises(FloatingPointError, match=r"^the residual sum of squares is zero in floating point$"):
        profiled_deviance(sums, FACTORS[1])
