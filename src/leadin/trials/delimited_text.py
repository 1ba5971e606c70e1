"""A table in a text file read so that no file can hurt: in pieces, with every line bounded, and every row as wide as
the header.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from leadin.errors import DataError

LONGEST_LINE = 1_000_000
MOST_COLUMNS = 2_000
LONGEST_CELL = 100_000
CHUNK_BYTES = 1 << 18
ROWS_A_BATCH = 50_000
PROBLEMS_TOLD = 5

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that no table needs: where they stand, the file is no text."""
_LINE_END = re.compile("\r\n|\n|\r")
_FOREIGN = (
    (b"PK\x03\x04", "a workbook or zip archive. Save the sheet as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "an old workbook. Save the sheet as CSV (UTF-8)"),
    (b"\x1f\x8b", "a gzip archive. Unpack it"),
    (b"PAR1", "a Parquet file. Name it so that it ends in .parquet"),
    (b"%PDF", "a PDF file. Export the table as CSV (UTF-8)"),
)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


@dataclass(frozen=True)
class TextTable:
    """A table as text. cells: one String column per column of the file, an empty cell is null. lines: 1-based line on
    which each row starts. whole: the file ends with a line end, so its last line was not cut off.
    """

    cells: pl.DataFrame
    lines: pl.Series
    whole: bool


def read_delimited(
    path: Path,
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    encoding_advice: str = "Save the file as UTF-8.",
    longest_line: int = LONGEST_LINE,
) -> TextTable:
    """The table at `path`, as text. Never holds more than one piece of the file and the rows read so far.

    Raises DataError, with the line, when the file is missing, empty, no text, in another encoding, has a line longer
    than `longest_line` characters, a quote that is never closed, a column name twice, or rows of another width than
    the header (a file cut off in the middle shows that way). Blank lines are skipped; columns without a name are
    called `(column 3)`.
    """
    try:
        if not path.exists():
            raise DataError(f"{path}: expected a table; there is no such file. Check the path.")
        if not path.is_file():
            raise DataError(
                f"{path}: expected a file with a table; got something else (a folder?). Name the file in it."
            )
        with path.open("rb") as stream:
            first = stream.read(8)
        _refuse_foreign(path.name, first, encoding)
        lines = _Lines(path, encoding, encoding_advice, longest_line)
        return _table(path.name, lines, delimiter)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read: {error.strerror or error}. Check the path and permissions."
        ) from error


def _refuse_foreign(name: str, first: bytes, encoding: str) -> None:
    if not first:
        raise DataError(f"{name}: expected a header and rows; got an empty file. Write the header at least.")
    for magic, what in _FOREIGN:
        if first.startswith(magic):
            raise DataError(f"{name}: expected a table as text; got {what}.")
    if encoding.startswith("utf-8"):
        for mark, what in _BYTE_ORDER_MARKS:
            if first.startswith(mark):
                raise DataError(f"{name}: expected UTF-8 text; got {what}. Save the file as UTF-8.")


class _Lines:
    """The lines of a file with their line ends, each row (one line, or several with quoted line ends) bounded."""

    def __init__(self, path: Path, encoding: str, advice: str, longest: int) -> None:
        self.path, self.advice, self.longest = path, advice, longest
        self.encoding = "utf-8-sig" if encoding == "utf-8" else encoding
        self.number = 0
        self.row_start, self.row_length = 1, 0
        self.whole = False

    def row_done(self) -> None:
        """Says that a row has ended with the line last given."""
        self.row_start, self.row_length = self.number + 1, 0

    def __iter__(self) -> Iterator[str]:
        rest = ""
        for text in self._texts():
            rest += text
            start = 0
            for end in _LINE_END.finditer(rest):
                if end.end() == len(rest) and end.group() == "\r":
                    break  # the "\n" that may belong to it is in the next piece
                yield self._next(rest[start : end.end()])
                start = end.end()
            rest = rest[start:]
            if self.row_length + len(rest) > self.longest:
                raise self._too_long()
        self.whole = rest == "" or rest.endswith("\r")
        if rest:
            yield self._next(rest)

    def _next(self, line: str) -> str:
        self.row_length += len(line)
        if self.row_length > self.longest:
            raise self._too_long()
        self.number += 1
        control = CONTROL.search(line)
        if control is not None:
            raise DataError(
                f"{self.path.name}, line {self.number}: expected text; got the control character "
                f"0x{ord(control.group()):02x}. This is no text, or text in another encoding (UTF-16?). {self.advice}"
            )
        return line

    def _too_long(self) -> DataError:
        return DataError(
            f"{self.path.name}, line {self.row_start}: expected rows of at most {self.longest:,} characters; got a "
            "longer one. This is no table, its line ends are lost, or a quote in this row is never closed."
        )

    def _texts(self) -> Iterator[str]:
        """Pieces of decoded text."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        read = lines = 0
        with self.path.open("rb") as stream:
            while True:
                chunk = stream.read(CHUNK_BYTES)
                held = len(decoder.getstate()[0])
                try:
                    text = decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError as error:
                    line = lines + error.object.count(b"\n", 0, error.start) + 1
                    position = read - held + error.start
                    byte = error.object[error.start]
                    if CONTROL.search(error.object.decode("latin-1")):
                        raise DataError(
                            f"{self.path.name}, line {line}: expected text; got the byte 0x{byte:02x} at position "
                            f"{position} among control characters. This is no text: export the table as CSV (UTF-8)."
                        ) from None
                    raise DataError(
                        f"{self.path.name}, line {line}: expected {_said(self.encoding)} text; got the byte "
                        f"0x{byte:02x} at position {position}. {self.advice}"
                    ) from None
                read += len(chunk)
                lines += chunk.count(b"\n")
                if not chunk:
                    return
                yield text


def _said(encoding: str) -> str:
    return "UTF-8" if encoding == "utf-8-sig" else encoding


def _table(name: str, lines: _Lines, delimiter: str) -> TextTable:
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = _header(name, next(rows, []), delimiter)
        lines.row_done()
        batches, starts = _rows(name, rows, lines, len(header))
    except csv.Error as error:
        raise DataError(_quote_complaint(name, lines, str(error))) from None
    frames = [pl.DataFrame(batch, schema=dict.fromkeys(header, pl.String), orient="row") for batch in batches]
    cells = pl.concat(frames) if len(frames) > 1 else frames[0]
    cells = cells.with_columns(pl.when(pl.all() != "").then(pl.all()))
    return TextTable(cells, pl.Series("line", starts, dtype=pl.Int64), lines.whole)


def _header(name: str, header: list[str], delimiter: str) -> list[str]:
    header = [column.strip() or f"(column {number})" for number, column in enumerate(header, start=1)]
    if not header:
        raise DataError(f"{name}, line 1: expected the names of the columns; got a blank line. Remove it.")
    if len(header) > MOST_COLUMNS:
        raise DataError(f"{name}, line 1: expected at most {MOST_COLUMNS:,} columns; got {len(header):,}.")
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        raise DataError(
            f"{name}, line 1: expected every column once; got {', '.join(map(repr, repeated))} several times. "
            "Rename it."
        )
    others = [mark for mark in ";\t|," if mark != delimiter and mark in header[0]]
    if len(header) == 1 and others:
        raise DataError(
            f"{name}, line 1: expected columns separated by {delimiter!r}; got {header[0][:60]!r}, which looks "
            f"separated by {others[0]!r}. Save it with {delimiter!r}, or import it with 'delimiter' in the mapping."
        )
    return header


def _rows(name: str, rows: Iterator[list[str]], lines: _Lines, width: int) -> tuple[list[list[list[str]]], list[int]]:
    """The rows in batches, and the line on which each starts; DataError naming the first rows of another width."""
    batches: list[list[list[str]]] = [[]]
    starts: list[int] = []
    problems: list[str] = []
    for row in rows:
        start = lines.row_start
        lines.row_done()
        if not row:
            continue
        if len(row) != width:
            problems.append(f"{len(row)} on line {start}")
            if len(problems) == PROBLEMS_TOLD:
                break
        if len(batches[-1]) == ROWS_A_BATCH:
            batches.append([])
        batches[-1].append(row)
        starts.append(start)
    if problems:
        raise DataError(
            f"{name}: expected {width} cells in every row, as in the header; got {', '.join(problems)}. "
            "Is the file cut off, or a comma not quoted? Correct these rows or export the table again."
        )
    return batches, starts


def _quote_complaint(name: str, lines: _Lines, reason: str) -> str:
    where = f"{name}, line {lines.row_start}"
    if "end of data" in reason:
        return f"{where}: expected the end of a quoted cell; got the end of the file. Is it cut off? Close the quote."
    if "field larger" in reason:
        return (
            f"{where}: expected cells of at most {csv.field_size_limit():,} characters; got a longer one. Is a "
            "quote in this row never closed?"
        )
    return (
        f'{where}: expected a row; got a quote in the wrong place ({reason}). Double quotes inside a quoted cell ("").'
    )
