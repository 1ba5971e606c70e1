from __future__ import annotations

import math

import polars as pl
import pytest

from leadin.errors import DataError
from leadin.trials.finding import Finding
from leadin.trials.read_table import read_table
from leadin.trials.schema import SCHEMAS


@pytest.fixture
def read(tmp_path):
    def read_text(name, text, further=None):
        path = tmp_path / f"{name}.csv"
        path.write_text(text)
        return read_table(name, path, further or {})

    return read_text


@pytest.fixture
def stored(tmp_path):
    def read_stored(name, further=None, **columns):
        path = tmp_path / f"{name}.parquet"
        pl.DataFrame(columns).write_parquet(path)
        return read_table(name, path, further or {})

    return read_stored


def test_text_in_a_number_is_told_by_line_and_its_row_left_out(read):
    table, findings = read("assessments", "participant_id,day,measure,value\nP1,0,alsfrs_r,forty\nP1,x,alsfrs_r,40\n")
    assert table["value"].to_list() == [None, 40.0]
    assert table["day"].to_list() == [0.0, None]
    assert findings == (
        Finding(
            "unreadable-cell",
            "error",
            "assessments",
            (1,),
            "assessments.csv: 1 cell of day should hold a number (line 3: 'x'). Left out with the whole row; correct "
            "the cell or leave it empty.",
        ),
        Finding(
            "unreadable-cell",
            "error",
            "assessments",
            (0,),
            "assessments.csv: 1 cell of value should hold a number (line 2: 'forty'). Left out with the whole row; "
            "correct the cell or leave it empty.",
        ),
    )


def test_what_else_a_cell_should_hold(read):
    text = "participant_id,start_day,term,ctcae_grade,serious\nP1,1,fever,2.5,true\nP1,2,fever,x,perhaps\n"
    _, findings = read("adverse_events", text)
    assert [f.message for f in findings] == [
        "adverse_events.csv: 2 cells of ctcae_grade should hold a whole number (line 2: '2.5'; line 3: 'x'). Left out "
        "with the whole row; correct the cell or leave it empty.",
        "adverse_events.csv: 1 cell of serious should hold true or false (line 3: 'perhaps'). Left out with the whole "
        "row; correct the cell or leave it empty.",
    ]


def test_five_cells_are_shown_cut_to_forty_characters(read):
    rows = "".join(f"P1,{i},alsfrs_r,{'x' * 50}\n" for i in range(7))
    _, (finding,) = read("assessments", "participant_id,day,measure,value\n" + rows)
    assert finding.rows == tuple(range(7))
    assert f"line 6: '{'x' * 40}'; and 2 more)" in finding.message


def test_words_for_missing_are_noted(read):
    text = "participant_id,day,measure,value\nP1,0,alsfrs_r,NA\nP1,1,alsfrs_r,.\nP1,2,alsfrs_r, NA\n"
    table, findings = read("assessments", text)
    assert table["value"].to_list() == [None] * 3
    assert findings == (
        Finding(
            "missing-word",
            "note",
            "assessments",
            (0, 1, 2),
            "assessments.csv: 3 cells of value say . or NA, read as missing. An empty cell says the same.",
        ),
    )
    _, (one,) = read("assessments", "participant_id,day,measure,value\nP1,0,alsfrs_r,NaN\n")
    assert one.message == "assessments.csv: 1 cell of value says NaN, read as missing. An empty cell says the same."


def test_a_last_line_without_an_end(read):
    _, findings = read("events", "participant_id,day,kind\nP1,1,death")
    assert findings == (
        Finding(
            "cut-off",
            "warning",
            "events",
            (),
            "events.csv does not end with a line end: its last line may be cut off. Compare it with the original.",
        ),
    )


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "assessments",
            "participant_id,day,measure,valeu,x\n",
            "assessments.csv: expected the columns participant_id, day, measure, value; got none named value (columns: "
            "participant_id, day, measure, valeu, x). Rename the column: perhaps 'valeu' for 'value'.",
        ),
        (
            "participants",
            "Participant ID,arm\n",
            "participants.csv: expected the columns participant_id; got none named participant_id (columns: "
            "Participant ID, arm). Rename the column: perhaps 'Participant ID' for 'participant_id'.",
        ),
        (
            "events",
            "a,b\n",
            "events.csv: expected the columns participant_id, day, kind; got none named participant_id, day, kind "
            "(columns: a, b). Add the column.",
        ),
    ],
)
def test_a_necessary_column_that_is_not_there(read, name, text, message):
    with pytest.raises(DataError) as error:
        read(name, text)
    assert str(error.value) == message


def test_a_column_that_is_almost_a_known_one(read):
    table, findings = read("participants", "participant_id,Arm,mine\nP1,a,3\n")
    assert table.columns == [*SCHEMAS["participants"], "Arm", "mine"]
    assert findings == (
        Finding(
            "renamed-column",
            "warning",
            "participants",
            (),
            "participants.csv: column 'Arm' is kept, but is not used; did you mean 'arm'? Rename it then.",
        ),
    )


def test_further_columns_are_kept_as_the_manifest_says_or_as_they_look(read):
    text = "lot_id,ward,code,flag\nL1,3,1,true\nL2,4,2,false\n"
    guessed, _ = read("lots", text)
    assert [guessed[name].dtype for name in ("ward", "code", "flag")] == [pl.Int64, pl.Int64, pl.Boolean]
    said, _ = read("lots", text, {"ward": "Float64", "code": "String", "flag": "Boolean"})
    assert said.select("ward", "code", "flag").rows() == [(3.0, "1", True), (4.0, "2", False)]
    whole, _ = read("lots", text, {"ward": "Int64"})
    assert whole["ward"].to_list() == [3, 4]


def test_a_further_column_that_does_not_hold_what_the_manifest_says(read):
    table, (finding,) = read("lots", "lot_id,ward\nL1,x\n", {"ward": "Int64"})
    assert table["ward"].to_list() == [None]
    assert (finding.id, finding.rows) == ("unreadable-cell", (0,))


def test_parquet_with_the_right_types(stored):
    table, findings = stored("events", participant_id=["P1"], day=[1.5], kind=["death"], mine=[3])
    assert table.row(0) == ("P1", 1.5, "death", None, 3)
    assert findings == ()


def test_parquet_with_other_types(stored):
    table, findings = stored(
        "assessments", participant_id=[1, 2], day=[0, 30], measure=["alsfrs_r"] * 2, value=["40", "x"]
    )
    assert table.rows() == [("1", 0.0, "alsfrs_r", 40.0, None), ("2", 30.0, "alsfrs_r", None, None)]
    assert [f.message for f in findings] == [
        "assessments.parquet: 1 cell of value should hold a number (row 1: 'x'). Left out with the whole row; correct "
        "the cell or leave it empty."
    ]


def test_parquet_with_nan_for_missing_and_broken_whole_numbers(stored):
    table, findings = stored(
        "adverse_events",
        participant_id=["P1"] * 3,
        start_day=[1.0, math.nan, 3.0],
        term=["fever", "fever", ""],
        ctcae_grade=[1.0, 2.5, math.nan],
        serious=[1, 0, None],
    )
    assert table["start_day"].to_list() == [1.0, None, 3.0]
    assert table["ctcae_grade"].to_list() == [1, None, None]
    assert table["serious"].to_list() == [True, False, None]
    assert table["term"].to_list() == ["fever", "fever", None]
    assert [(f.id, f.rows) for f in findings] == [
        ("missing-word", (1,)),
        ("unreadable-cell", (1,)),
        ("missing-word", (2,)),
    ]


def test_parquet_with_types_that_never_fit(stored):
    table, findings = stored("adverse_events", participant_id=["P1"], start_day=[[1.0]], term=["x"], serious=[0.5])
    assert table.row(0)[:3] == ("P1", None, "x")
    assert table["serious"].to_list() == [None]
    assert [(f.id, f.rows) for f in findings] == [("unreadable-cell", (0,)), ("unreadable-cell", (0,))]


def test_parquet_that_is_none(tmp_path):
    path = tmp_path / "lots.parquet"
    for content in (b"lot_id\nL1\n", b"PAR1" + bytes(100)):
        path.write_bytes(content)
        with pytest.raises(DataError) as error:
            read_table("lots", path, {})
        assert str(error.value) == (
            "lots.parquet: expected a Parquet file; got one that cannot be read. Is it cut off or damaged? Write it "
            "again."
        )
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"^lots\.parquet: expected a Parquet file; got an empty file\.$"):
        read_table("lots", path, {})


def test_parquet_with_far_too_many_rows(stored, monkeypatch):
    monkeypatch.setattr("leadin.trials.parquet_table.MOST_ROWS", 2)
    assert stored("lots", lot_id=["a", "b"])[0].height == 2
    with pytest.raises(DataError, match=r"^lots\.parquet: expected at most 2 rows; got 3\.$"):
        stored("lots", lot_id=["a", "b", "c"])
