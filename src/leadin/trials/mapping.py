"""The mapping file of an import: which column of which outside file becomes which column of which table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from leadin.protocols.statement import Statement
from leadin.protocols.statement_file import read_statement
from leadin.trials.mapping_rules import mapping_problems
from leadin.trials.units import Unit

Delimiter = Literal[",", ";", "|", "tab"]
Word: TypeAlias = str | int | float
"""A cell as a mapping says it; `-9` and `'-9'` mean the same."""


class ColumnFrom(Statement):
    """Where the cells of one column come from: a `column` of the file, or one `value` for every row.

    A column's name alone is short for `column`. codes: what cells become; a cell that is in no code is set missing
    and reported. missing: cells that mean no value, beside those of the whole file. unit: of the numbers in the file.
    date: the format of dates (`%Y-%m-%d`), counted in days from `time_zero`.
    """

    column: str | None = Field(default=None, min_length=1, description="Column of the file.")
    value: str | int | float | bool | None = Field(default=None, description="One value for every row.")
    unit: Unit | None = Field(default=None, description="Unit of the numbers in the file.")
    codes: dict[str, str | int | float | bool] = Field(default={}, description="What each code becomes.")
    missing: tuple[Word, ...] = Field(default=(), description="Cells that mean no value.")
    date: str | None = Field(default=None, min_length=2, description="Format of dates, e.g. '%Y-%m-%d'.")

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, said: Any) -> Any:
        if isinstance(said, str):
            return {"column": said}
        if isinstance(said, dict):
            # What a validator hands on counts as Python, where a strict tuple must be one.
            return {field: tuple(value) if isinstance(value, list) else value for field, value in said.items()}
        return said

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.column is None) == (self.value is None):
            got = "neither" if self.column is None else "both"
            raise ValueError(f"expected either a column or a value; got {got}. Keep one of them.")
        if self.value is not None and (self.codes or self.missing or self.unit or self.date):
            raise ValueError(
                "expected a value alone; got a unit, codes, missing or date with it. Write what it becomes."
            )
        return self


class Condition(Statement):
    """Rows to take: those whose `column` holds one of `any_of`, or is filled (or not)."""

    column: str = Field(min_length=1, description="Column of the file.")
    any_of: tuple[Word, ...] = Field(default=(), description="Values of the rows to take.")
    filled: bool | None = Field(default=None, description="true: rows with a cell; false: rows without.")

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        if bool(self.any_of) == (self.filled is not None):
            raise ValueError("expected either any_of or filled; got both or neither. Keep one of them.")
        return self


class TableFrom(Statement):
    """Rows of one table from one file, or from all files that match a pattern.

    columns: by the table's column. measures: assessments only; each column of the file that holds one measure, by the
    measure's name, becomes rows of its own. keep: further columns, kept under their name. where: rows to take, all
    conditions together. distinct: rows that come out alike are taken once.
    """

    file: str = Field(min_length=1, description="Name of the file, or a pattern such as 'visits_*.csv'.")
    columns: dict[str, ColumnFrom] = Field(min_length=1, description="Where each column comes from.")
    measures: dict[str, ColumnFrom] = Field(default={}, description="Columns that each hold one measure.")
    keep: tuple[str, ...] = Field(default=(), description="Further columns to keep under their name.")
    where: tuple[Condition, ...] = Field(default=(), description="Conditions on the rows to take.")
    missing: tuple[Word, ...] = Field(default=(), description="Cells of this file that mean no value.")
    distinct: bool = Field(default=False, description="Take rows that come out alike once.")
    encoding: str | None = Field(default=None, description="Encoding of the file, e.g. 'latin-1'.")
    delimiter: Delimiter | None = Field(default=None, description="What separates cells.")
    decimal: Literal[".", ","] | None = Field(default=None, description="Mark of decimals.")


class TimeZero(Statement):
    """The date of time zero of each participant, from which dates are counted."""

    file: str = Field(min_length=1, description="Name of the file.")
    participant_id: str = Field(min_length=1, description="Column with the participant's id.")
    column: str = Field(min_length=1, description="Column with the date of time zero.")
    date: str = Field(min_length=2, description="Format of the dates, e.g. '%Y-%m-%d'.")


class Tables(Statement):
    """The sources of each table."""

    participants: tuple[TableFrom, ...] = Field(default=(), description="Sources of the participants table.")
    assessments: tuple[TableFrom, ...] = Field(default=(), description="Sources of the assessments table.")
    lots: tuple[TableFrom, ...] = Field(default=(), description="Sources of the lots table.")
    administrations: tuple[TableFrom, ...] = Field(default=(), description="Sources of the administrations table.")
    events: tuple[TableFrom, ...] = Field(default=(), description="Sources of the events table.")
    adverse_events: tuple[TableFrom, ...] = Field(default=(), description="Sources of the adverse events table.")

    def of(self, name: str) -> tuple[TableFrom, ...]:
        """The sources of the table of that name."""
        sources: tuple[TableFrom, ...] = getattr(self, name)
        return sources


class TableMapping(Statement):
    """A whole mapping file. encoding, delimiter, decimal and missing hold for every file that does not say its own."""

    schema_version: Literal[1] = Field(default=1, description="Version of this format.")
    protocol: str | None = Field(default=None, description="Library name, or a YAML file beside the mapping.")
    tables: Tables = Field(description="Where each table comes from.")
    time_zero: TimeZero | None = Field(default=None, description="Where dates are counted from.")
    missing: tuple[Word, ...] = Field(default=(), description="Cells that mean no value, in every file.")
    encoding: str = Field(default="utf-8", description="Encoding of the files, e.g. 'latin-1'.")
    delimiter: Delimiter = Field(default=",", description="What separates cells.")
    decimal: Literal[".", ","] = Field(default=".", description="Mark of decimals.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = mapping_problems(self.model_dump())
        if problems:
            text = "\n".join(problem.told() for problem in problems)
            raise PydanticCustomError("inconsistent", "{text}", {"text": text, "problems": problems})
        return self


def load_mapping(path: Path) -> TableMapping:
    """The mapping in the YAML file at `path`. ProtocolError with every problem at once: field, expected, got, line."""
    return read_statement(path, TableMapping, "a mapping", mapping_problems)
