"""What no trial can hold, looked for in its tables without the project's own checks."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from leadin.protocols.protocol import Protocol
from leadin.trials.trial import Trial

ENDS = ("death", "withdrawal", "lost_to_follow_up", "end_of_follow_up")
HALF_A_SECOND = 1e-5


def impossible(trial: Trial, protocol: Protocol) -> list[str]:
    """Everything impossible in the trial, in words; none when all is well."""
    return [
        f"{what}: {rows.head(3).to_dicts()}"
        for what, rows in (
            *_scores(trial),
            *_after_the_end(trial),
            *_cells(trial, protocol),
            *_before_enrolment(trial, protocol),
            *_arms(trial, protocol),
            *_time_zero(trial, protocol),
        )
        if rows.height
    ]


Found = Iterator[tuple[str, pl.DataFrame]]


def _scores(trial: Trial) -> Found:
    values = trial.assessments
    total = values.filter(pl.col("measure") == "alsfrs_r")
    whole = pl.col("value") == pl.col("value").round()
    yield "score outside 0 to 48", total.filter(~pl.col("value").is_between(0, 48) | ~whole)
    items = values.filter(pl.col("measure").str.starts_with("alsfrs_r."))
    yield "item outside 0 to 4", items.filter(~pl.col("value").is_between(0, 4) | ~whole)
    sums = items.group_by("participant_id", "day").agg(sum=pl.col("value").sum(), items=pl.len())
    both = sums.join(total, on=["participant_id", "day"], how="left")
    yield "items that do not sum to the total", both.filter((pl.col("sum") != pl.col("value")).fill_null(True))
    yield "some of the items", sums.filter(pl.col("items") != 12)
    others = values.filter(~pl.col("measure").str.starts_with("alsfrs_r"))
    yield "value below 0", others.filter(pl.col("value") < 0)
    yield "value that is no number", values.filter(~pl.col("value").is_finite() | pl.col("value").is_null())
    twice = values.group_by("participant_id", "visit", "measure").agg(pl.len()).filter(pl.col("len") > 1)
    yield "visit twice", twice


def _after_the_end(trial: Trial) -> Found:
    ends = trial.events.filter(pl.col("kind").is_in(ENDS)).select("participant_id", last="day", end="kind")
    yield "two ends", ends.group_by("participant_id").agg(pl.len()).filter(pl.col("len") > 1)
    inside = trial.participants.filter(pl.col("arm").is_not_null())
    yield "no end", inside.join(ends, on="participant_id", how="anti")
    for name, day in (
        ("assessments", "day"),
        ("administrations", "day"),
        ("events", "day"),
        ("adverse_events", "start_day"),
        ("adverse_events", "end_day"),
        ("lots", "isolated_day"),
        ("lots", "harvested_day"),
        ("lots", "released_day"),
    ):
        late = trial.table(name).join(ends, on="participant_id", how="inner").filter(pl.col(day) > pl.col("last"))
        yield f"{name}.{day} after the last day", late
    dead = ends.filter(pl.col("end") == "death")
    given = trial.administrations.join(dead, on="participant_id").filter(pl.col("day") >= pl.col("last"))
    yield "dose on or after the day of death", given


def _cells(trial: Trial, protocol: Protocol) -> Found:
    lots, given = trial.lots, trial.administrations
    yield "lot twice", lots.group_by("lot_id").agg(pl.len()).filter(pl.col("len") > 1)
    yield "dose from no lot", given.join(lots, on="lot_id", how="anti")
    owners = given.group_by("lot_id").agg(people=pl.col("participant_id").n_unique())
    yield "two people in one lot", owners.filter(pl.col("people") > 1)
    both = given.join(lots.rename({"participant_id": "owner", "cells": "made"}), on="lot_id")
    yield "dose from another participant's lot", both.filter(pl.col("owner") != pl.col("participant_id"))
    yield (
        "dose from a lot not released",
        both.filter((pl.col("outcome") != "released") | pl.col("released_day").is_null()),
    )
    yield "dose before release", both.filter(pl.col("day") < pl.col("released_day"))
    kept = {(p.name): p.manufacturing.shelf_life_hours for p in protocol.products if p.manufacturing is not None}
    arms = trial.participants.select("participant_id", "arm")
    old = both.join(arms, on="participant_id").with_columns(kept=(pl.col("day") - pl.col("released_day")) * 24)
    for arm in protocol.arms:
        names = {dose.product for dose in arm.administrations}
        lives = [kept.get(name) for name in names]
        if lives and None not in lives:
            keeps = max(life for life in lives if life is not None)
            past = old.filter((pl.col("arm") == arm.name) & (pl.col("kept") > keeps + HALF_A_SECOND))
            yield "dose past shelf life", past
    more = given.group_by("lot_id").agg(given=pl.col("cells").sum(), unsaid=pl.col("cells").null_count())
    held = lots.select("lot_id", holds=pl.col("cells") * pl.col("viability_percent") / 100)
    yield (
        "more cells given than made",
        more.filter(pl.col("unsaid") == 0).join(held, on="lot_id").filter(pl.col("given") > pl.col("holds") + 1_000),
    )
    order = (
        (pl.col("harvested_day") < pl.col("isolated_day"))
        | (pl.col("released_day") < pl.col("harvested_day"))
        | (pl.col("released_day") < pl.col("isolated_day"))
    )
    yield "lot days out of order", lots.filter(order)
    rejected = pl.col("outcome").str.starts_with("rejected: ")
    yield "lot without a proper outcome", lots.filter(~rejected & (pl.col("outcome") != "released"))
    yield "rejected lot with a day of release", lots.filter(rejected & pl.col("released_day").is_not_null())


def _before_enrolment(trial: Trial, protocol: Protocol) -> Found:
    enrolled = trial.events.filter(pl.col("kind") == "enrolled").select("participant_id", enrolled="day")
    for name, day in (("lots", "isolated_day"), ("adverse_events", "start_day"), ("administrations", "day")):
        table = trial.table(name)
        yield f"{name} of who is not enrolled", table.join(enrolled, on="participant_id", how="anti")
        joined = table.join(enrolled, on="participant_id")
        yield f"{name}.{day} before enrolment", joined.filter(pl.col(day) < pl.col("enrolled"))
    screened = trial.events.filter(pl.col("kind") == "screened").select("participant_id", screened="day")
    seen = trial.assessments.join(screened, on="participant_id", how="left")
    yield (
        "assessment before screening",
        seen.filter((pl.col("day") < pl.col("screened")) | pl.col("screened").is_null()),
    )
    how = protocol.randomisation
    if how is not None and how.day is not None:
        allocated = trial.events.filter(pl.col("kind") == "randomised").select("participant_id", allocated="day")
        early = trial.lots.join(allocated, on="participant_id").filter(pl.col("isolated_day") < pl.col("allocated"))
        yield "isolation before allocation", early
    yield (
        "adverse event that ends before it starts",
        trial.adverse_events.filter(pl.col("end_day") < pl.col("start_day")),
    )


def _arms(trial: Trial, protocol: Protocol) -> Found:
    numbers = dict(trial.participants["arm"].drop_nulls().value_counts().rows())
    wrong = [
        {"arm": arm.name, "planned": arm.planned, "got": numbers.get(arm.name, 0)}
        for arm in protocol.arms
        if numbers.get(arm.name, 0) != arm.planned
    ]
    yield "arm numbers not as planned", pl.DataFrame(wrong)
    people = trial.participants.select("participant_id", "arm")
    given = trial.administrations.join(people, on="participant_id", how="left")
    planned = {arm.name: len(arm.administrations) for arm in protocol.arms}
    counts = given.group_by("participant_id", "arm").agg(pl.len())
    allowed = pl.col("arm").replace_strict(planned, default=0, return_dtype=pl.Int64)
    yield "more doses than planned", counts.filter(pl.col("len") > allowed)
    meant = people.filter(pl.col("arm").is_in([name for name, count in planned.items() if count]))
    never = meant.join(given, on="participant_id", how="anti")
    told = trial.events.filter(pl.col("kind") == "not_dosed")
    yield "never dosed, and not told so", never.join(told, on="participant_id", how="anti")
    yield "told as not dosed, and dosed", told.join(never, on="participant_id", how="anti")


def _time_zero(trial: Trial, protocol: Protocol) -> Found:
    """Not randomised: the first administration is time zero, where the arm's first dose is planned for day 0."""
    if protocol.randomised:
        return
    at_zero = [arm.name for arm in protocol.arms if arm.administrations and arm.administrations[0].day == 0]
    people = trial.participants.filter(pl.col("arm").is_in(at_zero))
    first = trial.administrations.group_by("participant_id").agg(first=pl.col("day").min())
    yield (
        "first dose of a single-arm trial not at time zero",
        people.join(first, on="participant_id").filter(pl.col("first") != 0),
    )
