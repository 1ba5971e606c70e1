"""Where the search begins, and which attempt counts."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.mmrm.likelihood import visit_arrays
from leadin.analysis.mmrm.optimum import _starts
from leadin.analysis.trust_region import Attempt, best_first


def arrays_of(values):
    """Values (s, m), NaN where missing, and a mean a visit."""
    values = np.asarray(values, dtype=np.float64)
    who, visit = np.nonzero(np.isfinite(values))
    at = (visit[:, None] == np.arange(values.shape[1])).astype(float)
    return visit_arrays(values[who, visit], at, visit, who, values.shape[1])


def correlation(sigma):
    deviation = np.sqrt(np.diag(sigma))
    return sigma / np.outer(deviation, deviation)


def test_starts_are_the_residuals_and_two_simple_ones():
    values = np.random.Generator(np.random.PCG64(2)).normal(size=(40, 3)) * [1.0, 2.0, 3.0]
    values[:, 1] += values[:, 0]
    data = arrays_of(values)
    (first, observed), (second, apart), (third, shared) = _starts(data)
    assert (first, second, third) == ("the residuals", "independence", "half shared")
    residual = (values - values.mean(axis=0)) / data.scale
    plain = residual.T @ residual / 40
    assert observed == pytest.approx(plain, rel=1e-9)
    assert apart == pytest.approx(np.diag(np.diag(plain)), rel=1e-9)
    assert np.diag(shared) == pytest.approx(np.diag(plain), rel=1e-9)
    assert correlation(shared) == pytest.approx(0.5 + 0.5 * np.eye(3), rel=1e-9)


def test_starts_are_possible_where_pairs_of_visits_contradict_each_other():
    """Each pair of three visits was seen in other people: correlations of nearly one, one and minus one."""
    step = np.array([-2.0, -1.0, 1.0, 2.0])
    gap = np.full(4, np.nan)
    values = np.vstack(
        [
            np.column_stack([step, step, gap]),
            np.column_stack([gap, step, step]),
            np.column_stack([step, gap, -step]),
        ]
    )
    (_, observed), *_ = _starts(arrays_of(values))
    found = correlation(observed)
    assert np.linalg.eigvalsh(found)[0] == pytest.approx(0.02, abs=1e-12)
    # 0.95 and -0.95, drawn towards zero by the same share.
    assert abs(found[0, 1]) == pytest.approx(abs(found[0, 2]), rel=1e-12)
    assert found[0, 1] == pytest.approx(0.95 * (1 - (0.02 + 0.9) / 1.9), rel=1e-9)
    assert found[0, 2] < 0 < found[0, 1]


def test_a_visit_that_hardly_varies_has_a_start_all_the_same():
    values = np.random.Generator(np.random.PCG64(2)).normal(size=(40, 2)) * [1.0, 1e-10]
    for _, start in _starts(arrays_of(values)):
        assert start[1, 1] == pytest.approx(1e-16, rel=1e-9)
    alone = arrays_of(values[:, :1])
    for _, start in _starts(alone):
        assert start == pytest.approx(np.array([[39 / 40]]), rel=1e-9)


def attempt(criterion, converged):
    return Attempt((0.0,), (0.0,), "newton", criterion, converged, "", 1)


def test_the_smallest_deviance_counts_and_of_equal_ones_the_optimum():
    best = attempt(10.0, True)
    others = [attempt(10.0 - 0.5e-7, False), attempt(10.0 + 2e-7, True), attempt(float("nan"), False)]
    assert min([*others, best], key=best_first) is best
    lower = attempt(10.0 - 2e-7, False)
    assert min([*others, best, lower], key=best_first) is lower
    assert max([*others, best], key=best_first) is others[2]
