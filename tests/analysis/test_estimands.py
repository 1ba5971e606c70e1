"""The estimand of a row and of an analysis in the attributes of ICH E9(R1)."""

from __future__ import annotations

from leadin.analysis.analyse import run_analysis
from leadin.analysis.estimands import EstimandRow, estimand_row, events_words, with_attributes
from leadin.analysis.methods import METHODS
from leadin.analysis.result import Result
from leadin.protocols.estimand import Estimand, IntercurrentEvent
from leadin.protocols.planned_analysis import PlannedAnalysis

DEATH = IntercurrentEvent(event="death", strategy="while_alive")
THERAPY = IntercurrentEvent(event="other_therapy", strategy="treatment_policy")
DOSED = IntercurrentEvent(event="not_dosed", strategy="treatment_policy")
VENTILATION = IntercurrentEvent(event="ventilation", strategy="while_alive")


def test_events_stand_under_their_strategy():
    assert events_words(()) == "none"
    assert events_words((DEATH,)) == "while alive for death"
    niv = IntercurrentEvent(event="non_invasive_ventilation", strategy="treatment_policy")
    assert events_words((THERAPY, DEATH, DOSED, VENTILATION, niv)) == (
        "treatment policy for other therapy, not being dosed and non-invasive ventilation; while alive for death; "
        "while free of it for permanent ventilation"
    )
    assumed = IntercurrentEvent(event="death", strategy="hypothetical", assumption="as if alive")
    assert (
        events_words((assumed, THERAPY)) == "hypothetical for death (as if alive); treatment policy for other therapy"
    )


def test_a_row_names_treatment_and_events():
    planned = PlannedAnalysis(method="slope_change")
    row = Result("slope_change", "alsfrs_r", arm="cells", contrast="cells - control", estimand="Sentence.")
    assert with_attributes(row, planned, (DEATH,)) == (
        "Sentence. Treatment: arm cells against arm control, as allocated. Intercurrent events: while alive for death."
    )
    within = Result("slope_change", "alsfrs_r", arm="cells", contrast="follow-up - lead-in", estimand="Sentence.")
    assert with_attributes(within, planned, ()) == "Sentence. Treatment: arm cells, as allocated."
    nobody = Result("log_rank", "survival", estimand="Sentence.")
    assert with_attributes(nobody, planned, ()) == "Sentence. Treatment: all participants, as allocated."
    assert with_attributes(Result("cox", "survival"), planned, (DEATH,)) is None


def test_the_plan_s_own_words_are_told():
    said = Estimand(treatment="Cells on top of riluzole", population="Adults.", variable="V", summary="S")
    planned = PlannedAnalysis(method="slope_change", estimand=said)
    row = Result("slope_change", "alsfrs_r", arm="cells", contrast="cells - control", estimand="Sentence.")
    assert with_attributes(row, planned, ()) == (
        "Sentence. Treatment: Cells on top of riluzole. Population, as planned: Adults. Variable, as planned: V. "
        "Summary, as planned: S."
    )


def test_an_analysis_has_all_five_and_what_is_refused(build):
    trial = build({"a": "cells", "b": "control"}, {"a": {0: 40}})
    composite = IntercurrentEvent(event="death", strategy="composite")
    planned = PlannedAnalysis(method="random_slope", intercurrent_events=(composite,))
    row = estimand_row(trial, planned, METHODS["random_slope"].strategies, "arm cells against arm control")
    assert row == EstimandRow(
        planned,
        "arm cells against arm control, as allocated",
        "everybody in an arm with a visit at or after time zero",
        "ALSFRS-R total at each visit from time zero on",
        "hypothetical for death (values after it go on as those of participants of the same arm with the same values "
        "so far: missing at random); treatment policy for permanent ventilation, non-invasive ventilation, other "
        "therapy and not being dosed",
        "difference between arms in mean slopes",
        row.refused,
    )
    assert len(row.refused) == 1
    assert row.refused[0].startswith("the plan asks 'composite' for death; random_slope cannot do that")


def test_what_is_not_carried_out_is_the_first_warning(build):
    scores = {who: {m: 40.0 - (1 + i / 9) * m for m in (-3, -2, -1, 1, 2, 3)} for i, who in enumerate("abcd")}
    trial = build({"a": "x", "b": "x", "c": "y", "d": "y"}, scores)
    composite = IntercurrentEvent(event="death", strategy="composite")
    planned = PlannedAnalysis(method="slope_change", intercurrent_events=(composite,), share_baseline=True)
    for row in run_analysis(trial, planned, "x"):
        start = "the plan asks 'composite' for death; slope_change cannot do that"
        if row.converged:
            assert row.warnings[0].startswith(start)
            assert len(row.warnings) > 1
        else:
            assert row.warnings[1].startswith(start)
    empty = build({"a": "x", "b": "y"}, {"a": {-1: 40.0, 1: 39.0}})
    for row in run_analysis(empty, planned, "x"):
        assert row.warnings[0].startswith("expected at least 2 participants")
        assert row.warnings[1].startswith("the plan asks 'composite' for death")


def test_remarks_on_values_that_stand_come_last(build):
    draw = {"a": 3, "b": 5, "c": 2, "d": 7, "e": 4, "f": 6, "g": 1, "h": 5}
    scores = {who: {0: 40.0 + k % 3, 3: 40.0 - k, 6: 37.0 - k} for who, k in draw.items()}
    del scores["a"][6]
    arms = {who: "xy"[i % 2] for i, who in enumerate(draw)}
    trial = build(arms, scores, [("a", 4.0, "death")])
    planned = PlannedAnalysis(method="ancova", intercurrent_events=(DEATH,))
    row = run_analysis(trial, planned, "y")[0]
    assert row.converged
    assert row.not_evaluable == 0
    assert row.warnings[-1] == (
        "1 participant with death by month 6 (1 of arm x) counts with their last value before it (while alive)"
    )
    assert "While alive" not in row.estimand
    assert "Intercurrent events: while alive for death; treatment policy for" in row.estimand
