"""Which events end a life or count as its end, and when the first of them fell."""

from __future__ import annotations

import polars as pl

from leadin.protocols.protocol import Protocol


def fatal_kinds(protocol: Protocol | None) -> tuple[str, ...]:
    """Kinds of event that count as fatal: death always, and what the protocol adds (design 2: kept apart by kind)."""
    declared = () if protocol is None else protocol.fatal_events
    return ("death", *(kind for kind in declared if kind != "death"))


def first_events(events: pl.DataFrame, kinds: tuple[str, ...]) -> pl.DataFrame:
    """The earliest event of those kinds per participant, one row each: participant_id, day, kind.

    Events without a day, or with one that is not a number, are passed over. On equal days the kind named first in
    `kinds` is taken. Sorted by participant_id.
    """
    order = pl.col("kind").replace_strict({kind: rank for rank, kind in enumerate(kinds)}, return_dtype=pl.Int32)
    return (
        events.filter(pl.col("kind").is_in(list(kinds)) & pl.col("day").is_finite())
        .select("participant_id", "day", "kind", order.alias("rank"))
        .sort("participant_id", "day", "rank")
        .unique(subset="participant_id", keep="first", maintain_order=True)
        .drop("rank")
    )
