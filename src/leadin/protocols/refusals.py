"""What pydantic refuses, told as problems: field, expected, got, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_origin

from pydantic import BaseModel

from leadin.protocols.advice import number_meant, slug_meant
from leadin.protocols.expected import Expected, expected_at
from leadin.protocols.nearest import nearest
from leadin.protocols.problems import FieldPath, Problem, shown

_NAME = "a name of lower-case letters, digits, dots, dashes and underscores"


def problems_of(errors: Sequence[Mapping[str, Any]], model: type[BaseModel]) -> tuple[Problem, ...]:
    """The problems in `ValidationError.errors()` of `model`, those that a validator found itself included."""
    problems: list[Problem] = []
    for error in errors:
        if error["type"] == "inconsistent":
            at = tuple(error["loc"])
            problems.extend(replace(problem, path=(*at, *problem.path)) for problem in error["ctx"]["problems"])
        elif not _only_members_refused(error):
            problems.append(_problem(error, model))
    return tuple(problem for problem in problems if not _explained(problem, problems))


def _only_members_refused(error: Mapping[str, Any]) -> bool:
    """True for a list called too short because its members were refused, which is told of the members."""
    return bool(error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"])


def _explained(problem: Problem, problems: Sequence[Problem]) -> bool:
    """A missing field is explained by a mistyped one beside it."""
    if problem.got != "nothing" or not problem.path:
        return False
    *around, name = problem.path
    return any(list(other.path[:-1]) == around and other.advice == f"Write '{name}'." for other in problems)


def _problem(error: Mapping[str, Any], model: type[BaseModel]) -> Problem:
    kind, path, got = str(error["type"]), tuple(error["loc"]), error["input"]
    if path and path[-1] == "[key]":
        return _name_refused(path[:-1], got)
    if kind == "extra_forbidden":
        return _unknown_field(path, model)
    if kind == "value_error":
        return _said_by_validator(path, str(error["ctx"]["error"]))
    here = expected_at(model, path)
    if here is None:
        return Problem(path, "something else", shown(got), f"{error['msg']}.")
    if kind == "missing":
        return Problem(path, here.words(), "nothing", f"Add '{path[-1]}:'.")
    if kind == "string_pattern_mismatch":
        return _name_refused(path, got)
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        return Problem(path, f"{here.words()}, {here.range_words()}", shown(got), "Write a number in that range.")
    if kind in ("string_too_short", "string_too_long"):
        return _length(path, kind, got, error["ctx"])
    if kind == "too_short":
        return Problem(path, f"at least {error['ctx']['min_length']} of them", shown(got), _add_to(path, here))
    if kind == "too_long":
        return Problem(path, f"at most {error['ctx']['max_length']} of them", str(len(got)), "Leave some out.")
    return _wrong_type(path, here, got)


def _name_refused(path: FieldPath, got: object) -> Problem:
    meant = slug_meant(str(got))
    return Problem(path, _NAME, shown(got), f"Write {meant}." if meant else "Write such a name.")


def _unknown_field(path: FieldPath, model: type[BaseModel]) -> Problem:
    around = expected_at(model, path[:-1])
    group = None if around is None else around.model
    names = () if group is None else tuple(group.model_fields)
    got = str(path[-1])
    near = nearest(got, names)
    if near:
        return Problem(path, "a known field", shown(got), f"Write '{near}'.")
    # A plan of its own file, indented under `plan:` as in a protocol.
    advice = "Leave the line out, and begin with 'analyses:'." if (got, len(path)) == ("plan", 1) else "Remove it."
    return Problem(path, f"one of the fields {', '.join(names)}", shown(got), advice)


def _said_by_validator(path: FieldPath, text: str) -> Problem:
    """A validator's own `expected ...; got .... What to do.`"""
    expected, _, rest = text.removeprefix("expected ").partition("; got ")
    got, _, advice = rest.partition(". ")
    return Problem(path, expected, got, advice)


def _length(path: FieldPath, kind: str, got: object, context: Mapping[str, Any]) -> Problem:
    if kind == "string_too_long":
        return Problem(path, f"at most {context['max_length']} characters", f"{len(str(got))}", "Shorten it.")
    if context["min_length"] == 1:
        return Problem(path, "text", shown(got), "Write something.")
    return Problem(path, f"at least {context['min_length']} characters", shown(got), "Say it in a few words.")


def _add_to(path: FieldPath, here: Expected) -> str:
    member = expected_member(here)
    if member is not None and member.choices:
        return f"Write one or more of {', '.join(member.choices)} in [ ]."
    return "Add one, on a line that starts with a dash." if here.is_list else "Add one."


def expected_member(here: Expected) -> Expected | None:
    """What each member of a list is expected to be; None when it is no list."""
    if not here.is_list:
        return None
    return Expected(here.annotation.__args__[0])


def _wrong_type(path: FieldPath, here: Expected, got: object) -> Problem:
    return Problem(path, here.words(), shown(got), _instead(here, got))


def _instead(here: Expected, got: object) -> str:
    """What to do about a value of the wrong type or outside its choices."""
    if here.choices:
        near = nearest(str(got), here.choices)
        only = here.choices[0] if len(here.choices) == 1 else near
        return f"Write {only}." if only else "Write one of these."
    if here.model is not None:
        return "Write these fields below it, one a line, indented."
    if here.is_list:
        return _as_list(here, got)
    if here.annotation in (int, float):
        return _as_number(here, got)
    if get_origin(here.annotation) is dict:
        return "Write it like {cells: 1, control: 1}."
    if here.annotation is bool:
        return "Write true or false, without quotes."
    if isinstance(got, bool | int | float):
        return f"Put it in quotes: '{shown(got)}'."
    return "Write text, or remove the line." if got is None else "Write text."


def _as_list(here: Expected, got: object) -> str:
    if isinstance(got, dict):
        return "Put a dash before the first field of each."
    member = expected_member(here)
    if got is None or (member is not None and member.model is not None):
        return "Write one or more below it, each starting with a dash."
    return f"Write [{got}]." if isinstance(got, str) and len(got) <= 40 else "Write it in [ ]."


def _as_number(here: Expected, got: object) -> str:
    whole = here.annotation is int
    meant = number_meant(got, here.unit, whole=whole)
    if meant is not None:
        return f"Write {meant}."
    if whole and isinstance(got, float):
        return "Round it."
    return "Write a number, or remove the line." if got is None else "Write a number."
