"""REDCap-style CSV: what stands where, what it cannot hold, and files that are damaged or of another project."""

from __future__ import annotations

import csv

import polars as pl
import pytest

from leadin.errors import DataError, UsageError
from leadin.trials.clinical_formats.export import export_trial
from leadin.trials.clinical_formats.import_known import import_known
from leadin.trials.clinical_formats.redcap_fields import HEADER, field_name
from leadin.trials.schema import SCHEMAS


@pytest.fixture
def exported(trial, tmp_path):
    return export_trial(trial, tmp_path / "out", file_format="redcap"), tmp_path / "out"


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def back(folder):
    return import_known([folder / "records.csv", folder / "data_dictionary.csv"])


def test_a_row_a_participant_and_a_row_a_visit(exported):
    losses, folder = exported
    mine = [row for row in rows(folder / "records.csv") if row["record_id"] == "P1"]
    assert [
        (row["redcap_event_name"], row["redcap_repeat_instrument"], row["redcap_repeat_instance"]) for row in mine
    ] == [
        ("enrolment_arm_1", "", ""),
        ("screening_arm_1", "assessments", "1"),
        ("baseline_arm_1", "assessments", "1"),
        ("month_3_arm_1", "assessments", "1"),
        ("unscheduled_arm_1", "lots", "1"),
        ("unscheduled_arm_1", "administrations", "1"),
        ("unscheduled_arm_1", "events", "1"),
        ("unscheduled_arm_1", "events", "2"),
        ("unscheduled_arm_1", "events", "3"),
        ("unscheduled_arm_1", "adverse_events", "1"),
    ]
    assert (mine[0]["arm"], mine[0]["age_years"], mine[0]["as_day"]) == ("cells", "60", "")
    assert (mine[1]["as_day"], mine[1]["as_visit"], mine[1]["as_alsfrs_r"]) == ("-91", "screening", "40")
    assert [(loss.severity, loss.place) for loss in losses] == [("note", "protocol.json")]


def test_the_dictionary_says_what_each_field_holds(exported):
    said = rows(exported[1] / "data_dictionary.csv")
    assert tuple(said[0]) == HEADER
    assert said[0][HEADER[0]] == "record_id"
    chosen = {row[HEADER[0]]: row for row in said}
    one = chosen["as_alsfrs_r"]
    assert (one["Form Name"], one["Field Type"], one["Field Label"]) == ("assessments", "text", "alsfrs r")
    assert one["Text Validation Type OR Show Slider Number"] == "number"
    assert one["Field Annotation"] == "leadin: assessments.measure alsfrs_r"
    assert chosen["riluzole"]["Field Type"] == "yesno"
    assert chosen["ae_ctcae_grade"]["Text Validation Type OR Show Slider Number"] == "integer"
    assert (
        list(chosen)
        == ["record_id", *rows(exported[1] / "records.csv")[0]][:1] + list(rows(exported[1] / "records.csv")[0])[4:]
    )


def test_everything_comes_back(trial, exported):
    again, report = back(exported[1])
    for name in SCHEMAS:
        order = list(SCHEMAS[name])
        assert again.table(name).select(order).sort(order).equals(trial.table(name).sort(order), null_equal=True), name
    assert report.count("emptied") == 0
    assert again.manifest.origin == "imported"


def test_what_it_cannot_hold_is_told(trial, add, tmp_path):
    more = add(trial, "lots", {"lot_id": "stock", "cells": 1e6})
    more = add(more, "participants", {"participant_id": "P1", "arm": "control"})
    more = add(more, "assessments", {"participant_id": "P1", "day": 5.0, "measure": "alsfrs_r"})
    more = more.with_tables({"assessments": more.assessments.with_columns(pl.lit("x").alias("rater"))})
    losses = export_trial(more, tmp_path / "out", file_format="redcap")
    assert [(loss.place, loss.message) for loss in losses if loss.severity == "warning"] == [
        ("participants", "1 further rows of a participant are not written: a record has one."),
        ("assessments.rater", "Further columns of assessments are not written: a row holds all measures of a visit."),
        ("assessments", "1 rows without a value are not written: an empty field says the same."),
        ("lots", "1 rows of no participant are not written: each record of REDCap is a participant."),
    ]
    assert "P1,control" not in (tmp_path / "out" / "records.csv").read_text()


def test_a_measure_twice_on_one_visit_opens_a_second_row(trial, add, tmp_path):
    more = add(
        trial,
        "assessments",
        {"participant_id": "P1", "day": 0.0, "measure": "alsfrs_r", "value": 37.0, "visit": "baseline"},
    )
    export_trial(more, tmp_path / "out", file_format="redcap")
    mine = [
        row
        for row in rows(tmp_path / "out" / "records.csv")
        if row["as_visit"] == "baseline" and row["record_id"] == "P1"
    ]
    assert [(row["redcap_repeat_instance"], row["as_alsfrs_r"]) for row in mine] == [("1", "37"), ("2", "38")]
    assert back(tmp_path / "out")[0].assessments.height == more.assessments.height


def test_names_of_fields():
    assert field_name("participants", "Größe (cm)", set()) == "groe_cm"
    assert field_name("events", "day", set()) == "ev_day"
    assert field_name("participants", "7 th", {"x_7_th"}) == "x_7_th_2"
    assert len(field_name("adverse_events", "a" * 60, set())) == 26
    assert field_name("assessments", "measure alsfrs_r.01", set()) == "as_alsfrs_r_01"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "records.csv",
            "as_visit",
            "as_vist",
            "records.csv: expected the fields of data_dictionary.csv; got none called as_visit.",
        ),
        ("records.csv", ",lots,", ",vials,", "records.csv: expected the instruments participants, assessments, lots"),
        (
            "data_dictionary.csv",
            "leadin: events.kind",
            "kind",
            "data_dictionary.csv, ev_kind: expected the annotation 'leadin: TABLE.COLUMN'; got 'kind'. Restore it, or",
        ),
        (
            "data_dictionary.csv",
            "Field Note",
            "Note",
            "data_dictionary.csv: expected the columns of a REDCap data dictionary; got no 'Field Note'.",
        ),
        (
            "records.csv",
            "enrolment_arm_1,,",
            'enrolment_arm_1,events,"1"',
            "records.csv: expected at least one participant",
        ),
    ],
)
def test_files_that_do_not_go_together_are_refused(exported, file, old, new, message):
    path = exported[1] / file
    path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        back(exported[1])
    assert str(refused.value).startswith(message)


def test_a_cell_of_another_type_is_emptied_and_told(exported):
    path = exported[1] / "records.csv"
    path.write_text(
        path.read_text("utf-8")
        .replace("P1,enrolment_arm_1,,,cells", "P1,enrolment_arm_1,,,cells")
        .replace(",60,", ",sixty,", 1),
        encoding="utf-8",
    )
    again, report = back(exported[1])
    assert report.changes.select("table", "file", "action", "column", "from", "reason").rows() == [
        ("participants", "records.csv", "emptied", "age_years", "sixty", "not what the data dictionary says")
    ]
    assert again.participants["age_years"].null_count() == 1


def test_csv_of_another_project_needs_a_mapping(tmp_path):
    (tmp_path / "records.csv").write_text("record_id,x\n1,2\n")
    (tmp_path / "data_dictionary.csv").write_text(",".join(HEADER) + "\n")
    with pytest.raises(
        UsageError, match=r"--mapping: expected a mapping file, since records\.csv, data_dictionary\.csv"
    ):
        back(tmp_path)
