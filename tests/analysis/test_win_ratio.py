"""Win statistics of trials against R's double loops and DeLong's error, by hand, by property, and at their limits."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from leadin.analysis.function_and_survival import RULE
from leadin.analysis.joint_rank import PAIRS
from leadin.analysis.win_ratio import REFERENCES, TOO_NARROW, win_ratio
from leadin.protocols.planned_analysis import PlannedAnalysis

from .conftest import build_trial
from .joint_rank_data import FOLDER, JOINT, trial_of


def plan(**told):
    return PlannedAnalysis.model_validate({"method": "win_ratio", **told})


PLAN = plan()
STATISTICS = ("win ratio", "win odds", "net benefit")


def held(rows, told, contrast):
    """The rows of one contrast are what R says."""
    by_rule = {row.rule: row for row in rows if row.contrast == contrast}
    for rule in STATISTICS:
        for name, value in told[rule.replace(" ", "_")].items():
            assert getattr(by_rule[rule], name) == pytest.approx(value, rel=1e-7, abs=1e-10), (rule, name)
        assert by_rule[rule].n == told["n"]
    counts = {
        "won": told["won"],
        "lost": told["lost"],
        "decided by survival": told["by_survival"],
        "decided by function": told["by_function"],
        "tied": told["tied"],
    }
    for rule, count in counts.items():
        assert by_rule[rule].estimate == pytest.approx(100 * count / told["pairs"], rel=1e-12)
        assert (by_rule[rule].unit, by_rule[rule].p, by_rule[rule].warnings) == (PAIRS, None, ())


@pytest.mark.evidence("win_ratio", "reference")
@pytest.mark.parametrize(("name", "reference", "told"), JOINT, ids=[f"{n}-{t['month']}" for n, _, t in JOINT])
def test_r_finds_the_same(name, reference, told):
    rows = win_ratio(trial_of(name), plan(month=told["month"]), reference)
    within = win_ratio(trial_of(name), plan(month=told["month"], strata=("site",), alpha=0.1), reference)
    for pair in told["pairs"]:
        held(rows, pair["wins"], f"{pair['arm']} - {reference}")
        held(within, pair["wins_stratified"], f"{pair['arm']} - {reference}")


@pytest.mark.evidence("win_ratio", "reference")
def test_of_function_alone_the_error_is_de_long_s():
    told = json.loads((FOLDER / "delong.json").read_text())
    benefit = win_ratio(trial_of("j03_function_alone"), PLAN, "low")[2]
    assert (benefit.estimate, benefit.standard_error) == pytest.approx(
        (told["net_benefit"], told["standard_error"]), rel=1e-9
    )


def four():
    """Two against two: y1 outlives x1, loses to x2 in function; y2 dies after x1 and before x2 is last seen."""
    scores = {"x1": {0: 40, 3: 39}, "x2": {0: 40, 3: 39, 6: 38}, "y1": {0: 40, 3: 38, 6: 37}, "y2": {0: 40, 3: 39}}
    events = [("x1", 4, "death"), ("x2", 6, "end_of_follow_up"), ("y1", 6, "end_of_follow_up"), ("y2", 5, "death")]
    return build_trial({"x1": "x", "x2": "x", "y1": "y", "y2": "y"}, scores, events)


def test_four_people_by_hand():
    ratio, odds, benefit, *shares = win_ratio(four(), PLAN, "x")
    # y1 beats x1 (survival), loses to x2 (function); y2 beats x1, loses to x2 (both survival).
    assert (ratio.estimate, odds.estimate, benefit.estimate) == (0.0, 0.0, 0.0)
    assert [(row.rule, row.estimate) for row in shares] == [
        ("won", 50.0),
        ("lost", 50.0),
        ("decided by survival", 75.0),
        ("decided by function", 25.0),
        ("tied", 0.0),
    ]
    # Each of x wins or loses all: the two own shares won are 0 and 1, their variance 1/2, over two.
    assert benefit.standard_error == pytest.approx((4 * 0.5 / 2) ** 0.5)
    assert (benefit.statistic, benefit.p) == (0.0, 1.0)
    assert benefit.ci_high == pytest.approx(-ndtri(0.025) * benefit.standard_error)
    assert [row.unit for row in (ratio, odds, benefit)] == ["log win ratio", "log win odds", "net benefit"]
    for row in (ratio, odds, benefit, *shares):
        assert (row.method, row.endpoint, row.arm, row.contrast) == ("win_ratio", "alsfrs_r", "y", "y - x")
        assert (row.n, row.not_evaluable, row.references, row.time_months, row.df) == (4, 0, REFERENCES, None, None)
    assert benefit.estimand == (
        "Over all pairs of a participant of arm y and one of arm x, all at risk, as allocated: the share of pairs that "
        "arm y wins minus the share that it loses, by survival from time zero on and by the change of the ALSFRS-R "
        f"total from baseline. Death is part of the outcome (composite): {RULE}. Whatever was given (treatment "
        "policy). It depends on how long participants were followed."
    )
    assert "the log of the pairs that arm y wins over the pairs that it loses, by" in ratio.estimand
    assert "the log of the odds that arm y wins a pair, ties counted half to each side, by" in odds.estimand
    cut = win_ratio(four(), plan(month=4.5), "x")
    assert cut[0].time_months == 4.5
    assert "from baseline up to month 4.5. Death" in cut[0].estimand
    assert [row.estimate for row in cut[3:]] == [50.0, 25.0, 50.0, 25.0, 25.0]


def test_all_lost_has_no_ratio_and_the_reason():
    scores = {who: {0: 40, 3: 39 - i, 6: 39 - i * i} for i, who in enumerate("abcdef")}
    trial = build_trial(dict(zip("abcdef", "xxxyyy", strict=True)), scores)
    ratio, odds, benefit, *shares = win_ratio(trial, PLAN, "x")
    assert ratio.warnings == (
        "of 9 pairs arm y won 0 and lost 9: expected pairs won and pairs lost; got only one of them.",
    )
    assert odds.warnings == ("of 9 pairs arm y won 0 and lost 9: expected pairs that were not all won, nor all lost.",)
    assert benefit.warnings == (
        "of 9 pairs arm y won 0 and lost 9: the members of each group all won and lost alike, so that no error can be "
        "estimated",
    )
    for row in (ratio, odds, benefit):
        assert (row.converged, row.estimate, row.p, row.ci_low, row.n) == (False, None, None, None, 6)
    assert [row.estimate for row in shares] == [0.0, 100.0, 0.0, 100.0, 0.0]


def test_with_ties_the_odds_stand_where_the_ratio_does_not():
    scores = {who: {0: 40, 6: 40 - loss} for who, loss in zip("abcdef", (1, 1, 2, 2, 3, 1), strict=True)}
    trial = build_trial(dict(zip("abcdef", "xxxyyy", strict=True)), scores)
    ratio, odds, benefit, *_ = win_ratio(trial, PLAN, "x")
    # Of x lost 1, 1, 2 points, of y 2, 3, 1: y wins 1 pair (1 against 2), loses 5, ties 3.
    assert ratio.estimate == pytest.approx(np.log(1 / 5))
    assert odds.estimate == pytest.approx(np.log((1 + 1.5) / (5 + 1.5)))
    assert benefit.estimate == pytest.approx(-4 / 9)
    scores["f"] = {0: 40, 6: 38}
    ratio, odds, benefit, *_ = win_ratio(build_trial(dict(zip("abcdef", "xxxyyy", strict=True)), scores), PLAN, "x")
    assert (ratio.converged, odds.converged, benefit.converged) == (False, True, True)
    assert odds.estimate == pytest.approx(np.log(1 / 8))


@pytest.mark.evidence("win_ratio", "bad_input")
@pytest.mark.parametrize(("arms", "short"), [("xxxy", "y"), ("xyyy", "x")])
def test_an_arm_of_one_is_said(arms, short):
    scores = {who: {0: 40, 6: 38 - i} for i, who in enumerate("abcd")}
    rows = win_ratio(build_trial(dict(zip("abcd", arms, strict=True)), scores), PLAN, "x")
    assert len(rows) == 3
    for row in rows:
        assert row.warnings == (f"expected at least 2 participants of arm {short} at risk; got 1",)
        assert (row.converged, row.n, row.not_evaluable) == (False, 4, 0)


@pytest.mark.evidence("win_ratio", "bad_input")
@pytest.mark.parametrize("name", ["x", None])
def test_one_arm_has_nothing_to_be_compared_with(name):
    (row,) = win_ratio(build_trial({"a": name}, {"a": {0: 40, 1: 39}}), PLAN, name)
    assert (row.converged, row.warnings) == (False, ("expected at least two arms to compare; got 1",))


def with_sites(trial, sites):
    return trial.with_tables({"participants": trial.participants.with_columns(site=pl.Series(sites))})


def test_strata_that_are_too_small_are_left_out_and_counted():
    scores = {f"p{i}": {0: 40, 6: 30 + (7 * i) % 5} for i in range(12)}
    arms = {who: "xy"[i % 2] for i, who in enumerate(scores)}
    sites = ["n"] * 4 + ["s"] * 4 + ["w"] * 3 + [None]
    trial = with_sites(build_trial(arms, scores), sites)
    ratio = win_ratio(trial, plan(strata=("site",)), "x")[0]
    assert (ratio.n, ratio.not_evaluable) == (8, 4)
    assert ratio.warnings == ("4 of 12 are in strata with fewer than 2 of an arm: left out",)
    assert "of a participant of arm y and one of arm x of the same site, all at risk" in ratio.estimand
    rows = win_ratio(with_sites(trial, list("abcdefghijkl")), plan(strata=("site",)), "x")
    assert [row.warnings[0] for row in rows] == [
        "expected a stratum with at least 2 participants of either arm; got none"
    ] * 3
    assert [(row.n, row.not_evaluable) for row in rows] == [(0, 12)] * 3


def test_who_left_early_is_told_with_each_statistic_and_who_was_never_seen_is_counted():
    trial = four()
    more = build_trial({"z": "y"})
    trial = trial.with_tables({"participants": pl.concat([trial.participants, more.participants])})
    rows = win_ratio(trial, PLAN, "x")
    assert {(row.n, row.not_evaluable) for row in rows} == {(4, 1)}
    shorter = trial.with_tables({"events": trial.events.filter(pl.col("participant_id") != "y2")})
    told = {row.rule: row.warnings for row in win_ratio(shorter, PLAN, "x")}
    for rule in STATISTICS:
        assert told[rule][0].startswith("1 of 4 left or were not seen at the last visit")
    assert told["won"] == ()


rows_ = st.lists(st.tuples(st.sampled_from("xy"), st.integers(30, 40), st.booleans()), min_size=4, max_size=12)


@pytest.mark.evidence("win_ratio", "property")
@given(rows_)
@settings(max_examples=15)
def test_relabelled_arms_turn_the_sign_and_order_changes_nothing(rows):
    def made(names, step):
        people = [("x", 35, True), ("x", 36, False), ("y", 33, False), ("y", 37, True), *rows]
        people = [(f"p{i:02d}", *row) for i, row in enumerate(people)][::step]
        scores = {who: {0: 45, 6: score} for who, _, score, _ in people}
        events = [(who, 6 + score / 10, "death") for who, _, score, dead in people if dead]
        return build_trial({who: names["xy".index(arm)] for who, arm, _, _ in people}, scores, events)

    usual, turned, other = (win_ratio(made(*how), PLAN, "x") for how in (("xy", 1), ("yx", 1), ("xy", -1)))
    for a, b, c in zip(usual[:3], turned[:3], other[:3], strict=True):
        assert a.converged == b.converged == c.converged
        if a.converged:
            assert (a.estimate, a.standard_error) == pytest.approx((-b.estimate, b.standard_error), abs=1e-9)
            assert (a.estimate, a.standard_error) == pytest.approx((c.estimate, c.standard_error), abs=1e-9)
            assert (a.ci_low, a.ci_high) == pytest.approx((-b.ci_high, -b.ci_low), abs=1e-9)


@pytest.mark.evidence("win_ratio", "property")
def test_ten_strata_that_are_copies_of_one_trial_give_its_estimate_and_a_tenth_of_its_variance():
    trial = four()
    scores, events, arms, sites = {}, [], {}, []
    for copy in range(10):
        for who, arm in zip(("x1", "x2", "y1", "y2"), "xxyy", strict=True):
            arms[f"{copy}{who}"] = arm
            sites.append(f"site {copy}")
        seen = trial.assessments.with_columns(month=pl.col("day") / 30.4375)
        for who, month, value in seen.select("participant_id", "month", "value").iter_rows():
            scores.setdefault(f"{copy}{who}", {})[month] = value - (who == "y1")
        events += [
            (f"{copy}{w}", d / 30.4375, k) for w, d, k in trial.events.select("participant_id", "day", "kind").rows()
        ]
    one = win_ratio(four(), PLAN, "x")[2]
    many = win_ratio(with_sites(build_trial(arms, scores, events), sites), plan(strata=("site",)), "x")[2]
    assert (many.estimate, many.standard_error) == pytest.approx((one.estimate, one.standard_error / 10**0.5))


@pytest.mark.parametrize(("n", "told"), [(19, (TOO_NARROW,)), (20, ())])
def test_a_small_arm_is_told_with_the_net_benefit(n, told):
    scores = {f"p{i:02d}": {0: 40, 6: 30 + (7 * i) % 9} for i in range(n + 25)}
    trial = build_trial({who: "y" if i < n else "x" for i, who in enumerate(scores)}, scores)
    ratio, odds, benefit, *_ = win_ratio(trial, PLAN, "x")
    assert (ratio.warnings, odds.warnings, benefit.warnings) == ((), (), told)
    assert TOO_NARROW == (
        "fewer than 20 participants in an arm: this interval is somewhat too narrow and its p too small; those of the "
        "win odds are not"
    )
