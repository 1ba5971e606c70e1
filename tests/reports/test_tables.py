"""Tables: what each row says, to the last word, and which rows there are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadin.analysis.adverse_event_table import safety_table as counted
from leadin.analysis.analyse import analyse_trial
from leadin.analysis.injection_windows import injection_windows
from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.arms import report_arms
from leadin.reports.baseline import baseline_table
from leadin.reports.estimate_words import estimate_words, shown_value
from leadin.reports.models import models_table, not_estimable, values_table
from leadin.reports.safety_table import nothing_happened, safety_table, term_shares, windows_table
from leadin.reports.survival_tables import events_table, landmarks_table
from leadin.reports.tables import Column, Rows, Table


def rows_of(table: Table) -> list[tuple[str, ...]]:
    return [tuple(text.replace("\u00a0", " ") for text in row) for group in table.groups for row in group.rows]


def heads_of(table: Table) -> list[str]:
    return [column.title.replace("\u00a0", " ") for column in table.columns]


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match=r"table t: expected 2 cells a row; got 1: \('x',\)"):
        Table("t", "", (Column("a"), Column("b")), (Rows((("x",),)),))


def test_spanning_heads():
    columns = (Column("a"), Column("b", group="g"), Column("c", group="g"), Column("d", group="h"), Column("e"))
    assert Table("t", "", columns, ()).header_groups == ((None, 1), ("g", 2), ("h", 1), (None, 1))
    assert Table("t", "", columns, ()).span_of == (None, 2, 2, 3, None)
    assert Table("t", "", columns[:1], ()).span_of == ()
    assert Table("t", "", (Column("a"),), ()).header_groups == ()


def test_baseline_counts_means_shares_and_what_is_missing(build):
    people = [
        {
            "participant_id": "a",
            "arm": "x",
            "age_years": 50.0,
            "sex": "female",
            "onset_region": "bulbar",
            "riluzole": True,
        },
        {
            "participant_id": "b",
            "arm": "x",
            "age_years": 60.0,
            "sex": "male",
            "onset_region": "limb",
            "riluzole": False,
        },
        {"participant_id": "c", "arm": "y", "age_years": 70.0, "sex": "F", "onset_region": None, "riluzole": None},
        {"participant_id": "d", "arm": None, "age_years": 99.0},
    ]
    scores = [
        {"participant_id": p, "day": day, "measure": "alsfrs_r", "value": value}
        for p, day, value in (
            ("a", -90.0, 45.0),
            ("a", 0.0, 40.0),
            ("a", 30.0, 10.0),
            ("b", -3.0, 36.0),
            ("c", 1.0, 5.0),
        )
    ]
    trial = build(participants=people, assessments=scores)
    table = baseline_table(trial, report_arms(trial, "y"))
    assert heads_of(table) == ["Characteristic", "x, n = 2", "y, n = 1", "All, n = 3", "Not recorded (participants)"]
    assert rows_of(table) == [
        ("Age (years)", "55.0 (7.1)", "70.0 (–)", "60 (10)", "0"),
        ("Women", "1 (50 %)", "1 (100 %)", "2 (67 %)", "0"),
        ("Onset: bulbar", "1 (50 %)", "–", "1 (50 %)", "1"),
        ("Onset: limb", "1 (50 %)", "–", "1 (50 %)", "1"),
        ("On riluzole", "1 (50 %)", "–", "1 (50 %)", "1"),
        ("ALSFRS-R (points)", "38.0 (2.8)", "–", "38.0 (2.8)", "1"),
    ]


def test_no_baseline_is_no_table(build):
    trial = build(participants=[{"participant_id": "a"}])
    assert baseline_table(trial, report_arms(trial)) is None


def test_hazard_ratios_and_shares_are_shown_as_people_read_them():
    cox = Result(
        method="cox",
        endpoint="survival",
        estimate=0.0,
        standard_error=0.5,
        ci_low=-1.0,
        ci_high=1.0,
        unit="log hazard ratio",
    )
    value, error, low, high, unit = shown_value(cox)
    assert (value, error, unit) == (1.0, 0.5, "hazard ratio")
    assert estimate_words(cox) == ("1.00", "0.37 to 2.72")
    share = Result(
        method="responders",
        endpoint="alsfrs_r",
        contrast="a - b",
        estimate=-0.03,
        standard_error=0.11,
        ci_low=-0.25,
        ci_high=0.19,
        unit="proportion of participants",
    )
    assert shown_value(share)[4] == "percentage points"
    assert estimate_words(share) == ("−3", "−25 to 19")
    assert estimate_words(replace(share, standard_error=0.002)) == ("−3.0", "−25.0 to 19.0")
    assert shown_value(replace(share, contrast=None))[4] == "% of participants"
    assert low < 1 < high
    assert shown_value(replace(cox, estimate=None, standard_error=None, ci_low=None, ci_high=None)) == (
        None,
        None,
        None,
        None,
        "hazard ratio",
    )


def test_models_table_groups_by_endpoint_and_contrast(slope_row, cells_and_control):
    stick = slope_row()
    within = slope_row(method="slope_change", contrast="follow-up - lead-in", rule="t test", planned=False, p=0.0004)
    rank = replace(
        within,
        rule="Wilcoxon signed-rank test (exact)",
        estimate=None,
        standard_error=None,
        ci_low=None,
        ci_high=None,
        unit=None,
    )
    rule = slope_row(
        method="responders",
        rule=">= 50 % slower",
        unit="proportion of participants",
        estimate=0.1,
        ci_low=-0.1,
        ci_high=0.3,
        standard_error=0.1,
    )
    landmark = slope_row(method="kaplan_meier", contrast=None)
    failed = slope_row(method="random_slope", estimate=None, p=None, converged=False, warnings=("no visits.",))
    answers = Answers((within, rank, stick, rule, landmark, failed), cells_and_control, (stick,))
    table = models_table(answers, "90 % interval")
    assert heads_of(table)[:3] == ["Endpoint (unit): contrast, and method", "Estimate", "90 % interval"]
    assert [group.title for group in table.groups] == [
        "ALSFRS-R (points per month): cells + riluzole − riluzole alone",
        "ALSFRS-R (percentage points): cells + riluzole − riluzole alone",
        "ALSFRS-R (points per month): follow-up − lead-in, cells + riluzole",
    ]
    assert rows_of(table) == [
        ("Broken-stick model", "0.31", "0.02 to 0.60", "0.03", "64", "1", "planned primary"),
        ("Responders, ≥ 50 % slower", "10", "−10 to 30", "0.03", "64", "1", "planned"),
        ("Change of slope, t test", "0.31", "0.02 to 0.60", "<0.001", "64", "1", "exploratory"),
        ("Change of slope, Wilcoxon signed-rank test (exact)", "–", "–", "<0.001", "64", "1", "exploratory"),
    ]
    assert not_estimable(answers) == ("Random-slope model of ALSFRS-R (cells + riluzole − riluzole alone): no visits.",)


def test_a_test_without_a_unit_stands_with_its_estimates(slope_row, cells_and_control):
    log_rank = slope_row(method="log_rank", endpoint="survival", unit=None, estimate=None, ci_low=None, ci_high=None)
    cox = slope_row(method="cox", endpoint="survival", unit="log hazard ratio", estimate=0.0)
    (group,) = models_table(Answers((log_rank, cox), cells_and_control)).groups
    assert group.title == "Survival (hazard ratio): cells + riluzole − riluzole alone"
    assert [row[0] for row in group.rows] == ["Log-rank test", "Cox model"]
    (group,) = models_table(Answers((log_rank,), cells_and_control)).groups
    assert group.title == "Survival: cells + riluzole − riluzole alone"


def test_what_arms_had_by_themselves_stands_in_its_own_table(slope_row, cells_and_control):
    compared = slope_row(method="mmrm", unit="points", time_months=6.0, rule="unstructured covariance, Satterthwaite")
    mean = slope_row(method="mmrm", unit="points", time_months=6.0, rule="adjusted mean", contrast=None, p=None)
    pairs = slope_row(method="win_ratio", unit="% of pairs", rule="won", p=None, ci_low=None, ci_high=None)
    pairs = replace(pairs, estimate=54.9, standard_error=None)
    alone = slope_row(method="ancova", unit="points", time_months=7.06, rule="ANCOVA")
    answers = Answers((compared, mean, pairs, alone), cells_and_control)
    assert [row[0] for row in rows_of(models_table(answers))] == [
        "MMRM, month 6, unstructured covariance, Satterthwaite",
        "Analysis of covariance, month 7.1",
    ]
    table = values_table(answers, "90 % interval")
    assert heads_of(table) == ["Endpoint (unit): arm, and method", "Estimate", "90 % interval", "n", "Left out"]
    assert [group.title for group in table.groups] == [
        "ALSFRS-R (% of pairs): cells + riluzole − riluzole alone",
        "ALSFRS-R (points): cells + riluzole",
    ]
    assert rows_of(table) == [
        ("Win statistics, won", "54.9", "–", "64", "1"),
        ("MMRM, month 6, adjusted mean", "0.31", "0.02 to 0.60", "64", "1"),
    ]
    assert values_table(Answers((compared,), cells_and_control)) is None
    assert models_table(Answers((mean,), cells_and_control)) is None


def test_of_adverse_events_the_shares_are_compared_here(slope_row, cells_and_control):
    harm = {"method": "safety", "endpoint": "adverse_events"}
    shares = slope_row(**harm, rule="serious", unit="proportion of participants")
    rates = slope_row(**harm, rule="serious", unit="log rate ratio")
    term = slope_row(**harm, rule="Nervous system disorders: Headache", unit="proportion of participants")
    (row,) = rows_of(models_table(Answers((shares, rates, term), cells_and_control)))
    assert row[:2] == ("Serious adverse event", "31")


def test_nothing_estimated_is_no_table(cells_and_control):
    assert models_table(Answers((), cells_and_control)) is None
    assert not_estimable(Answers((), cells_and_control)) == ()


def test_adverse_events_by_class_term_and_grade(two_arms):
    trial = two_arms()
    table = safety_table(counted(trial), report_arms(trial, "control"))
    assert [title.replace("\u00a0", " ") for title, _ in table.header_groups[1:]] == ["cells, n = 6", "control, n = 6"]
    assert [group.title for group in table.groups] == [
        None,
        "Nervous system disorders",
        "Injury, poisoning and procedural complications",
    ]
    assert rows_of(table) == [
        ("Any adverse event", "3 (50 %)", "3", "–", "3", "–", "–", "–", "1 (17 %)", "1", "–", "–", "1", "–", "–"),
        ("Headache", "3 (50 %)", "3", "–", "3", "–", "–", "–", "0 (0 %)", "0", "–", "–", "–", "–", "–"),
        ("Fall", "0 (0 %)", "0", "–", "–", "–", "–", "–", "1 (17 %)", "1", "–", "–", "1", "–", "–"),
    ]
    assert [(s.term, s.arm, s.participants, s.n) for s in term_shares(counted(trial))] == [
        ("Headache", "cells", 3, 6),
        ("Headache", "control", 0, 6),
        ("Fall", "cells", 0, 6),
        ("Fall", "control", 1, 6),
    ]


def test_without_grades_there_are_no_grade_columns(two_arms):
    trial = two_arms()
    trial = replace(
        trial, adverse_events=trial.adverse_events.with_columns(ctcae_grade=None).cast({"ctcae_grade": int})
    )
    table = safety_table(counted(trial), report_arms(trial))
    assert len(table.columns) == 5
    assert "no grade is recorded" in table.notes[0]


def test_events_without_a_grade_are_counted_beside_those_with_one(two_arms):
    trial = two_arms()
    assert len(safety_table(counted(trial), report_arms(trial)).notes) == 1
    grades = trial.adverse_events["ctcae_grade"].scatter([0, 1], [None, None])
    trial = replace(trial, adverse_events=trial.adverse_events.with_columns(ctcae_grade=grades))
    table = safety_table(counted(trial), report_arms(trial))
    assert table.notes[1] == "2 participants had events without a grade only."


def test_what_nobody_had_leaves_a_share_open(two_arms, build):
    trial = two_arms()
    answers = Answers.of(analyse_trial(trial, methods=["safety"], reference="control"), report_arms(trial, "control"))
    said = [text.replace("\u00a0", " ") for text in nothing_happened(answers, frozenset({"cells"}))]
    assert said == [
        "Cells: no serious adverse event in 6 participants; the true share may be as high as 46 % (upper end of the "
        "exact 95 % interval).",
        "Cells: no adverse event of grade 3 or more in 6 participants; the true share may be as high as 46 % (upper "
        "end of the exact 95 % interval).",
    ]
    related = nothing_happened(answers, frozenset({"cells", "control"}))
    assert [text.split(" in ")[0] for text in related] == [
        "Cells: no serious adverse event",
        "Control: no adverse event related to treatment",
        "Cells: no adverse event of grade 3 or more",
    ]


def test_events_since_the_latest_injection(two_arms, one_arm):
    trial = two_arms()
    table = windows_table(injection_windows(trial), report_arms(trial, "control"))
    assert [group.title for group in table.groups] == ["cells"]
    assert rows_of(table)[0] == ("Days 0 to 1", "3 of 6", "3", "0.8", "380", "78 to 1112")
    assert windows_table(injection_windows(one_arm()), report_arms(one_arm())) is None


def test_survival_at_landmarks_and_events_by_kind(two_arms, build):
    trial = two_arms()
    arms = report_arms(trial, "control")
    answers = Answers.of(analyse_trial(trial, methods=["kaplan_meier"], reference="control"), arms)
    table = landmarks_table(answers)
    assert [group.title for group in table.groups] == ["cells", "control"]
    assert rows_of(table)[0] == ("6", "100 %", "–", "6", "0")
    assert rows_of(events_table(trial, arms)) == [
        ("Death", "1 (17 %)", "0 (0 %)"),
        ("Withdrawal", "0 (0 %)", "1 (17 %)"),
        ("Followed to the end", "5 (83 %)", "5 (83 %)"),
    ]
    assert landmarks_table(Answers((), arms)) is None
    nothing = build(participants=[{"participant_id": "a"}])
    assert events_table(nothing, report_arms(nothing)) is None
