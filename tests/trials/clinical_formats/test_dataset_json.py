"""Dataset-JSON 1.1: what comes back, and files that are damaged or of another kind."""

from __future__ import annotations

import json

import polars as pl
import pytest

from leadin.errors import DataError
from leadin.trials.clinical_formats.data_set import DataSet, Variable, as_text, sorted_by_key
from leadin.trials.clinical_formats.dataset_json import dataset_from_json, dataset_to_json, read_dataset_json

SAID = {
    "datasetJSONVersion": "1.1.0",
    "studyOID": "S1",
    "records": 2,
    "name": "adsl",
    "label": "Subjects",
    "columns": [
        {"name": "USUBJID", "label": "Id", "dataType": "string", "length": 4, "keySequence": 1},
        {"name": "AGE", "label": "Age", "dataType": "integer"},
        {"name": "BMI", "label": "Index", "dataType": "float", "displayFormat": "5.1"},
        {"name": "DAY", "label": "Day", "dataType": "date", "targetDataType": "integer", "displayFormat": "DATE9."},
        {"name": "ISO", "label": "Day", "dataType": "date"},
        {"name": "SAFE", "label": "Safe", "dataType": "boolean"},
    ],
    "rows": [["P1", 60, 20, "2024-01-02", "2024", True], ["P2", None, 20.5, None, "", None]],
}


def said(**changes):
    return json.dumps({**SAID, **changes})


def test_what_a_file_says():
    data = dataset_from_json("adsl.json", said())
    assert (data.name, data.label, data.study) == ("ADSL", "Subjects", "S1")
    assert data.names == ("USUBJID", "AGE", "BMI", "DAY", "ISO", "SAFE")
    assert data.rows.rows() == [("P1", 60, 20.0, "2024-01-02", "2024", True), ("P2", None, 20.5, None, None, None)]
    assert data.rows.dtypes == [pl.String, pl.Int64, pl.Float64, pl.String, pl.String, pl.Boolean]
    assert data.variables[0] == Variable("USUBJID", "Id", "string", length=4, key=1)
    assert data.variables[3] == Variable("DAY", "Day", "date", display_format="DATE9.", target="integer")


def test_what_is_written_says_the_same_with_missing_cells_as_cdisc_has_them():
    data = dataset_from_json("adsl.json", said())
    text = dataset_to_json(data)
    again = json.loads(text)
    assert again["rows"] == [["P1", 60, 20.0, "2024-01-02", "2024", True], ["P2", None, 20.5, None, "", None]]
    assert again["columns"] == [{**each, "itemOID": f"IT.ADSL.{each['name']}"} for each in SAID["columns"]]
    wanted = {"datasetJSONVersion": "1.1.0", "records": 2, "name": "ADSL", "label": "Subjects", "studyOID": "S1"}
    assert {field: again[field] for field in wanted} == wanted
    assert again["itemGroupOID"] == "IG.ADSL"
    assert again["originator"] == "leadin"
    assert dataset_to_json(dataset_from_json("x", text)) == text


def test_the_study_is_that_of_the_rows_where_they_say_one():
    columns = [{"name": "STUDYID", "label": "", "dataType": "string"}]
    assert dataset_from_json("x", said(columns=columns, rows=[["T7"], ["T7"]])).study == "T7"
    assert dataset_from_json("x", said(columns=columns, rows=[[""], [None]])).study == "S1"


def test_a_data_set_without_rows():
    data = dataset_from_json("x", said(rows=[], records=0))
    assert data.rows.height == 0
    assert dataset_from_json("x", dataset_to_json(data)).rows.schema == data.rows.schema


def test_decimals_stay_the_text_they_are():
    columns = [{"name": "N", "label": "", "dataType": "decimal", "targetDataType": "decimal"}]
    data = dataset_from_json("x", said(columns=columns, rows=[["1.10"], [None]]))
    assert data.rows["N"].to_list() == ["1.10", None]
    assert json.loads(dataset_to_json(data))["rows"] == [["1.10"], [None]]


def test_numbers_as_text():
    assert as_text(pl.Series([2.0, 0.1, None, -3.0, 1e15, 1e300])).to_list() == [
        "2",
        "0.1",
        None,
        "-3",
        "1000000000000000.0",
        "1e+300",
    ]
    assert as_text(pl.Series([True, None])).to_list() == ["true", None]


def test_rows_stand_in_the_order_of_the_key_then_of_sequence_and_all_else():
    variables = (
        Variable("B", ""),
        Variable("AESEQ", "", "integer"),
        Variable("A", "", key=2),
        Variable("C", "", key=1),
    )
    rows = pl.DataFrame({"B": ["y", "x", "w"], "AESEQ": [1, 2, 2], "A": ["a", "a", "a"], "C": ["c", "c", "b"]})
    assert sorted_by_key(DataSet("T", "", variables, rows)).rows["B"].to_list() == ["w", "y", "x"]
    keyless = tuple(Variable(each.name, "", each.kind) for each in variables)
    assert sorted_by_key(DataSet("T", "", keyless, rows)).rows["B"].to_list() == ["y", "w", "x"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.json: expected Dataset-JSON; got an empty file."),
        (
            '{"a": [1,\n2',
            "x.json, line 2: expected JSON; got text that is none (Expecting ',' delimiter). Is the file cut off?",
        ),
        ("[1]", "x.json: expected Dataset-JSON 1.1; got a list."),
        ("{}", "x.json: expected Dataset-JSON 1.1; got empty JSON."),
        ('{"participants": []}', "x.json: expected Dataset-JSON 1.1; got JSON without datasetJSONVersion."),
        ('{"clinicalData": {}}', "x.json: expected Dataset-JSON 1.1; got Dataset-JSON 1.0."),
        (said(datasetJSONVersion="1.0.0"), "x.json: expected datasetJSONVersion 1.1; got '1.0.0'."),
        (said(name="AD SL"), "x.json: expected a name such as ADSL; got 'AD SL'."),
        (said(name=None), "x.json: expected a name such as ADSL; got None."),
        (said(columns=[]), "x.json: expected a list of columns; got []."),
        (said(columns=["a"]), 'x.json, columns[0]: expected an object with name, label and dataType; got "a".'),
        (said(columns=[{"name": " "}]), 'x.json, columns[0].name: expected the name of a variable; got " ".'),
        (
            said(columns=[{"name": "A", "dataType": "text"}]),
            "x.json, columns[0].dataType: expected one of string, integer, decimal, float, double, boolean, date, "
            'datetime, time, URI; got "text" (A).',
        ),
        (
            said(columns=[{"name": "A", "dataType": "string"}, {"name": "a", "dataType": "string"}]),
            "x.json: expected every variable once; got A several times.",
        ),
        (said(rows=None), "x.json: expected a list of rows; got null."),
        (said(rows=[["P1"]]), "x.json, row 1: expected 6 cells, as there are columns; got 1. Export it again."),
        (said(rows=[SAID["rows"][0], {}]), "x.json, row 2: expected 6 cells, as there are columns; got {}."),
        (said(records=3), "x.json: expected 3 rows, as 'records' says; got 2. Is the file cut off?"),
        (
            said(rows=[["P1", 60.5, 20, "", "", True]], records=1),
            "x.json, row 1, AGE: expected integer; got 60.5. Correct it.",
        ),
        (said(rows=[[7, 60, 20, "", "", True]], records=1), "x.json, row 1, USUBJID: expected string; got 7."),
        (said(rows=[["P", True, 20, "", "", True]], records=1), "x.json, row 1, AGE: expected integer; got true."),
        (said(rows=[["P", 1, "x", "", "", True]], records=1), 'x.json, row 1, BMI: expected float; got "x".'),
        (said(rows=[["P", 1, 1, "", "", "Y"]], records=1), 'x.json, row 1, SAFE: expected boolean; got "Y".'),
        (said(rows=[["P", 2**63, 1, "", "", None]], records=1), "x.json, row 1, AGE: expected integer; got 922"),
        (
            said(rows=[["P", 1, float("inf"), "", "", None]], records=1),
            "x.json, row 1, BMI: expected float; got Infinity.",
        ),
    ],
)
def test_files_of_another_kind_are_refused_with_one_sentence(text, message):
    with pytest.raises(DataError) as refused:
        dataset_from_json("x.json", text)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        read_dataset_json(tmp_path / "no.json")
    (tmp_path / "x.json").write_bytes(said(label="Größe").encode("latin-1").replace(b"\\u00f6", b"\xf6"))
    with pytest.raises(
        DataError, match=r"x\.json: expected UTF-8 text, as JSON is; got the byte 0xf6 at position \d+\."
    ):
        read_dataset_json(tmp_path / "x.json")
    (tmp_path / "y.json").write_text("\ufeff" + said(), encoding="utf-8")
    assert read_dataset_json(tmp_path / "y.json").name == "ADSL"
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(DataError, match=r"deep\.json: expected JSON; got text that is none\."):
        read_dataset_json(tmp_path / "deep.json")
