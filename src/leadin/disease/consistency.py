"""What a population must not say of itself: bounds that exclude the mean, rates that cannot be mixed, values that stand
on neither a source nor a stated reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from leadin.protocols.field_paths import called, found, spellings, values
from leadin.protocols.nearest import nearest
from leadin.protocols.problems import Problem, shown

GROUNDS = ("provenance", "assumed")
NOT_VALUES = ("schema_version", "name", "title", "description", "sources", *GROUNDS)
BOUNDED = (
    ("score", "minimum", "mean", "maximum"),
    ("demographics", "age_minimum", "age_mean", "age_maximum"),
    ("demographics", "months_since_onset_minimum", "months_since_onset_mean", "months_since_onset_maximum"),
)


def inconsistencies(said: Mapping[str, Any]) -> tuple[Problem, ...]:
    """The ways in which plain data of a population contradicts itself; every field is there and has its type."""
    return (*_bounds(said), *_rates(said), *_routes(said), *_grounds(said), *_unsourced(said))


def _bounds(said: Mapping[str, Any]) -> Iterator[Problem]:
    for group, *names in BOUNDED:
        low, mean, high = (said[group][name] for name in names)
        if not low < mean < high:
            yield Problem(
                (group, names[1]),
                f"a mean between {names[0]} {low:g} and {names[2]} {high:g}",
                shown(mean),
                "Correct one of the three.",
            )
    cells = said["cells"]
    if cells["viability_mean"] <= cells["viability_minimum"]:
        yield Problem(
            ("cells", "viability_mean"),
            f"a mean above viability_minimum {cells['viability_minimum']:g}",
            shown(cells["viability_mean"]),
            "Correct one of the two.",
        )


def _rates(said: Mapping[str, Any]) -> Iterator[Problem]:
    """The overall mean and SD of the rate must leave each onset group a positive mean and some variance."""
    decline, share = said["decline"], said["demographics"]["bulbar_share"]
    extra, mean, sd = decline["bulbar_extra"], decline["rate_mean"], decline["rate_sd"]
    if extra * share >= mean or share * (1.0 - share) * extra**2 >= sd**2:
        yield Problem(
            ("decline", "bulbar_extra"),
            f"a difference that a rate of mean {mean:g} and SD {sd:g} with {share:.0%} bulbar onset can hold",
            shown(extra),
            "Make it smaller.",
        )


def _routes(said: Mapping[str, Any]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for i, entry in enumerate(said["harm"]["after_administration"]):
        for j, route in enumerate(entry["routes"]):
            if route in seen:
                got = f"{shown(route)} again, as in {shown(seen[route])}"
                yield Problem(
                    ("harm", "after_administration", i, "routes", j), "every route in one entry", got, "Remove one."
                )
            seen.setdefault(route, entry["name"])


def _grounds(said: Mapping[str, Any]) -> Iterator[Problem]:
    known = [source["id"] for source in said["sources"]]
    for i, item in enumerate(said["provenance"]):
        if item["source"] not in known:
            near = nearest(item["source"], known)
            advice = f"Write {near}." if near else "Add the source."
            yield Problem(("provenance", i, "source"), "the id of a source of this file", shown(item["source"]), advice)
    paths: set[str] | None = None
    for group in GROUNDS:
        for i, item in enumerate(said[group]):
            if not found(_values_of(said), item["field"]):
                paths = spellings(_values_of(said)) if paths is None else paths
                within = item["field"].split(".")[0] + "."
                near = nearest(item["field"], [path for path in paths if path.startswith(within)] or _values_of(said))
                advice = f"Write {near}." if near else "Write a path such as decline.rate_mean."
                yield Problem(
                    (group, i, "field"), "the path of a value of this population", shown(item["field"]), advice
                )


def _unsourced(said: Mapping[str, Any]) -> Iterator[Problem]:
    """Values at or above which no path of provenance or assumptions stands."""
    plain = _values_of(said)
    covered = {place for group in GROUNDS for item in said[group] for place in found(plain, item["field"])}
    for place in values(plain):
        if not any(place[:length] in covered for length in range(1, len(place) + 1)):
            yield Problem(
                place,
                "a source under 'provenance' or a reason under 'assumed'",
                "neither",
                f"Add one with 'field: {called(plain, place)}'.",
            )


def _values_of(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key not in NOT_VALUES}
