"""`responders` against R (validation/slope-change), special cases counted, two measures together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadin.analysis.responders import REFERENCES, WILSON, responders
from leadin.analysis.slope_change import SHARED, UNCONTROLLED
from leadin.engine.intervals import clopper_pearson, newcombe, wilson
from leadin.protocols.planned_analysis import PlannedAnalysis

HERE = Path(__file__).resolve().parents[2] / "validation" / "slope-change"
EXPECTED = json.loads((HERE / "expected.json").read_text())
NAMES = [f"{entry['dataset']}, {'shared' if entry['share_baseline'] else 'not shared'}" for entry in EXPECTED]
PLAN = PlannedAnalysis(method="responders")
RULES = [
    ">= 25 % slower", ">= 50 % slower", ">= 75 % slower", ">= 100 % slower",
    ">= 1.25 points/month slower", ">= 1.5 points/month slower",
]  # fmt: skip


def line(before, after):
    return {month: 40.0 - (before if month <= 0 else after) * month for month in (-2, -1, 0, 1, 2, 3)}


@pytest.fixture(scope="module")
def reference_trial(build):
    from csv import DictReader

    from leadin.months import DAYS_PER_MONTH

    def read(name):
        with (HERE / "data" / f"{name}.csv").open() as file:
            rows = list(DictReader(file))
        scores = {}
        for row in rows:
            scores.setdefault(row["id"], {})[float(row["day"]) / DAYS_PER_MONTH] = float(row["value"])
        return build({row["id"]: row["arm"] for row in rows}, scores)

    return read


@pytest.mark.evidence("responders", "reference")
@pytest.mark.parametrize("entry", EXPECTED, ids=NAMES)
def test_every_count_interval_and_p_equals_r(entry, reference_trial):
    planned = PlannedAnalysis(method="responders", share_baseline=entry["share_baseline"])
    rows = responders(reference_trial(entry["dataset"]), planned, "control")
    by = {(row.rule, row.contrast or row.arm): row for row in rows}
    assert [theirs["rule"] for theirs in entry["responders"]] == RULES
    for theirs in entry["responders"]:
        for i, arm in enumerate(("cells", "control")):
            row = by[theirs["rule"], arm]
            assert (row.statistic, row.n) == (theirs["responders"][i], theirs["n"][i])
            assert (row.ci_low, row.ci_high) == pytest.approx(tuple(theirs[arm]), rel=1e-9, abs=1e-12)
        assert by[theirs["rule"], "cells - control"].p == pytest.approx(theirs["p"], rel=1e-7)


FOUR = {"a": line(2, 0.5), "b": line(2, 2), "c": line(2, 1), "d": line(1, 1)}
ARMS = {"a": "cells", "b": "cells", "c": "control", "d": "control"}


def test_rows_of_one_rule_by_hand(build):
    rows = [row for row in responders(build(ARMS, FOUR), PLAN, "control") if row.rule.startswith(">= 50 %")]
    cells, cells_wilson, control, control_wilson, difference = rows
    assert (cells.arm, cells.contrast, cells.estimate, cells.statistic, cells.n) == ("cells", None, 0.5, 1.0, 2)
    assert (cells.ci_low, cells.ci_high) == tuple(map(float, clopper_pearson(1, 2)))
    assert cells.standard_error == pytest.approx((0.25 / 2) ** 0.5)
    assert cells_wilson.rule == ">= 50 % slower" + WILSON == ">= 50 % slower (Wilson interval)"
    assert (cells_wilson.ci_low, cells_wilson.ci_high) == tuple(map(float, wilson(1, 2)))
    assert (control.statistic, control_wilson.estimate) == (1.0, 0.5)
    assert (difference.contrast, difference.estimate, difference.p, difference.n) == ("cells - control", 0.0, 1.0, 4)
    assert (difference.ci_low, difference.ci_high) == pytest.approx(tuple(map(float, newcombe(1, 2, 1, 2))))
    assert difference.standard_error == pytest.approx(0.5)
    assert {row.unit for row in rows} == {"proportion of participants"}
    assert {row.references for row in rows} == {REFERENCES}
    assert {row.warnings for row in rows} == {()}
    assert {row.not_evaluable for row in rows} == {0}


def test_the_rules_come_in_the_order_of_the_plan(build):
    rows = responders(build(ARMS, FOUR), PLAN, "control")
    assert list(dict.fromkeys(row.rule.removesuffix(WILSON) for row in rows)) == RULES
    assert len(rows) == 6 * 5
    few = PlannedAnalysis(method="responders", relative=(30.0,), absolute=())
    assert {row.rule.removesuffix(WILSON) for row in responders(build(ARMS, FOUR), few, None)} == {">= 30 % slower"}


def test_what_is_estimated_is_said(build):
    rows = responders(build(ARMS, FOUR), PLAN, "control")
    assert rows[0].estimand == (
        "The share of participants of arm cells whose ALSFRS-R total declined >= 25 % slower after time zero than "
        "before it, judged in those with at least 3 visits before and 3 after time zero, whatever was given (treatment "
        "policy); no decline before time zero: not responding; death without both slopes: not responding (composite); "
        "slopes missing otherwise: left out."
    )
    assert rows[4].estimand.startswith("The share of participants whose ALSFRS-R total declined >= 25 % slower after")
    assert rows[4].estimand.endswith("slopes missing otherwise: left out: arm cells minus arm control.")
    other = PlannedAnalysis(method="responders", died="excluded", missing="not_responder", non_declining="excluded")
    assert responders(build(ARMS, FOUR), other, "control")[0].estimand.endswith(
        "no decline before time zero: left out; death without both slopes: left out (while alive); slopes missing "
        "otherwise: not responding."
    )


SIX = {**FOUR, "e": line(-1, -3), "f": {0: 40.0, 1: 39.0}, "g": {0: 40.0}}
SIX_ARMS = dict.fromkeys(SIX, "cells")
DEATH = [("g", 1.5, "death"), ("a", 3.5, "death")]


def test_special_cases_are_counted_as_planned_and_told(build):
    trial = build(SIX_ARMS, SIX, DEATH)
    first = responders(trial, PLAN, None)[0]
    # a responds by 25 % (it died later, with both slopes), c too; b and d do not; e rose, g died: not responding.
    assert (first.statistic, first.n, first.not_evaluable) == (2.0, 6, 1)
    assert first.warnings == (
        UNCONTROLLED,
        "1 of 7 participants of arm cells did not decline in the lead-in: counted as not responding",
        "1 of 7 participants of arm cells died without a lead-in and a follow-up slope: counted as not responding",
        "1 of 7 participants of arm cells have no lead-in or no follow-up slope: left out",
    )


@pytest.mark.parametrize(
    ("handling", "n"),
    [({"died": "excluded"}, 5), ({"missing": "not_responder"}, 7), ({"non_declining": "excluded"}, 5)],
)
def test_each_handling_moves_the_denominator(build, handling, n):
    trial = build(SIX_ARMS, SIX, DEATH)
    first = responders(trial, PlannedAnalysis(method="responders", **handling), None)[0]
    assert (first.statistic, first.n, first.not_evaluable) == (2.0, n, 7 - n)


def test_tracheostomy_is_no_death_without_a_protocol_that_says_so(build):
    trial = build(SIX_ARMS, SIX, [("g", 1.5, "tracheostomy")])
    assert responders(trial, PLAN, None)[0].n == 5


def test_either_measure_makes_a_responder_by_the_relative_rules_alone(build):
    breathing = [("b", m, "svc_percent", 80.0 - (3 if m <= 0 else 1) * m) for m in (-2, -1, 0, 1, 2, 3)]
    planned = PlannedAnalysis(
        method="responders", either_of=("alsfrs_r", "svc_percent"), relative=(50,), absolute=(1.25,)
    )
    rows = responders(build(ARMS, FOUR, more=breathing), planned, "control")
    told = [(row.endpoint, row.rule, row.arm, row.statistic) for row in rows if row.contrast is None]
    told = [row for row in told if not row[1].endswith(WILSON)]
    assert told == [
        ("alsfrs_r or svc_percent", ">= 50 % slower", "cells", 2.0),
        ("alsfrs_r or svc_percent", ">= 50 % slower", "control", 1.0),
        ("alsfrs_r", ">= 50 % slower", "cells", 1.0),
        ("alsfrs_r", ">= 50 % slower", "control", 1.0),
        ("alsfrs_r", ">= 1.25 points/month slower", "cells", 1.0),
        ("alsfrs_r", ">= 1.25 points/month slower", "control", 0.0),
    ]
    assert "whose ALSFRS-R total or the slow vital capacity declined" in rows[0].estimand


def test_an_absolute_rule_is_in_the_unit_of_its_measure(build):
    trial = build(ARMS, FOUR, measure="weight_kg")
    planned = PlannedAnalysis(method="responders", measure="weight_kg", relative=(), absolute=(1.0,))
    rows = responders(trial, planned, "control")
    assert {row.rule.removesuffix(WILSON) for row in rows} == {">= 1 kg/month slower"}
    assert (rows[0].statistic, rows[2].statistic) == (1.0, 1.0)


@pytest.mark.evidence("responders", "property")
def test_relabelling_the_arms_turns_the_difference(build):
    trial = build(ARMS, FOUR)
    one = [r for r in responders(trial, PLAN, "control") if r.contrast]
    other = [r for r in responders(trial, PLAN, "cells") if r.contrast]
    assert len(one) == len(other) == 6
    for a, b in zip(one, other, strict=True):
        assert a.estimate == -b.estimate
        assert (a.ci_low, a.ci_high, a.p) == pytest.approx((-b.ci_high, -b.ci_low, b.p))


@pytest.mark.evidence("responders", "property")
def test_the_order_of_participants_does_not_matter(build):
    turned = build(dict(reversed(ARMS.items())), FOUR)
    ours, theirs = responders(build(ARMS, FOUR), PLAN, "control"), responders(turned, PLAN, "control")
    assert sorted(map(repr, ours)) == sorted(map(repr, theirs))


def test_a_planned_level_moves_the_intervals(build):
    trial = build(ARMS, FOUR)
    wide = responders(trial, PlannedAnalysis(method="responders", alpha=0.01), "control")
    usual = responders(trial, PLAN, "control")
    for a, b in zip(wide, usual, strict=True):
        assert a.ci_high - a.ci_low > b.ci_high - b.ci_low


@pytest.mark.evidence("responders", "bad_input")
def test_nobody_to_be_judged_is_said(build):
    after = {who: {0: 40.0, 1: 39.0} for who in "ab"}
    rows = responders(build({"a": "cells", "b": "control"}, after), PLAN, "control")
    reason = "expected at least one participant of arm {} who can be judged; got none"
    assert len(rows) == 6 * 3
    assert not any(row.converged for row in rows)
    assert [row.warnings[0] for row in rows[:3]] == [reason.format(arm) for arm in ("cells", "control", "cells")]
    assert (rows[0].n, rows[0].not_evaluable, rows[0].estimate) == (0, 1, None)
    assert (rows[2].n, rows[2].not_evaluable) == (0, 2)


@pytest.mark.evidence("responders", "bad_input")
def test_an_empty_reference_leaves_the_other_share(build):
    trial = build({"a": "cells", "b": "control"}, {"a": FOUR["a"]})
    cells, _, control, difference = responders(trial, PLAN, "control")[:4]
    assert (cells.estimate, control.converged, difference.converged) == (1.0, False, False)
    assert difference.warnings[0].startswith("expected at least one participant of arm control")


def test_a_shared_baseline_is_warned_of(build):
    planned = PlannedAnalysis(method="responders", share_baseline=True)
    rows = responders(build(ARMS, FOUR), planned, "control")
    assert {row.warnings for row in rows} == {(SHARED,)}


def test_where_nobody_has_both_slopes_the_dead_are_not_called_non_responders(build):
    after = {who: {0: 40.0, 1: 39.0, 2: 38.0, 3: 37.0} for who in "ab"}
    planned = PlannedAnalysis(method="responders", missing="not_responder")
    row = responders(build({"a": "cells", "b": "cells"}, after, [("a", 4.0, "death")]), planned, None)[0]
    assert (row.converged, row.estimate, row.n, row.not_evaluable) == (False, None, 0, 2)
    assert row.warnings == (
        "expected at least one participant of arm cells who can be judged; got none",
        UNCONTROLLED,
        "1 of 2 participants of arm cells died without a lead-in and a follow-up slope: left out",
        "1 of 2 participants of arm cells have no lead-in or no follow-up slope: left out",
    )


def test_the_standard_error_of_a_share_that_is_not_a_half(build):
    trial = build({**ARMS, "c": "cells"}, FOUR)
    cells = next(row for row in responders(trial, PLAN, "control") if row.rule == ">= 75 % slower")
    assert (cells.statistic, cells.n) == (1.0, 3)
    assert cells.standard_error == pytest.approx((1 / 3 * 2 / 3 / 3) ** 0.5, rel=1e-12)
