"""How a finding tells a person where: counts, participants, days and values, a few of them, then how many more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from leadin.protocols.nearest import nearest
from leadin.trials.finding import Finding, Severity

SHOWN = 5
"""Places that a message spells out before it says how many more there are."""


def find_rows(
    id: str, severity: Severity, table: str, hits: pl.DataFrame, what: tuple[str, str], place: str, advice: str
) -> Finding:
    """A finding on the rows of `hits`, a part of `table` with the column `row`.

    what: one and many ("score outside 0 to 48", "scores outside 0 to 48"). place: how one row is named, with its
    columns in braces ("{participant_id} day {day}: {value}"). advice: what happens to the rows and what to do.
    """
    rows = tuple(hits["row"].to_list())
    message = f"{counted(len(rows), *what)} ({places(hits, place)}). {advice}"
    return Finding(id, severity, table, rows, message)


def counted(number: int, one: str, many: str) -> str:
    """`1 score`, `2 scores`."""
    return f"{number} {one if number == 1 else many}"


def places(hits: pl.DataFrame, place: str) -> str:
    """The first few rows of `hits` by `place`, separated by semicolons, and how many more there are."""
    shown = [
        place.format(**{column: say(value) for column, value in row.items()}) for row in hits.head(SHOWN).to_dicts()
    ]
    return listed(shown, hits.height)


def listed(shown: Sequence[str], number: int) -> str:
    """`a; b; and 7 more`."""
    more = number - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def say(value: object) -> str:
    """A cell as people write it: whole numbers without a point, no value as `nothing`."""
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'alsfrs_r'?`, or nothing when no known name is near."""
    found = nearest(name, known)
    return "" if found is None else f"; did you mean {found!r}?"
