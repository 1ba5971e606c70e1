"""What happened to each participant, in order: enrolment, lots, injections and the end of follow-up, from the
tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from leadin.trials.fatal_events import fatal_kinds
from leadin.trials.trial import Trial

LEAVING_KINDS = ("withdrawal", "lost_to_follow_up")
END_WORDS: Mapping[str, str] = {
    "death": "died",
    "tracheostomy": "tracheostomy",
    "permanent_ventilation": "permanent ventilation",
    "withdrawal": "withdrew",
    "lost_to_follow_up": "lost to follow-up",
    "end_of_follow_up": "followed to the end",
}


@dataclass(frozen=True)
class LotMade:
    """One lot for one participant; days from time zero, None where not recorded. released False: rejected or
    unknown."""

    isolated: float | None
    ready: float | None
    released: bool
    outcome: str | None


@dataclass(frozen=True)
class Course:
    """One participant's course. Days from time zero.

    arm: its name, None before or without allocation. first, last: first and last day anything is known of. end: the
    kind of event that ended it (END_WORDS), None: no such event is recorded and the course stops where it was last
    seen. screen_failure, not_dosed: the reason as recorded, `reason not recorded` without one, None when it did not
    happen.
    """

    participant_id: str
    arm: str | None
    first: float
    last: float
    end: str | None
    injections: tuple[float, ...]
    lots: tuple[LotMade, ...]
    screened: bool
    screen_failure: str | None
    enrolled: bool
    randomised: bool
    not_dosed: str | None

    @property
    def dosed(self) -> bool:
        """At least one administration is recorded."""
        return bool(self.injections)

    @property
    def died(self) -> bool:
        """The course ended in a fatal event."""
        return self.end is not None and self.end not in (*LEAVING_KINDS, "end_of_follow_up")


def courses(trial: Trial) -> tuple[Course, ...]:
    """The course of every participant, in table order. A day that is not recorded is left out, never guessed."""
    events = _by_participant(trial.events)
    lots = _by_participant(trial.lots)
    doses = _by_participant(trial.administrations.drop_nulls("day").sort("day"))
    seen = _seen_days(trial)
    fatal = fatal_kinds(trial.protocol)
    rows = trial.participants.drop_nulls("participant_id").select("participant_id", "arm").iter_rows()
    return tuple(
        _course(name, arm, events.get(name, []), lots.get(name, []), doses.get(name, []), seen.get(name, []), fatal)
        for name, arm in rows
    )


def _by_participant(table: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in table.drop_nulls("participant_id").iter_rows(named=True):
        rows[row["participant_id"]].append(row)
    return rows


def _seen_days(trial: Trial) -> dict[str, list[float]]:
    days = pl.concat(
        [
            trial.assessments.drop_nulls("value").select("participant_id", "day"),
            trial.administrations.select("participant_id", "day"),
            trial.events.select("participant_id", "day"),
            trial.lots.select("participant_id", pl.col("isolated_day").alias("day")),
        ]
    ).drop_nulls()
    ends = days.group_by("participant_id").agg(pl.col("day").min().alias("first"), pl.col("day").max().alias("last"))
    return {name: [first, last] for name, first, last in ends.iter_rows()}


def _course(
    name: str,
    arm: str | None,
    events: list[dict[str, Any]],
    lots: list[dict[str, Any]],
    doses: list[dict[str, Any]],
    seen: list[float],
    fatal: tuple[str, ...],
) -> Course:
    kinds = {row["kind"]: row for row in events}
    end = _end(kinds, fatal)
    first, last = seen or (0.0, 0.0)
    if end is not None:
        last = kinds[end]["day"]
    return Course(
        participant_id=name,
        arm=arm,
        first=first,
        last=max(first, last),
        end=end,
        injections=tuple(sorted({row["day"] for row in doses})),
        lots=tuple(_lot(row) for row in lots),
        screened="screened" in kinds,
        screen_failure=_reason(kinds, "screen_failure"),
        enrolled="enrolled" in kinds,
        randomised="randomised" in kinds,
        not_dosed=_reason(kinds, "not_dosed"),
    )


def _end(kinds: dict[str, dict[str, Any]], fatal: tuple[str, ...]) -> str | None:
    """The kind of event the course ended in: the first fatal one within follow-up, else a leaving, else its planned
    end."""
    dated = {kind: row["day"] for kind, row in kinds.items() if row["day"] is not None}
    boundary = dated.get("end_of_follow_up", float("inf"))
    within = [kind for kind in fatal if kind in dated and dated[kind] <= boundary]
    if within:
        return min(within, key=lambda kind: dated[kind])
    return next((kind for kind in (*LEAVING_KINDS, "end_of_follow_up") if kind in dated), None)


def _reason(kinds: dict[str, dict[str, Any]], kind: str) -> str | None:
    return (kinds[kind]["detail"] or "reason not recorded") if kind in kinds else None


def _lot(row: dict[str, Any]) -> LotMade:
    outcome: str | None = row["outcome"]
    ready = row["released_day"] if row["released_day"] is not None else row["harvested_day"]
    return LotMade(row["isolated_day"], ready, outcome is not None and outcome.startswith("released"), outcome)
