"""What a protocol must not say of itself: names used twice, names of nothing, days out of order.

The rules read plain data and skip whatever has the wrong type, so that they can also speak of a file that has other
problems, and everything is told at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from leadin.protocols.field_paths import exists, spellings
from leadin.protocols.nearest import nearest
from leadin.protocols.plan_problems import plan_problems
from leadin.protocols.problems import FieldPath, Problem, shown

Said = Mapping[str, Any]

MOST_PROBLEMS = 200
"""Where the search stops: a file with more is mended bit by bit."""

_LISTED = 12


def inconsistencies(said: Said) -> tuple[Problem, ...]:
    """The ways in which plain data of a protocol contradicts itself; fields that are missing or wrong are skipped."""
    rules = (
        _names_twice,
        _visits,
        _administrations,
        _references,
        _block_size,
        _judged_at_allocation,
        _criteria_by_arm,
        _plan,
    )
    return tuple(islice(chain.from_iterable(rule(said) for rule in rules), MOST_PROBLEMS))


def broken_paths(said: Said) -> tuple[Problem, ...]:
    """Paths of provenance and assumptions that point at nothing; `said` has every field, defaults too."""
    return tuple(islice(_broken_paths(said), MOST_PROBLEMS))


def _members(said: Said, field: str) -> Iterator[tuple[int, Said]]:
    """The members of a list that are mappings, with their position."""
    members = said.get(field)
    if isinstance(members, Sequence) and not isinstance(members, str):
        yield from ((i, member) for i, member in enumerate(members) if isinstance(member, Mapping))


def _doses(said: Said) -> Iterator[tuple[FieldPath, Said]]:
    for i, arm in _members(said, "arms"):
        for j, dose in _members(arm, "administrations"):
            yield ("arms", i, "administrations", j), dose


def _criteria(said: Said) -> Iterator[tuple[FieldPath, Said]]:
    eligibility = said.get("eligibility")
    if isinstance(eligibility, Mapping):
        for i, criterion in _members(eligibility, "criteria"):
            yield ("eligibility", "criteria", i), criterion


def _day(member: Said) -> int | None:
    day = member.get("day")
    return day if isinstance(day, int) and not isinstance(day, bool) else None


def _names(said: Said, field: str, key: str) -> dict[str, None]:
    """The names of a list's members, sorted; a dictionary, because they are asked for often."""
    names = (member[key] for _, member in _members(said, field) if isinstance(member.get(key), str))
    return dict.fromkeys(sorted(names))


def _names_twice(said: Said) -> Iterator[Problem]:
    for field, key, kind in (
        ("products", "name", "product"),
        ("arms", "name", "arm"),
        ("visits", "name", "visit"),
        ("sources", "id", "source"),
    ):
        seen: set[str] = set()
        for i, member in _members(said, field):
            name = member.get(key)
            if isinstance(name, str) and name in seen:
                yield Problem(
                    (field, i, key), f"a name that no other {kind} has", f"{shown(name)} again", "Rename one."
                )
            if isinstance(name, str):
                seen.add(name)


def _visits(said: Said) -> Iterator[Problem]:
    seen: dict[int, int] = {}
    last: int | None = None
    for i, visit in _members(said, "visits"):
        day = _day(visit)
        if day is not None and day in seen:
            got = f"{day} again, as in visits[{seen[day]}]"
            yield Problem(("visits", i, "day"), "a day that no other visit has", got, "Merge them or move one.")
        elif day is not None and last is not None and day < last:
            yield Problem(
                ("visits", i, "day"), "visits in order of day", f"day {day} after day {last}", "Sort the visits."
            )
        if day is not None:
            seen.setdefault(day, i)
            last = day if last is None else max(last, day)
        yield from _measures_twice(i, visit.get("measures"))


def _measures_twice(i: int, measures: Any) -> Iterator[Problem]:
    if isinstance(measures, Sequence) and not isinstance(measures, str):
        seen: set[str] = set()
        for j, measure in enumerate(measures):
            if isinstance(measure, str) and measure in seen:
                yield Problem(
                    ("visits", i, "measures", j), "every measure once", f"{shown(measure)} again", "Remove one."
                )
            if isinstance(measure, str):
                seen.add(measure)


def _administrations(said: Said) -> Iterator[Problem]:
    first: tuple[int, FieldPath] | None = None
    last: dict[object, int] = {}
    seen: set[tuple[object, ...]] = set()
    for path, dose in _doses(said):
        arm, day = path[1], _day(dose)
        if day is None:
            continue
        if arm in last and day < last[arm]:
            got = f"day {day} after day {last[arm]}"
            yield Problem((*path, "day"), "administrations in order of day", got, "Sort them.")
        last[arm] = max(day, last.get(arm, day))
        what = (arm, day, dose.get("product"), dose.get("route"))
        if all(isinstance(part, str) for part in what[2:]) and what in seen:
            yield Problem(
                path,
                "one administration a day for each product and route",
                f"{shown(what[2])} {what[3]} on day {day} again",
                "Add the cells up into one.",
            )
        seen.add(what)
        if first is None or day < first[0]:
            first = (day, (*path, "day"))
    if first is not None and first[0] != 0:
        yield Problem(
            first[1],
            "the first administration of the trial on day 0, since days count from it",
            f"day {first[0]}",
            f"Shift all days by {-first[0]:+d}.",
        )


def _references(said: Said) -> Iterator[Problem]:
    products, arms = _names(said, "products", "name"), _names(said, "arms", "name")
    sources = _names(said, "sources", "id")
    for path, dose in _doses(said):
        yield from _unknown((*path, "product"), dose.get("product"), products, "product")
    randomisation, plan = said.get("randomisation"), said.get("plan")
    if isinstance(randomisation, Mapping) and isinstance(randomisation.get("ratio"), Mapping):
        for name in randomisation["ratio"]:
            yield from _unknown(("randomisation", "ratio", name), name, arms, "arm")
    for i, co in _members(said, "co_interventions"):
        yield from _unknown_arms(("co_interventions", i, "arms"), co.get("arms"), arms)
    for path, criterion in _criteria(said):
        yield from _unknown_arms((*path, "arms"), criterion.get("arms"), arms)
    if isinstance(plan, Mapping):
        yield from _unknown(("plan", "reference_arm"), plan.get("reference_arm"), arms, "arm")
        for i, analysis in _members(plan, "analyses"):
            yield from _unknown(("plan", "analyses", i, "arm"), analysis.get("arm"), arms, "arm")
    for i, item in _members(said, "provenance"):
        yield from _unknown(("provenance", i, "source"), item.get("source"), sources, "source")


def _unknown_arms(path: FieldPath, named: object, arms: Mapping[str, None]) -> Iterator[Problem]:
    if isinstance(named, Sequence) and not isinstance(named, str):
        for j, name in enumerate(named):
            yield from _unknown((*path, j), name, arms, "arm")


def _unknown(path: FieldPath, got: object, known: Mapping[str, None], kind: str) -> Iterator[Problem]:
    if isinstance(got, str) and got not in known:
        near = nearest(got, known)
        listed = ", ".join(islice(known, _LISTED)) + (", ..." if len(known) > _LISTED else "")
        listed = listed or f"which has no {kind}"
        advice = (
            f"Write {near}." if near else f"Write one of these, or add the {kind}." if known else f"Add the {kind}."
        )
        yield Problem(path, f"the name of {_a(kind)} of this protocol ({listed})", shown(got), advice)


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _block_size(said: Said) -> Iterator[Problem]:
    randomisation = said.get("randomisation")
    if not isinstance(randomisation, Mapping) or not isinstance(randomisation.get("ratio"), Mapping):
        return
    size, shares = randomisation.get("block_size"), list(randomisation["ratio"].values())
    if not isinstance(size, int) or not all(isinstance(share, int) and share > 0 for share in shares):
        return
    whole = sum(shares)
    if whole and size % whole:
        yield Problem(
            ("randomisation", "block_size"),
            f"a multiple of {whole}, the sum of the allocation ratio",
            str(size),
            f"Write {max(1, round(size / whole)) * whole}.",
        )


def _judged_at_allocation(said: Said) -> Iterator[Problem]:
    randomisation = said.get("randomisation")
    if isinstance(randomisation, Mapping) and randomisation.get("day") is not None:
        return
    for path, criterion in _criteria(said):
        if criterion.get("at") == "allocation":
            yield Problem(
                (*path, "at"),
                "a day of allocation in randomisation.day, at which to judge it",
                "none",
                "Write randomisation.day, or 'at: screening' or 'at: baseline'.",
            )


def _plan(said: Said) -> Iterator[Problem]:
    plan = said.get("plan")
    if isinstance(plan, Mapping):
        yield from (replace(problem, path=("plan", *problem.path)) for problem in plan_problems(plan))


def _criteria_by_arm(said: Said) -> Iterator[Problem]:
    """Entry is judged before a randomised participant has an arm. One problem, however many criteria name arms."""
    if not isinstance(said.get("randomisation"), Mapping):
        return
    for path, criterion in _criteria(said):
        named = criterion.get("arms")
        several = named if isinstance(named, Sequence) and not isinstance(named, str) else ()
        names = [name for name in several if isinstance(name, str)]
        if names:
            yield Problem(
                (*path, "arms"),
                "criteria for every arm, since participants have no arm before they are randomised",
                ", ".join(shown(name) for name in names[:_LISTED]),
                "Remove arms here, or remove randomisation.",
            )
            return


def _broken_paths(said: Said) -> Iterator[Problem]:
    known: set[str] | None = None
    for field in ("provenance", "assumed"):
        for i, item in _members(said, field):
            path = str(item.get("field"))
            if not exists(said, path):
                known = spellings(said) if known is None else known
                near = nearest(path, known)
                advice = f"Write {near}." if near else "Write a path such as arms.cells.planned."
                yield Problem((field, i, "field"), "the path of a value of this protocol", shown(path), advice)
