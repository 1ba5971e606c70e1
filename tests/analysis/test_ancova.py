"""Analysis of covariance against R's lm, emmeans and t.test, by hand, by property, and what it says of odd trials."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadin
from leadin.analysis.ancova import REFERENCES, ancova, fit_ancova
from leadin.analysis.slope_change import UNCONTROLLED
from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis

from .conftest import build_trial
from .joint_rank_data import CHANGES, trial_of


def plan(**told):
    return PlannedAnalysis.model_validate({"method": "ancova", **told})


PLAN = plan()
NUMBERS = ("estimate", "standard_error", "statistic", "df", "ci_low", "ci_high", "p")


def same(row, told):
    for name in NUMBERS:
        if name in told:
            assert getattr(row, name) == pytest.approx(told[name], rel=1e-9, abs=1e-10), name


@pytest.mark.evidence("ancova", "reference")
@pytest.mark.parametrize(("name", "reference", "told"), CHANGES, ids=[f"{n}-{t['day']}" for n, _, t in CHANGES])
def test_r_finds_the_same(name, reference, told):
    month = told["day"] / DAYS_PER_MONTH
    usual = ancova(trial_of(name), plan(month=month), reference)
    full = ancova(trial_of(name), plan(month=month, covariates=("age_years", "onset_region"), alpha=0.1), reference)
    for pair in told["pairs"]:
        adjusted, plain = (row for row in usual if row.contrast == f"{pair['arm']} - {reference}")
        same(adjusted, pair["ancova"])
        same(plain, pair["welch"])
        assert (adjusted.n, plain.n, adjusted.rule, plain.rule) == (
            pair["n"],
            pair["n"],
            "ANCOVA",
            "two-sample t, unadjusted",
        )
        same(next(row for row in full if row.contrast == adjusted.contrast), pair["ancova_adjusted"])
    for rows, means in ((usual, told["means"]), (full, told["means_adjusted"])):
        by_arm = {row.arm: row for row in rows if row.rule == "adjusted mean"}
        assert len(by_arm) == len(means)
        for mean in means:
            same(by_arm[mean["arm"]], mean)
    if told["missing"]:
        said = usual[0].warnings[0]
        lacking, died = zip(*re.findall(r"(\d+) of arm \w+ \((\d+) with", said), strict=True)
        assert (sum(map(int, lacking)), sum(map(int, died))) == (told["missing"], told["died_before"]), said


def six():
    scores = {
        "a": {0: 40, 3: 39, 6: 36},
        "b": {0: 42, 3: 40, 6: 37},
        "c": {0: 38, 3: 37, 6: 37},
        "d": {0: 41, 3: 41, 6: 40},
        "e": {0: 36, 3: 30},
        "f": {0: 37, 3: 36, 6: 35},
    }
    events = [("e", 5, "death"), *((who, 6, "end_of_follow_up") for who in "abcdf")]
    return build_trial(dict(zip("abcdef", "xxxyyy", strict=True)), scores, events)


def test_six_people_by_hand():
    adjusted, plain, *means = ancova(six(), PLAN, "x")
    # Changes of x -4, -5, -1 at 40, 42, 38; of y -1, -2 at 41, 37; the common slope within arms.
    slope = (2 * -(5 - 10 / 3) + -2 * -(1 - 10 / 3) + 2 * 0.5 + -2 * -0.5) / (8 + 8)
    assert plain.estimate == pytest.approx(-1.5 + 10 / 3)
    assert adjusted.estimate == pytest.approx(-1.5 + 10 / 3 - slope * (39 - 40))
    assert adjusted.df == 2.0
    told = (
        "without the change at month 6: 0 of arm x (0 with a fatal event before it), 1 of arm y (1 with a fatal event "
        "before it); they are left out, so that the arms are compared among those who were seen",
    )
    for row in (adjusted, plain, *means):
        assert (row.method, row.endpoint, row.unit, row.warnings) == ("ancova", "alsfrs_r", "points", told)
        assert (row.time_months, row.references, row.converged) == (6.0, REFERENCES, True)
    assert [(row.arm, row.contrast, row.n, row.not_evaluable) for row in (adjusted, plain, *means)] == [
        ("y", "y - x", 5, 1),
        ("y", "y - x", 5, 1),
        ("x", None, 3, 0),
        ("y", None, 2, 1),
    ]
    assert [(row.rule, row.p, row.statistic) for row in means] == [("adjusted mean", None, None)] * 2
    assert means[1].estimate - means[0].estimate == pytest.approx(adjusted.estimate)
    assert plain.estimand == (
        "Among participants with a value at month 6: the mean change of the ALSFRS-R total from baseline, "
        "arm y minus arm x; those without one are not compared."
    )
    assert adjusted.estimand == f"{plain.estimand} Adjusted for baseline, alike in every arm."


def test_the_visit_is_the_planned_one():
    at_three = ancova(six(), plan(month=3), "x")
    assert {(row.time_months, row.warnings) for row in at_three} == {(3.0, ())}
    assert at_three[1].estimate == pytest.approx((0 - 6 - 1) / 3 - (-1 - 2 - 1) / 3)
    with pytest.raises(
        DataError, match=r"month: expected the month of a visit with the ALSFRS-R total \(3, 6\); got 4"
    ):
        ancova(six(), plan(month=4), "x")


def test_a_death_on_the_day_of_the_visit_is_before_it_and_one_later_is_not():
    trial = six()
    for month, died in ((6, 1), (6.1, 0)):
        events = trial.events.with_columns(
            day=pl.when(pl.col("participant_id") == "e").then(month * DAYS_PER_MONTH).otherwise("day")
        )
        said = ancova(trial.with_tables({"events": events}), PLAN, "x")[0].warnings[0]
        assert f"1 of arm y ({died} with a fatal event before it)" in said


def test_the_protocol_says_what_is_fatal():
    trial = six()
    events = trial.events.with_columns(kind=pl.col("kind").replace("death", "permanent_ventilation"))
    ventilated = trial.with_tables({"events": events})
    assert "1 of arm y (0 with" in ancova(ventilated, PLAN, "x")[0].warnings[0]


def test_covariates_are_named_and_those_without_them_left_out():
    trial = trial_of("j01_usual")
    age = pl.when(pl.int_range(pl.len()) % 9 == 0).then(None).otherwise("age_years")
    trial = trial.with_tables({"participants": trial.participants.with_columns(age_years=age)})
    adjusted, plain, *_ = ancova(trial, plan(month=61 / DAYS_PER_MONTH, covariates=("age_years",)), "low")
    assert adjusted.n < plain.n
    assert adjusted.n + adjusted.not_evaluable == plain.n + plain.not_evaluable == 64
    assert adjusted.estimand.endswith("Adjusted for baseline, age_years, alike in every arm.")
    unknown = ancova(trial, plan(covariates=("ages",)), "low")
    assert unknown[0].warnings[0].startswith("ages: expected a column of the participants")
    assert (unknown[0].converged, unknown[1].converged, len(unknown)) == (False, True, 2)


def test_one_arm_has_its_mean_change():
    trial = build_trial(dict.fromkeys("abc", "x"), {w: {0: 40, 6: 35 - i} for i, w in enumerate("abc")})
    (row,) = ancova(trial, PLAN, "x")
    assert (row.estimate, row.df, row.n, row.not_evaluable) == (-6.0, 2.0, 3, 0)
    assert row.standard_error == pytest.approx(3**-0.5)
    assert (row.arm, row.contrast, row.rule, row.warnings) == ("x", None, "one-sample t, unadjusted", (UNCONTROLLED,))
    assert row.estimand == (
        "Among participants of arm x with a value at month 6: the mean change of the ALSFRS-R total from baseline."
    )
    (nameless,) = ancova(
        build_trial(dict.fromkeys("abc"), {w: {0: 40, 6: 35 - i} for i, w in enumerate("abc")}), PLAN, None
    )
    assert (nameless.arm, nameless.estimate, nameless.p) == (None, -6.0, row.p)
    assert nameless.estimand.startswith("Among participants of the trial with a")


def test_the_only_arm_of_a_protocol_with_a_control_is_not_uncontrolled():
    protocol = leadin.protocol("hanyang-phase2")
    day = max(visit.day for visit in protocol.visits if "alsfrs_r" in visit.measures) / DAYS_PER_MONTH
    scores = {w: {0: 40, day: 35 - i} for i, w in enumerate("abc")}
    (row,) = ancova(build_trial(dict.fromkeys("abc", "cells"), scores, protocol=protocol), PLAN, "cells")
    assert row.warnings == ()


def test_three_arms_share_one_fit():
    rows = ancova(trial_of("j02_three_arms"), PLAN, "low")
    assert {row.df for row in rows if row.rule == "ANCOVA"} == {(120 - 63) - 4.0}
    assert [row.rule for row in rows][-3:] == ["adjusted mean"] * 3


@pytest.mark.evidence("ancova", "property")
@given(st.floats(0.1, 10), st.floats(-50, 50))
@settings(max_examples=15)
def test_scale_and_shift_of_the_measure(scale, shift):
    trial = trial_of("j01_usual")
    stretched = trial.with_tables(
        {"assessments": trial.assessments.with_columns(value=shift + scale * pl.col("value"))}
    )
    usual, other = ancova(trial, PLAN, "low"), ancova(stretched, PLAN, "low")
    for a, b in zip(usual, other, strict=True):
        assert (scale * a.estimate, scale * a.standard_error) == pytest.approx((b.estimate, b.standard_error), rel=1e-6)
        assert a.p is b.p is None or a.p == pytest.approx(b.p, rel=1e-6)


@pytest.mark.evidence("ancova", "property")
def test_relabelled_arms_turn_the_sign_and_order_changes_nothing():
    trial = trial_of("j01_usual")
    usual = ancova(trial, PLAN, "low")
    turned = ancova(trial, PLAN, "high")
    shuffled = trial.with_tables({"participants": trial.participants.sample(fraction=1.0, shuffle=True, seed=3)})
    other = ancova(shuffled, PLAN, "low")
    for a, b, c in zip(usual[:2], turned[:2], other[:2], strict=True):
        assert (a.estimate, a.standard_error, a.p) == pytest.approx((-b.estimate, b.standard_error, b.p), rel=1e-9)
        assert (a.estimate, a.standard_error, a.p) == pytest.approx((c.estimate, c.standard_error, c.p), rel=1e-9)


@pytest.mark.evidence("ancova", "bad_input")
def test_arms_too_small_are_said():
    trial = build_trial(
        dict(zip("abcd", "xxxy", strict=True)), {w: {0: 40 + i, 6: 35 - i * i} for i, w in enumerate("abcd")}
    )
    adjusted, plain, *means = ancova(trial, PLAN, "x")
    assert adjusted.converged
    assert (plain.converged, plain.warnings) == (
        False,
        ("expected at least 2 participants of arm y with the change; got 1",),
    )
    assert len(means) == 2
    gone = trial.with_tables({"assessments": trial.assessments.filter(pl.col("participant_id") != "d")})
    adjusted, plain, *means = ancova(gone, PLAN, "x")
    assert adjusted.warnings[0] == "expected participants of arm y with baseline and this visit; got none"
    assert plain.warnings[0] == "expected at least 2 participants of arm y with the change; got 0"
    assert (adjusted.n, adjusted.not_evaluable, [row.arm for row in means]) == (3, 1, ["x"])
    (alone,) = ancova(build_trial({"a": "x"}, {"a": {0: 40, 6: 39}}), PLAN, "x")
    assert alone.warnings == ("expected at least 2 participants of arm x with the change; got 1", UNCONTROLLED)


@pytest.mark.evidence("ancova", "bad_input")
def test_equal_changes_have_no_error():
    scores = {w: {0: 40.1 + i, 6: 38.1 + i} for i, w in enumerate("abcd")}
    adjusted, plain, *means = ancova(build_trial(dict(zip("abcd", "xxyy", strict=True)), scores), PLAN, "x")
    assert (adjusted.converged, plain.converged, means) == (False, False, [])
    assert adjusted.warnings == ("the values are fitted exactly, so that their error cannot be estimated",)
    assert plain.warnings == ("the changes are all equal within each arm, so that their error cannot be estimated",)
    assert (adjusted.estimate, plain.estimate, plain.p) == (None, 0.0, None)
    (alone,) = ancova(build_trial(dict.fromkeys("abcd", "x"), scores), PLAN, "x")
    assert alone.warnings[0] == "all 4 changes are equal, so that their error cannot be estimated"
    assert (alone.converged, alone.estimate) == (False, -2.0)


@pytest.mark.evidence("ancova", "bad_input")
def test_nobody_with_baseline_and_visit():
    trial = build_trial(dict(zip("abcd", "xxyy", strict=True)), {w: {6: 38} for w in "abcd"})
    adjusted, plain = ancova(trial, PLAN, "x")
    assert adjusted.warnings[0] == "expected participants with a baseline and this visit; got none"
    assert (adjusted.n, adjusted.not_evaluable, plain.n) == (0, 4, 0)


def test_the_fit_on_arrays():
    draw = np.random.Generator(np.random.PCG64(6))
    baseline, extra = draw.normal(37, 5, 30), draw.normal(size=(30, 2))
    arm = ["x", "y", "z"] * 10
    change = draw.normal(size=30) - 0.1 * baseline
    fit = fit_ancova(change, baseline, arm, extra)
    assert (fit.arms, fit.df) == (("x", "y", "z"), 24)
    at_zero = fit_ancova(change, baseline, arm, extra, at=[0, 0])
    assert at_zero.difference("y", "x") == pytest.approx(fit.difference("y", "x")) or np.allclose(
        [at_zero.difference("y", "x").estimate, at_zero.difference("y", "x").standard_error],
        [fit.difference("y", "x").estimate, fit.difference("y", "x").standard_error],
    )
    assert at_zero.mean("x").estimate != pytest.approx(fit.mean("x").estimate)
    assert fit.mean("x").estimate == pytest.approx(fit_ancova(change, baseline, arm, extra + 9).mean("x").estimate)
    wide, usual = fit.difference("z", "x", 0.99), fit.difference("z", "x")
    assert wide.ci_high - wide.estimate > usual.ci_high - usual.estimate
    assert fit.residual_sd == pytest.approx(
        np.linalg.norm(change - _fitted(change, baseline, arm, extra)) / 24**0.5, rel=1e-9
    )


def _fitted(change, baseline, arm, extra):
    x = np.column_stack([[[a == b for b in "xyz"] for a in arm], baseline, extra]).astype(float)
    return x @ np.linalg.lstsq(x, change, rcond=None)[0]


@pytest.mark.parametrize(
    ("change", "baseline", "arm", "extra", "said"),
    [
        ([], [], [], None, "change: expected as many baselines, arms and rows of covariates as changes, at least one."),
        ([1, 2], [1], ["x", "x"], None, "change: expected as many baselines, arms and rows of covariates as changes"),
        ([1, 2], [1, 2], ["x"], None, "change: expected as many baselines, arms and rows of covariates as changes"),
        ([1, 2], [1, 2], ["x", "y"], [[1]], "change: expected as many baselines, arms and rows of covariates as"),
        ([1, 2], [1, 2], ["x", "y"], [1, 2], "change: expected as many baselines, arms and rows of covariates as"),
        ([[1], [2]], [1, 2], ["x", "y"], None, "change: expected as many baselines, arms and rows of covariates as"),
        ([1, 2, 3], [1, 2, 4], ["x", "y", "x"], None, "expected more than 3 rows to estimate 3 coefficients"),
        ([1, 2, 3, 5, np.nan], [1, 2, 4, 4, 3], list("xyxyx"), None, "y, x: expected finite numbers"),
        ([1, 2, 3, 5, 0], [4.1] * 5, list("xyxyx"), None, "baseline: expected a column that is no combination"),
        ([1, 2, 3, 5, 0, 1], [4, 4, 3, 2, 1, 0], list("xyxyxy"), [[1]] * 6, "covariate 1: expected a column that is"),
    ],
)
def test_arrays_that_cannot_be_fitted_are_refused(change, baseline, arm, extra, said):
    with pytest.raises(DataError) as caught:
        fit_ancova(change, baseline, arm, extra)
    assert str(caught.value).startswith(said)
