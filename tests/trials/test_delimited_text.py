from __future__ import annotations

import tracemalloc

import pytest

from leadin.errors import DataError
from leadin.trials.delimited_text import CHUNK_BYTES, ROWS_A_BATCH, read_delimited


@pytest.fixture
def write(tmp_path):
    def written(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def refused(path, **how):
    with pytest.raises(DataError) as error:
        read_delimited(path, **how)
    return str(error.value)


def test_cells_are_text_and_empty_ones_missing(write):
    table = read_delimited(write('id,day,note\nP1,0,"a, ""b"""\n\nP2,,\n'))
    assert table.cells.rows() == [("P1", "0", 'a, "b"'), ("P2", None, None)]
    assert table.cells.columns == ["id", "day", "note"]
    assert table.lines.to_list() == [2, 4]
    assert table.whole


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end(write, end):
    table = read_delimited(write(end.join(["a,b", "1,2", '3,"x' + end + 'y"', "5,6", ""])))
    assert table.cells.rows() == [("1", "2"), ("3", f"x{end}y"), ("5", "6")]
    assert table.lines.to_list() == [2, 3, 5]
    assert table.whole


def test_a_last_line_without_an_end_may_be_cut_off(write):
    assert not read_delimited(write("a,b\n1,2")).whole
    assert read_delimited(write("a,b\n1,2\n")).whole


def test_a_byte_order_mark_and_blanks_around_names_are_removed(write):
    assert read_delimited(write(b"\xef\xbb\xbfid, day \n1,2\n")).cells.columns == ["id", "day"]


def test_a_header_alone_is_a_table_without_rows(write):
    table = read_delimited(write("a,b\n"))
    assert (table.cells.height, table.cells.columns, table.lines.len()) == (0, ["a", "b"], 0)


def test_columns_without_a_name_get_one(write):
    assert read_delimited(write(",day,\n1,2,3\n")).cells.columns == ["(column 1)", "day", "(column 3)"]


def test_other_delimiters_and_encodings(write):
    assert read_delimited(write("a;b\n1,5;2\n"), delimiter=";").cells.rows() == [("1,5", "2")]
    assert read_delimited(write("näme\nJosé\n".encode("latin-1")), encoding="latin-1").cells.rows() == [("José",)]
    assert read_delimited(write("a,b\n1,é\n".encode("utf-16")), encoding="utf-16").cells.rows() == [("1", "é")]


def test_tables_larger_than_a_piece_and_a_batch(write):
    rows = ROWS_A_BATCH + 10
    path = write("id,text\n" + "".join(f"{i},{'é' * (i % 7)}\n" for i in range(rows)))
    assert path.stat().st_size > CHUNK_BYTES
    table = read_delimited(path)
    assert table.cells["id"].to_list() == [str(i) for i in range(rows)]
    assert table.cells["text"].to_list() == ["é" * (i % 7) or None for i in range(rows)]
    assert table.lines.to_list() == list(range(2, rows + 2))


def test_no_file_or_no_file_at_all(tmp_path):
    assert refused(tmp_path / "x.csv") == (
        f"{tmp_path / 'x.csv'}: expected a table; there is no such file. Check the path."
    )
    assert refused(tmp_path) == (
        f"{tmp_path}: expected a file with a table; got something else (a folder?). Name the file in it."
    )


def test_an_empty_file(write):
    assert refused(write("")) == (
        "table.csv: expected a header and rows; got an empty file. Write the header at least."
    )
    assert refused(write("\na,b\n")) == (
        "table.csv, line 1: expected the names of the columns; got a blank line. Remove it."
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04rest", "a workbook or zip archive. Save the sheet as CSV (UTF-8)"),
        (b"\xd0\xcf\x11\xe0rest", "an old workbook. Save the sheet as CSV (UTF-8)"),
        (b"\x1f\x8brest", "a gzip archive. Unpack it"),
        (b"PAR1rest", "a Parquet file. Name it so that it ends in .parquet"),
        (b"%PDF-1.7", "a PDF file. Export the table as CSV (UTF-8)"),
    ],
)
def test_files_of_another_sort(write, content, what):
    assert refused(write(content)) == f"table.csv: expected a table as text; got {what}."


@pytest.mark.parametrize(
    ("encoding", "mark", "name"),
    [
        ("utf-16-le", b"\xff\xfe", "UTF-16"),
        ("utf-16-be", b"\xfe\xff", "UTF-16"),
        ("utf-32-le", b"\xff\xfe\x00\x00", "UTF-32"),
        ("utf-32-be", b"\x00\x00\xfe\xff", "UTF-32"),
    ],
)
def test_other_encodings_with_a_mark(write, encoding, mark, name):
    assert refused(write(mark + "a,b\n".encode(encoding))) == (
        f"table.csv: expected UTF-8 text; got {name}. Save the file as UTF-8."
    )


def test_other_encodings_without_a_mark(write):
    assert refused(write("id,name\n1,x\n2,José\n".encode("latin-1"))) == (
        "table.csv, line 3: expected UTF-8 text; got the byte 0xe9 at position 17. Save the file as UTF-8."
    )
    assert refused(write("a,b\n".encode("utf-16-le"))) == (
        "table.csv, line 1: expected text; got the control character 0x00. This is no text, or text in another "
        "encoding (UTF-16?). Save the file as UTF-8."
    )
    assert refused(write("a,b\n1,é"), encoding="ascii", encoding_advice="Say which.") == (
        "table.csv, line 2: expected ascii text; got the byte 0xc3 at position 6. Say which."
    )


def test_the_position_of_a_wrong_byte_far_into_a_file(write):
    line = "1,é\n"
    lines = CHUNK_BYTES // len(line.encode())
    content = ("a,b\n" + line * lines * 2).encode() + b"2,\xff\n"
    assert refused(write(content)) == (
        f"table.csv, line {lines * 2 + 2}: expected UTF-8 text; got the byte 0xff at position {len(content) - 2}. "
        "Save the file as UTF-8."
    )


def test_a_character_cut_off_at_the_end_of_the_file(write):
    assert refused(write("a\né".encode()[:-1])) == (
        "table.csv, line 2: expected UTF-8 text; got the byte 0xc3 at position 2. Save the file as UTF-8."
    )


def test_rubbish(write):
    assert refused(write(bytes(range(1, 255)))) == (
        "table.csv, line 2: expected text; got the byte 0x80 at position 127 among control characters. This is no "
        "text: export the table as CSV (UTF-8)."
    )
    assert "control character 0x07" in refused(write("a,b\n1,\x07\n"))


def test_rows_of_another_width_are_told_by_line(write):
    assert refused(write("a,b,c\n1,2,3\n4,5\n6,7,8,9\n1,2,3\n4")) == (
        "table.csv: expected 3 cells in every row, as in the header; got 2 on line 3, 4 on line 4, 1 on line 6. "
        "Is the file cut off, or a comma not quoted? Correct these rows or export the table again."
    )


def test_five_rows_of_another_width_are_enough(write):
    assert "got 1 on line 2, 1 on line 3, 1 on line 4, 1 on line 5, 1 on line 6. " in refused(
        write("a,b\n" + "1\n" * 20)
    )


def test_a_column_twice(write):
    assert refused(write("id,day,id,day,x\n")) == (
        "table.csv, line 1: expected every column once; got 'day', 'id' several times. Rename it."
    )


def test_too_many_columns(write):
    assert refused(write(",".join(map(str, range(2001))))) == (
        "table.csv, line 1: expected at most 2,000 columns; got 2,001."
    )
    assert read_delimited(write(",".join(map(str, range(2000))))).cells.width == 2000


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_another_delimiter_is_named(write, mark):
    assert refused(write(f"id{mark}day\n1{mark}2\n")) == (
        f"table.csv, line 1: expected columns separated by ','; got {f'id{mark}day'!r}, which looks separated by "
        f"{mark!r}. Save it with ',', or import it with 'delimiter' in the mapping."
    )
    assert read_delimited(write("id\n1\n")).cells.width == 1


def test_quotes_in_the_wrong_place(write):
    assert refused(write('a,b\n1,2\n3,"x\n4,5\n')) == (
        "table.csv, line 3: expected the end of a quoted cell; got the end of the file. Is it cut off? Close the quote."
    )
    assert refused(write('a,b\n1,"x"y\n')) == (
        "table.csv, line 2: expected a row; got a quote in the wrong place (',' expected after '\"'). Double quotes "
        "inside "
        'a quoted cell ("").'
    )


def test_cells_and_rows_without_end(write):
    assert refused(write(f"a,b\n1,{'x' * 140_000}\n")) == (
        "table.csv, line 2: expected cells of at most 131,072 characters; got a longer one. Is a quote in this row "
        "never closed?"
    )
    too_long = (
        "table.csv, line 2: expected rows of at most 100 characters; got a longer one. This is no table, its line "
        "ends are lost, or a quote in this row is never closed."
    )
    assert refused(write(f"a,b\n{'x' * 101}\n"), longest_line=100) == too_long
    assert refused(write('a,b\n"' + "x\n" * 60), longest_line=100) == too_long
    assert refused(write(f"a,b\n{'x' * 101}"), longest_line=100) == too_long
    assert read_delimited(write(f"a,b\n{'x' * 97},1\n"), longest_line=100).cells.height == 1
    assert read_delimited(write('a,b\n"' + "x\n" * 20 + '",1\n' + "1,2\n" * 40), longest_line=100).cells.height == 41


def test_a_long_line_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "long.csv"
    with path.open("wb") as stream:
        stream.write(b"a,b\n1,")
        for _ in range(40):
            stream.write(b"x" * 1_000_000)
    tracemalloc.start()
    message = refused(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message.startswith("long.csv, line 2: expected rows of at most 1,000,000 characters; got a longer one.")
    assert peak < 8_000_000


def test_a_file_that_may_not_be_read(write, monkeypatch):
    path = write("a\n")

    def forbidden(self, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", forbidden)
    assert refused(path) == f"{path}: cannot be read: Permission denied. Check the path and permissions."


@pytest.mark.slow
def test_a_line_of_a_gigabyte_is_refused_in_bounded_memory(tmp_path):
    import subprocess
    import sys

    path = tmp_path / "assessments.csv"
    piece = b"x" * 10_000_000
    with path.open("wb") as stream:
        stream.write(b"participant_id,day,measure,value\n")
        for _ in range(100):
            stream.write(piece)
    command = (
        "import resource; from leadin.trials.read import read_trial; from pathlib import Path\n"
        "from leadin.errors import DataError\n"
        f"try: read_trial(Path({str(tmp_path)!r}))\n"
        "except DataError as error: print(error)\n"
        "status = Path('/proc/self/status')\n"  # the other figure takes over what this process, the parent, holds
        "own = [line.split()[1] for line in status.open() if line.startswith('VmHWM')] if status.exists() else []\n"
        "print(*(own or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))"
    )
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, timeout=120, check=True)
    message, peak = done.stdout.rstrip().rsplit("\n", 1)
    assert message == (
        "assessments.csv, line 2: expected rows of at most 1,000,000 characters; got a longer one. This is no table, "
        "its line ends are lost, or a quote in this row is never closed."
    )
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(peak) * unit < 500_000_000
