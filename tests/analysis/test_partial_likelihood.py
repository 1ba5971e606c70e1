"""Efron's partial likelihood: term by term, against its own differences, in strata."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.partial_likelihood import likelihood_at, never_falling, strata_of


def term_by_term(beta, x, months, event):
    """The log partial likelihood of one stratum as Efron wrote it."""
    value = 0.0
    weight = np.exp(x @ beta)
    for month in np.unique(months[event]):
        risk, dead = months >= month, event & (months == month)
        value += float((x @ beta)[dead].sum())
        value -= sum(
            np.log(weight[risk].sum() - step / dead.sum() * weight[dead].sum()) for step in range(int(dead.sum()))
        )
    return value


@pytest.fixture(scope="module")
def data():
    draw = np.random.Generator(np.random.PCG64(4))
    months = np.round(draw.exponential(5, 40)) + 1
    return draw.normal(size=(40, 3)), months, draw.random(40) < 0.6, draw.integers(0, 3, 40)


@pytest.mark.evidence("cox", "property")
def test_value_and_derivatives(data):
    x, months, event, stratum = data
    beta = np.array([0.3, -0.7, 0.2])
    whole = likelihood_at(beta, x, strata_of(months, event))
    assert whole.value == pytest.approx(term_by_term(beta, x, months, event))
    parts = sum(term_by_term(beta, x[stratum == s], months[stratum == s], event[stratum == s]) for s in range(3))
    strata = strata_of(months, event, stratum)
    here = likelihood_at(beta, x, strata)
    assert here.value == pytest.approx(parts)
    step = 1e-5 * np.eye(3)
    for k in range(3):
        up, down = (likelihood_at(beta + sign * step[k], x, strata) for sign in (1, -1))
        assert here.score[k] == pytest.approx((up.value - down.value) / 2e-5, abs=1e-6)
        np.testing.assert_allclose(here.information[k], (down.score - up.score) / 2e-5, atol=1e-6)


def test_far_away_it_neither_overflows_nor_loses_digits(data):
    x, months, event, stratum = data
    far = likelihood_at(np.array([400.0, 0.0, 0.0]), x, strata_of(months, event, stratum))
    assert np.isfinite(far.value)
    assert np.isfinite(far.score).all()
    shifted = likelihood_at(np.array([1.0, 0.0, 0.0]), x + 1e3, strata_of(months, event, stratum))
    plain = likelihood_at(np.array([1.0, 0.0, 0.0]), x, strata_of(months, event, stratum))
    assert shifted.value == pytest.approx(plain.value, rel=1e-10)


def test_strata_without_a_death_say_nothing():
    strata = strata_of([3, 1, 2, 5, 5], [True, False, False, True, True], ["a", "a", "b", "c", "c"])
    assert [stratum.rows.tolist() for stratum in strata] == [[0, 1], [3, 4]]
    first, second = strata
    assert (first.stop.tolist(), first.deaths.tolist(), first.tied.tolist()) == ([1], [1], [0])
    assert (second.stop.tolist(), second.deaths.tolist(), second.death.tolist()) == ([2], [2], [0, 0])
    assert second.tied.tolist() == [0, 1]
    assert strata_of([1, 2], [False, False]) == ()


def test_rows_of_the_rising_cone():
    # The death at 1 (x = 2) against who leaves before the next death (x = 0) and who dies next (x = 5).
    strata = strata_of([1, 1.5, 3, 4], [True, False, True, False], None)
    rows = never_falling(np.array([[2.0], [0.0], [5.0], [1.0]]), strata)
    assert sorted(rows[:, 0].tolist()) == [-3.0, 2.0, 4.0]
    # Tied deaths must stand equally high: both signs.
    tied = never_falling(np.array([[2.0], [0.5]]), strata_of([1, 1], [True, True]))
    assert sorted(tied[:, 0].tolist()) == [-1.5, 1.5]
