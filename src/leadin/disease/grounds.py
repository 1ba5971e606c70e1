"""Every value of a file of the disease stands on a source or on a stated reason; which ones stand on neither."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from leadin.protocols.field_paths import called, found, spellings, values
from leadin.protocols.nearest import nearest
from leadin.protocols.problems import Problem, shown

GROUNDS = ("provenance", "assumed")
NOT_VALUES = ("schema_version", "name", "title", "description", "based_on", "sources", *GROUNDS)


def broken_grounds(said: Mapping[str, Any], kind: str, example: str) -> Iterator[Problem]:
    """Entries of `provenance` and `assumed` that name an unknown source or point at nothing.

    kind: what the file is (`population`), example: a path that it has, both for messages.
    """
    known = [source["id"] for source in said["sources"]]
    for i, item in enumerate(said["provenance"]):
        if item["source"] not in known:
            near = nearest(item["source"], known)
            advice = f"Write {near}." if near else "Add the source."
            yield Problem(("provenance", i, "source"), "the id of a source of this file", shown(item["source"]), advice)
    plain = values_of(said)
    paths: set[str] | None = None
    for group in GROUNDS:
        for i, item in enumerate(said[group]):
            if not found(plain, item["field"]):
                paths = spellings(plain) if paths is None else paths
                within = item["field"].split(".")[0] + "."
                near = nearest(item["field"], [path for path in paths if path.startswith(within)] or plain)
                advice = f"Write {near}." if near else f"Write a path such as {example}."
                yield Problem((group, i, "field"), f"the path of a value of this {kind}", shown(item["field"]), advice)


def unsourced(said: Mapping[str, Any]) -> Iterator[Problem]:
    """Values at or above which no path of provenance or assumptions stands."""
    plain = values_of(said)
    covered = {place for group in GROUNDS for item in said[group] for place in found(plain, item["field"])}
    for place in values(plain):
        if not any(place[:length] in covered for length in range(1, len(place) + 1)):
            yield Problem(
                place,
                "a source under 'provenance' or a reason under 'assumed'",
                "neither",
                f"Add one with 'field: {called(plain, place)}'.",
            )


def values_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """What needs grounds: everything but names, words and the grounds themselves."""
    return {key: value for key, value in said.items() if key not in NOT_VALUES}
