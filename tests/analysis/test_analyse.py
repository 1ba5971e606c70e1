"""Analysing a trial: what is run, what is planned, who is left out, what is said where nothing can be."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import leadin
from leadin.analysis.analyse import ONE_MEASURE, analyse_trial
from leadin.analysis.methods import METHODS
from leadin.errors import DataError, ProtocolError, UsageError
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import IntercurrentEvent, PlannedAnalysis
from leadin.trials.finding import Finding

MONTHS = (-2, -1, 0, 1, 2, 3)
ARMS = {who: ("cells" if i % 2 else "control") for i, who in enumerate("abcdefgh")}
DRAW = np.random.Generator(np.random.PCG64(4))
RATES = dict(zip(ARMS, DRAW.gamma(3, 0.4, len(ARMS)).tolist(), strict=True))
NOISE = {who: dict(zip(MONTHS, DRAW.normal(0, 1.6, len(MONTHS)).tolist(), strict=True)) for who in ARMS}


def scores():
    return {who: {m: float(round(40 - RATES[who] * m + NOISE[who][m])) for m in MONTHS} for who in ARMS}


def breathing(measure):
    return [(who, m, measure, round(90 - 2 * RATES[who] * m + 3 * NOISE[who][m], 1)) for who in ARMS for m in MONTHS]


ENDS = [(who, 3.5 + i, "death" if i % 3 == 0 else "end_of_follow_up") for i, who in enumerate(ARMS)]
HARM = [
    {"participant_id": "b", "start_month": 0.5, "term": "Headache", "system_organ_class": "Nervous system disorders"},
]


@pytest.fixture
def trial(build):
    return build(ARMS, scores(), ENDS, adverse_events=HARM)


def told(results):
    return {(row.method, row.endpoint): row.planned for row in results}


def test_without_a_plan_every_method_runs_and_is_exploratory(trial):
    results = analyse_trial(trial)
    assert list(told(results)) == [(name, ENDPOINT[name]) for name, method in METHODS.items()]
    assert set(results.methods) == set(METHODS)
    assert not any(row.planned for row in results)
    assert results.plan is None
    assert results.reference == "control"
    assert {analysis.role for analysis in results.analyses} == {"exploratory", "safety"}
    assert results.primary == ()


def test_measures_of_breathing_are_analysed_where_the_tables_hold_them(build):
    results = analyse_trial(build(ARMS, scores(), ENDS, more=breathing("svc_percent"), adverse_events=HARM))
    by_measure = [name for name, method in METHODS.items() if method.needs == "assessments" and name not in ONE_MEASURE]
    assert [key for key in told(results) if key[1] == "svc_percent"] == [(name, "svc_percent") for name in by_measure]
    only = analyse_trial(build(ARMS, more=breathing("fvc_percent")), methods=["random_slope"])
    assert list(told(only)) == [("random_slope", "fvc_percent")]


PLAN = Plan(
    reference_arm="cells",
    analyses=(
        PlannedAnalysis(method="cox", role="primary"),
        PlannedAnalysis(method="slope_change", alpha=0.1),
        PlannedAnalysis(method="cox", alpha=0.1),
    ),
)


def test_a_plan_is_run_in_its_order_and_nothing_else(trial):
    results = analyse_trial(trial, plan=PLAN)
    assert [row.method for row in results] == ["cox", *["slope_change"] * 5, "cox"]
    assert all(row.planned for row in results)
    assert results.analyses == (PLAN.analyses[0], *[PLAN.analyses[1]] * 5, PLAN.analyses[2])
    assert (results.plan, results.reference) == (PLAN, "cells")
    assert [row.contrast for row in results["cox"]] == ["control - cells"] * 2
    assert results.primary == (results.rows[0],)
    assert results.rows[-1].ci_low > results.rows[0].ci_low


def test_the_plan_of_the_protocol_is_the_plan_unless_another_is_given(trial):
    protocol = leadin.protocol("hanyang-phase2")
    mine = replace(trial, protocol=protocol)
    assert protocol.plan is not None
    results = analyse_trial(mine, methods=["log_rank"])
    assert (results.plan, results.reference) == (protocol.plan, "control")
    assert [row.planned for row in results] == [True]
    assert analyse_trial(mine, plan=PLAN, methods=["cox"]).plan is PLAN
    bare = replace(trial, protocol=protocol.model_copy(update={"plan": None}))
    assert analyse_trial(bare, methods=["cox"]).plan is None


def test_a_plan_may_be_a_file(trial, tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("reference_arm: cells\nanalyses:\n  - {method: log_rank, role: primary}\n")
    for given in (path, str(path)):
        results = analyse_trial(trial, plan=given)
        assert [(row.method, row.contrast, row.planned) for row in results] == [("log_rank", "control - cells", True)]
    path.write_text("analyses:\n  - {method: log-rnk}\n")
    with pytest.raises(ProtocolError, match="log_rank"):
        analyse_trial(trial, plan=path)


def test_methods_select_from_the_plan_and_others_are_exploratory(trial):
    results = analyse_trial(trial, plan=PLAN, methods=["log_rank", "cox", "log_rank"])
    assert [(row.method, row.planned) for row in results] == [("cox", True), ("cox", True), ("log_rank", False)]
    assert [row.method for row in analyse_trial(trial, methods=("log_rank",))] == ["log_rank"]


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        (["cocks"], f"method: expected one of {', '.join(METHODS)}; got 'cocks'."),
        ([], f"methods: expected at least one of {', '.join(METHODS)}; got none."),
        ("cox", "methods: expected a list of names; got the text 'cox'. Write ['cox']."),
    ],
)
def test_methods_that_make_no_sense_are_refused(trial, methods, said):
    with pytest.raises(UsageError) as caught:
        analyse_trial(trial, methods=methods)
    assert str(caught.value).startswith(said)


def test_the_reference_is_as_named(trial):
    assert analyse_trial(trial, plan=PLAN, reference="control").rows[0].contrast == "cells - control"
    with pytest.raises(UsageError, match=r"^reference: expected an arm of this trial \(control, cells\); got 'sham'\."):
        analyse_trial(trial, reference="sham")


def test_relabelling_arms_turns_the_sign_of_every_comparison(trial):
    one, other = analyse_trial(trial, reference="control"), analyse_trial(trial, reference="cells")
    compared = 0
    for method in ("slope_change", "random_slope", "broken_stick", "cox"):
        a, b = one[method].primary, other[method].primary
        assert (a.contrast, b.contrast) == ("cells - control", "control - cells")
        if a.estimate is not None:
            compared += 1
            assert a.estimate == pytest.approx(-b.estimate, rel=1e-4, abs=1e-6), method
    assert compared >= 3


def test_rows_with_an_error_are_left_out_and_the_finding_is_told(trial):
    worse = pl.concat(
        [trial.assessments, trial.assessments[:1].with_columns(day=pl.col("day") + 7, value=pl.lit(49.0))]
    )
    spoiled = trial.with_tables({"assessments": worse})
    results = analyse_trial(spoiled, methods=["slope_change"])
    assert results.rows == analyse_trial(trial, methods=["slope_change"]).rows
    (finding,) = [f for f in results.findings if f.severity == "error"]
    assert finding.table == "assessments"
    assert finding.rows == (worse.height - 1,)


def test_findings_that_the_trial_brings_are_kept(trial):
    note = Finding("no-manifest", "note", "", (), "The folder has no manifest.")
    assert note in analyse_trial(replace(trial, findings=(note,)), methods=["cox"]).findings


def test_participants_without_an_arm_are_in_no_comparison(build):
    arms = {**ARMS, "i": None}
    results = analyse_trial(build(arms, {**scores(), "i": scores()["a"]}, ENDS), methods=["slope_change"])
    assert sum(row.n + row.not_evaluable for row in results["slope_change"][:4:2]) == 8


def test_one_arm_without_a_name_is_analysed(build):
    results = analyse_trial(build(dict.fromkeys(ARMS), scores(), ENDS, adverse_events=HARM))
    assert results.reference is None
    assert {row.arm for row in results if row.method != "log_rank"} == {None}
    assert results["slope_change"].primary.converged
    assert results["kaplan_meier"].primary.converged
    assert results["cox"].primary.warnings == ("expected at least two arms to compare; got 1",)


def test_a_strategy_of_the_plan_is_carried_out_and_said(build):
    event = IntercurrentEvent(event="other_therapy", strategy="hypothetical")
    while_alive = IntercurrentEvent(event="death", strategy="while_alive")
    plan = Plan(
        analyses=(
            PlannedAnalysis(method="slope_change", intercurrent_events=(event, while_alive)),
            PlannedAnalysis(method="random_slope", intercurrent_events=(while_alive,)),
        )
    )
    trial = build(ARMS, scores(), [*ENDS, ("b", 1.5, "other_therapy")])
    results = analyse_trial(trial, plan=plan)
    within = next(row for row in results["slope_change"] if row.arm == "cells")
    assert within.not_evaluable == 1
    assert within.estimand.endswith(
        "(treatment policy). As planned, visits after other therapy are left out (hypothetical). Treatment: arm cells, "
        "as allocated. Intercurrent events: while alive for death; treatment policy for permanent ventilation, "
        "non-invasive ventilation and not being dosed; hypothetical for other therapy (values before it tell what "
        "would have followed without it)."
    )
    assert within.warnings == ()
    assert results["random_slope"].primary.warnings[0].startswith("the plan asks 'while alive' for death; random_slope")


ENDPOINT = {
    **{name: {"assessments": "alsfrs_r", "events": "survival"}.get(method.needs) for name, method in METHODS.items()},
    "safety": "adverse_events",
    "paired_side": "strength",
    "potency": "secretion",
}
NO_SCORE = "the trial has no assessment of ALSFRS-R total"
NO_EVENT = "the trial was imported without any event, so that nobody is known to have died or to have been followed"
LACKING = {
    **{name: NO_SCORE for name, method in METHODS.items() if method.needs == "assessments"},
    **{name: NO_EVENT for name, method in METHODS.items() if method.needs == "events"},
    "paired_side": "the trial has no assessment of the strength of both limbs",
    "potency": "the trial has no lot with secretion before and after differentiation",
    "safety": "the trial was imported without any adverse event; none recorded is not none seen",
}


def test_what_the_tables_cannot_carry_is_said_method_by_method(build):
    results = analyse_trial(build({"a": "x", "b": "y"}))
    assert {row.method: row.warnings[0] for row in results} == LACKING
    assert len(results) == len(METHODS)
    assert not any(row.converged for row in results)
    assert all(row.references == METHODS[row.method].references for row in results)
    assert [row.endpoint for row in results] == [ENDPOINT[row.method] for row in results]


def test_no_adverse_event_in_a_trial_that_was_conducted_is_none_seen(build):
    trial = build({"a": "x"}, {"a": {1: 40}}, origin="conducted")
    assert analyse_trial(trial, methods=["safety"])["safety"].primary.estimate == 0.0


def test_either_of_two_measures_may_be_there(build):
    plan = Plan(analyses=(PlannedAnalysis(method="responders", either_of=("svc_percent",)),))
    results = analyse_trial(build(ARMS, more=breathing("svc_percent")), plan=plan)
    assert results["responders"].primary.endpoint == "alsfrs_r or svc_percent"
    assert analyse_trial(build(ARMS), plan=plan).rows[0].warnings == (
        "the trial has no assessment of ALSFRS-R total or slow vital capacity",
    )


def degenerate(build):
    flat = {who: dict.fromkeys(MONTHS, 40.0) for who in ARMS}
    after = {who: {m: v for m, v in visits.items() if m > 0} for who, visits in scores().items()}
    missing = {who: dict.fromkeys(MONTHS) for who in ARMS}
    first = {who: {-1: 40.0} for who in ARMS}
    one = {"a": scores()["a"]}
    dead = [(who, 0.5, "death") for who in ARMS]
    return {
        "constant outcome": build(ARMS, flat, ENDS),
        "no lead-in": build(ARMS, after, ENDS),
        "every value missing": build(ARMS, missing, ENDS),
        "all dead before the first visit": build(ARMS, first, dead),
        "one arm empty": build(ARMS, {who: v for who, v in scores().items() if ARMS[who] == "cells"}, ENDS),
        "one participant": build({"a": "cells"}, one, [("a", 3.0, "death")]),
        "two participants in two arms": build({"a": "cells", "b": "control"}, one),
        "nobody but a name": build({"a": None}),
    }


@pytest.mark.parametrize(
    "name",
    [
        "constant outcome", "no lead-in", "every value missing", "all dead before the first visit", "one arm empty",
        "one participant", "two participants in two arms", "nobody but a name",
    ],
)  # fmt: skip
def test_degenerate_trials_give_reasons_and_never_a_traceback(build, name):
    results = analyse_trial(degenerate(build)[name])
    assert set(results.methods) == set(METHODS)
    for row in results:
        assert not row.converged or row.estimate is not None or row.statistic is not None
        if not row.converged:
            assert row.warnings[0]
            assert row.p is None
    said = json.loads(results.to_json())
    assert len(said["results"]) == len(results)
    assert repr(results)


def test_a_trial_without_participants_is_refused(build):
    with pytest.raises(DataError, match="expected at least one usable participant"):
        analyse_trial(build({}))


def test_a_protocol_of_other_arms_leaves_nobody_and_is_refused(trial):
    warned = replace(trial, findings=(Finding("x", "warning", "participants", (), "Only a warning."),))
    with pytest.raises(DataError) as caught:
        analyse_trial(replace(warned, protocol=leadin.protocol("nurown-phase2a")))
    assert "Only a warning." not in str(caught.value)
    assert str(caught.value).startswith(
        "participants: expected at least one usable participant in an arm; got none. 4 participants of arm 'control'"
    )


def test_the_same_trial_gives_the_same_text_twice(trial):
    assert analyse_trial(trial).to_json() == analyse_trial(trial).to_json()


def test_the_front_door_takes_the_same_words(trial):
    assert leadin.analyse(trial, methods=["cox"], reference="cells").rows == (
        analyse_trial(trial, methods=["cox"], reference="cells").rows
    )


def test_a_planned_covariate_that_is_the_same_in_everybody_adjusts_nothing_and_is_said(trial):
    """The plan was written before anybody knew that all would be on riluzole."""
    people = trial.participants.with_columns(
        riluzole=pl.lit(True), age_years=pl.Series([50.0, 61, 47, 70, 55, 66, 58, 49])
    )
    same = trial.with_tables({"participants": people})
    asked, plain = (
        PlannedAnalysis(method="ancova", covariates=covariates)
        for covariates in (("riluzole", "age_years"), ("age_years",))
    )
    with_constant = analyse_trial(same, plan=Plan(analyses=(asked,)))
    without = analyse_trial(same, plan=Plan(analyses=(plain,)))
    said = "not adjusted for riluzole: the same in everybody"
    assert [row.estimate for row in with_constant] == [row.estimate for row in without]
    assert all(row.warnings[0] == said for row in with_constant)
    assert all(said not in row.warnings for row in without)
