"""Paths such as `arms.cells.planned`, by which provenance and assumptions point at the values of a protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from leadin.protocols.problems import FieldPath, field_text

NAMED_BY = ("name", "id", "method", "variable", "event")
"""Fields by which a member of a list may be called in a path, the first that it has."""


def exists(said: Any, field: str) -> bool:
    """True when the path means at least one place in `said`."""
    return next(_found(said, field, ()), None) is not None


def found(said: Any, field: str) -> tuple[FieldPath, ...]:
    """Every place in `said` (plain data) that the path means; none when it means nothing.

    A member of a list is called by name (`arms.cells`), by position (`arms[0]`), or all of them by `*`.
    """
    return tuple(_found(said, field, ()))


def _found(value: Any, rest: str, at: FieldPath) -> Iterator[FieldPath]:
    if isinstance(value, dict):
        for key in value:
            if rest.startswith(key):
                yield from _step(value[key], rest, key, (*at, key))
    elif isinstance(value, list | tuple):
        for position, member in enumerate(value):
            call = "*" if rest[0] == "*" else f"[{position}]" if rest[0] == "[" else member_name(member)
            if call is not None and rest.startswith(call):
                yield from _step(member, rest, call, (*at, position))


def _step(value: Any, rest: str, call: str, at: FieldPath) -> Iterator[FieldPath]:
    """Follows what comes after `call` in `rest`, which starts with it, when `call` is a whole step."""
    after = rest[len(call) :]
    if not after:
        yield at
    elif after[0] == "[":
        yield from _found(value, after, at)
    elif after[0] == "." and len(after) > 1:
        yield from _found(value, after[1:], at)


def member_name(member: Any) -> str | None:
    """What a member of a list is called in a path; None when it only has its position."""
    if isinstance(member, dict):
        for field in NAMED_BY:
            if isinstance(member.get(field), str):
                return str(member[field])
    return None


def values(said: Any, at: FieldPath = ()) -> Iterator[FieldPath]:
    """The place of every single value in plain data; what is absent (None, an empty list) has none."""
    if isinstance(said, dict):
        for key, value in said.items():
            yield from values(value, (*at, key))
    elif isinstance(said, list | tuple):
        for position, value in enumerate(said):
            yield from values(value, (*at, position))
    elif said is not None:
        yield at


def called(said: Any, at: FieldPath) -> str:
    """The path text of a place, members by their name where they have one: `arms.cells.planned`."""
    text, value = "", said
    for part in at:
        value = value[part]
        name = member_name(value) if isinstance(part, int) else str(part)
        text += f"[{part}]" if name is None else f".{name}" if text else name
    return text


def spellings(said: Any) -> set[str]:
    """Paths of all values and of everything that holds them, as `called` writes them."""
    places = {at[:length] for at in values(said) for length in range(1, len(at) + 1)}
    return {called(said, at) for at in places} | {field_text(at) for at in places}
