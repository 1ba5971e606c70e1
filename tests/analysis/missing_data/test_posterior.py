"""The sampler against what the posterior is known to be, and what must not change a draw."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.missing_data.posterior import posterior_draws
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams
from leadin.errors import DataError

DRAWS = 1500


def streams(seed=8):
    return Draws(Streams(seed))


def ks(values, law):
    from scipy.stats import kstest

    return kstest(values, law).pvalue


@pytest.fixture(scope="module")
def complete(holes):
    draw = np.random.Generator(np.random.PCG64(12))
    values = np.array([38.0, 36, 33]) + draw.normal(size=(24, 3)) @ np.array([[4, 3, 3], [0, 2, 1], [0, 0, 1.5]])
    return holes(values, np.arange(24) % 2)


@pytest.mark.evidence("ancova", "reference")
@pytest.mark.parametrize("common", [True, False])
def test_with_nothing_missing_draws_have_the_closed_form(complete, common):
    from scipy.stats import chi2, t

    found = posterior_draws(complete, DRAWS, streams(), common=common, burn_in=0, between=1)
    assert found.means.shape == (DRAWS, 2, 3)
    assert found.covariances.shape == (DRAWS, 2, 3, 3)
    arms = [complete.values[complete.arm == k] for k in range(2)]
    squares = [(each - each.mean(axis=0)).T @ (each - each.mean(axis=0)) for each in arms]
    squares, df = ([sum(squares)] * 2, 22) if common else (squares, 11)
    own = df - 3 + 1
    for k in range(2):
        for j in range(3):
            scale = np.sqrt(squares[k][j, j] / (12 * own))
            assert ks((found.means[:, k, j] - arms[k][:, j].mean()) / scale, t(own).cdf) > 0.001
            assert ks(squares[k][j, j] / found.covariances[:, k, j, j], chi2(own).cdf) > 0.001
        # Sigma^-1 is Wishart: its mean is df S^-1, of each entry, the draws being independent.
        precision = np.linalg.inv(found.covariances[:, k])
        error = precision.std(axis=0, ddof=1) / DRAWS**0.5
        assert (np.abs(precision.mean(axis=0) - df * np.linalg.inv(squares[k])) < 4.5 * error).all()
    assert (found.covariances[:, 0] == found.covariances[:, 1]).all() == common


@pytest.mark.evidence("ancova", "reference")
def test_with_a_visit_missing_at_random_the_regression_has_the_closed_form(holes):
    from scipy.stats import chi2, t

    draw = np.random.Generator(np.random.PCG64(3))
    start = 38 + 4 * draw.normal(size=40)
    visit = 3 + 0.8 * start + 2 * draw.normal(size=40)
    visit[np.argsort(start)[:14]] = np.nan
    arm = np.arange(40) % 2
    table = holes(np.column_stack([start, visit]), arm)
    found = posterior_draws(table, 400, streams(), burn_in=50, between=20)
    slope = found.covariances[:, 0, 0, 1] / found.covariances[:, 0, 0, 0]
    rest = found.covariances[:, 0, 1, 1] - slope * found.covariances[:, 0, 0, 1]
    # Only those who were seen tell of the regression: with Jeffreys' prior its residual variance has n - 2 df.
    seen = np.isfinite(visit)
    x, y = (v[seen] - np.array([v[seen & (arm == k)].mean() for k in range(2)])[arm[seen]] for v in (start, visit))
    b = (x @ y) / (x @ x)
    squares, df = float(((y - b * x) ** 2).sum()), int(seen.sum()) - 2
    assert ks(squares / rest, chi2(df).cdf) > 0.001
    assert ks((slope - b) / np.sqrt(squares / df / (x @ x)), t(df).cdf) > 0.001
    # Successive draws that are kept know nothing of each other.
    assert abs(np.corrcoef(slope[:-1], slope[1:])[0, 1]) < 4 / 400**0.5


@pytest.mark.evidence("ancova", "property")
def test_neither_arm_names_nor_block_size_move_a_draw(holes, monkeypatch):
    draw = np.random.Generator(np.random.PCG64(4))
    values = 30 + draw.normal(size=(20, 3))
    values[::3, 2] = np.nan
    values[4, 1] = np.nan
    arm = np.arange(20) % 2
    plain = posterior_draws(holes(values, arm), 5, streams(), burn_in=3, between=2)
    for common in (True, False):
        plain = posterior_draws(holes(values, arm), 5, streams(), common=common, burn_in=3, between=2)
        turned = posterior_draws(holes(values, 1 - arm), 5, streams(), common=common, burn_in=3, between=2)
        assert (plain.means == turned.means[:, ::-1]).all()
        assert (plain.covariances == turned.covariances[:, ::-1]).all()
    monkeypatch.setattr("leadin.analysis.missing_data.posterior.BLOCK", 4)
    again = posterior_draws(holes(values, arm), 5, streams(), common=False, burn_in=3, between=2)
    assert (plain.means == again.means).all()
    other = posterior_draws(holes(values, arm), 5, streams(9), common=False, burn_in=3, between=2)
    assert (plain.means != other.means).all()


def test_draws_are_those_after_the_burn_in_and_so_many_apart(holes):
    draw = np.random.Generator(np.random.PCG64(4))
    values = 30 + draw.normal(size=(16, 3))
    values[::3, 2] = np.nan
    table = holes(values, np.arange(16) % 2)
    every = posterior_draws(table, 8, streams(), burn_in=0, between=1)
    some = posterior_draws(table, 3, streams(), burn_in=1, between=3)
    assert (some.means == every.means[1::3]).all()
    assert (some.covariances == every.covariances[1::3]).all()


@pytest.mark.evidence("ancova", "bad_input")
def test_visits_that_do_not_vary_are_refused(holes):
    values = np.column_stack([np.arange(12.0), np.full(12, 30.0)])
    with pytest.raises(DataError) as caught:
        posterior_draws(holes(values, np.arange(12) % 2), 5, streams())
    assert str(caught.value) == (
        "imputation: expected baseline, visits and covariates of which none can be told from the others; some do not "
        "vary within arms, or are combinations of others. Leave out a covariate or name another month."
    )
