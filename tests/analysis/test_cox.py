"""Cox's model: the maximum itself, the missing maximum, and what must not change it. R: test_survival_against_r."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

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


@pytest.mark.evidence("cox", "property")
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


def test_a_large_effect_at_which_newton_s_first_step_overshoots_is_found():
    draw = np.random.Generator(np.random.PCG64(11))
    treated = np.repeat([0, 1], (90, 8))
    months = np.minimum(np.round(draw.exponential(np.where(treated, 1.5, 30.0)), 3), 18)
    fit = hazard_ratio(months, months < 18, treated)
    assert efron(fit.log_ratio, months, months < 18, treated)[0] == pytest.approx(0, abs=1e-8)
    assert fit.log_ratio > 2


def with_columns(trial, **columns):
    people = trial.participants.drop([name for name in columns if name in trial.participants.columns])
    return trial.with_tables(
        {"participants": people.with_columns(*(pl.Series(name, values) for name, values in columns.items()))}
    )


def many(build, n=60, seed=8):
    draw = np.random.Generator(np.random.PCG64(seed))
    age = draw.normal(60, 10, n)
    times = np.round(draw.exponential(12 * np.exp(-0.04 * (age - 60))), 1) + 0.1
    rows = [(i % 2, min(float(t), 18.0), t < 18) for i, t in enumerate(times)]
    return trial_of(build, rows), age


def one(trial, reference="x", **settings):
    (row,) = cox(trial, PlannedAnalysis(method="cox", **settings), reference)
    return row


@pytest.mark.evidence("cox", "property")
def test_the_scale_of_a_covariate_and_the_order_of_participants_do_not_matter(build):
    trial, age = many(build)
    plain = one(with_columns(trial, age_years=age), covariates=("age_years",))
    scaled = one(with_columns(trial, age_years=5.0 - 1e4 * age), covariates=("age_years",))
    turned = with_columns(trial, age_years=age)
    turned = one(
        turned.with_tables({"participants": turned.participants[::-1], "events": turned.events[::-1]}),
        covariates=("age_years",),
    )
    for other in (scaled, turned):
        assert other.estimate == pytest.approx(plain.estimate, rel=1e-9)
        assert other.standard_error == pytest.approx(plain.standard_error, rel=1e-9)
    assert plain.estimate != pytest.approx(one(trial).estimate, rel=1e-3)


@pytest.mark.evidence("cox", "property")
def test_one_stratum_is_no_stratum_and_arms_swap_the_sign(build):
    trial, age = many(build)
    trial = with_columns(trial, age_years=age, stratum=["all"] * 60, site=["abc"[i // 20] for i in range(60)])
    usual = one(trial)
    single = one(trial, strata=("stratum",))
    assert single.estimate == pytest.approx(usual.estimate, rel=1e-12)
    settings = {"strata": ("site",), "covariates": ("age_years",)}
    there, back = one(trial, **settings), one(trial, "y", **settings)
    assert back.estimate == pytest.approx(-there.estimate, rel=1e-9)
    assert back.p == pytest.approx(there.p, rel=1e-9)


def test_who_lacks_a_covariate_is_left_out_and_counted(build):
    trial, age = many(build)
    told = [None if i in (0, 7, 31) else float(a) for i, a in enumerate(age)]
    row = one(with_columns(trial, age_years=told), covariates=("age_years",))
    assert (row.n, row.not_evaluable, row.converged) == (57, 3, True)
    kept = [i for i in range(60) if i not in (0, 7, 31)]
    names = trial.participants["participant_id"]
    fewer = trial.with_tables({"participants": with_columns(trial, age_years=age).participants[kept]})
    assert names.len() == 60
    assert row.estimate == one(fewer, covariates=("age_years",)).estimate


def test_a_level_that_only_those_left_out_have_is_no_column(build):
    trial, age = many(build)
    told = [None if i == 3 else float(a) for i, a in enumerate(age)]
    region = ["bulbar" if i % 3 else "limb" for i in range(60)]
    region[3] = "spinal"
    row = one(with_columns(trial, age_years=told, onset_region=region), covariates=("age_years", "onset_region"))
    assert (row.converged, row.n) == (True, 59)


def test_settings_are_told_in_rule_and_estimand(build):
    trial, age = many(build)
    trial = with_columns(trial, age_years=age, weight_kg=age[::-1], site=["abc"[i // 20] for i in range(60)])
    row = one(trial, covariates=("age_years", "weight_kg"), strata=("site",), fatal_events=("death",))
    assert row.rule == "stratified by site; adjusted for age_years and weight_kg"
    assert row.estimand == (
        "The log of the ratio of the hazards of death from time zero on, arm y to arm x, taken to be the same at every "
        "time, for participants alike in age_years and weight_kg (who lacks one of them is left out), compared within "
        "strata of site, in all participants at risk, as allocated, whatever was given (treatment policy); leaving the "
        "trial is taken to say nothing about survival (independent censoring)."
    )
    assert one(trial).rule is None


@pytest.mark.evidence("cox", "bad_input")
@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([4.0] * 60, "age_years: expected a covariate that differs between participants; it is the same in everybody. "
         "Leave it out."),
        ([None] * 60, "age_years: expected a covariate that differs between participants; it is empty in everybody. "
         "Leave it out."),
        ([float("nan")] * 59 + [float("inf")], "age_years: expected a covariate that differs between participants; it "
         "is empty in everybody. Leave it out."),
        ([1.0, 2.0, *[None] * 58], "nobody of {} died while participants of both arms were at risk"),
    ],
)  # fmt: skip
def test_a_covariate_that_cannot_be_used_is_said(build, column, said):
    trial, _ = many(build)
    row = one(with_columns(trial, age_years=pl.Series(column, dtype=pl.Float64)), covariates=("age_years",))
    assert (row.converged, row.estimate) == (False, None)
    assert row.warnings[0].startswith(said.format("the arm")) or row.warnings[0].startswith(
        said.format("the reference arm")
    )


@pytest.mark.evidence("cox", "bad_input")
def test_a_column_that_is_not_there_is_said(build):
    row = one(many(build)[0], covariates=("agee_years",))
    assert row.warnings[0].startswith("agee_years: expected a column of the participants (")
    assert row.warnings[0].endswith("got none so named. Did you mean 'age_years'?")


@pytest.mark.evidence("cox", "bad_input")
def test_arms_that_die_in_different_strata_are_not_compared(build):
    # x dies at site a while both are there, y only at site b, where x is not at risk any more.
    rows = [(0, 2, True), (0, 8, False), (1, 9, False), (0, 3, False), (1, 4, True)]
    row = one(with_columns(trial_of(build, rows), site=list("aaabb")), strata=("site",))
    assert row.warnings == (
        "nobody of the arm died while participants of both arms of a stratum were at risk, so that no finite hazard "
        "ratio fits best (monotone likelihood)",
    )
    assert one(trial_of(build, rows)).converged


@pytest.mark.evidence("cox", "bad_input")
def test_reasons_speak_of_what_is_counted(build):
    trial = build({"a": "x", "b": "y"}, events=[("a", 2.0, "death"), ("b", 3.0, "death")])
    row = one(trial, fatal_events=("tracheostomy",))
    assert row.warnings == ("nobody had tracheostomy, so that no hazard ratio can be estimated",)
    assert row.rule == "cause-specific: tracheostomy"
    assert row.estimand.endswith(
        "(independent censoring). Death competes: it ends the time at risk (cause-specific hazard), which says how "
        "fast the event comes to those still at risk, not how many have it."
    )
