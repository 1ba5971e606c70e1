"""What an import did to the outside tables: every row dropped or merged, every cell recoded or emptied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from leadin.trials.checks.places import SHOWN, counted, listed
from leadin.trials.finding import Finding
from leadin.trials.schema import Columns

Action = Literal["dropped", "merged", "recoded", "emptied", "converted", "beside"]

CHANGE_COLUMNS: Columns = {
    "table": pl.String,
    "file": pl.String,
    "line": pl.Int64,
    "action": pl.String,
    "column": pl.String,
    "from": pl.String,
    "to": pl.String,
    "reason": pl.String,
}


CORRECT = "Correct the file or the mapping."


@dataclass(frozen=True)
class SourceCount:
    """Rows that one file gave to one table: `read` in the file, `not_selected` by the mapping's conditions, `dropped`
    and `merged` (both listed), `written` to the table (more than read where one row held several measures), `beside`
    the tables, since no table holds them.
    """

    table: str
    file: str
    read: int
    not_selected: int
    dropped: int
    merged: int
    written: int
    beside: int = 0


@dataclass(frozen=True)
class ImportReport:
    """Everything an import changed.

    changes: one row a change: table, file, line (1-based, of the file; null where a whole column was converted),
    action, column (of the table), from, to, reason. Actions: `dropped` (the row is not in the trial), `merged` (the
    row said the same as an earlier one), `recoded` (by the mapping's codes and missing codes), `emptied` (the cell
    could not be read and is missing now), `converted` (a unit or date, one entry a column), `beside` (the row, or the
    whole data set, stands beside the tables, which cannot hold it). sources: rows by file and
    table. unused: files that no table of the mapping takes.
    """

    changes: pl.DataFrame
    sources: tuple[SourceCount, ...]
    unused: tuple[str, ...] = ()

    def to_csv(self) -> str:
        """The changes as CSV, one line each, header first."""
        return self.changes.write_csv()

    def count(self, action: Action) -> int:
        """How many changes of that kind were made."""
        return int((self.changes["action"] == action).sum())

    def summary(self) -> str:
        """What was done, for a person: rows by table and file, then changes by column, then what was dropped."""
        return "\n".join([*self._source_lines(), *self._change_lines(), self._last_line()])

    def _source_lines(self) -> Iterator[str]:
        for source in self.sources:
            fates = (
                ("not selected", source.not_selected),
                ("dropped", source.dropped),
                ("merged", source.merged),
                ("beside", source.beside),
            )
            less = "".join(f", {number} {fate}" for fate, number in fates if number)
            yield (
                f"{source.table}: {counted(source.written, 'row', 'rows')} from {source.file} "
                f"({counted(source.read, 'row', 'rows')} read{less})"
            )
        for file in self.unused:
            yield f"not used: {file}"

    def _change_lines(self) -> Iterator[str]:
        groups = self.changes.group_by("table", "column", "file", "action", "reason", maintain_order=True)
        for (table, column, file, action, reason), group in groups:
            if action == "beside" and group["line"].null_count():
                yield f"{table}: {file} stands beside the tables, {reason}"
            elif action in ("dropped", "merged", "beside"):
                lines = [place_in(str(file), line) for line in group["line"].head(SHOWN)]
                what = counted(group.height, "row", "rows")
                fate = "kept beside the tables" if action == "beside" else action
                yield f"{table}: {what} of {file} {fate}, {reason} ({listed(lines, group.height)})"
            else:
                yield f"{table}.{column}: {action} in {file}, {reason}: {_from_to(str(action), group)}"

    def _last_line(self) -> str:
        dropped, emptied = self.count("dropped"), self.count("emptied")
        if not dropped and not emptied:
            return "No row was dropped, and every cell could be read."
        return (
            f"{counted(dropped, 'row was', 'rows were')} dropped; "
            f"{counted(emptied, 'cell', 'cells')} could not be read and {'is' if emptied == 1 else 'are'} missing now."
        )

    def findings(self) -> tuple[Finding, ...]:
        """What of this a person should look at: rows dropped and cells emptied (warnings), files not used (notes)."""
        findings = []
        unread = "could not be read and"
        beside = "kept beside the tables, in no analysis"
        for action, id, one, many, was, were in (
            ("dropped", "import-dropped", "row", "rows", "was dropped", "were dropped"),
            ("beside", "import-beside", "row", "rows", f"was {beside}", f"were {beside}"),
            ("emptied", "import-emptied", "cell", "cells", f"{unread} is missing now", f"{unread} are missing now"),
        ):
            found = self.changes.filter((pl.col("action") == action) & pl.col("line").is_not_null())
            for (table, file), group in found.group_by("table", "file", maintain_order=True):
                places = [
                    f"{place_in(str(file), line)}: {reason}"
                    if before is None
                    else f"{place_in(str(file), line)}, {column}: {before!r}, {reason}"
                    for line, column, before, reason in group.select("line", "column", "from", "reason")
                    .head(SHOWN)
                    .iter_rows()
                ]
                message = (
                    f"{counted(group.height, one, many)} of {file} {was if group.height == 1 else were} "
                    f"({listed(places, group.height)}). "
                    + ("Fill in what they lack, if they should count." if action == "beside" else CORRECT)
                )
                expected = action == "beside" and table == "events"
                findings.append(Finding(id, "note" if expected else "warning", str(table), (), message))
        for file in self.unused:
            message = f"{file} was given, but no table of the mapping takes it."
            findings.append(Finding("file-not-used", "note", "", (), message))
        return tuple(findings)


def place_in(file: str, line: int | None) -> str:
    """How a line of a text file, or a row of a data set, is named."""
    return f"{'row' if file.lower().endswith(('.json', '.xpt')) else 'line'} {line}"


def _from_to(action: str, group: pl.DataFrame) -> str:
    """What cells were and became, each pair once, with how often."""
    pairs = group.group_by("from", "to", maintain_order=True).len()
    if action == "converted":
        shown = [f"{before} -> {after}" for before, after, _ in pairs.head(SHOWN).iter_rows()]
    else:
        shown = [
            f"{before!r} -> {'nothing' if after is None else repr(after)} {number} x"
            for before, after, number in pairs.head(SHOWN).iter_rows()
        ]
    return listed(shown, pairs.height)


@dataclass
class ChangeLog:
    """Collects changes while an import runs."""

    frames: list[pl.DataFrame] = field(default_factory=list)

    def add(
        self,
        table: str,
        file: str,
        action: Action,
        column: str | None,
        reason: str,
        lines: pl.Series,
        before: pl.Series | str | None = None,
        after: pl.Series | str | None = None,
    ) -> None:
        """One change for each of `lines`; `before` and `after` are one text each line, or the same for all."""
        if lines.is_empty():
            return
        self.frames.append(
            pl.select(
                pl.lit(table).alias("table"),
                pl.lit(file).alias("file"),
                lines.alias("line"),
                pl.lit(action).alias("action"),
                pl.lit(column, dtype=pl.String).alias("column"),
                pl.lit(before, dtype=pl.String).alias("from"),
                pl.lit(after, dtype=pl.String).alias("to"),
                pl.lit(reason).alias("reason"),
            )
        )

    def changes(self) -> pl.DataFrame:
        """All changes, in the order of table, file and line that they were made in."""
        return pl.concat([pl.DataFrame(schema=CHANGE_COLUMNS), *self.frames])
