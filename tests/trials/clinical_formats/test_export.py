"""Exports: the standard data sets of a trial, the folder they are written to, and what is refused."""

from __future__ import annotations

import pytest

from leadin.analysis.kaplan_meier import survival_curve
from leadin.errors import DataError, UsageError
from leadin.trials.clinical_formats.export import export_trial
from leadin.trials.clinical_formats.export_data_sets import data_sets_of
from leadin.trials.survival_times import survival_times
from leadin.trials.usable import usable_trial


@pytest.fixture
def made(trial):
    return {data.name: data for data in data_sets_of(trial)[0]}


def test_every_table_has_a_data_set(made):
    assert {name: data.rows.height for name, data in made.items()} == {
        "ADSL": 4,
        "ADQS": 12,
        "ADLOT": 2,
        "EX": 2,
        "DS": 12,
        "ADAE": 2,
        "ADTTE": 4,
    }
    for data in made.values():
        assert data.study == "SMALL"
        assert all(len(each.name) <= 8 and len(each.label) <= 40 and each.name.isupper() for each in data.variables)


def test_subjects(made):
    columns = ["USUBJID", "SUBJID", "TRT01P", "ARM", "AGE", "AGEU", "SAFFL", "ITTFL", "DTHFL", "EOSSTT", "DCSREAS"]
    assert made["ADSL"].rows.select(columns).rows() == [
        ("P1", "P1", "cells", "cells", 60.0, "YEARS", "Y", "Y", None, "COMPLETED", None),
        ("P2", "P2", "cells", "cells", 60.0, "YEARS", "Y", "Y", None, "COMPLETED", None),
        ("P3", "P3", "control", "control", 60.0, "YEARS", "N", "Y", None, "COMPLETED", None),
        ("P4", "P4", "control", "control", 60.0, "YEARS", "N", "Y", "Y", "DISCONTINUED", "DEATH"),
    ]


def test_assessments_with_baseline_and_change(made):
    rows = made["ADQS"].rows.filter(USUBJID="P1")
    columns = ["PARAMCD", "PARAM", "AVISIT", "ADY", "AVAL", "BASE", "CHG", "ABLFL", "TRTP"]
    assert rows.select(columns).rows() == [
        ("ALSFRSR", "alsfrs_r", "screening", -91, 40.0, 38.0, None, None, "cells"),
        ("ALSFRSR", "alsfrs_r", "baseline", 1, 38.0, 38.0, None, "Y", "cells"),
        ("ALSFRSR", "alsfrs_r", "month 3", 92, 36.0, 38.0, -2.0, None, "cells"),
    ]


def test_events_and_doses(made):
    assert made["DS"].rows.filter(USUBJID="P4").select(
        "DSSEQ", "DSDECOD", "DSTERM", "DSCAT", "DSSTDY", "DSSTDYX"
    ).rows() == [
        (1, "ENROLLED", "ENROLLED", "PROTOCOL MILESTONE", -91, -91.0),
        (2, "RANDOMIZED", "RANDOMIZED", "PROTOCOL MILESTONE", -1, -1.0),
        (3, "DEATH", "DEATH", "DISPOSITION EVENT", 121, 120.5),
    ]
    assert made["EX"].rows.select(
        "USUBJID", "EXSEQ", "EXTRT", "EXDOSE", "EXDOSU", "EXLOT", "EXROUTE", "EXSTDY"
    ).rows() == [
        ("P1", 1, "CELLS", 7e7, "CELLS", "L1", "intrathecal", 1),
        ("P2", 1, "CELLS", 7e7, "CELLS", "L2", "intrathecal", 1),
    ]
    assert made["ADAE"].rows.select("AEDECOD", "ASTDY", "AENDY", "AETOXGR", "AESEQ").rows() == [
        ("headache", 2, 4, "1", 1),
        ("respiratory failure", 119, None, "5", 1),
    ]


def test_times_to_event_are_those_that_analyses_use(trial, made):
    rows, times = made["ADTTE"].rows, survival_times(usable_trial(trial)).sort("participant_id")
    assert rows["AVAL"].to_list() == times["months"].to_list()
    assert [cnsr == 0 for cnsr in rows["CNSR"]] == times["event"].to_list()
    assert set(rows["PARAMCD"]) == {"FATAL"}
    assert set(rows["PARAM"]) == {"Time to death or tracheostomy (Months from randomisation)"}
    ours = survival_curve(times["months"].to_numpy(), times["event"].to_numpy())
    theirs = survival_curve(rows["AVAL"].to_numpy(), rows["CNSR"].to_numpy() == 0)
    assert ours.survival.tolist() == theirs.survival.tolist()


def test_an_event_alone_fatal_is_overall_survival(trial):
    import dataclasses

    alone = {data.name: data for data in data_sets_of(dataclasses.replace(trial, protocol=None))[0]}
    assert set(alone["ADTTE"].rows["PARAMCD"]) == {"OS"}
    assert set(alone["ADTTE"].rows["PARAM"]) == {"Overall Survival (Months from randomisation)"}
    assert alone["ADTTE"].study == "STUDY"


def test_what_has_no_place_is_told(trial):
    assert [(loss.severity, loss.place) for loss in data_sets_of(trial)[1]] == [
        ("note", "protocol.json"),
        ("note", "ADSL"),
    ]


@pytest.mark.parametrize(
    ("file_format", "files"),
    [
        ("dataset-json", {f"{name}.json" for name in ("adsl", "adqs", "adlot", "ex", "ds", "adae", "adtte")}),
        ("xpt", {f"{name}.xpt" for name in ("adsl", "adqs", "adlot", "ex", "ds", "adae", "adtte")}),
        ("redcap", {"records.csv", "data_dictionary.csv"}),
    ],
)
def test_files_and_the_report_of_losses(trial, file_format, files, tmp_path):
    losses = export_trial(trial, tmp_path / "out", file_format=file_format)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*files, "export_report.csv"}
    report = (tmp_path / "out" / "export_report.csv").read_text()
    assert report.splitlines()[0] == "severity,place,message"
    assert len(report.splitlines()) == 1 + len(losses)


def test_an_earlier_export_is_replaced_and_nothing_else(trial, tmp_path):
    export_trial(trial, tmp_path / "out", file_format="xpt")
    export_trial(trial, tmp_path / "out", file_format="redcap")
    assert not list((tmp_path / "out").glob("*.xpt"))
    (tmp_path / "out" / "thesis.tex").write_text("mine")
    with pytest.raises(DataError, match=r"got one that holds thesis\.tex\. Choose another folder\."):
        export_trial(trial, tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "adsl.json").write_text("{}")
    with pytest.raises(DataError, match=r"got one that holds adsl\.json"):
        export_trial(trial, tmp_path / "mine")
    assert (tmp_path / "mine" / "adsl.json").read_text() == "{}"
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="expected a folder to write to; got a file"):
        export_trial(trial, tmp_path / "file")


def test_a_format_that_does_not_exist(trial, tmp_path):
    with pytest.raises(UsageError, match=r"^--format: expected one of dataset-json, xpt, redcap; got 'sas7bdat'\.$"):
        export_trial(trial, tmp_path / "out", file_format="sas7bdat")
    assert not (tmp_path / "out").exists()
