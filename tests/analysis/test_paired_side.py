"""Treated against untreated side: against R, by property, and what cannot be told."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadin.analysis.analyse import analyse_trial, run_analysis
from leadin.analysis.paired_side import (
    CONTRAST,
    CROSSED,
    REFERENCES,
    change_differences,
    paired_side,
    slope_differences,
)
from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.schema import SCHEMAS

HERE = Path(__file__).resolve().parents[2] / "validation" / "paired-side"
EXPECTED = json.loads((HERE / "expected.json").read_text())
PLAN = PlannedAnalysis(method="paired_side")


def doses(sites):
    """Administrations on day 0 from (participant, site); None: at no stated site."""
    rows = [{**dict.fromkeys(SCHEMAS["administrations"]), "participant_id": who, "day": 0.0, "site_of_injection": site}
            for who, site in sites]  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMAS["administrations"])


@pytest.fixture(scope="module")
def rows():
    with (HERE / "data.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def trial(build, rows):
    arms = {row["id"]: row["arm"] for row in rows}
    limbs = [
        (row["id"], float(row["month"]), f"strength.{side}", float(row[side]) if row[side] else None)
        for row in rows
        for side in ("left", "right")
    ]
    sites = {row["id"]: row["site"] for row in rows if row["side"]}
    return build(arms, more=limbs).with_tables({"administrations": doses(sites.items())})


def same_test(row, theirs):
    for field, key in (
        ("estimate", "estimate"), ("standard_error", "standard_error"), ("statistic", "statistic"), ("df", "df"),
        ("p", "p"), ("ci_low", "low"), ("ci_high", "high"),
    ):  # fmt: skip
        assert getattr(row, field) == pytest.approx(theirs[key], rel=1e-9), field


@pytest.mark.evidence("paired_side", "reference")
@pytest.mark.parametrize(("month", "key"), [(None, "change_6"), (6.0, "change_6"), (3.0, "change_3")])
def test_every_row_equals_r(trial, month, key):
    told = paired_side(trial, PlannedAnalysis(method="paired_side", month=month), "low")
    for what, expected in (
        (f"change at month {3 if month == 3.0 else 6}", EXPECTED[key]),
        ("slope", EXPECTED["slope"]),
    ):
        for arm in ("all", "low", "high"):
            mine = [row for row in told if row.arm == (None if arm == "all" else arm) and row.contrast == CONTRAST]
            t, wilcoxon = (row for row in mine if row.rule.startswith(what))
            assert t.rule == f"{what}, t test"
            assert t.n == wilcoxon.n == expected[arm]["t"]["n"]
            same_test(t, expected[arm]["t"])
            way = "exact" if expected[arm]["wilcoxon"]["exact"] else "normal approximation"
            assert wilcoxon.rule == f"{what}, Wilcoxon test ({way})"
            assert wilcoxon.statistic == pytest.approx(expected[arm]["wilcoxon"]["statistic"])
            assert wilcoxon.p == pytest.approx(expected[arm]["wilcoxon"]["p"], rel=1e-9)
        (welch,) = [row for row in told if row.contrast == "high - low" and row.rule == f"{what}, Welch t test"]
        same_test(welch, expected["welch"])
        assert (welch.arm, welch.n) == ("high", expected["low"]["t"]["n"] + expected["high"]["t"]["n"])


def test_order_words_and_counts_of_the_rows(trial):
    told = paired_side(trial, PLAN, "low")
    assert [(row.arm, row.contrast) for row in told] == [
        *[(None, CONTRAST)] * 4, *[("low", CONTRAST)] * 4, *[("high", CONTRAST)] * 4, ("none", CONTRAST),
        ("high", "high - low"), ("high", "high - low"),
    ]  # fmt: skip
    assert {row.method for row in told} == {"paired_side"}
    assert {row.endpoint for row in told} == {"strength"}
    assert {row.references for row in told} == {REFERENCES}
    everybody, low = told[0], told[4]
    assert (everybody.n + everybody.not_evaluable, low.n + low.not_evaluable) == (20, 11)
    assert low.time_months == pytest.approx(6.0)
    assert (low.unit, told[5].unit, told[6].unit, told[6].time_months) == (
        "units of strength", None, "units of strength per month", None,
    )  # fmt: skip
    assert low.warnings == (
        "participants who are not evaluable, dosed on both sides or at a place without a side: 2; without a baseline "
        "and a visit at month 6 of both limbs: 4",
    )
    assert told[6].warnings == (
        "participants who are not evaluable, dosed on both sides or at a place without a side: 2; without 3 visits "
        "after time zero of both limbs: 1",
    )
    assert low.estimand == (
        "Among participants of arm low who were dosed on one side alone and have a baseline and a visit at month 6 of "
        "both limbs: the mean, over participants, of the change from baseline at month 6 of the strength of the "
        "treated limb minus that of the other, over the visits made while alive, whatever else was given (treatment "
        "policy)."
    )
    never = told[12]
    assert (never.converged, never.n, never.not_evaluable) == (False, 0, 4)
    assert never.warnings == (
        "no participant of arm none was dosed on one side alone, so that no limb is held against another",
    )
    welch = told[-1]
    assert welch.n + welch.not_evaluable == 20
    assert welch.estimand == (
        "Among participants who were dosed on one side alone and have 3 visits after time zero of both limbs: the "
        "mean, over participants, of the slope after time zero of the strength of the treated limb minus that of the "
        "other, arm high minus arm low, over the visits made while alive, whatever else was given (treatment policy)."
    )


@pytest.mark.evidence("paired_side", "property")
def test_mirrored_bodies_change_nothing_and_the_other_side_turns_the_sign(trial):
    plain = paired_side(trial, PLAN, "low")
    swapped = trial.assessments.with_columns(
        pl.col("measure").replace({"strength.left": "strength.right", "strength.right": "strength.left"})
    )
    turned = paired_side(trial.with_tables({"assessments": swapped}), PLAN, "low")
    sites = trial.administrations.with_columns(
        site_of_injection=pl.col("site_of_injection").str.to_lowercase().str.replace_many(
            ["left", "right"], ["right", "left"]
        )
    )  # fmt: skip
    mirrored = paired_side(trial.with_tables({"assessments": swapped, "administrations": sites}), PLAN, "low")
    for one, other, mirror in zip(plain, turned, mirrored, strict=True):
        if one.estimate is not None:
            assert other.estimate == pytest.approx(-one.estimate)
            assert mirror.estimate == pytest.approx(one.estimate)
            assert mirror.p == pytest.approx(one.p) == pytest.approx(other.p)


@pytest.mark.evidence("paired_side", "property")
def test_shift_scale_order_and_an_empty_visit(trial):
    plain = paired_side(trial, PLAN, "low")
    scaled = trial.assessments.with_columns(value=3.0 * pl.col("value") + 7.0)
    people = trial.participants[::-1]
    empty = trial.assessments.filter(pl.col("day") == 0).with_columns(
        day=pl.lit(6.5 * DAYS_PER_MONTH), value=pl.lit(None, pl.Float64)
    )
    for tables, factor in (
        ({"assessments": scaled}, 3.0),
        ({"participants": people}, 1.0),
        ({"assessments": pl.concat([trial.assessments, empty])}, 1.0),
    ):
        for one in paired_side(trial.with_tables(tables), PLAN, "low"):
            same = next(row for row in plain if (row.arm, row.contrast, row.rule) == (one.arm, one.contrast, one.rule))
            if same.estimate is not None:
                assert one.estimate == pytest.approx(factor * same.estimate)
                assert one.p == pytest.approx(same.p)


@pytest.mark.evidence("paired_side", "property")
def test_swapping_the_reference_turns_the_sign(trial):
    there, back = (paired_side(trial, PLAN, reference)[-2:] for reference in ("low", "high"))
    for one, other in zip(there, back, strict=True):
        assert other.estimate == pytest.approx(-one.estimate)
        assert other.contrast == "low - high"


def few(build, values, sites, arms=None):
    """values: {participant: {month: (left, right)}}."""
    limbs = [
        (who, month, f"strength.{side}", float(pair[k]))
        for who, visits in values.items()
        for month, pair in visits.items()
        for k, side in enumerate(("left", "right"))
    ]
    trial = build(arms or dict.fromkeys(values, "x"), more=limbs)
    return trial.with_tables({"administrations": doses(sites.items())})


def test_two_participants_by_hand(build):
    visits = {0: (50, 60), 1: (48, 55), 2: (46, 52), 3: (44, 46)}
    trial = few(build, {"a": visits, "b": {**visits, 3: (47, 46)}}, {"a": "left", "b": "right"})
    # a: left lost 6 and right 14, so that left kept 8 more; b: right lost 14 and left 3.
    assert change_differences(trial, None).difference.tolist() == [8.0, -11.0]
    assert change_differences(trial, 1.0).difference.tolist() == [3.0, -3.0]
    assert slope_differences(trial).difference[0] == pytest.approx(-2.0 - -4.5)
    t, *_ = paired_side(trial, PLAN, None)
    assert (t.arm, t.estimate, t.n, t.not_evaluable, t.warnings) == ("x", -1.5, 2, 0, ())
    assert t.standard_error == pytest.approx(19 / 2)
    sides = change_differences(trial, None)
    assert (sides.treated, sides.dosed.tolist(), sides.month) == (("left", "right"), [True, True], pytest.approx(3.0))


def test_the_last_visit_is_one_of_both_limbs(build):
    visits = {0: (50, 60), 1: (48, 55), 2: (46, 52), 3: (44, 46)}
    trial = few(build, {"a": visits, "b": visits}, {"a": "left", "b": "right"})
    right_stops = ~((pl.col("measure") == "strength.right") & (pl.col("day") > 2.5 * DAYS_PER_MONTH))
    shorter = trial.with_tables({"assessments": trial.assessments.filter(right_stops)})
    assert change_differences(shorter, None).month == pytest.approx(2.0)
    assert change_differences(shorter, None).difference.tolist() == [4.0, -4.0]


def test_one_dosed_arm_is_held_against_no_other(build):
    visits = {0: (50, 60), 1: (48, 55), 2: (46, 52), 3: (44, 46)}
    values = {"a": visits, "b": {**visits, 3: (40, 46)}, "c": visits}
    trial = few(build, values, {"a": "left", "b": "left"}, {"a": "x", "b": "x", "c": "control"})
    told = paired_side(trial, PLAN, "control")
    assert [(row.arm, row.contrast, row.converged) for row in told] == [
        *[("x", CONTRAST, True)] * 4, ("control", CONTRAST, False),
    ]  # fmt: skip


@pytest.mark.evidence("paired_side", "bad_input")
def test_what_cannot_be_told_is_said(build):
    visits = {0: (50, 60), 1: (48, 55), 2: (46, 52), 3: (44, 46)}
    one = paired_side(few(build, {"a": visits}, {"a": "left"}), PLAN, None)
    assert [row.converged for row in one] == [False] * 4
    assert one[0].warnings == (
        "expected at least 2 participants of arm x with one treated side and a baseline and a visit at month 3 of both "
        "limbs; got 1",
    )
    flat = dict.fromkeys(range(5), (50, 60))
    constant = paired_side(few(build, {"a": flat, "b": flat}, {"a": "left", "b": "left"}), PLAN, None)
    assert [row.warnings[0] for row in constant] == [
        "all 2 differences between the limbs are equal, so that their error cannot be estimated",
        "none of the 2 differences between the limbs is other than zero, so that there is nothing to rank",
    ] * 2
    assert [row.estimate for row in constant] == [0.0, None, 0.0, None]
    dead = paired_side(few(build, {"a": {0: (50, 60)}, "b": {0: (50, 60)}}, {"a": "left", "b": "left"}), PLAN, None)
    assert [row.converged for row in dead] == [False] * 3
    assert (dead[0].rule, dead[0].n, dead[0].not_evaluable) == ("change", 0, 2)
    assert dead[0].warnings == ("strength.left: expected visits after time zero; got none",)
    undosed = paired_side(few(build, {"a": visits, "b": visits}, {}), PLAN, None)
    assert [(row.arm, row.converged, row.not_evaluable) for row in undosed] == [("x", False, 2)]


@pytest.mark.evidence("paired_side", "bad_input")
def test_a_month_without_a_visit_is_said_and_the_slope_still_told(trial):
    told = paired_side(trial, PlannedAnalysis(method="paired_side", month=4.5), "low")
    changes = [row for row in told if row.rule == "change"]
    assert [(row.arm, row.converged) for row in changes] == [(None, False), ("low", False), ("high", False)]
    assert changes[0].warnings[0].startswith("month: expected the month of a visit with the strength of the left limb")
    assert [row.rule for row in told if row.contrast == "high - low"] == ["slope, Welch t test"]
    with pytest.raises(DataError):
        change_differences(trial, 4.5)


@pytest.mark.evidence("paired_side", "bad_input")
def test_a_reference_that_was_not_dosed_is_said(trial):
    told = paired_side(trial, PLAN, "none")
    between = [row for row in told if row.contrast in ("low - none", "high - none")]
    assert [(row.arm, row.rule, row.converged) for row in between] == [
        ("low", "change at month 6, Welch t test", False), ("low", "slope, Welch t test", False),
        ("high", "change at month 6, Welch t test", False), ("high", "slope, Welch t test", False),
    ]  # fmt: skip
    assert {row.warnings for row in between} == {("nobody of the reference arm none was dosed on one side alone",)}
    assert between[0].not_evaluable == 15 - between[0].n


@pytest.mark.evidence("paired_side", "bad_input")
def test_nan_infinity_and_repeated_rows_are_passed_over(trial):
    plain = paired_side(trial, PLAN, "low")
    wrong = trial.assessments.head(2).with_columns(value=pl.Series([float("nan"), float("inf")]), day=pl.lit(9.0))
    again = trial.with_tables(
        {
            "assessments": pl.concat([trial.assessments, wrong, trial.assessments.filter(pl.col("day") == 0)]),
            "administrations": pl.concat([trial.administrations, trial.administrations]),
        }
    )
    assert paired_side(again, PLAN, "low") == plain


def test_one_arm_without_a_name(build):
    visits = {0: (50, 60), 1: (48, 55), 2: (46, 52), 3: (44, 46)}
    values = {"a": visits, "b": {**visits, 3: (40, 46)}}
    told = paired_side(few(build, values, {"a": "left", "b": "left"}, dict.fromkeys("ab")), PLAN, None)
    assert [row.arm for row in told] == [None] * 4
    assert told[0].estimate == pytest.approx((8 + 4) / 2)


def test_an_injection_into_the_brain_is_remarked(build):
    visits = {0: (50, 60), 1: (48, 55), 2: (46, 52), 3: (44, 46)}
    values = {"a": visits, "b": {**visits, 3: (40, 46)}}
    told = paired_side(few(build, values, {"a": "motor Cortex, left", "b": "motor cortex, left"}), PLAN, None)
    assert {row.warnings for row in told} == {(CROSSED,)}


def test_a_planned_level_moves_the_interval(trial):
    wide = paired_side(trial, PlannedAnalysis(method="paired_side", alpha=0.01), "low")
    for one, other in zip(paired_side(trial, PLAN, "low"), wide, strict=True):
        if one.ci_low is not None:
            assert other.ci_low < one.ci_low


def test_tables_without_both_limbs_are_said(build):
    trial = build({"a": "x"}, more=[("a", 0.0, "strength.left", 50.0), ("a", 1.0, "strength.right", None)])
    (row,) = run_analysis(trial, PLAN, None)
    assert (row.endpoint, row.warnings) == ("strength", ("the trial has no assessment of the strength of both limbs",))


def test_it_runs_once_whatever_measures_there_are(trial):
    results = analyse_trial(trial, methods=["paired_side"])
    assert len(results) == len(paired_side(trial, PLAN, "low"))
    assert {analysis.measure for analysis in results.analyses} == {"alsfrs_r"}


def test_differences_do_not_ask_for_the_order_of_visits(trial):
    shuffled = trial.with_tables({"assessments": trial.assessments[::-1]})
    np.testing.assert_array_equal(slope_differences(trial).difference, slope_differences(shuffled).difference)
