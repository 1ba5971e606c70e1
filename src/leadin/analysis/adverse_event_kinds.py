"""The kinds of adverse event that a monitoring committee counts, and what is said of events that do not say which."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from leadin.analysis.adverse_event_table import affected_by

ANY = "any"
NOT_SAID = " not say whether "
"""Stands in what is said of events that do not say of which kind they are."""
SERIOUS_RELATED = "serious related"


@dataclass(frozen=True)
class Kind:
    """A kind of event. rule: of its rows; words: in a sentence; asks: what an event must say of itself; which: an
    expression on the events, null where an event does not say."""

    rule: str
    words: str
    asks: str
    which: pl.Expr


KINDS = (
    Kind(ANY, "an adverse event", "an adverse event", pl.lit(True)),
    Kind("serious", "a serious adverse event", "serious", pl.col("serious")),
    Kind("related", "an adverse event related to treatment", "related to treatment", pl.col("related")),
    Kind(
        SERIOUS_RELATED,
        "a serious adverse event related to treatment",
        "both serious and related to treatment",
        pl.col("serious") & pl.col("related"),
    ),
    Kind("grade >= 3", "an adverse event of grade 3 or higher", "of grade 3 or higher", pl.col("grade") >= 3),
)
"""What the first rows count."""
KIND_RULES = tuple(kind.rule for kind in KINDS)


def kind_named(rule: str) -> Kind:
    """The kind whose rows have that rule; KeyError when there is none."""
    return {kind.rule: kind for kind in KINDS}[rule]


def unsaid(events: pl.DataFrame, kind: Kind, n: int) -> tuple[str, ...]:
    """A sentence on the events that do not say whether they are of the kind, and what they would make of the count of
    affected participants, of n; nothing where every event says so."""
    picked = events.select(kind.which).to_series()
    silent = picked.null_count()
    if not silent:
        return ()
    with_them = affected_by(events, kind.which.fill_null(True))
    do = "does" if silent == 1 else "do"
    return (
        f"{silent} of {picked.len()} events {do}{NOT_SAID}{'it is' if silent == 1 else 'they are'} {kind.asks} "
        f"and {'is' if silent == 1 else 'are'} not counted; counted as such, {with_them} of {n} participants would be "
        "affected",
    )
