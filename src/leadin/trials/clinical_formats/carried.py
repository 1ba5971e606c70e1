"""Rows of a data set carried into a table of a trial and back, so that nothing is lost on the way.

What a rule turns into a column of the table is kept a second time, under the variable's own name, unless it can be
made of the column again to the last cell. Rows that the table cannot hold stay in the data set, beside the tables.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from leadin.errors import DataError
from leadin.trials.clinical_formats.data_set import DataSet, as_text, empty_text_as_missing
from leadin.trials.clinical_formats.forms import ARM, DETAIL, EXACT_DAY, KIND, STUDY_DAY, Form
from leadin.trials.clinical_formats.roles import NEEDED
from leadin.trials.clinical_formats.rules import Rule, rules_of
from leadin.trials.import_report import ChangeLog
from leadin.trials.schema import NEVER_EMPTY, SCHEMAS, conform

DATA_SET = "data_set"
"""A further column: the data set that a row came from, where several can say the same table."""
SEVERAL = ("assessments", "events", "administrations")
"""Tables whose rows can come from several data sets."""
_WHOLE = pl.Series("line", [None], dtype=pl.Int64)
WORDED = {"kind": "kind of event (an end of treatment, or a milestone that leadin does not know)"}
_MAY_SAY_NOTHING = (ARM, DETAIL, KIND)
"""Forms that say nothing for some words, on purpose."""

Zeros = Mapping[str, datetime.date]
"""The date of time zero, by participant."""


@dataclass(frozen=True)
class Source:
    """A data set, the name of its file, and the table it says."""

    file: str
    data: DataSet
    table: str


def refuse_incomplete(source: Source) -> None:
    """DataError where a data set lacks variables that its table cannot do without, or names one as leadin does."""
    names, table = source.data.names, source.table
    lacking = [" or ".join(any_of) for any_of in NEEDED[table] if not set(any_of) & set(names)]
    if lacking:
        raise DataError(
            f"{source.file}: expected {'; and '.join(lacking)} in {source.data.name}; got {', '.join(names[:20])}. "
            "Add the variable, or import the file by a mapping."
        )
    taken = [name for name in names if name in (*SCHEMAS[table], DATA_SET)]
    if taken:
        raise DataError(
            f"{source.file}: expected names of variables in capitals; got {', '.join(taken)}, which mean columns of "
            f"{table}. Rename them, or import the file by a mapping."
        )


def table_of(source: Source, zeros: Zeros, log: ChangeLog) -> tuple[pl.DataFrame, DataSet]:
    """The rows of the table that `source` says, with everything else it holds as further columns; and the data set with
    the rows alone that the table cannot hold. Everything is logged.
    """
    rows, table = source.data.rows, source.table
    rules = rules_of(table, source.data.name, rows)
    zero = zero_of(rows, zeros)
    known = _known(rules, rows, zero)
    columns = conform(table, pl.DataFrame(known))
    _log_read(source, rules, known, log)
    kept = {
        each.name: rows[each.name]
        for each in source.data.variables
        if not _comes_back(each.name, rows[each.name], rules, columns)
    }
    filled = columns.with_columns(kept.values())
    if table in SEVERAL:
        filled = filled.with_columns(pl.lit(source.data.name).alias(DATA_SET))
    stays = _rows_beside(source, filled, log)
    return filled.filter(~stays), source.data.with_rows(rows.filter(stays))


def zero_of(rows: pl.DataFrame, zeros: Zeros) -> pl.Series:
    """The date of time zero of each row, null where it is not known."""
    people = rows["USUBJID"] if "USUBJID" in rows.columns else pl.repeat(None, rows.height, eager=True)
    return pl.Series("zero", [None if who is None else zeros.get(str(who)) for who in people], dtype=pl.Date)


def _present(rule: Rule, rows: pl.DataFrame) -> list[tuple[str, Form]]:
    return [(name, form) for name, form in rule.variables if name in rows.columns]


def _known(rules: Sequence[Rule], rows: pl.DataFrame, zero: pl.Series) -> dict[str, pl.Series]:
    """The columns that rules make of the rows: of each rule's variables the first that says something."""
    columns = {}
    for rule in rules:
        read = [form.read(rows, name, zero) for name, form in _present(rule, rows)]
        if read:
            columns[rule.column] = (
                pl.select(pl.coalesce([pl.lit(each) for each in read])).to_series().alias(rule.column)
            )
    return columns


def _log_read(source: Source, rules: Sequence[Rule], known: Mapping[str, pl.Series], log: ChangeLog) -> None:
    """What was converted, and cells that say nothing that their column can hold (they are kept as they are)."""
    rows = source.data.rows
    lines = pl.Series("line", range(1, rows.height + 1), dtype=pl.Int64)
    for rule in rules:
        present = _present(rule, rows)
        if not present:
            continue
        told = next((form.told for name, form in present if form.told and rows[name].count()), None)
        if told is not None:
            reason = f"from {', '.join(name for name, _ in present)}"
            log.add(source.table, source.file, "converted", rule.column, reason, _WHOLE, *told)
        if any(form in _MAY_SAY_NOTHING for _, form in present):
            continue
        first = pl.select(pl.coalesce([pl.lit(as_text(rows[name])) for name, _ in present])).to_series()
        lost = first.is_not_null() & known[rule.column].is_null()
        log.add(
            source.table,
            source.file,
            "emptied",
            rule.column,
            f"no {rule.column} can be made of it; kept as {', '.join(name for name, _ in present)}",
            lines.filter(lost),
            first.filter(lost),
        )


def _comes_back(name: str, cells: pl.Series, rules: Sequence[Rule], columns: pl.DataFrame) -> bool:
    """Whether a variable can be made of the columns again, to the last cell."""
    for rule in rules:
        form = dict(rule.variables).get(name)
        if form is not None and form.write is not None:
            return alike(stored_as(form.write(columns, rule.column), cells.dtype), cells).all()
    return False


def stored_as(cells: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Cells in the type that a variable is stored in; null where they do not fit."""
    return as_text(cells) if dtype == pl.String else cells.cast(dtype, strict=False)


def alike(one: pl.Series, other: pl.Series) -> pl.Series:
    """Cell by cell whether two columns say the same, missing like missing."""
    return one.eq_missing(other)


def _rows_beside(source: Source, filled: pl.DataFrame, log: ChangeLog) -> pl.Series:
    """Which rows the table cannot hold."""
    stays = pl.Series("stays", [False] * filled.height, dtype=pl.Boolean)
    reasons = [(filled[column].is_null(), f"no {WORDED.get(column, column)}") for column in NEVER_EMPTY[source.table]]
    if source.table == "assessments" and "DTYPE" in filled.columns:
        reasons.insert(0, (filled["DTYPE"].is_not_null(), "derived or imputed (DTYPE), not observed"))
    for hit, reason in reasons:
        lines = pl.Series("line", (hit & ~stays).arg_true() + 1, dtype=pl.Int64)
        log.add(source.table, source.file, "beside", None, reason, lines)
        stays = stays | hit
    return stays


def rows_of(data: DataSet, name: str, table: pl.DataFrame, zeros: Zeros) -> tuple[DataSet, dict[str, int]]:
    """The data set `data` with the rows that `table`, a table called `name`, says, after its own; and by column how
    many cells cannot be said by it. A variable kept as a further column is taken from it where it still agrees with the
    table, and made anew where somebody has corrected the table.
    """
    columns = {}
    rules = rules_of(name, data.name, _as_said(data, table))
    for each in data.variables:
        columns[each.name] = _written(each.name, each.stored(), table, rules)
    rows = empty_text_as_missing(pl.DataFrame(columns)) if columns else pl.DataFrame()
    zero = zero_of(rows, zeros)
    rows = _corrected(rows, table, rules, zero)
    known = _known(rules, rows, zero)
    bound = {variable for rule in rules for variable, _ in rule.variables}
    lost = {}
    for column in table.columns:
        if column in SCHEMAS[name]:
            back = known.get(column, pl.repeat(None, table.height, dtype=table[column].dtype, eager=True))
            lost[column] = int((~alike(back.cast(table[column].dtype, strict=False), table[column])).sum())
        elif column in rows.columns and column not in bound:
            lost[column] = int((~alike(rows[column], stored_as(table[column], rows[column].dtype))).sum())
        elif column not in rows.columns and column != DATA_SET:
            lost[column] = table[column].count()
    whole = replace(data, rows=pl.concat([data.rows, rows.cast(data.rows.schema)]))
    return whole, {column: number for column, number in lost.items() if number}


def _as_said(data: DataSet, table: pl.DataFrame) -> pl.DataFrame:
    """All rows under the names of the variables, those beside the tables too, for rules that look at some of them."""
    here = [
        stored_as(table[each.name], each.stored()) if each.name in table.columns else data.rows[each.name].clear()
        for each in data.variables
    ]
    return pl.concat(
        [data.rows, pl.DataFrame([cells for cells in here if cells.len() == table.height])], how="diagonal"
    )


def _written(name: str, dtype: pl.DataType, table: pl.DataFrame, rules: Sequence[Rule]) -> pl.Series:
    if name in table.columns:
        return stored_as(table[name], dtype).alias(name)
    for rule in rules:
        form = dict(rule.variables).get(name)
        if form is not None and form.write is not None:
            return stored_as(form.write(table, rule.column), dtype).alias(name)
    return pl.repeat(None, table.height, dtype=dtype, eager=True).alias(name)


def _corrected(rows: pl.DataFrame, table: pl.DataFrame, rules: Sequence[Rule], zero: pl.Series) -> pl.DataFrame:
    """`rows` with cells made anew where what they say is no longer what the table says."""
    for rule in rules:
        present = _present(rule, rows)
        if not present:
            continue
        said = _known([rule], rows, zero)[rule.column]
        wrong = ~alike(said.cast(table[rule.column].dtype, strict=False), table[rule.column])
        for name, form in present:
            if form.write is not None and wrong.any():
                # A term as reported beside a standard one stays; days are said several times over, all of them alike.
                made = stored_as(form.write(table, rule.column), rows[name].dtype)
                rows = rows.with_columns(pl.when(pl.lit(wrong)).then(pl.lit(made)).otherwise(pl.col(name)).alias(name))
                if form not in (EXACT_DAY, STUDY_DAY):
                    break
    return rows
