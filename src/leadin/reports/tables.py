"""A table as a value: caption, columns with their units, rows in groups; the template gives it its markup."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column. title: with its unit, e.g. `Estimate (points per month)`. numeric: aligned right.

    group: title that spans this and its neighbours of the same group; None: it stands alone.
    """

    title: str
    numeric: bool = False
    group: str | None = None


@dataclass(frozen=True)
class Rows:
    """Rows under one heading (None: no heading). Each row has one text a column; the first names the row."""

    rows: tuple[tuple[str, ...], ...]
    title: str | None = None


@dataclass(frozen=True)
class Table:
    """One table. caption: what it is, a sentence or less. notes: sentences beneath. wide: set in smaller type."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    groups: tuple[Rows, ...]
    notes: tuple[str, ...] = ()
    wide: bool = False

    kind = "table"

    def __post_init__(self) -> None:
        for group in self.groups:
            for row in group.rows:
                if len(row) != len(self.columns):
                    raise ValueError(
                        f"table {self.name}: expected {len(self.columns)} cells a row; got {len(row)}: {row}"
                    )

    @property
    def header_groups(self) -> tuple[tuple[str | None, int], ...]:
        """Spanning titles with the number of columns each spans, from left to right; empty when no column has one."""
        if all(column.group is None for column in self.columns):
            return ()
        spans: list[tuple[str | None, int]] = []
        for column in self.columns:
            if spans and column.group is not None and spans[-1][0] == column.group:
                spans[-1] = (column.group, spans[-1][1] + 1)
            else:
                spans.append((column.group, 1))
        return tuple(spans)

    @property
    def span_of(self) -> tuple[int | None, ...]:
        """For each column which of `header_groups` spans it, counted from 1; None where that one has no title."""
        groups = enumerate(self.header_groups, start=1)
        return tuple(number if title is not None else None for number, (title, span) in groups for _ in range(span))


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str

    kind = "paragraph"


@dataclass(frozen=True)
class Bullets:
    """A list of sentences under a heading of its own (None: none)."""

    items: tuple[str, ...]
    title: str | None = None

    kind = "bullets"


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str

    kind = "heading"


@dataclass(frozen=True)
class Entry:
    """A name and what is said of it: pairs of a word or two and a sentence."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Entries:
    """A list of names, each with what is said of it."""

    entries: tuple[Entry, ...]

    kind = "entries"
