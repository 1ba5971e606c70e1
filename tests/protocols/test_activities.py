"""The schedule of activities."""

from __future__ import annotations

import pytest

from leadin.protocols.activities import (
    MEASURE_LABELS,
    ActivityColumn,
    schedule_of_activities,
    window_words,
)
from leadin.protocols.library import library_names
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol


def marks(table, label):
    row = next(row for row in table.rows if row.label == label)
    return {column.day: mark for column, mark in zip(table.columns, row.marks, strict=True) if mark}


def test_columns_are_visits_and_the_days_of_procedures(protocol):
    table = schedule_of_activities(protocol)
    assert [(column.name, column.day, column.window(), column.period) for column in table.columns] == [
        ("screening", -91, "±7", "lead-in"),
        ("lead-in", -45, "±7", "lead-in"),
        ("isolation", -28, "0", "lead-in"),
        ("isolation", -2, "0", "lead-in"),
        ("baseline", 0, "±7", "follow-up"),
        ("injection", 26, "0", "follow-up"),
        ("month 1", 30, "±7", "follow-up"),
        ("month 2", 61, "±7", "follow-up"),
        ("month 3", 91, "±7", "follow-up"),
    ]


def test_rows_and_their_marks(protocol):
    table = schedule_of_activities(protocol)
    assert [row.label for row in table.rows] == [
        "Consent",
        "Eligibility",
        "Randomisation",
        "ALSFRS-R",
        "Weight, kg",
        "Isolation, bone marrow",
        "Injection, intrathecal",
        "Adverse events",
    ]
    assert marks(table, "Consent") == {-91: "X"}
    assert marks(table, "Eligibility") == {-91: "X"}
    assert marks(table, "Randomisation") == {-91: "X"}
    assert marks(table, "ALSFRS-R") == dict.fromkeys((-91, -45, 0, 30, 61, 91), "X")
    assert marks(table, "Weight, kg") == {-91: "X"}
    assert marks(table, "Isolation, bone marrow") == {-28: "X a", -2: "X a"}
    assert marks(table, "Injection, intrathecal") == {0: "X a", 26: "X a"}
    assert marks(table, "Adverse events") == dict.fromkeys((-45, -28, -2, 0, 26, 30, 61, 91), "X")


def test_footnotes(protocol):
    assert schedule_of_activities(protocol).footnotes == (
        "a: arm cells only",
        "Day 0 is the scheduled day of the first injection; windows are in days around the scheduled day.",
        "Adverse events are recorded throughout, and asked for at every contact after the first.",
    )


def test_what_every_arm_has_bears_no_letter(small):
    small["arms"][1]["administrations"] = small["arms"][0]["administrations"][:1]
    table = schedule_of_activities(Protocol.model_validate(small))
    assert marks(table, "Injection, intrathecal") == {0: "X", 26: "X a"}


def test_each_set_of_arms_has_its_letter(small):
    small["arms"].append({**small["arms"][1], "name": "third"})
    doses = small["arms"][0]["administrations"]
    small["arms"][1]["administrations"] = [doses[0]]
    small["arms"][2]["administrations"] = [{**doses[0], "day": 5}]
    table = schedule_of_activities(Protocol.model_validate(small))
    assert marks(table, "Isolation, bone marrow") == {-28: "X a", -2: "X b", -23: "X c"}
    assert marks(table, "Injection, intrathecal") == {0: "X a", 5: "X c", 26: "X b"}
    assert table.footnotes[:3] == ("a: arms cells, control only", "b: arm cells only", "c: arm third only")


def test_entry_is_judged_again_at_baseline_when_a_criterion_says_so(small):
    small["eligibility"] = {"criteria": [{"variable": "alsfrs_r", "minimum": 20, "at": "baseline"}]}
    small["randomisation"]["at"] = "baseline"
    table = schedule_of_activities(Protocol.model_validate(small))
    assert marks(table, "Eligibility") == {-91: "X", 0: "X"}
    assert marks(table, "Randomisation") == {0: "X"}


def test_entry_of_one_arm_is_judged_again_for_that_arm_alone(small):
    later = {"variable": "alsfrs_r", "minimum": 20, "at": "baseline", "arms": ["cells"]}
    small["eligibility"] = {"criteria": [{"variable": "age_years", "minimum": 18}, later]}
    small["randomisation"] = None
    table = schedule_of_activities(Protocol.model_validate(small))
    assert marks(table, "Eligibility") == {-91: "X", 0: "X a"}
    assert table.footnotes[0] == "a: arm cells only"
    small["eligibility"]["criteria"].append({"variable": "alsfrs_r", "maximum": 40, "at": "baseline"})
    table = schedule_of_activities(Protocol.model_validate(small))
    assert marks(table, "Eligibility") == {-91: "X", 0: "X"}


def test_without_a_baseline_visit_everything_is_at_the_first(small):
    small["eligibility"] = {"criteria": [{"variable": "alsfrs_r", "minimum": 20, "at": "baseline"}]}
    small["randomisation"]["at"] = "baseline"
    small["visits"] = small["visits"][3:]
    table = schedule_of_activities(Protocol.model_validate(small))
    assert marks(table, "Eligibility") == marks(table, "Randomisation") == {30: "X"}


def test_not_randomised_has_no_such_row(small):
    table = schedule_of_activities(Protocol.model_validate({**small, "randomisation": None}))
    assert "Randomisation" not in [row.label for row in table.rows]


def test_co_interventions_on_days_are_a_row_and_others_a_footnote(small):
    small["co_interventions"] = [
        {"name": "rituximab", "kind": "infusion", "days": [0, 14], "arms": ["cells"]},
        {"name": "riluzole", "kind": "drug", "dose": "50 mg", "frequency": "twice a day"},
        {"name": "physiotherapy", "kind": "rehabilitation", "arms": ["control"]},
    ]
    table = schedule_of_activities(Protocol.model_validate(small))
    assert marks(table, "Rituximab") == {0: "X a", 14: "X a"}
    assert [(column.name, column.window()) for column in table.columns if column.day == 14] == [("rituximab", "")]
    assert "Throughout: riluzole (50 mg, twice a day)." in table.footnotes
    assert "Throughout, arms control: physiotherapy." in table.footnotes


def test_several_products_are_named(small):
    small["products"].append({**small["products"][0], "name": "nsc", "source_tissue": None})
    small["arms"][1]["administrations"] = [{"day": 0, "product": "nsc", "route": "intravenous"}]
    table = schedule_of_activities(Protocol.model_validate(small))
    assert marks(table, "Injection of msc, intrathecal") == {0: "X a", 26: "X a"}
    assert marks(table, "Injection of nsc, intravenous") == {0: "X b"}
    assert marks(table, "Isolation") == {-28: "X b"}


def test_a_trial_without_cells_speaks_of_time_zero(small):
    small["arms"][0]["administrations"] = []
    table = schedule_of_activities(Protocol.model_validate(small))
    assert table.footnotes[0] == "Day 0 is time zero; windows are in days around the scheduled day."


@pytest.mark.parametrize(
    ("early", "late", "words"), [(7, 7, "±7"), (0, 0, "0"), (3, 7, "-3 +7"), (0, 7, "+7"), (7, 0, "-7")]
)
def test_windows_in_words(early, late, words):
    assert window_words(early, late) == words
    assert ActivityColumn("v", 0, early, late, "lead-in").window() == words


def test_a_day_without_window_says_nothing():
    assert ActivityColumn("v", 0, None, None, "lead-in").window() == ""


@pytest.mark.parametrize("name", library_names())
def test_marks_agree_with_the_protocol(name):
    protocol = load_protocol(name)
    table = schedule_of_activities(protocol)
    assert [column.day for column in table.columns] == sorted({column.day for column in table.columns})
    for measure, label in MEASURE_LABELS.items():
        days = {visit.day for visit in protocol.visits if measure in visit.measures}
        assert not days or set(marks(table, label)) == days
    for row in table.rows:
        assert len(row.marks) == len(table.columns)
        assert any(row.marks)
