"""A data set of a study as it stands outside: variables with labels and types, and rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

import polars as pl

Kind = Literal["string", "integer", "decimal", "float", "double", "boolean", "date", "datetime", "time", "URI"]
"""The data types of Dataset-JSON 1.1."""
KINDS: tuple[str, ...] = get_args(Kind)

_STORED: dict[str, type[pl.DataType]] = {
    "integer": pl.Int64,
    "float": pl.Float64,
    "double": pl.Float64,
    "boolean": pl.Boolean,
}
NAME = re.compile("[A-Za-z_][A-Za-z0-9_]{0,31}")
"""What a data set may be called, so that a file can be named after it."""


@dataclass(frozen=True)
class Variable:
    """One variable: name, label, data type, longest text, SAS format, place in the key (1-based), and the type that
    dates are kept in by SAS (`integer`), each None where the source does not say.
    """

    name: str
    label: str
    kind: Kind = "string"
    length: int | None = None
    display_format: str | None = None
    key: int | None = None
    target: str | None = None

    @property
    def stored(self) -> type[pl.DataType]:
        """The type of its cells: Int64, Float64, Boolean, else String (dates as ISO 8601 text, decimals as text)."""
        return _STORED.get(self.kind, pl.String)


@dataclass(frozen=True)
class DataSet:
    """name: such as ADSL, in capitals. rows: one column a variable, in their order, typed as `Variable.stored`;
    missing, and empty text, is null. study: its STUDYID, None where none is said.
    """

    name: str
    label: str
    variables: tuple[Variable, ...]
    rows: pl.DataFrame
    study: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the variables."""
        return tuple(variable.name for variable in self.variables)

    def with_rows(self, rows: pl.DataFrame) -> DataSet:
        """This data set with other rows, whose columns are put in order; columns of no variable are dropped."""
        return replace(self, rows=rows.select(pl.col(each.name).cast(each.stored) for each in self.variables))

    def text(self, name: str) -> pl.Series:
        """The cells of a variable as text: whole numbers without a point, true and false as such."""
        return as_text(self.rows[name])


def as_text(cells: pl.Series) -> pl.Series:
    """Cells as text that reads back to the same value; whole numbers without a point."""
    if cells.dtype == pl.Float64:
        texts = [None if value is None else f"{value:.0f}" if _whole(value) else repr(value) for value in cells]
        return pl.Series(cells.name, texts, dtype=pl.String)
    return cells.cast(pl.String)


def _whole(value: float) -> bool:
    return value == value // 1 and abs(value) < 1e15


def empty_text_as_missing(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with text that is empty or blank made null."""
    return rows.with_columns(
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)).alias(name)
        for name, dtype in rows.schema.items()
        if dtype == pl.String
    )


def sorted_by_key(data: DataSet) -> DataSet:
    """`data` with rows in the order of its key, then of its other variables, so that equal data give equal bytes."""
    keyed = sorted((each for each in data.variables if each.key is not None), key=lambda each: each.key or 0)
    keys = [each.name for each in keyed] or [name for name in data.names if name in ("STUDYID", "USUBJID")]
    seq = [name for name in data.names if name.endswith("SEQ") and name not in keys]
    order = [*keys, *seq, *(name for name in data.names if name not in (*keys, *seq))]
    return replace(data, rows=data.rows.sort(order, nulls_last=False, maintain_order=True)) if order else data
