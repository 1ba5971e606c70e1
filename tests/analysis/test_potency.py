"""Potency: against R, by property, and what cannot be told."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadin.analysis.analyse import run_analysis
from leadin.analysis.lot_potency import arms_with_lots, lot_potency
from leadin.analysis.potency import CONTRAST, EXPLORATORY, LOG_FOLD, REFERENCES, potency
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.schema import SCHEMAS

HERE = Path(__file__).resolve().parents[2] / "validation" / "potency"
EXPECTED = json.loads((HERE / "expected.json").read_text())
PLAN = PlannedAnalysis(method="potency")
OUTCOMES = {"follow_up": "follow-up slope", "change": "slope change", "at_6": "change at month 6"}
EXPOSURES = {"log_fold": "log fold change", "log_after": "log secretion after"}


def table(name, rows):
    return pl.DataFrame([{**dict.fromkeys(SCHEMAS[name]), **row} for row in rows], schema=SCHEMAS[name])


def lots_of(*rows):
    """Lots from (lot, participant, before, after)."""
    keys = ("lot_id", "participant_id", "secretion_before", "secretion_after")
    return table("lots", [dict(zip(keys, row, strict=True)) for row in rows])


@pytest.fixture(scope="module")
def trial(build):
    with (HERE / "visits.csv").open() as file:
        visits = list(csv.DictReader(file))
    with (HERE / "lots.csv").open() as file:
        lots = list(csv.DictReader(file))
    scores: dict[str, dict[float, float]] = {}
    for row in visits:
        scores.setdefault(row["id"], {})[float(row["month"])] = float(row["score"])
    made = lots_of(
        *((row["lot"], row["id"], float(row["before"]), float(row["after"]) if row["after"] else None) for row in lots)
    )
    given = [{"participant_id": r["id"], "day": 0.0, "lot_id": r["lot"]} for r in lots if r["given"] == "1"]
    trial = build({row["id"]: row["arm"] for row in visits}, scores)
    return trial.with_tables({"lots": made, "administrations": table("administrations", given)})


def same(row, theirs):
    for field, key in (
        ("estimate", "estimate"), ("standard_error", "standard_error"), ("statistic", "statistic"), ("df", "df"),
        ("p", "p"), ("ci_low", "low"), ("ci_high", "high"),
    ):  # fmt: skip
        if key in theirs:
            assert getattr(row, field) == pytest.approx(theirs[key], rel=1e-9, abs=1e-12), field


@pytest.mark.evidence("potency", "reference")
def test_fold_changes_equal_r(trial):
    rows = [row for row in potency(trial, PLAN, "control") if row.contrast == CONTRAST]
    assert [row.arm for row in rows] == [None, None, "a", "a", "b", "b"]
    for t, wilcoxon, key in zip(rows[::2], rows[1::2], ("all", "a", "b"), strict=True):
        theirs = EXPECTED["fold"][key]
        same(t, theirs)
        assert (t.n, t.rule, t.unit) == (theirs["n"], "t test", LOG_FOLD)
        assert wilcoxon.statistic == theirs["wilcoxon"]["statistic"]
        assert wilcoxon.p == pytest.approx(theirs["wilcoxon"]["p"], rel=1e-9)
        assert wilcoxon.rule == "Wilcoxon test (exact)"


@pytest.mark.evidence("potency", "reference")
def test_associations_equal_r(trial):
    rows = potency(trial, PlannedAnalysis(method="potency", month=6.0), "control")
    compared = 0
    for arm, by_outcome in EXPECTED["association"].items():
        for outcome, by_exposure in by_outcome.items():
            for exposure, theirs in by_exposure.items():
                contrast = f"{OUTCOMES[outcome]} on {EXPOSURES[exposure]}"
                line, r, rho = (row for row in rows if (row.arm, row.contrast) == (arm, contrast))
                assert {line.n, r.n, rho.n} == {theirs["n"]}
                same(line, theirs["line"])
                same(r, theirs["pearson"])
                same(rho, theirs["spearman"])
                assert rho.rule == "Spearman correlation" + (" (exact)" if theirs["spearman"]["exact"] else "")
                compared += 1
    assert compared == 12


def test_words_and_counts_of_the_rows(trial):
    rows = potency(trial, PlannedAnalysis(method="potency", month=6.0), "control")
    assert {row.method for row in rows} == {"potency"}
    assert {row.references for row in rows} == {REFERENCES}
    fold = rows[0]
    assert (fold.endpoint, fold.arm, fold.contrast, fold.n + fold.not_evaluable) == ("secretion", None, CONTRAST, 38)
    assert fold.warnings == (
        "lots left out without both values of secretion: 1",
        "lots left out with a secretion of zero or less, which has no logarithm: 1; where that means less than could "
        "be measured, the fold change is not told for the cells that need it most",
    )
    assert rows[4].warnings == ()
    assert rows[2].estimand == (
        "Among participants of arm a with a lot of their own cells that was measured before and after differentiation, "
        "released or not: the mean, over participants, of the logarithm of the secretion after divided by that before "
        "(a participant's lots averaged first); its exponential is the geometric mean fold change."
    )
    told = [row for row in rows if row.contrast != CONTRAST]
    assert len(told) == 2 * 3 * 2 * 3
    assert all(row.warnings[-1] == EXPLORATORY for row in told)
    assert {row.endpoint for row in told} == {"alsfrs_r"}
    assert [row.unit for row in told[:3]] == ["points per month per log unit", "correlation", "correlation"]
    assert [row.rule for row in told[:3]] == ["least squares", "Pearson correlation", "Spearman correlation"]
    assert [row.time_months for row in told if "change at" in row.contrast] == pytest.approx([6.0] * 12)
    assert told[12].unit == "points per log unit"
    assert told[0].estimand == (
        "Among participants of arm a with a lot of their own cells that was measured and given, and with the outcome: "
        "how the slope of the ALSFRS-R total after time zero goes with the log fold change of their lots (mean over "
        "them), over the visits made while alive, whatever else was given."
    )
    assert told[0].n + told[0].not_evaluable == 24


@pytest.mark.evidence("potency", "property")
def test_units_of_secretion_and_order_do_not_matter(trial):
    plain = potency(trial, PLAN, "control")
    scaled = trial.lots.with_columns(pl.col("secretion_before") * 250.0, pl.col("secretion_after") * 250.0)
    turned = trial.with_tables({"lots": scaled[::-1], "participants": trial.participants[::-1]})
    by_key = {(row.arm, row.contrast, row.rule): row for row in potency(turned, PLAN, "control")}
    for row in plain:
        other = by_key[row.arm, row.contrast, row.rule]
        assert other.n == row.n
        assert other.p == pytest.approx(row.p, rel=1e-9)
        if row.estimate is not None:
            assert other.estimate == pytest.approx(row.estimate, abs=1e-12)


@pytest.mark.evidence("potency", "property")
def test_before_for_after_turns_the_sign_and_a_lot_twice_changes_nothing(trial):
    plain = [row for row in potency(trial, PLAN, "control") if row.contrast == CONTRAST]
    swapped = trial.lots.with_columns(secretion_before="secretion_after", secretion_after="secretion_before")
    back = [row for row in potency(trial.with_tables({"lots": swapped}), PLAN, "control") if row.contrast == CONTRAST]
    again = pl.concat([trial.lots, trial.lots.with_columns(pl.col("lot_id") + "-again")])
    twice = [row for row in potency(trial.with_tables({"lots": again}), PLAN, "control") if row.contrast == CONTRAST]
    for one, other, same_row in zip(plain, back, twice, strict=True):
        assert other.p == pytest.approx(one.p)
        assert same_row.p == pytest.approx(one.p)
        if one.estimate is not None:
            assert other.estimate == pytest.approx(-one.estimate)
            assert same_row.estimate == pytest.approx(one.estimate)


@pytest.mark.evidence("potency", "property")
def test_slower_decline_with_potency_is_a_positive_slope(build):
    people = [f"p{i}" for i in range(9)]
    scores = {
        who: {m: 40 - (2 - 0.1 * i + 0.01 * (i * i % 5)) * m for m in (1, 2, 3, 4)} for i, who in enumerate(people)
    }
    trial = build(dict.fromkeys(people, "x"), scores)
    lots = lots_of(*((f"L{i}", who, 1.0, np.exp(0.2 * i)) for i, who in enumerate(people)))
    rows = potency(trial.with_tables({"lots": lots}), PLAN, None)
    line, r, rho = rows[2:5]
    assert line.estimate == pytest.approx(0.5, abs=0.05)
    assert r.estimate > 0.9
    assert rho.rule == "Spearman correlation (exact)"
    assert "was measured and made, and" in line.estimand
    # No lead-in: no change of slope is told.
    assert {row.contrast for row in rows[2:]} == {
        "follow-up slope on log fold change", "follow-up slope on log secretion after",
    }  # fmt: skip


def test_participants_count_once_with_the_mean_of_their_lots(build):
    trial = build({"a": "x", "b": "x", "c": "y", "d": None})
    lots = lots_of(
        ("1", "a", 1.0, np.exp(1.0)), ("2", "a", 2.0, 2.0 * np.exp(3.0)), ("3", "b", 1.0, np.exp(1.0)),
        ("4", "b", None, 3.0), ("5", "b", 1.0, -2.0), ("6", None, 1.0, 5.0), ("7", "nobody", 1.0, 5.0),
        ("8", "c", 0.0, 5.0), ("9", "c", float("nan"), 5.0), ("10", "d", 1.0, 5.0),
    )  # fmt: skip
    trial = trial.with_tables({"lots": lots})
    made = lot_potency(trial)
    assert made.participants["participant_id"].to_list() == ["a", "b", "c"]
    assert made.participants["lots"].to_list() == [2, 1, 0]
    assert made.participants["log_fold"].to_list()[:2] == pytest.approx([2.0, 1.0])
    assert made.participants["log_after"].to_list()[:2] == pytest.approx([(1 + 3 + np.log(2)) / 2, 1.0])
    assert made.participants["log_fold"][2] is None
    assert (made.lacking, made.not_positive, made.nobody_s, made.given) == (2, 2, 2, False)
    only_x = lot_potency(trial, "x")
    assert (only_x.participants.height, only_x.lacking, only_x.not_positive) == (2, 1, 1)
    assert arms_with_lots(trial) == ("x", "y")
    rows = potency(trial, PLAN, "y")
    assert rows[0].warnings[-1] == "lots left out that are nobody's own cells: 2"
    assert (rows[0].n, rows[0].not_evaluable) == (2, 1)


def test_only_lots_that_were_given_go_with_the_outcome(build):
    trial = build({"a": "x", "b": "x"})
    lots = lots_of(("1", "a", 1.0, 2.0), ("2", "a", 1.0, 8.0), ("3", "b", 1.0, 4.0))
    given = table("administrations", [{"participant_id": "a", "day": 0.0, "lot_id": "2"}])
    trial = trial.with_tables({"lots": lots, "administrations": given})
    made, told = lot_potency(trial), lot_potency(trial, given=True)
    assert made.participants["log_fold"].to_list() == pytest.approx([np.log(4), np.log(4)])
    assert told.participants["log_fold"].to_list() == [pytest.approx(np.log(8)), None]
    assert told.given
    unnamed = trial.with_tables({"administrations": given.with_columns(lot_id=pl.lit(None, pl.String))})
    assert lot_potency(unnamed, given=True).participants["log_fold"].to_list() == pytest.approx([np.log(4)] * 2)
    assert not lot_potency(unnamed, given=True).given


@pytest.mark.evidence("potency", "bad_input")
def test_what_cannot_be_told_is_said(build):
    none = build({"a": "x"})
    (row,) = run_analysis(none, PLAN, None)
    assert (row.endpoint, row.warnings) == (
        "secretion", ("the trial has no lot with secretion before and after differentiation",),
    )  # fmt: skip
    (row,) = potency(none, PLAN, None)
    assert (row.converged, row.warnings) == (False, ("expected lots of participants in the trial; got none",))
    people = "abcd"
    visits = {who: {m: 40 - (1 + 0.1 * i) * m for m in (1, 2, 3)} for i, who in enumerate(people)}
    alike = lots_of(*((who, who, 1.0, 4.0) for who in people))
    rows = potency(build(dict.fromkeys(people, "x"), visits).with_tables({"lots": alike}), PLAN, None)
    assert rows[0].warnings == ("all 4 log fold changes are equal, so that their error cannot be estimated",)
    assert rows[0].estimate == pytest.approx(np.log(4))
    assert rows[2].warnings == (
        "the log fold change is the same in all 4 participants, so that nothing can go with it", EXPLORATORY,
    )  # fmt: skip
    flat = {who: {m: 40 - m for m in (1, 2, 3)} for who in people}
    varied = lots_of(*((who, who, 1.0, 4.0 + i) for i, who in enumerate(people)))
    rows = potency(build(dict.fromkeys(people, "x"), flat).with_tables({"lots": varied}), PLAN, None)
    assert (
        rows[3].warnings[0] == "the follow-up slope is the same in all 4 participants, so that nothing can go with it"
    )
    unchanged = lots_of(*((who, who, 1.0, 1.0) for who in people))
    rows = potency(build(dict.fromkeys(people, "x"), flat).with_tables({"lots": unchanged}), PLAN, None)
    assert rows[1].warnings == ("none of the 4 log fold changes is other than zero, so that there is nothing to rank",)
    dead = potency(build(dict.fromkeys(people, "x"), {"a": {0: 40}}).with_tables({"lots": varied}), PLAN, None)
    assert [row.converged for row in dead[:2]] == [True, True]
    assert dead[2].warnings == (
        "expected at least 3 participants of arm x with log fold change and follow-up slope; got 0", EXPLORATORY,
    )  # fmt: skip
    one = potency(build({"a": "x"}, visits | {}).with_tables({"lots": lots_of(("1", "a", 1.0, 2.0))}), PLAN, None)
    assert one[0].warnings == (
        "expected at least 2 participants of arm x with a lot with secretion before and after; got 1",
    )
    line = {who: {m: 40 + 2 * i * m for m in (1, 2, 3)} for i, who in enumerate(people)}
    straight = lots_of(*((who, who, 1.0, np.exp(i + 1.0)) for i, who in enumerate(people)))
    rows = potency(build(dict.fromkeys(people, "x"), line).with_tables({"lots": straight}), PLAN, None)
    assert rows[2].warnings[0] == "all 4 participants lie on one line, so that its error cannot be estimated"
    assert rows[3].estimate == pytest.approx(1.0)


@pytest.mark.evidence("potency", "bad_input")
def test_a_month_without_a_visit_leaves_the_rest(trial):
    rows = potency(trial, PlannedAnalysis(method="potency", month=4.5), "control")
    assert rows[-1].contrast == "change on log fold change"
    assert not rows[-1].converged
    assert rows[-1].warnings[0].startswith("month: expected the month of a visit with the ALSFRS-R total")
    assert rows[:-1] == potency(trial, PLAN, "control")


def test_a_planned_level_moves_the_intervals(trial):
    wide = potency(trial, PlannedAnalysis(method="potency", alpha=0.01), "control")
    for one, other in zip(potency(trial, PLAN, "control"), wide, strict=True):
        if one.ci_low is not None:
            assert other.ci_low < one.ci_low
