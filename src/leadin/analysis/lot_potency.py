"""How much the cells of each participant secreted before and after directed differentiation, from the table of lots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadin.analysis.arms import allocated
from leadin.trials.schema import conform
from leadin.trials.trial import Trial


@dataclass(frozen=True)
class LotPotency:
    """participants: one row per participant in the table, in its order: participant_id, arm, lots (used), log_fold
    (mean over his lots of the logarithm of after / before), log_after (mean of the logarithm of the secretion after);
    null without a usable lot. lacking: lots without both values; not_positive: lots with a value of zero or less, which
    has no logarithm; nobody_s: lots of nobody in the table. given: only lots that were given count.
    """

    participants: pl.DataFrame
    lacking: int
    not_positive: int
    nobody_s: int
    given: bool


def lot_potency(trial: Trial, arm: str | None = None, *, given: bool = False) -> LotPotency:
    """The lots of the participants of an arm (None: all), released or not; with `given` only those that an
    administration names, all lots where none names any."""
    people = allocated(trial).participants.select("participant_id", "arm")
    if arm is not None:
        people = people.filter(pl.col("arm") == arm)
    lots = conform("lots", trial.lots)
    named = conform("administrations", trial.administrations)["lot_id"].drop_nulls()
    only_given = given and named.len() > 0
    if only_given:
        lots = lots.filter(pl.col("lot_id").is_in(named.implode()))
    everybody = trial.participants["participant_id"]
    nobody_s = lots.filter(~pl.col("participant_id").is_in(everybody.implode()).fill_null(False)).height
    lots = lots.join(people.select("participant_id"), on="participant_id")
    values = [pl.col("secretion_before"), pl.col("secretion_after")]
    both = pl.all_horizontal(value.is_finite().fill_null(False) for value in values)
    positive = pl.all_horizontal(value > 0.0 for value in values)
    told = lots.filter(both)
    usable = told.filter(positive)
    logs = usable.select(
        "participant_id",
        log_fold=pl.Series(np.log(usable["secretion_after"] / usable["secretion_before"]), dtype=pl.Float64),
        log_after=pl.Series(np.log(usable["secretion_after"]), dtype=pl.Float64),
    )
    means = logs.group_by("participant_id", maintain_order=True).agg(
        lots=pl.len().cast(pl.Int64), log_fold=pl.col("log_fold").mean(), log_after=pl.col("log_after").mean()
    )
    table = people.join(means, on="participant_id", how="left", maintain_order="left")
    return LotPotency(
        table.with_columns(pl.col("lots").fill_null(0)),
        lots.height - told.height,
        told.height - usable.height,
        nobody_s,
        only_given,
    )


def arms_with_lots(trial: Trial) -> tuple[str | None, ...]:
    """Arms of whose participants the table holds any lot, in the order of the table of participants."""
    people = allocated(trial).participants
    mine = people.filter(pl.col("participant_id").is_in(trial.lots["participant_id"].drop_nulls().implode()))
    return tuple(dict.fromkeys(mine["arm"].to_list()))
