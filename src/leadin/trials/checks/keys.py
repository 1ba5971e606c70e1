"""Checks on keys: each row can be told apart and says whose it is."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from leadin.trials.checks.places import find_rows
from leadin.trials.finding import Finding
from leadin.trials.schema import KEYS, NEVER_EMPTY
from leadin.trials.trial import TABLES, Trial

DECIDES_ALL = ("participants", "assessments", "lots")
"""Tables where rows of one key that differ leave nothing to hold on to: neither arm, value nor owner is known."""
HAPPENED = ("administrations", "events")
"""Tables where the key itself says what happened; rows that differ beyond it dispute a detail."""


def check_missing_keys(trial: Trial) -> Iterator[Finding]:
    """Rows without a participant, day, measure, kind or term, each needed to know what the row is about."""
    for name in TABLES:
        table = trial.table(name).with_row_index("row")
        if table.is_empty():
            continue
        for column in NEVER_EMPTY[name]:
            hits = table.filter(pl.col(column).is_null() | (pl.col(column).cast(pl.String) == ""))
            if not hits.is_empty():
                yield find_rows(
                    "missing-key",
                    "error",
                    name,
                    hits,
                    (f"row of {name} without {column}", f"rows of {name} without {column}"),
                    "row {row}",
                    f"Left out; fill in {column}.",
                )


def check_duplicates(trial: Trial) -> Iterator[Finding]:
    """Rows that share a key.

    Rows that repeat another to the last cell are left out, the first is used (`repeated-row`). Where rows of one key
    differ (`conflicting-rows`): participants, assessments and lots are all left out, since nothing says which is
    right; of administrations and events the first is used, since their key already says what happened; adverse events
    are all kept, with a warning, so that no harm is hidden.
    """
    for name in TABLES:
        table = trial.table(name)
        if table.is_empty():
            continue
        key = list(KEYS[name])
        everything = pl.struct(pl.all())
        marked = table.with_columns(
            repeated=~everything.is_first_distinct(),
            keyed=pl.all_horizontal(pl.col(*NEVER_EMPTY[name]).is_not_null()),
        ).with_row_index("row")
        yield from _repeated(name, marked)
        different = marked.filter(pl.col("keyed") & ~pl.col("repeated")).filter(pl.struct(key).is_duplicated())
        if not different.is_empty():
            disputed = marked.filter("keyed").join(different.select(key).unique(), on=key, how="semi", nulls_equal=True)
            yield _conflicting(name, disputed.sort("row"), key)


def _repeated(name: str, marked: pl.DataFrame) -> Iterator[Finding]:
    hits = marked.filter(pl.col("repeated") & pl.col("keyed"))
    if not hits.is_empty():
        yield find_rows(
            "repeated-row",
            "error",
            name,
            hits,
            (f"row of {name} that repeats an earlier one", f"rows of {name} that repeat an earlier one"),
            _place(KEYS[name]),
            "Left out, the first of each is used; remove the copies.",
        )


def _conflicting(name: str, disputed: pl.DataFrame, key: list[str]) -> Finding:
    shared = "participants that share an id" if name == "participants" else f"rows of {name} that share a key"
    what = (f"{shared} and differ",) * 2
    place = _place(KEYS[name])
    if name in DECIDES_ALL:
        advice = "All are left out, since nothing says which is right; keep one of each."
        return find_rows("conflicting-rows", "error", name, disputed, what, place, advice)
    if name in HAPPENED:
        later = disputed.filter(~pl.struct(key).is_first_distinct())
        what = (
            f"row of {name} that differs from an earlier one of the same key",
            f"rows of {name} that differ from an earlier one of the same key",
        )
        advice = "Left out, the first of each is used; keep the right one of each."
        return find_rows("conflicting-rows", "error", name, later, what, place, advice)
    advice = "All are kept, so that no harm is hidden; merge what was one event."
    return find_rows("conflicting-rows", "warning", name, disputed, what, place, advice)


def _place(key: tuple[str, ...]) -> str:
    return " ".join(f"{{{column}}}" if column.endswith("_id") else f"{column} {{{column}}}" for column in key)
