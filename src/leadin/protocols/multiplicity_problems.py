"""What the multiplicity of a plan must not say: names of no analysis, and a graph that passes on more than there is.

The rules read plain data and skip whatever has the wrong type, as those of `plan_problems` do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from leadin.protocols.multiplicity import ROUNDING, WITHOUT_TEST, family_positions
from leadin.protocols.nearest import nearest
from leadin.protocols.problems import FieldPath, Problem, shown

Said = Mapping[str, Any]
_LISTED = 12


def multiplicity_problems(said: Said) -> Iterator[Problem]:
    """The problems of `multiplicity` in plain data of a plan; paths are within the plan."""
    family = said.get("multiplicity")
    if not isinstance(family, Mapping):
        return
    analyses = _analyses(said)
    yield from _names(family, analyses)
    named = family.get("analyses")
    names = tuple(name for name in named if isinstance(name, str)) if isinstance(named, list | tuple) else ()
    tested = family_positions(analyses, names)
    if not names and not tested and analyses:
        yield Problem(
            ("multiplicity", "analyses"),
            "analyses to test: named here, or primary or secondary ones in the plan",
            "none",
            "Name them.",
        )
    if family.get("procedure") == "graphical":
        yield from _graph(family, max(len(tested), len(names)))
    elif family.get("procedure") is not None:
        yield from _no_graph(family)


def _analyses(said: Said) -> list[dict[str, Any]]:
    analyses = said.get("analyses")
    members = analyses if isinstance(analyses, list | tuple) else ()
    return [dict(each) if isinstance(each, Mapping) else {} for each in members]


def _names(family: Said, analyses: list[dict[str, Any]]) -> Iterator[Problem]:
    methods = {each["name"]: each.get("method") for each in analyses if isinstance(each.get("name"), str)}
    seen: set[str] = set()
    named = family.get("analyses")
    for i, name in enumerate(named if isinstance(named, list | tuple) else ()):
        path: FieldPath = ("multiplicity", "analyses", i)
        if not isinstance(name, str):
            continue
        if name in seen:
            yield Problem(path, "every analysis once", f"{shown(name)} again", "Remove one.")
        elif name not in methods:
            yield _unknown(path, name, list(methods))
        elif methods[name] in WITHOUT_TEST:
            yield Problem(path, "an analysis with a test", f"{shown(name)} ({methods[name]})", "Leave it out.")
        seen.add(name)


def _unknown(path: FieldPath, name: str, known: list[str]) -> Problem:
    near = nearest(name, known)
    listed = ", ".join(islice(known, _LISTED)) + (", ..." if len(known) > _LISTED else "")
    advice = (
        f"Write {near}." if near else "Write one of these, or name the analysis." if known else "Name the analysis."
    )
    return Problem(path, f"the name of an analysis of this plan ({listed or 'none has a name'})", shown(name), advice)


def _no_graph(family: Said) -> Iterator[Problem]:
    for field in ("weights", "transitions"):
        if family.get(field):
            yield Problem(
                ("multiplicity", field),
                f"only settings that {family['procedure']} uses (this one is for graphical)",
                f"{field}: {shown(family[field])}",
                "Remove it, or change the procedure.",
            )


def _graph(family: Said, tested: int) -> Iterator[Problem]:
    weights, rows = family.get("weights", ()), family.get("transitions", ())
    if isinstance(weights, list | tuple):
        yield from _weights(weights, tested)
    if isinstance(rows, list | tuple):
        if len(rows) != tested:
            yield _size(("multiplicity", "transitions"), "rows", len(rows), tested)
        for i, row in enumerate(rows):
            if isinstance(row, list | tuple):
                yield from _row(("multiplicity", "transitions", i), row, i, tested)


def _weights(weights: list[Any] | tuple[Any, ...], tested: int) -> Iterator[Problem]:
    path: FieldPath = ("multiplicity", "weights")
    if len(weights) != tested:
        yield _size(path, "weights", len(weights), tested)
    elif _sum(weights) > 1.0 + ROUNDING:
        yield Problem(
            path, "weights that add up to at most 1", f"{_sum(weights):.6g}", "Make them smaller: 1 is the whole level."
        )
    elif _sum(weights) <= 0.0 and _numbers(weights):
        yield Problem(path, "a weight above 0", "none", "Give at least one analysis a share of the level.")


def _row(path: FieldPath, row: list[Any] | tuple[Any, ...], i: int, tested: int) -> Iterator[Problem]:
    if len(row) != tested:
        yield _size(path, "shares", len(row), tested)
        return
    if i < len(row) and _numbers(row[i : i + 1]) and row[i] != 0:
        yield Problem((*path, i), "0, since no analysis passes its share on to itself", shown(row[i]), "Write 0.")
    if _sum(row) > 1.0 + ROUNDING:
        yield Problem(path, "shares that add up to at most 1", f"{_sum(row):.6g}", "Make them smaller.")


def _size(path: FieldPath, things: str, got: int, tested: int) -> Problem:
    return Problem(
        path, f"{tested} {things}, as many as analyses are tested", str(got), "Write one for each, in the same order."
    )


def _sum(numbers: list[Any] | tuple[Any, ...]) -> float:
    """Their sum; 0 where one is no number, which is told of that one alone."""
    return float(sum(numbers)) if _numbers(numbers) else 0.0


def _numbers(members: list[Any] | tuple[Any, ...]) -> bool:
    return all(isinstance(number, int | float) and not isinstance(number, bool) for number in members)
