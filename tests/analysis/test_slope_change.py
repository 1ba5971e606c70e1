"""`slope_change` against R (validation/slope-change), by hand, and what must not change it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest

from leadin.analysis.slope_change import REFERENCES, SHARED, UNCONTROLLED, participant_slopes, slope_change
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis

HERE = Path(__file__).resolve().parents[2] / "validation" / "slope-change"
EXPECTED = json.loads((HERE / "expected.json").read_text())
NAMES = [f"{entry['dataset']}, {'shared' if entry['share_baseline'] else 'not shared'}" for entry in EXPECTED]
PLAN = PlannedAnalysis(method="slope_change")


def trial_from(name, build):
    with (HERE / "data" / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    scores = {}
    for row in rows:
        scores.setdefault(row["id"], {})[float(row["day"]) / DAYS_PER_MONTH] = float(row["value"])
    return build({row["id"]: row["arm"] for row in rows}, scores)


def close(ours, theirs):
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)


@pytest.mark.evidence("slope_change", "reference")
@pytest.mark.parametrize("entry", EXPECTED, ids=NAMES)
def test_every_slope_equals_lm(entry, build):
    slopes = participant_slopes(trial_from(entry["dataset"], build), share_baseline=entry["share_baseline"])
    ours = {row["participant_id"]: row for row in slopes.iter_rows(named=True)}
    assert len(entry["slopes"]) == len(ours) > 0
    for theirs in entry["slopes"]:
        mine = ours[theirs["id"]]
        assert (mine["arm"], mine["n_lead_in"], mine["n_follow_up"], mine["evaluable"]) == (
            theirs["arm"], theirs["n_lead_in"], theirs["n_follow_up"], theirs["evaluable"],
        )  # fmt: skip
        for which in ("lead_in", "follow_up"):
            if theirs.get(which) is None:
                assert mine[which] is None
            else:
                close(mine[which], theirs[which])


@pytest.mark.evidence("slope_change", "reference")
@pytest.mark.parametrize("entry", EXPECTED, ids=NAMES)
def test_every_test_equals_r(entry, build):
    planned = PlannedAnalysis(method="slope_change", share_baseline=entry["share_baseline"])
    rows = slope_change(trial_from(entry["dataset"], build), planned, "control")
    assert [(row.arm, row.contrast) for row in rows[-1:]] == [("cells", "cells - control")]
    for theirs in entry["within"]:
        t, wilcoxon = (row for row in rows if row.arm == theirs["arm"] and row.contrast == "follow-up - lead-in")
        assert (t.n, t.not_evaluable) == (theirs["n"], theirs["not_evaluable"]) == (wilcoxon.n, wilcoxon.not_evaluable)
        assert_equal(t, theirs["t"])
        assert t.rule == "t test"
        close(wilcoxon.statistic, theirs["wilcoxon"]["v"])
        close(wilcoxon.p, theirs["wilcoxon"]["p"])
        exact = "exact" in theirs["wilcoxon"]["method"]
        assert wilcoxon.rule == f"Wilcoxon test ({'exact' if exact else 'normal approximation'})"
        assert (wilcoxon.estimate, wilcoxon.unit) == (None, None)
    assert_equal(rows[-1], entry["between"])
    assert rows[-1].rule == "Welch t test"
    assert rows[-1].n == sum(w["n"] for w in entry["within"])
    assert rows[-1].not_evaluable == sum(w["not_evaluable"] for w in entry["within"])


def assert_equal(row, theirs):
    close(row.estimate, theirs["estimate"])
    close(row.standard_error, theirs["standard_error"])
    close(row.statistic, theirs["t"])
    close(row.df, theirs["df"])
    close(row.ci_low, theirs["low"])
    close(row.ci_high, theirs["high"])
    close(row.p, theirs["p"])


def test_the_reference_covers_exact_and_approximate_shared_and_not_and_some_not_evaluable():
    methods = {within["wilcoxon"]["method"].split(" with")[0] for entry in EXPECTED for within in entry["within"]}
    assert methods == {"Wilcoxon signed rank exact test", "Wilcoxon signed rank test"}
    assert {entry["share_baseline"] for entry in EXPECTED} == {True, False}
    assert sum(within["not_evaluable"] for entry in EXPECTED for within in entry["within"]) > 5


def line(before, after, start=40.0):
    """Scores that fall by `before` points a month up to time zero and by `after` from then on."""
    return {month: start - (before if month <= 0 else after) * month for month in (-2, -1, 0, 1, 2, 3)}


THREE = {"a": line(2, 1), "b": line(1, 1.5), "c": line(1, 0.5)}


def test_one_arm_by_hand(build):
    t, wilcoxon = slope_change(build(dict.fromkeys(THREE, "cells"), THREE), PLAN, "cells")
    # Changes 1, -0.5 and 0.5: mean 1/3, variance 7/12.
    assert t.estimate == pytest.approx(1 / 3)
    assert t.standard_error == pytest.approx((7 / 36) ** 0.5)
    assert (t.df, t.n, t.not_evaluable, t.unit) == (2.0, 3, 0, "points per month")
    # The two halves tie; ranks 1.5 and 3 are positive.
    assert (wilcoxon.statistic, wilcoxon.rule) == (4.5, "Wilcoxon test (normal approximation)")
    assert t.warnings == (UNCONTROLLED,)
    assert wilcoxon.warnings == ()
    assert t.references == REFERENCES
    assert (t.converged, t.planned, t.method, t.endpoint) == (True, False, "slope_change", "alsfrs_r")
    assert t.estimand == (
        "Among participants of arm cells with at least 3 visits before and 3 after time zero: the mean, over "
        "participants, of the slope of the ALSFRS-R total after time zero minus the slope before it, over the visits "
        "made while alive, whatever was given (treatment policy)."
    )


def test_between_arms_says_what_it_compares(build):
    trial = build({"a": "cells", "b": "cells", "c": "control", "d": "control"}, {**THREE, "d": line(1, 3)})
    *_, row = slope_change(trial, PLAN, "control")
    # Changes 1 and -0.5 against 0.5 and -2.
    assert row.estimate == pytest.approx(0.25 - -0.75)
    assert row.warnings == ()
    assert row.estimand == (
        "Among participants with at least 3 visits before and 3 after time zero: the mean change of the slope of the "
        "ALSFRS-R total from before to after time zero, arm cells minus arm control, over the visits made while alive, "
        "whatever was given (treatment policy)."
    )


def test_a_planned_level_moves_the_interval_alone(build):
    trial = build(dict.fromkeys(THREE, "cells"), THREE)
    wide, _ = slope_change(trial, PlannedAnalysis(method="slope_change", alpha=0.01), None)
    usual, _ = slope_change(trial, PLAN, None)
    assert wide.ci_low < usual.ci_low < usual.ci_high < wide.ci_high
    assert wide.p == usual.p


def test_sharing_the_baseline_is_warned_of(build):
    planned = PlannedAnalysis(method="slope_change", share_baseline=True)
    trial = build({"a": "x", "b": "x", "c": "y", "d": "y"}, {**THREE, "d": line(1, 3)})
    rows = slope_change(trial, planned, "x")
    assert [row.warnings for row in rows] == [(SHARED,)] * 5


@pytest.mark.evidence("slope_change", "property")
def test_relabelling_the_arms_turns_the_sign(build):
    trial = trial_from("s01_small", build)
    one, other = slope_change(trial, PLAN, "control")[-1], slope_change(trial, PLAN, "cells")[-1]
    close(one.estimate, -other.estimate)
    close((one.ci_low, one.ci_high), (-other.ci_high, -other.ci_low))
    close(one.p, other.p)
    assert other.contrast == "control - cells"


@pytest.mark.evidence("slope_change", "property")
def test_neither_the_order_of_rows_nor_an_empty_visit_matters(build):
    trial = trial_from("s02_large", build)
    turned = trial.with_tables(
        {
            "participants": trial.participants.reverse(),
            "assessments": trial.assessments.sample(fraction=1, shuffle=True, seed=1),
        }
    )
    empty = trial.assessments.with_columns(day=pl.col("day") + 0.5, value=pl.lit(None, dtype=pl.Float64))
    longer = trial.with_tables({"assessments": pl.concat([trial.assessments, empty])})
    for other in (turned, longer):
        for ours, theirs in zip(
            sorted(slope_change(trial, PLAN, "control"), key=str_key),
            sorted(slope_change(other, PLAN, "control"), key=str_key),
            strict=True,
        ):
            assert ours.p == pytest.approx(theirs.p, rel=1e-9)
            assert ours.n == theirs.n


def str_key(row):
    return (row.arm, row.contrast, row.rule)


def test_another_measure_has_its_own_unit(build):
    trial = build(
        dict.fromkeys(THREE, "cells"),
        {k: {m: 2 * v for m, v in s.items()} for k, s in THREE.items()},
        measure="svc_percent",
    )
    planned = PlannedAnalysis(method="slope_change", measure="svc_percent")
    row, _ = slope_change(trial, planned, "cells")
    assert row.estimate == pytest.approx(2 / 3)
    assert (row.endpoint, row.unit) == ("svc_percent", "% of predicted per month")
    assert "slope of the slow vital capacity" in row.estimand


def test_three_arms_are_each_held_against_the_reference(build):
    arms = {"a": "low", "b": "low", "c": "none", "d": "none", "e": "high", "f": "high"}
    trial = build(arms, {who: line(1, 1 + i / 7) for i, who in enumerate(arms)})
    contrasts = [row.contrast for row in slope_change(trial, PLAN, "none") if row.contrast != "follow-up - lead-in"]
    assert contrasts == ["low - none", "high - none"]


def test_nobody_in_an_arm_by_name_is_one_arm_without_name(build):
    rows = slope_change(build(dict.fromkeys(THREE), THREE), PLAN, None)
    assert [(row.arm, row.n) for row in rows] == [(None, 3), (None, 3)]
    assert "Among participants of the trial with" in rows[0].estimand


TOO_FEW = "expected at least 2 participants of arm {} with 3 visits in the lead-in and 3 in the follow-up; got {}"


@pytest.mark.evidence("slope_change", "bad_input")
def test_no_lead_in_is_not_evaluable_and_said(build):
    after = {who: {month: 40.0 - month for month in (0, 1, 2, 3)} for who in "ab"}
    for row in slope_change(build(dict.fromkeys("ab", "cells"), after), PLAN, "cells"):
        assert not row.converged
        assert row.warnings[0] == TOO_FEW.format("cells", 0)
        assert (row.n, row.not_evaluable, row.estimate, row.p) == (0, 2, None, None)


@pytest.mark.evidence("slope_change", "bad_input")
def test_one_participant_is_not_evaluable_and_said(build):
    trial = build({"a": "cells", "b": "cells", "c": "control"}, THREE)
    rows = slope_change(trial, PLAN, "control")
    assert [row.converged for row in rows] == [True, True, False, False, False]
    assert {row.warnings[0] for row in rows[2:]} == {TOO_FEW.format("control", 1)}
    assert (rows[4].n, rows[4].estimate) == (3, None)


@pytest.mark.evidence("slope_change", "bad_input")
def test_an_arm_without_visits_is_counted(build):
    trial = build({"a": "cells", "b": "cells", "c": "control", "d": "control"}, {"a": THREE["a"], "b": THREE["b"]})
    *_, row = slope_change(trial, PLAN, "control")
    assert row.warnings[0] == TOO_FEW.format("control", 0)
    assert (row.n, row.not_evaluable) == (2, 2)


@pytest.mark.evidence("slope_change", "bad_input")
def test_equal_changes_have_no_error_to_be_judged_by(build):
    same = {who: line(2 + i, 1 + i) for i, who in enumerate("abcd")}
    trial = build({"a": "cells", "b": "cells", "c": "control", "d": "control"}, same)
    t, wilcoxon, *_, between = slope_change(trial, PLAN, "control")
    assert t.estimate == pytest.approx(1.0)
    assert (t.converged, t.standard_error, t.p) == (False, None, None)
    assert t.warnings[0] == "all 2 changes of slope are equal, so that their error cannot be estimated"
    assert wilcoxon.converged
    assert between.estimate == pytest.approx(0.0)
    assert between.warnings[0] == (
        "the changes of slope are all equal within each arm, so that their error cannot be estimated"
    )
    assert (between.converged, between.p) == (False, None)


def test_one_constant_arm_can_still_be_compared(build):
    trial = build(
        {"a": "x", "b": "x", "c": "y", "d": "y"}, {"a": line(2, 1), "b": line(3, 2), "c": line(1, 1), "d": line(1, 3)}
    )
    *_, row = slope_change(trial, PLAN, "x")
    assert row.converged
    assert row.estimate == pytest.approx(-2.0)


def test_no_change_at_all_cannot_be_ranked(build):
    same = {who: line(1 + i, 1 + i) for i, who in enumerate("ab")}
    t, wilcoxon = slope_change(build(dict.fromkeys("ab", "cells"), same), PLAN, "cells")
    assert wilcoxon.warnings == ("none of the 2 slopes changed, so that there is nothing to rank",)
    assert (wilcoxon.converged, wilcoxon.p) == (False, None)
    assert t.estimate == pytest.approx(0.0, abs=1e-12)


def test_participant_slopes_keep_everybody_in_the_order_of_the_table(build):
    trial = build({"z": "x", "a": None, "m": "y"}, {"m": line(1, 2), "z": {0: 40.0, 1: None, 2: 38.0}})
    slopes = participant_slopes(trial)
    assert slopes.columns == ["participant_id", "arm", "lead_in", "follow_up", "n_lead_in", "n_follow_up", "evaluable"]
    assert slopes["participant_id"].to_list() == ["z", "a", "m"]
    assert slopes["arm"].to_list() == ["x", None, "y"]
    assert slopes["n_lead_in"].to_list() == [1, 0, 3]
    assert slopes["n_follow_up"].to_list() == [1, 0, 3]
    assert slopes["evaluable"].to_list() == [False, False, True]
    assert slopes["lead_in"].to_list()[:2] == [None, None]
    assert slopes["follow_up"].to_list()[2] == pytest.approx(-2.0)
