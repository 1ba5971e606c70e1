"""SAS transport files: what R reads in them, what cannot be held, and files that are damaged or of another kind."""

from __future__ import annotations

import json
import math
from pathlib import Path

import polars as pl
import pytest

from leadin.errors import DataError
from leadin.trials.clinical_formats.data_set import DataSet, Variable
from leadin.trials.clinical_formats.xpt import read_xpt, xpt_bytes
from leadin.trials.clinical_formats.xpt_limits import fitting_xpt

EVIDENCE = Path(__file__).resolve().parents[3] / "validation" / "transport-files"


def data_set(**columns):
    kinds = {pl.Int64: "integer", pl.Float64: "float", pl.Boolean: "boolean"}
    rows = pl.DataFrame(columns)
    variables = tuple(
        Variable(name, f"label of {name}", kinds.get(rows[name].dtype, "string")) for name in rows.columns
    )
    return DataSet("TEST", "A test", variables, rows)


def written(tmp_path, data):
    path = tmp_path / "test.xpt"
    path.write_bytes(xpt_bytes(data))
    return path


def texts(cells):
    """Cells as R gave them: numbers to 17 digits, missing as null (numbers) or empty text."""
    if cells.dtype == pl.String:
        return ["" if cell is None else cell for cell in cells]
    return [None if cell is None else float(cell) for cell in cells]


@pytest.mark.parametrize("reader", ["foreign", "haven"])
def test_every_cell_is_what_r_reads(reader):
    told = json.loads((EVIDENCE / "read_by_r.json").read_text(encoding="utf-8"))
    assert len(told) == len(list((EVIDENCE / "data").glob("*.xpt"))) == 7
    for entry in told:
        data = read_xpt(EVIDENCE / "data" / entry["file"])
        assert (data.name, data.rows.height) == (entry["name"], entry["rows"])
        assert {each.name: each.label for each in data.variables} == entry["labels"]
        for name, cells in entry[reader].items():
            ours = texts(data.rows[name])
            if data.rows[name].dtype != pl.String:
                cells = [None if cell in (None, "NA") else float(cell) for cell in cells]
            assert ours == cells, f"{entry['file']} {name}"


def test_the_files_that_r_read_are_what_is_written_today():
    for path in sorted((EVIDENCE / "data").glob("*.xpt")):
        assert xpt_bytes(read_xpt(path)) == path.read_bytes()


def test_numbers_come_back_to_the_last_bit(tmp_path):
    numbers = [1 / 3, -0.1, 1e-70, 8.9e74, 2.0**53 + 2, 5.5e-79, -123.456, 0.0, None, math.pi]
    read = read_xpt(written(tmp_path, data_set(ID=["x"] * 10, N=pl.Series(numbers, dtype=pl.Float64))))
    assert read.rows["N"].to_list() == numbers


def test_whole_numbers_dates_and_text_come_back_in_their_types(tmp_path):
    data = data_set(ID=["a", "b", "c"], WHOLE=[1, None, -3], TEXT=["é", None, " lead"])
    dates = (
        Variable("DAY", "Day", "date", display_format="DATE9.", target="integer"),
        Variable("TIME", "Time", "datetime", target="integer"),
        Variable("ISO", "Text", "date"),
    )
    cells = {"DAY": ["1959-12-31", None, "2024-02-29"], "TIME": ["2024-02-29T12:34:56", None, "1960-01-01T00:00:00"]}
    data = DataSet(
        "TEST",
        "A test",
        (*data.variables, *dates),
        data.rows.with_columns(**{k: pl.Series(v) for k, v in cells.items()}, ISO=pl.Series(["2013", "2013-01", None])),
    )
    read = read_xpt(written(tmp_path, data))
    assert read.rows.equals(data.rows, null_equal=True)
    assert [each.kind for each in read.variables] == ["string", "integer", "string", "date", "datetime", "string"]
    assert [each.target for each in read.variables] == [None, None, None, "integer", "integer", None]
    assert (read.name, read.label, read.study) == ("TEST", "A test", None)


def test_the_same_data_give_the_same_bytes():
    data = data_set(ID=["a"], N=[1.5])
    raw = xpt_bytes(data)
    assert raw == xpt_bytes(data)
    assert raw.count(b"01JAN60:00:00:00") == 4


def test_what_version_5_cannot_hold_is_changed_and_told():
    data = data_set(
        USUBJID=["a", "b ", "c"],
        LongerName=["x" * 201, "é" * 101, None],
        LONGERNA=[1, None, 2**53 + 1],
        flag=[True, None, False],
        BIG=[9.0e74, -9e80, 5.3e-79],
    )
    label = "An analysis variable whose label is longer than forty"
    variables = (*data.variables[:-1], Variable("BIG", label, "float"))
    fitted, losses = fitting_xpt(DataSet("LONGERNAME", label, variables, data.rows))
    assert fitted.name == "LONGERNA"
    assert fitted.names == ("USUBJID", "LONGERNA", "LONGERN2", "FLAG", "BIG")
    assert fitted.rows["USUBJID"].to_list() == ["a", "b", "c"]
    assert fitted.rows["LONGERNA"].to_list() == ["x" * 200, "é" * 100, None]
    assert fitted.rows["FLAG"].to_list() == ["Y", None, "N"]
    assert fitted.rows["BIG"].to_list() == [None, None, 0.0]
    assert fitted.variables[-1].label == fitted.label == label[:40]
    assert [(loss.severity, loss.place, loss.message) for loss in losses] == [
        ("warning", "LONGERNAME.USUBJID", "1 cells lose blanks at their end."),
        ("warning", "LONGERNAME.LongerName", "The name is longer or other than version 5 allows: written as LONGERNA."),
        ("warning", "LONGERNAME.LongerName", "2 cells are cut to 200 bytes."),
        (
            "note",
            "LONGERNAME.LongerName",
            "1 cells have letters beyond ASCII, written as UTF-8: tell whoever reads the file.",
        ),
        ("warning", "LONGERNAME.LONGERNA", "The name is longer or other than version 5 allows: written as LONGERN2."),
        ("warning", "LONGERNAME.LONGERNA", "1 whole numbers beyond 2^53 are rounded."),
        ("warning", "LONGERNAME.flag", "The name is longer or other than version 5 allows: written as FLAG."),
        ("note", "LONGERNAME.flag", "True and false are written as Y and N."),
        ("warning", "LONGERNAME.BIG", f"The label is cut to 40 bytes: {label[:40]!r}."),
        (
            "warning",
            "LONGERNAME.BIG",
            "2 numbers are too large for a transport file and are missing in it.",
        ),
        ("warning", "LONGERNAME.BIG", "1 numbers are too near to zero for a transport file and are zero in it."),
        ("warning", "LONGERNAME", f"The label is cut to 40 bytes: {label[:40]!r}."),
        ("warning", "LONGERNAME", "The name is cut to 8 letters: LONGERNA."),
    ]


def test_dates_of_which_a_part_is_known_become_text():
    variable = Variable("DAY", "Day", "date", display_format="DATE9.", target="integer")
    data = DataSet("TEST", "", (variable,), pl.DataFrame({"DAY": ["2013-01", "2013-01-02"]}))
    fitted, losses = fitting_xpt(data)
    assert fitted.variables == (Variable("DAY", "Day", "string"),)
    assert [loss.message for loss in losses] == ["Dates of which only a part is known are written as text."]


def test_what_does_not_fit_is_never_written():
    for data in (data_set(TEXT=["x" * 201]), data_set(small=["x"]), data_set(LONGERNAME=["x"])):
        with pytest.raises(DataError, match="expected what a transport file can hold; got more"):
            xpt_bytes(data)


def test_a_file_cut_off_anywhere_is_refused(tmp_path):
    path = written(tmp_path, data_set(USUBJID=[f"P{n:03d}" for n in range(40)], N=[float(n) for n in range(40)]))
    raw = path.read_bytes()
    for length in (*range(1, len(raw), 97), len(raw) - 1, len(raw) - 80, len(raw) - 160):
        path.write_bytes(raw[:length])
        with pytest.raises(DataError, match=r"test\.xpt: expected a (whole )?SAS transport file; got"):
            read_xpt(path)


def test_blanks_after_the_last_row_are_refused_unless_they_fill_its_record(tmp_path):
    path = written(tmp_path, data_set(USUBJID=["a" * 160]))
    raw = path.read_bytes()
    assert read_xpt(path).rows.height == 1
    for more in (b" " * 10, b" " * 80):
        path.write_bytes(raw + more)
        with pytest.raises(DataError, match="got one that was cut off"):
            read_xpt(path)


def test_what_just_fits_is_not_told():
    fitted, losses = fitting_xpt(data_set(USUBJID=["x" * 200], N=[8.9e74], WHOLE=[2**53]))
    assert losses == ()
    assert fitted.rows.row(0) == ("x" * 200, 8.9e74, 2.0**53)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda raw: b"",
            "test.xpt: expected a SAS transport file; got an empty file. Export it again, or as Dataset-JSON.",
        ),
        (lambda raw: b"a,b\n1,2\n", "test.xpt: expected a SAS transport file; got something else. "),
        (
            lambda raw: raw.replace(b"LIBRARY HEADER", b"LIBV8   HEADER"),
            "test.xpt: expected a SAS transport file of version 5, as regulators take it; got version 8. ",
        ),
        (
            lambda raw: raw + raw[240:],
            "test.xpt: expected one data set a file; got 2. Export each to a file of its own.",
        ),
        (lambda raw: raw.replace(b"aaaa", b"\xffaaa"), "test.xpt: expected UTF-8 text; got the byte 0xff. "),
    ],
)
def test_files_of_another_kind_are_refused_with_one_sentence(tmp_path, change, message):
    path = written(tmp_path, data_set(USUBJID=["aaaa", "bbbb"]))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DataError) as refused:
        read_xpt(path)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_text_in_another_encoding_is_read_where_it_is_said(tmp_path):
    path = written(tmp_path, data_set(USUBJID=["aaaa"]))
    path.write_bytes(path.read_bytes().replace(b"aaaa", b"Gr\xfc\xdf"))
    assert read_xpt(path, encoding="latin1").rows["USUBJID"].to_list() == ["Grüß"]
    with pytest.raises(DataError, match="cannot be read"):
        read_xpt(path, encoding="no-such-encoding")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        read_xpt(tmp_path / "nothing.xpt")
