"""Cox's model: the maximum itself, the missing maximum, and what must not change it. R: test_survival_against_r."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from leadin.analysis import cox as module
from leadin.analysis.cox import REFERENCES, cox, hazard_ratio
from leadin.errors import ConvergenceError
from leadin.protocols.planned_analysis import PlannedAnalysis

PLAN = PlannedAnalysis(method="cox")
rows = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 15), st.booleans()), min_size=6, max_size=40)


def efron(beta, months, event, treated):
    """Score and information of Efron's partial likelihood, written out term by term."""
    score = information = 0.0
    for month in np.unique(months[event]):
        risk, dead = months >= month, event & (months == month)
        weight = np.exp(beta * treated)
        for step in range(int(dead.sum())):
            share = step / dead.sum()
            total = weight[risk].sum() - share * weight[dead].sum()
            mean = ((weight * treated)[risk].sum() - share * (weight * treated)[dead].sum()) / total
            score -= mean
            information += mean * (1 - mean)
        score += treated[dead].sum()
    return score, information


@given(rows)
@settings(max_examples=25)
def test_the_fit_is_the_maximum_or_there_is_none(rows):
    treated, months, event = (np.array(column) for column in zip(*rows, strict=True))
    try:
        fit = hazard_ratio(months, event, treated)
    except ConvergenceError:
        if event.any() and 0 < treated.sum() < treated.size:
            # No finite maximum: the likelihood still rises (or is flat) at a very large or very small ratio.
            rising, falling = efron(15.0, months, event, treated)[0], efron(-15.0, months, event, treated)[0]
            assert rising > -1e-4 or falling < 1e-4
        return
    score, information = efron(fit.log_ratio, months, event, treated)
    assert score == pytest.approx(0, abs=1e-7)
    assert fit.standard_error == pytest.approx(information**-0.5, rel=1e-7)
    assert fit.z == pytest.approx(fit.log_ratio / fit.standard_error)
    turned = hazard_ratio(months, event, 1 - treated)
    assert turned.log_ratio == pytest.approx(-fit.log_ratio, abs=1e-8)
    assert turned.p == pytest.approx(fit.p, rel=1e-6)


def trial_of(build, rows, names="xyz"):
    arms = {f"p{i:02d}": names[arm] for i, (arm, _, _) in enumerate(rows)}
    kinds = {True: "death", False: "end_of_follow_up"}
    return build(arms, events=[(who, float(t), kinds[e]) for who, (_, t, e) in zip(arms, rows, strict=True)])


FOUR = [(0, 2, True), (0, 9, False), (1, 4, True), (1, 9, False)]


def test_four_participants_by_hand(build):
    (row,) = cox(trial_of(build, FOUR), PLAN, "x")
    # The score 1 - 2r/(2 + 2r) - 2r/(1 + 2r) of the ratio r is zero where r squared is one half.
    assert row.estimate == pytest.approx(np.log(0.5) / 2)
    assert (row.ci_low, row.ci_high) == pytest.approx(
        tuple(row.estimate + ndtri(q) * row.standard_error for q in (0.025, 0.975))
    )
    assert row.statistic == pytest.approx(row.estimate / row.standard_error)
    assert (row.arm, row.contrast, row.n, row.not_evaluable) == ("y", "y - x", 4, 0)
    assert (row.method, row.endpoint, row.unit, row.references) == ("cox", "survival", "log hazard ratio", REFERENCES)
    assert (row.df, row.warnings, row.converged) == (None, (), True)
    assert row.estimand == (
        "The log of the ratio of the hazards of a fatal event from time zero on, arm y to arm x, taken to be the same "
        "at every time, in all participants at risk, as allocated, whatever was given (treatment policy); leaving the "
        "trial is taken to say nothing about survival (independent censoring)."
    )


def test_a_planned_level_moves_the_interval(build):
    trial = trial_of(build, FOUR)
    (usual,), (wide,) = cox(trial, PLAN, "x"), cox(trial, PlannedAnalysis(method="cox", alpha=0.01), "x")
    assert wide.ci_low < usual.ci_low < usual.ci_high < wide.ci_high
    assert wide.p == usual.p


def test_each_arm_is_held_against_the_reference_by_itself(build):
    three = [*FOUR, (2, 3, True), (2, 8, True), (2, 9, False)]
    found = cox(trial_of(build, three), PLAN, "x")
    assert [(row.contrast, row.n) for row in found] == [("y - x", 4), ("z - x", 5)]
    (alone,) = cox(trial_of(build, FOUR), PLAN, "x")
    assert found[0].estimate == alone.estimate


MONOTONE = (
    "nobody of {} died while participants of both arms were at risk, so that no finite hazard ratio fits best "
    "(monotone likelihood)"
)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(0, 2, False), (1, 3, False)], "nobody died, so that no hazard ratio can be estimated"),
        ([(0, 2, True), (0, 9, False), (1, 4, False)], MONOTONE.format("the arm")),
        ([(0, 2, False), (0, 9, False), (1, 4, True)], MONOTONE.format("the reference arm")),
        # Both arms have deaths, but those of x come when y has gone.
        ([(0, 8, True), (0, 9, False), (1, 4, True), (1, 5, False)], MONOTONE.format("the reference arm")),
    ],
)
def test_no_finite_ratio_is_said_and_not_invented(build, rows, said):
    (row,) = cox(trial_of(build, rows), PLAN, "x")
    assert (row.converged, row.warnings) == (False, (said,))
    assert (row.estimate, row.standard_error, row.p, row.ci_low) == (None, None, None, None)
    assert (row.contrast, row.n) == ("y - x", len(rows))


def test_a_death_on_the_last_day_of_the_other_arm_still_tells(build):
    (row,) = cox(trial_of(build, [(0, 5, True), (0, 9, False), (1, 4, True), (1, 5, False)]), PLAN, "x")
    assert row.converged


def test_only_one_arm_at_risk_is_said(build):
    trial = build({"a": "x", "b": "x", "c": "y"}, events=[("a", 2.0, "death"), ("b", 3.0, "withdrawal")])
    (row,) = cox(trial, PLAN, "x")
    assert row.warnings == ("expected participants at risk in both arms; got one arm only",)
    assert (row.n, row.not_evaluable) == (2, 1)


@pytest.mark.parametrize("name", ["x", None])
def test_one_arm_has_nothing_to_be_compared_with(build, name):
    (row,) = cox(build({"a": name}, events=[("a", 2.0, "death")]), PLAN, name)
    assert (row.converged, row.warnings) == (False, ("expected at least two arms to compare; got 1",))


def test_a_fit_that_fails_lists_what_was_tried(monkeypatch):
    monkeypatch.setattr(module, "FIT_OPTIONS", {"precision": 0.0, "r_precision": 0.0, "max_steps": 2})
    with pytest.raises(ConvergenceError) as caught:
        hazard_ratio([2, 9, 4, 9], [True, False, True, False], [0, 0, 1, 1])
    assert str(caught.value) == "the fit did not converge; tried " + "; ".join(
        f"step size {size}: Newton-Raphson failed to converge sufficiently" for size in ("0.95", "0.5", "0.2", "0.05")
    )


def test_a_large_effect_that_lifelines_first_misses_is_found():
    # With its own first step lifelines overshoots here; a smaller one gets there.
    draw = np.random.Generator(np.random.PCG64(11))
    treated = np.repeat([0, 1], (90, 8))
    months = np.minimum(np.round(draw.exponential(np.where(treated, 1.5, 30.0)), 3), 18)
    fit = hazard_ratio(months, months < 18, treated)
    assert efron(fit.log_ratio, months, months < 18, treated)[0] == pytest.approx(0, abs=1e-8)
    assert fit.log_ratio > 2
