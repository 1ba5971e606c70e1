"""Which rows are compared in the forest plot, in which order and words, and which way is better."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadin.analysis.result import Result
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.reports.answers import Answers
from leadin.reports.comparisons import forest_rows, judged_of_many
from leadin.reports.direction import higher_is_better, sides
from leadin.reports.estimate_words import estimate_words, is_ratio, shown_value
from leadin.reports.wording import ASSUMPTIONS, METHODS, measure_words, method_words, short_method


def result(method: str, unit: str, endpoint: str = "alsfrs_r", **changes) -> Result:
    known = {"arm": "cells", "contrast": "cells - control", "estimate": 0.5, "standard_error": 0.25}
    known |= {"ci_low": 0.01, "ci_high": 0.99, "planned": True}
    return Result(method=method, endpoint=endpoint, unit=unit, **{**known, **changes})


@pytest.mark.parametrize(
    ("method", "endpoint", "unit", "better"),
    [
        ("broken_stick", "alsfrs_r", "points per month", True),
        ("mmrm", "fvc_percent", "% predicted", True),
        ("slope_change", "strength.left", "% of normal per month", True),
        ("responders", "alsfrs_r or svc_percent", "percentage points", True),
        ("cox", "survival", "hazard ratio", False),
        ("restricted_mean", "survival", "months", True),
        ("joint_rank", "anything", "ranks", True),
        ("win_ratio", "anything", "win odds", True),
        ("win_ratio", "survival and alsfrs_r", "net benefit", True),
        ("safety", "adverse_events", "percentage points", False),
        ("safety", "adverse_events", "rate ratio", False),
        ("slope_change", "alsfrs_r or adverse_events", "x", None),
        ("potency", "secretion", "correlation", None),
        ("mmrm", "creatinine", "µmol/l", None),
    ],
)
def test_which_way_is_better(method, endpoint, unit, better):
    assert higher_is_better(Result(method=method, endpoint=endpoint), unit) is better


def test_months_lost_are_better_when_few():
    lost = Result("restricted_mean", "survival", rule="ratio, months lost to death")
    assert higher_is_better(lost, "ratio of means") is False
    assert higher_is_better(replace(lost, rule="ratio"), "ratio of means") is True
    assert higher_is_better(replace(lost, rule=None), "months lost") is False


def test_sides_say_what_is_held_against_what():
    slope, model = Result("slope_change", "alsfrs_r"), Result("mmrm", "alsfrs_r")
    assert sides(slope, "cells", "riluzole") == ("favours riluzole", "favours cells")
    assert sides(slope, None, None) == ("faster after time zero", "slower after time zero")
    assert sides(Result("broken_stick", "alsfrs_r"), "cells", None) == sides(slope, None, None)
    assert sides(Result("paired_side", "strength"), None, None) == (
        "favours the other side",
        "favours the treated side",
    )
    assert sides(model, None, None) == ("worse afterwards", "better afterwards")


def test_logarithms_of_ratios_become_ratios():
    odds = result("win_ratio", "log win odds", estimate=0.0, ci_low=-1.0, ci_high=1.0)
    assert shown_value(odds) == (
        1.0,
        0.25,
        pytest.approx(0.36788, abs=1e-5),
        pytest.approx(2.71828, abs=1e-5),
        "win odds",
    )
    assert estimate_words(odds) == ("1.00", "0.37 to 2.72")
    ratios = ["hazard ratio", "win odds", "win ratio", "ratio of means"]
    assert [is_ratio(unit) for unit in [*ratios, "points", "net benefit", ""]] == [True] * 4 + [False] * 3


def test_rows_that_draw_nothing_stay_out(slope_row, cells_and_control, only):
    cox = slope_row(method="cox", endpoint="survival", unit="log hazard ratio", ci_high=None)
    endless = slope_row(method="cox", endpoint="survival", unit="log hazard ratio", ci_low=-800.0, ci_high=800.0)
    nowhere = slope_row(method="potency", endpoint="secretion")
    assert forest_rows(Answers((cox, endless, nowhere), cells_and_control)) == ()
    slope = slope_row(method="random_slope", contrast="slope after time zero")
    change = slope_row(contrast="change of slope at time zero")
    (row,) = forest_rows(Answers((slope, change), only))
    assert (row.label, row.sides) == (
        "ALSFRS-R, broken-stick model",
        ("faster after time zero", "slower after time zero"),
    )
    assert row.comparison is None


def test_a_third_arm_is_named_and_has_its_own_sides(slope_row, cells_and_control):
    arms = (*cells_and_control, replace(cells_and_control[0], name="high", label="high dose"))
    rows = (slope_row(), slope_row(arm="high", contrast="high - control"))
    made = forest_rows(Answers(rows, arms))
    assert [(row.comparison, row.label, row.sides) for row in made] == [
        (
            "Cells + riluzole − riluzole alone",
            "ALSFRS-R, broken-stick model",
            ("favours riluzole alone", "favours cells + riluzole"),
        ),
        (
            "High dose − riluzole alone",
            "ALSFRS-R, broken-stick model",
            ("favours riluzole alone", "favours high dose"),
        ),
    ]
    two = forest_rows(Answers(rows[:1], cells_and_control))
    assert [(row.comparison, row.colour) for row in two] == [(None, cells_and_control[0].look.colour)]


def test_order_is_primary_secondary_safety_exploratory(cells_and_control):
    plan = {
        "slope_change": PlannedAnalysis(method="slope_change", role="exploratory"),
        "safety": PlannedAnalysis(method="safety", role="safety"),
        "ancova": PlannedAnalysis(method="ancova"),
        "mmrm": PlannedAnalysis(method="mmrm", role="primary", month=6),
    }
    rows = {
        "slope_change": result("slope_change", "points per month"),
        "safety": result("safety", "proportion of participants", "adverse_events", rule="serious"),
        "ancova": result("ancova", "points", time_months=6.0),
        "mmrm": result("mmrm", "points", time_months=6.0),
    }
    unplanned = result("broken_stick", "points per month", planned=False)
    made_by = {row: plan[name] for name, row in rows.items()}
    answers = Answers((unplanned, *rows.values()), cells_and_control, (rows["mmrm"],), {}, made_by)
    made = forest_rows(answers)
    assert [(row.label, row.place, row.primary) for row in made] == [
        ("ALSFRS-R, MMRM, month 6", "planned, primary", True),
        ("ALSFRS-R, ANCOVA, month 6", "planned, secondary", False),
        ("Serious adverse event", "planned, safety", False),
        ("ALSFRS-R, broken-stick model", "exploratory", False),
        ("ALSFRS-R, change of slope", "exploratory", False),
    ]
    assert [row.unit for row in made][2] == "percentage points with an event"
    assert [row.better_high for row in made] == [True, True, False, True, True]
    assert not judged_of_many(answers)


def test_of_many_visits_the_judged_month_is_drawn(cells_and_control):
    visits = [result("mmrm", "points", time_months=float(month), p=month / 100) for month in (3, 6, 12)]

    def label(planned: PlannedAnalysis | None, primary: tuple[Result, ...] = ()) -> list[str]:
        made_by = {} if planned is None else dict.fromkeys(visits, planned)
        answers = Answers(tuple(visits), cells_and_control, primary, {}, made_by)
        assert judged_of_many(answers)
        return [row.label for row in forest_rows(answers)]

    assert label(None) == ["ALSFRS-R, MMRM, month 12"]
    assert label(PlannedAnalysis(method="mmrm")) == ["ALSFRS-R, MMRM, month 12"]
    assert label(PlannedAnalysis(method="mmrm", month=6)) == ["ALSFRS-R, MMRM, month 6"]
    assert label(PlannedAnalysis(method="mmrm", role="primary"), (visits[0],)) == ["ALSFRS-R, MMRM, month 3"]


def test_rows_without_a_month_are_all_kept(cells_and_control):
    rows = tuple(result("cox", "log hazard ratio", "survival", estimate=value) for value in (0.1, 0.2))
    assert Answers(rows, cells_and_control).judged(rows) == rows


def test_of_one_arm_the_contrast_names_the_visit_and_is_no_comparison(only):
    visits = tuple(
        result("mmrm", "points", arm="cells", contrast=f"month {month} - baseline", time_months=float(month))
        for month in (12, 3, 6)
    )
    answers = Answers(visits, only)
    assert answers.judged(visits) == visits[:1]
    assert forest_rows(answers) == ()
    assert not any(answers.compares(replace(visits[0], method=method)) for method in ("ancova", "random_slope"))
    assert answers.compares(replace(visits[0], method="slope_change"))


def test_rows_alike_are_told_apart_by_rule_then_by_name(cells_and_control):
    ranks = [
        result("joint_rank", "ranks", "survival and alsfrs_r", rule=rule) for rule in ("Wilcoxon", "ANCOVA on ranks")
    ]
    answers = Answers(tuple(ranks), cells_and_control)
    assert [row.label for row in forest_rows(answers)] == [
        "Joint rank, Wilcoxon",
        "Joint rank, ANCOVA on ranks",
    ]
    models = [result("mmrm", "points", estimate=value) for value in (0.4, 0.5)]
    wins = [
        result("win_ratio", "log win ratio", endpoint, rule="win ratio")
        for endpoint in ("survival and alsfrs_r", "survival and svc_percent")
    ]
    assert [row.label for row in forest_rows(Answers(tuple(wins), cells_and_control))] == [
        "Wins over all pairs, win ratio, survival and ALSFRS-R",
        "Wins over all pairs, win ratio, survival and SVC",
    ]
    assert [row.label for row in forest_rows(Answers(tuple(wins[:1]), cells_and_control))] == ["Wins over all pairs"]
    names = [PlannedAnalysis(method="mmrm", name=name) for name in ("main", "delta")]
    answers = Answers(tuple(models), cells_and_control, (), {}, dict(zip(models, names, strict=True)))
    assert [row.label for row in forest_rows(answers)] == ["ALSFRS-R, MMRM, main", "ALSFRS-R, MMRM, delta"]


def test_side_against_side_stands_beside_arm_against_arm(slope_row, cells_and_control, only):
    side = result("paired_side", "% of normal", "strength", contrast="treated - other", time_months=6.0)
    rows = forest_rows(Answers((slope_row(), side), cells_and_control))
    assert [row.comparison for row in rows] == [
        None,
        "Treated − other, cells + riluzole",
    ]
    assert rows[1].sides == ("favours the other side", "favours the treated side")
    (alone,) = forest_rows(Answers((side,), only))
    assert (alone.comparison, alone.label) == (None, "Limb strength, side against side, month 6")


def test_every_method_has_words_and_says_what_it_takes_for_granted():
    from typing import get_args

    from leadin.protocols.planned_analysis import Method

    assert set(get_args(Method)) == set(METHODS) == set(ASSUMPTIONS)
    assert method_words("multiple_imputation") == "multiple imputation"
    assert (short_method("mmrm"), short_method("cox")) == ("MMRM", "Cox model")
    assert measure_words("survival and alsfrs_r or svc_percent") == "survival and ALSFRS-R or SVC"
