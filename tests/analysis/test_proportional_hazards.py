"""The maximum of the partial likelihood, and why there is none. R: test_strata_against_r."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from leadin.analysis import proportional_hazards as module
from leadin.analysis.partial_likelihood import likelihood_at, strata_of
from leadin.analysis.proportional_hazards import UNKNOWN, proportional_hazards
from leadin.errors import ConvergenceError, DataError

rows = st.lists(
    st.tuples(st.integers(1, 9), st.booleans(), st.integers(0, 1), st.integers(-2, 2), st.sampled_from("ab")),
    min_size=8,
    max_size=30,
)


@pytest.mark.evidence("cox", "property")
@given(rows)
@settings(max_examples=60)
def test_the_score_is_zero_or_the_likelihood_rises_for_ever(rows):
    months, event, one, two, stratum = (np.array(column) for column in zip(*rows, strict=True))
    x = np.column_stack([one, two]).astype(float)
    try:
        fit = proportional_hazards(months, event, x, ("one", "two"), stratum)
    except ConvergenceError as error:
        said = str(error)
        assert said.startswith(("nobody died", "whenever somebody died", "no finite hazard ratio"))
        if said.startswith("no finite"):
            # Far along the direction that is named the likelihood is as high as anywhere, and still does not fall.
            goes = [1.0 if f"{t} rises" in said else -1.0 if f"{t} falls" in said else 0.0 for t in ("one", "two")]
            assert any(goes) or "either way" in said
        return
    there = likelihood_at(fit.coefficients, x, strata_of(months, event, stratum))
    assert there.score == pytest.approx(np.zeros(2), abs=1e-7)
    np.testing.assert_allclose(fit.covariance @ there.information, np.eye(2), atol=1e-7)
    assert fit.log_likelihood == pytest.approx(there.value)
    assert fit.log_likelihood >= fit.log_likelihood_at_zero


@pytest.mark.parametrize(
    ("x", "goes"),
    [
        ([1, 1, 0, 0], "age rises"),
        ([0, 0, 1, 1], "age falls"),
        ([9, 4, 2, 1], "age rises"),
    ],
)
def test_a_direction_that_never_falls_is_named(x, goes):
    with pytest.raises(ConvergenceError) as caught:
        proportional_hazards([1, 2, 3, 4], [1, 1, 0, 0], np.array(x, float)[:, None], ("age",))
    assert str(caught.value) == (
        f"no finite hazard ratio fits best (monotone likelihood): it rises for ever as the coefficient of {goes}. Too "
        "few died to tell; leave it out, or join its levels."
    )


def test_two_columns_that_rise_together_are_both_named():
    x = np.array([[1, 0], [0, 1], [0, 0], [0, 0], [0, 0]], float)
    with pytest.raises(ConvergenceError) as caught:
        proportional_hazards([1, 1, 2, 3, 4], [1, 1, 0, 0, 0], x, ("b", "c"))
    assert "coefficient of b rises, and that of c rises. Too few" in str(caught.value)


def test_only_those_at_fault_are_named():
    draw = np.random.Generator(np.random.PCG64(6))
    time = draw.exponential(5, 60)
    x = np.column_stack([draw.normal(size=60), (np.arange(60) % 5 == 0).astype(float)])
    event = (time < 8) & (x[:, 1] == 0)
    with pytest.raises(ConvergenceError, match=r"the coefficient of site falls. Too few"):
        proportional_hazards(time, event, x, ("age", "site"))


@pytest.mark.evidence("cox", "bad_input")
@pytest.mark.parametrize(
    ("months", "event", "x", "titles", "said"),
    [
        ([1, 2], [1, 1], [[1.0]], ("a",), "columns: expected a row for each time and a title for each column; got "
         "(1, 1), (2,), (2,) and 1 titles."),
        ([1, 2], [1, 1], [[1.0], [2.0]], (), "columns: expected a row for each time and a title for each column; got "
         "(2, 1), (2,), (2,) and 0 titles."),
        ([1, 2], [1], [[1.0], [2.0]], ("a",), "columns: expected a row for each time and a title for each column; got "
         "(2, 1), (2,), (1,) and 1 titles."),
        ([1, 2], [1, 1], [1.0, 2.0], ("a",), "columns: expected a row for each time and a title for each column; got "
         "(2,), (2,), (2,) and 1 titles."),
        ([1, np.nan], [1, 1], [[1.0], [2.0]], ("a",), "columns: expected finite numbers. Leave participants with "
         "missing ones out."),
        ([1, 2], [1, 1], [[1.0], [np.inf]], ("a",), "columns: expected finite numbers. Leave participants with missing "
         "ones out."),
    ],
)  # fmt: skip
def test_impossible_input_is_refused(months, event, x, titles, said):
    with pytest.raises(DataError) as caught:
        proportional_hazards(months, event, x, titles)
    assert str(caught.value) == said


@pytest.mark.evidence("cox", "bad_input")
def test_what_tells_nothing_is_said():
    with pytest.raises(ConvergenceError, match=r"^nobody died, so that no hazard ratio can be estimated$"):
        proportional_hazards([1, 2], [0, 0], [[1.0], [2.0]], ("a",))
    with pytest.raises(ConvergenceError) as caught:
        proportional_hazards([1, 2, 3], [1, 1, 0], [[1.0, 4.0], [2.0, 4.0], [0.5, 4.0]], ("a", "b"))
    assert str(caught.value) == (
        "whenever somebody died, b is the same in everybody at risk, so that no coefficient can be told. Leave one out."
    )
    with pytest.raises(ConvergenceError, match="a is the same in everybody at risk"):
        proportional_hazards([1, 2], [1, 0], [[4.0], [4.0]], ("a",))


def test_a_fit_that_does_not_end_says_so(monkeypatch):
    monkeypatch.setattr(module, "CONVERGED", -1.0)
    with pytest.raises(ConvergenceError) as caught:
        proportional_hazards([2, 9, 4, 9], [1, 0, 1, 0], [[0.0], [0.0], [1.0], [1.0]], ("a",))
    assert str(caught.value) == UNKNOWN
    assert UNKNOWN == "the fit did not converge in 100 steps of Newton's method, each halved as needed"


def test_large_effects_are_found_however_wide():
    draw = np.random.Generator(np.random.PCG64(3))
    x = draw.normal(size=(80, 1))
    time = draw.exponential(np.exp(-9.0 * x[:, 0]))
    fit = proportional_hazards(time, np.ones(80), x, ("a",))
    assert np.ptp(x @ fit.coefficients) > module.WIDE
    assert likelihood_at(fit.coefficients, x, strata_of(time, np.ones(80))).score == pytest.approx([0.0], abs=1e-8)
    assert fit.coefficients[0] == pytest.approx(9.0, abs=4 * fit.covariance[0, 0] ** 0.5)


def test_a_first_step_that_goes_much_too_far_finds_back():
    # Ten of 2010 die before nearly all others; R's coxph gives up. The score by Efron's formula, written apart.
    time = np.concatenate([np.arange(1.0, 2001.0), np.arange(1.0, 11.0) / 10.0])
    died = np.zeros(2010, dtype=bool)
    died[[0, *range(1000, 1010), *range(2000, 2010)]] = True
    time[0] = 0.35
    group = np.arange(2010) >= 2000

    def score(beta):
        weight = np.exp(beta * group)
        expected = [float(weight[group & (time >= t)].sum() / weight[time >= t].sum()) for t in time[died]]
        return float(group[died].sum()) - sum(expected)

    fit = proportional_hazards(time, died, group[:, None].astype(float), ("group",))
    assert fit.coefficients[0] == pytest.approx(brentq(score, 0.0, 20.0, xtol=1e-13), rel=1e-10)
    assert fit.covariance[0, 0] > 0.0
