"""What a mapping must not say: columns of no table, units that do not go together, dates without a time zero.

The rules read plain data and skip whatever has the wrong type, so that they can also speak of a file that has other
problems, and everything is told at once.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from leadin.protocols.nearest import nearest
from leadin.protocols.problems import FieldPath, Problem, shown
from leadin.trials.schema import EVENT_KINDS, NEVER_EMPTY, SCHEMAS
from leadin.trials.trial import TABLES
from leadin.trials.units import KEPT_IN, units_for

Said = Mapping[str, Any]


def mapping_problems(said: Said) -> tuple[Problem, ...]:
    """The ways in which plain data of a mapping contradicts itself or the tables; wrong types are skipped."""
    return tuple(_problems(said))


def _problems(said: Said) -> Iterator[Problem]:
    yield from _encoding(("encoding",), said.get("encoding"))
    yield from _marks((), said, said)
    tables = said.get("tables")
    if not isinstance(tables, Mapping):
        return
    if not any(tables.get(name) for name in TABLES):
        yield Problem(("tables",), "at least one table", "none", f"Add one of {', '.join(TABLES)}.")
    for name in TABLES:
        sources = tables.get(name)
        if isinstance(sources, Sequence) and not isinstance(sources, str):
            for i, source in enumerate(sources):
                if isinstance(source, Mapping):
                    yield from _source(name, source, ("tables", name, i), said)


def _source(name: str, source: Said, path: FieldPath, said: Said) -> Iterator[Problem]:
    yield from _encoding((*path, "encoding"), source.get("encoding"))
    if source.get("delimiter") or source.get("decimal"):
        yield from _marks(path, source, said)
    columns, measures = source.get("columns"), source.get("measures") or {}
    if not isinstance(columns, Mapping) or not isinstance(measures, Mapping):
        return
    if measures and name != "assessments":
        yield Problem((*path, "measures"), "measures in assessments only", f"them in {name}", "Move or remove them.")
        return
    dated = isinstance(said.get("time_zero"), Mapping)
    for column, where in columns.items():
        at = (*path, "columns", column)
        if column not in SCHEMAS[name]:
            yield _unknown(at, column, SCHEMAS[name], f"a column of {name}", "Keep other columns with 'keep'.")
        elif isinstance(where, Mapping):
            yield from _unit(at, _kept_name(column, columns), where.get("unit"))
            yield from _date(at, column, where, dated)
            if column == "kind":
                yield from _kinds(at, where)
    for measure, where in measures.items():
        if isinstance(where, Mapping):
            yield from _unit((*path, "measures", measure), measure, where.get("unit"))
    yield from _needed(name, columns, bool(measures), path)
    keep = source.get("keep")
    if isinstance(keep, Sequence) and not isinstance(keep, str):
        for i, column in enumerate(keep):
            if isinstance(column, str) and column in SCHEMAS[name]:
                advice = f"Write it under columns: '{column}: {column}'."
                yield Problem((*path, "keep", i), f"a column that {name} does not define", shown(column), advice)


def _needed(name: str, columns: Said, wide: bool, path: FieldPath) -> Iterator[Problem]:
    """Columns that no row of the table can do without."""
    needed = NEVER_EMPTY[name] if name != "assessments" else (*NEVER_EMPTY[name], "value")
    made = ("measure", "value") if wide else ()
    for column in needed:
        if column in made and column in columns:
            advice = "Remove it, or the measures."
            yield Problem((*path, "columns", column), "nothing, since measures make it", "a column", advice)
        if column not in made and column not in columns:
            advice = f"Add '{column}:' with the column of the file that holds it."
            yield Problem((*path, "columns"), f"{column}, without which no row of {name} counts", "none", advice)


def _kept_name(column: str, columns: Said) -> str:
    """What decides the unit: the column, or for a value the measure, where that is one for every row."""
    measure = columns.get("measure")
    if column == "value" and isinstance(measure, Mapping) and isinstance(measure.get("value"), str):
        return str(measure["value"])
    return column


def _unit(path: FieldPath, name: str, unit: object) -> Iterator[Problem]:
    known = units_for(name)
    if isinstance(unit, str) and unit not in known:
        expected = f"one of the units {', '.join(known)}" if known else f"no unit, since {name} has none"
        yield Problem((*path, "unit"), expected, shown(unit), "Write one of these." if known else "Remove it.")


def _date(path: FieldPath, column: str, where: Said, dated: bool) -> Iterator[Problem]:
    if where.get("date") is None:
        return
    if KEPT_IN.get(column) != "days":
        yield Problem((*path, "date"), "dates in columns of days only", f"one in {column}", "Remove it.")
    elif where.get("unit") is not None:
        yield Problem((*path, "unit"), "no unit beside a date", shown(where["unit"]), "Remove one of the two.")
    elif not dated:
        yield Problem(
            (*path, "date"),
            "time_zero at the top of the mapping, since dates are counted from it",
            "none",
            "Add 'time_zero:' with file, participant_id, column and date.",
        )


def _kinds(path: FieldPath, where: Said) -> Iterator[Problem]:
    codes = where.get("codes")
    told = [((*path, "value"), where.get("value"))]
    if isinstance(codes, Mapping):
        told += [((*path, "codes", code), kind) for code, kind in codes.items()]
    for at, kind in told:
        if isinstance(kind, str) and kind not in EVENT_KINDS:
            yield _unknown(at, kind, EVENT_KINDS, "a kind of event", "Write one of these.")


def _unknown(path: FieldPath, got: str, known: Iterable[str], what: str, otherwise: str) -> Problem:
    names = list(known)
    near = nearest(got, names)
    return Problem(path, f"{what} ({', '.join(names)})", shown(got), f"Write {near}." if near else otherwise)


def _encoding(path: FieldPath, encoding: object) -> Iterator[Problem]:
    if not isinstance(encoding, str):
        return
    try:
        "".encode(encoding)
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError):
        yield Problem(path, "the name of a text encoding", shown(encoding), "Write utf-8, latin-1, cp1252 or utf-16.")


def _marks(path: FieldPath, source: Said, said: Said) -> Iterator[Problem]:
    delimiter = source.get("delimiter") or said.get("delimiter")
    decimal = source.get("decimal") or said.get("decimal")
    if delimiter is not None and delimiter == decimal:
        got = f"{shown(delimiter)} for both"
        yield Problem((*path, "decimal"), "another mark for decimals than for cells", got, "Change one of the two.")
    elif decimal == "," and delimiter is None:
        yield Problem(
            (*path, "decimal"), "another mark for decimals than for cells", "',' for both", "Add 'delimiter:'."
        )
