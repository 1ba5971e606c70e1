"""What a population must not say of itself: bounds that exclude the mean, rates that cannot be mixed, values that stand
on neither a source nor a stated reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from leadin.disease.grounds import broken_grounds, unsourced
from leadin.protocols.problems import Problem, shown

BOUNDED = (
    ("score", "minimum", "mean", "maximum"),
    ("demographics", "age_minimum", "age_mean", "age_maximum"),
    ("demographics", "months_since_onset_minimum", "months_since_onset_mean", "months_since_onset_maximum"),
)


def inconsistencies(said: Mapping[str, Any]) -> tuple[Problem, ...]:
    """The ways in which plain data of a population contradicts itself; every field is there and has its type."""
    grounds = broken_grounds(said, "population", "decline.rate_mean")
    return (*_bounds(said), *_rates(said), *_routes(said), *grounds, *unsourced(said))


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
