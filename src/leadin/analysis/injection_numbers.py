"""Adverse events after the first, second, ... injection: does harm come with the first, or does it add up?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from leadin.analysis.adverse_event_kinds import ANY, KINDS, SERIOUS_RELATED, kind_named, unsaid
from leadin.analysis.adverse_event_rates import EVERY, rate_row
from leadin.analysis.adverse_event_shares import Count, share_row
from leadin.analysis.adverse_event_table import AdverseEvents, adverse_events_of, affected_by, rate_columns
from leadin.analysis.arms import arms_of, in_arm
from leadin.analysis.result import Result
from leadin.engine.intervals import clopper_pearson
from leadin.months import DAYS_PER_MONTH
from leadin.trials.trial import Trial

COUNTED = "between that injection and the next one, death or the last known day, in those who were given it"


def injection_numbers(trial: Trial, level: float = 0.95) -> pl.DataFrame:
    """Per arm that was given cells and per number of the injection: who was given it and what happened until the next.

    Columns: arm, injection (1, 2, ...), n (participants given it), participants (with an event until
    the next injection, death or the end of exposure), their proportion with its exact interval ci_low, ci_high, of them
    serious, related, serious_related and grade_3_or_more, the exact upper bound serious_related_high; events,
    person_months, rate (events per 100 person-months) with its exact interval rate_low, rate_high. Injections on one
    day are one; events on the day of an injection count as after it. No rows where nobody was given cells.
    """
    harm = adverse_events_of(trial)
    spells, events = injection_spells(trial, harm)
    rows = [
        _row(in_arm(spells, arm).filter(number), in_arm(events, arm).filter(number), arm, k, level)
        for arm in arms_of(trial)
        for k in sorted(in_arm(spells, arm)["injection"].unique().to_list())
        for number in (pl.col("injection") == k,)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


_SCHEMA = {
    "arm": pl.String,
    "injection": pl.Int64,
    "n": pl.Int64,
    "participants": pl.Int64,
    "proportion": pl.Float64,
    "ci_low": pl.Float64,
    "ci_high": pl.Float64,
    "serious": pl.Int64,
    "related": pl.Int64,
    "serious_related": pl.Int64,
    "serious_related_high": pl.Float64,
    "grade_3_or_more": pl.Int64,
    "events": pl.Int64,
    "person_months": pl.Float64,
    "rate": pl.Float64,
    "rate_low": pl.Float64,
    "rate_high": pl.Float64,
}


def injection_spells(trial: Trial, harm: AdverseEvents) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The time after each injection, and the events of `harm` with the number of the latest one.

    First: participant_id, arm, injection, day, months (from it, at the earliest from time zero, to the next or the end
    of exposure). Second: the columns of `harm.events`, injection, dose_day; events before the first injection are left
    out.
    """
    doses = trial.administrations.select("participant_id", "day").unique().sort("participant_id", "day")
    numbered = doses.with_columns(injection=pl.col("day").cum_count().over("participant_id").cast(pl.Int64))
    spells = (
        numbered.join(harm.people.select("participant_id", "arm", "months"), on="participant_id", maintain_order="left")
        .with_columns(following=pl.col("day").shift(-1).over("participant_id"), end=pl.col("months") * DAYS_PER_MONTH)
        .with_columns(until=pl.min_horizontal("following", "end"), start=pl.max_horizontal("day", pl.lit(0.0)))
        # Given on the very last day is given: with no time after it, but with what happened on that day.
        .filter(pl.col("start") <= pl.col("until"))
        .with_columns(months=(pl.col("until") - pl.col("start")) / DAYS_PER_MONTH)
    )
    latest = numbered.select("participant_id", "injection", dose_day="day").sort("dose_day")
    events = harm.events.sort("start_day").join_asof(
        latest, left_on="start_day", right_on="dose_day", by="participant_id", check_sortedness=False
    )
    return (
        spells.select("participant_id", "arm", "injection", "day", "months"),
        events.filter(pl.col("injection").is_not_null()),
    )


def _row(spells: pl.DataFrame, events: pl.DataFrame, arm: str | None, number: int, level: float) -> dict[str, Any]:
    n = spells["participant_id"].n_unique()
    affected = {kind.rule: affected_by(events, kind.which) for kind in KINDS}
    interval = clopper_pearson(affected[ANY], n, level)
    return {
        "arm": arm,
        "injection": number,
        "n": n,
        "participants": affected[ANY],
        "proportion": affected[ANY] / n,
        "ci_low": float(interval.low),
        "ci_high": float(interval.high),
        "serious": affected["serious"],
        "related": affected["related"],
        "serious_related": affected[SERIOUS_RELATED],
        "serious_related_high": float(clopper_pearson(affected[SERIOUS_RELATED], n, level).high),
        "grade_3_or_more": affected["grade >= 3"],
        "events": events.height,
        **rate_columns(events.height, float(spells["months"].to_numpy().sum()), level),
    }


def injection_number_rows(trial: Trial, harm: AdverseEvents, level: float) -> list[Result]:
    """As results: per arm and number the shares with any and with a serious related event, the rate of all."""
    _, events = injection_spells(trial, harm)
    rows = []
    for told in injection_numbers(trial, level).iter_rows(named=True):
        arm, number = told["arm"], told["injection"]
        everybody = in_arm(trial.participants, arm).height
        after = in_arm(events, arm).filter(pl.col("injection") == number)
        for rule, column in ((ANY, "participants"), (SERIOUS_RELATED, "serious_related")):
            kind = kind_named(rule)
            known = Result("safety", "adverse_events", rule=f"{rule}, after injection {number}")
            known = replace(known, warnings=unsaid(after, kind, told["n"]))
            count = Count(arm, everybody, told["n"], told[column])
            rows.append(share_row(known, kind.words, count, level, f"after injection {number}, {COUNTED}"))
        known = Result("safety", "adverse_events", rule=f"{ANY}, after injection {number}")
        rows.append(rate_row(known, EVERY, told, everybody))
    return rows
