"""Multiplicity in the results: which p enters, what is shown, and how it is told."""

from __future__ import annotations

import json

import pytest

from leadin.analysis.analyse import analyse_trial
from leadin.analysis.answer import answer
from leadin.analysis.multiplicity import about, family_lines, family_of_tests, verdict
from leadin.analysis.result import Result
from leadin.engine.multiplicity import REFERENCES
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis

ARMS = {who: ("cells" if i % 2 else "control") for i, who in enumerate("abcdefgh")}
SCORES = {
    who: {m: float(round(40 - (1 + i / 7) * m + ((i * 7 + m * 3) % 5) - i % 2 * max(m, 0) / 4)) for m in range(-3, 5)}
    for i, who in enumerate(ARMS)
}
ANALYSES = [
    {"name": "main", "method": "broken_stick", "role": "primary"},
    {"name": "rate", "method": "random_slope"},
    {"name": "death", "method": "cox"},
    {"name": "share", "method": "responders", "relative": [50], "absolute": []},
]


@pytest.fixture
def trial(build):
    return build(ARMS, SCORES, [(who, 4.5, "end_of_follow_up") for who in ARMS])


def family_of(trial, methods=None, **said):
    plan = Plan.model_validate({"analyses": ANALYSES, "multiplicity": said})
    return analyse_trial(trial, plan=plan, methods=methods)


def test_the_answers_of_the_analyses_enter_in_the_order_of_testing(trial):
    results = family_of(trial, procedure="holm", analyses=["rate", "main", "share"])
    family = results.multiplicity
    assert (family.procedure, family.alpha, family.references) == ("holm", 0.05, REFERENCES["holm"])
    p = [results["random_slope"].primary.p, results["broken_stick"].primary.p, results["responders"].primary.p]
    assert [each.p for each in family.hypotheses] == p
    assert [each.row.contrast for each in family.hypotheses] == ["cells - control"] * 3
    assert family.hypotheses[2].row.rule == ">= 50 % slower"
    ordered = sorted(p)
    assert min(each.adjusted_p for each in family.hypotheses) == pytest.approx(min(3 * ordered[0], 1))
    assert family.of(family.hypotheses[1].row) is family.hypotheses[1]
    assert family.of(results["cox"].primary) is None


def test_what_could_not_be_estimated_counts_as_one_and_says_so(trial):
    death = family_of(trial, procedure="fixed_sequence", analyses=["death", "main"]).multiplicity.hypotheses
    assert death[0].rejected is None
    assert death[0].p is None
    assert death[0].adjusted_p == 1.0
    assert death[0].reason == "nobody died, so that no hazard ratio can be estimated; so its p counts as 1"
    assert (death[1].rejected, death[1].adjusted_p, death[1].level) == (False, 1.0, 0.0)
    assert verdict(death[0]) == f"not testable: {death[0].reason}"
    assert verdict(death[1]) == "not reached"


def test_an_analysis_that_was_not_asked_for_was_not_run(trial):
    first, second = family_of(
        trial, ["broken_stick"], procedure="holm", analyses=["main", "rate"]
    ).multiplicity.hypotheses
    assert first.p is not None
    assert (second.row, second.rejected, second.adjusted_p) == (None, None, 1.0)
    assert second.reason == "it was not run, since only some methods were asked for; so its p counts as 1"
    assert second.to_dict()["endpoint"] == "alsfrs_r"
    assert about(second) == "rate (random_slope), alsfrs_r"


def test_a_share_of_one_arm_gives_no_p(build):
    one = build(dict.fromkeys(ARMS), SCORES)
    (share,) = family_of(one, procedure="holm", analyses=["share"]).multiplicity.hypotheses
    assert (share.rejected, share.reason) == (None, "it gives no p value here; so its p counts as 1")


def row(p, contrast="cells - control", **more):
    return Result("mmrm", "alsfrs_r", arm=contrast.partition(" - ")[0], contrast=contrast, p=p, **more)


def plan_of(**said):
    analyses = [{"name": "one", "method": "mmrm"}, {"name": "two", "method": "cox"}]
    return Plan.model_validate({"analyses": analyses, "multiplicity": said})


def test_each_procedure_is_the_one_that_is_named():
    answers = [row(0.03), row(0.04)]
    said = {"weights": [1, 0], "transitions": [[0, 1], [0, 0]]}
    for procedure, expected in {
        "fixed_sequence": [0.03, 0.04],
        "holm": [0.06, 0.06],
        "hochberg": [0.04, 0.04],
        "graphical": [0.03, 0.04],
    }.items():
        more = said if procedure == "graphical" else {}
        family = family_of_tests(plan_of(procedure=procedure, alpha=0.035, **more), answers)
        assert [each.adjusted_p for each in family.hypotheses] == pytest.approx(expected)
        assert [each.rejected for each in family.hypotheses] == [p <= 0.035 for p in expected]
    assert family_of_tests(Plan.model_validate({"analyses": [{"method": "cox"}]}), []) is None
    assert family_of_tests(None, []) is None


def test_a_p_of_a_row_that_did_not_converge_is_not_used():
    (first, _) = family_of_tests(plan_of(procedure="holm"), [row(0.01, converged=False), row(0.5)]).hypotheses
    assert (first.p, first.rejected, first.reason) == (None, None, "it gives no p value here; so its p counts as 1")


def test_how_it_is_told_in_lines():
    answers = [row(0.0004, time_months=183 / 30.4375, rule="Welch"), row(0.2)]
    family = family_of_tests(plan_of(procedure="fixed_sequence", alpha=0.1), answers)
    assert family_lines(family) == [
        "Multiplicity: fixed sequence, familywise two-sided level 0.1. Intervals are not adjusted.",
        "  one (mmrm), alsfrs_r: cells - control, month 6, Welch: shown (p <0.001, adjusted <0.001)",
        "  two (cox), alsfrs_r: cells - control: not shown (p 0.20, adjusted 0.20)",
    ]


def test_results_tell_it_beneath_their_table_and_in_the_json(trial):
    results = family_of(trial, procedure="fixed_sequence", analyses=["main", "death"])
    lines = family_lines(results.multiplicity)
    assert repr(results).splitlines()[-4:] == ["", *lines]
    assert results._repr_html_().endswith("".join(f"<p>{line}</p>" for line in lines))
    said = json.loads(results.to_json())["multiplicity"]
    assert (said["procedure"], said["alpha"]) == ("fixed_sequence", 0.05)
    first, second = said["hypotheses"]
    assert first == {
        "name": "main",
        "method": "broken_stick",
        "endpoint": "alsfrs_r",
        "contrast": "cells - control",
        "time_months": None,
        "rule": None,
        "p": results["broken_stick"].primary.p,
        "level": 0.05,
        "adjusted_p": results["broken_stick"].primary.p,
        "rejected": False,
        "reason": None,
    }
    assert (second["p"], second["rejected"], second["adjusted_p"]) == (None, None, 1.0)
    assert analyse_trial(trial, methods=["cox"]).footer() == []
    assert not repr(analyse_trial(trial, methods=["cox"])).endswith("\n")


def test_the_planned_arm_answers_and_where_nobody_is_in_it_the_first():
    rows = [row(0.1), row(0.9, "other - control")]
    assert answer(rows, "control", PlannedAnalysis(method="cox", arm="other")).p == 0.9
    assert answer(rows, "control", PlannedAnalysis(method="cox", arm="nobody")).p == 0.1
    assert answer(rows, "control", PlannedAnalysis(method="cox")).p == 0.1


def test_of_several_visits_the_planned_one_answers_else_the_last():
    rows = [row(p, time_months=m) for m, p in ((1.0, 0.1), (3.0, 0.3), (6.0, 0.6))]
    other = [row(0.9, "other - control", time_months=9.0)]
    assert answer(rows + other, "control", PlannedAnalysis(method="mmrm")).p == 0.6
    assert answer(rows[::-1], "control", PlannedAnalysis(method="mmrm")).p == 0.6
    assert answer(rows, "control", PlannedAnalysis(method="mmrm", month=3)).p == 0.3
    assert answer(rows, "control", PlannedAnalysis(method="mmrm", month=1.2)).p == 0.1
    alone = row(0.2)
    assert answer([alone, *rows], "control", PlannedAnalysis(method="mmrm")) is rows[-1]
    ruled = [row(0.2, rule="a"), row(0.4, rule="b", time_months=3.0)]
    assert answer(ruled, "control", PlannedAnalysis(method="mmrm")) is ruled[0]


def test_a_re_randomisation_test_does_not_answer():
    test = row(0.01, rule="re-randomisation test (exact, 20 allocations)")
    mine = row(0.02)
    assert answer([test, mine], "control", PlannedAnalysis(method="mmrm")) is mine
    assert answer([test], "control", PlannedAnalysis(method="mmrm")) is test


def test_two_analyses_of_one_method_are_told_apart_everywhere(trial):
    plan = Plan.model_validate(
        {"analyses": [{"method": "slope_change"}, {"method": "slope_change", "share_baseline": True}]}
    )
    results = analyse_trial(trial, plan=plan, methods=["slope_change", "cox"])
    assert results.labels == ("share baseline no",) * 5 + ("share baseline yes",) * 5 + (None,)
    assert results.marks == ("share baseline no",) * 5 + ("share baseline yes",) * 5 + ("exploratory",)
    assert "slope_change (share baseline no)   alsfrs_r" in repr(results)
    assert "slope_change (share baseline yes)  alsfrs_r" in repr(results)
    assert "cox (exploratory)                  survival" in repr(results)
    assert "<td>slope_change (share baseline yes)</td>" in results._repr_html_()
    assert [row["analysis"] for row in json.loads(results.to_json())["results"]] == list(results.labels)
    assert results.to_polars()["analysis"].to_list() == list(results.labels)
    mine = results["slope_change"]
    assert mine.labels == results.marks[:10]
    assert mine.to_polars()["analysis"].to_list() == list(mine.labels)
    assert "slope_change (share baseline yes)" in repr(mine)
    assert "<td>slope_change (share baseline yes)</td>" in mine._repr_html_()
    estimates = [row.estimate for row in results["slope_change"] if row.rule == "Welch t test"]
    assert estimates[0] != estimates[1]
    unplanned = analyse_trial(trial, methods=["cox"])
    assert unplanned.marks == (None,)
