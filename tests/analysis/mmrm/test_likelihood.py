"""The deviance and its derivatives against a plain twin with matrices over all observations."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.mmrm.likelihood import at_covariance, slope_and_curvature, visit_arrays
from leadin.analysis.mmrm.structures import STRUCTURES, structure_named

from .reference import arrays, dense

DATA = arrays("e02_small")
VISITS = 6
ARRAYS = visit_arrays(
    DATA.y, DATA.fixed, DATA.visit - 1, np.unique(DATA.participant, return_inverse=True)[1].reshape(-1), VISITS
)


@pytest.mark.parametrize("name", STRUCTURES)
def test_deviance_gradient_and_hessian_equal_the_plain_twin(name):
    structure = structure_named(name)
    theta = np.random.Generator(np.random.PCG64(5)).normal(0.2, 0.1, structure.size(VISITS))
    sigma = structure.covariance(theta, VISITS)
    at = at_covariance(ARRAYS, sigma.value)
    gradient, hessian = slope_and_curvature(ARRAYS, at, sigma)
    # The twin has no units: its Sigma is in points squared, and the columns are not orthonormal.
    plain = dense(DATA, type(sigma)(*(ARRAYS.scale**2 * each for each in sigma)))
    n, p = ARRAYS.n, ARRAYS.p
    constant = 2.0 * ((n - p) * np.log(ARRAYS.scale) + np.log(np.abs(np.diag(ARRAYS.r))).sum())
    assert at.value + constant == pytest.approx(plain.value, rel=1e-12)
    assert gradient == pytest.approx(plain.gradient, rel=1e-8, abs=1e-8)
    assert hessian == pytest.approx(plain.hessian, rel=1e-8, abs=1e-8)
    assert hessian == pytest.approx(hessian.T, rel=1e-11, abs=1e-9)


def test_people_are_grouped_by_where_they_were_seen():
    seen = {who: set(DATA.visit[DATA.participant == who].tolist()) for who in np.unique(DATA.participant).tolist()}
    assert len(ARRAYS.seen) == len({frozenset(each) for each in seen.values()})
    assert ARRAYS.counts.sum() == len(seen) == ARRAYS.x.shape[0]
    assert (np.diff(ARRAYS.pattern) >= 0).all()
    assert ARRAYS.pattern[ARRAYS.first].tolist() == list(range(len(ARRAYS.seen)))
    assert ((ARRAYS.y != 0.0) <= ARRAYS.seen[ARRAYS.pattern]).all()
    assert (ARRAYS.n, ARRAYS.p, ARRAYS.m) == (DATA.y.size, 18, 6)


def test_a_covariance_that_is_none_is_refused():
    with pytest.raises(np.linalg.LinAlgError):
        at_covariance(ARRAYS, np.eye(VISITS) - 2.0 * np.ones((VISITS, VISITS)))
    shared = np.ones((VISITS, VISITS))
    at_covariance(ARRAYS, shared + 1e-5 * np.eye(VISITS))
    with pytest.raises(FloatingPointError, match=r"^the visits predict one another without error$"):
        at_covariance(ARRAYS, shared + 1e-7 * np.eye(VISITS))


def test_a_small_variance_alone_is_no_reason_to_refuse():
    tiny = np.diag([1e-9, 1.0, 1.0, 1.0, 1.0, 1.0])
    assert np.isfinite(at_covariance(ARRAYS, tiny).value)
