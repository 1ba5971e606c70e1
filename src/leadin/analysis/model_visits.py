"""The visits of one endpoint as arrays for a longitudinal model: one row per visit, the reference arm first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.analysis.arms import allocated, arms_of, reference_arm
from leadin.analysis.covariates import covariates
from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH
from leadin.trials.schema import conform
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ModelVisits:
    """n visits ordered by participant and day.

    value (n,); months (n,): actual day from time zero; participant (n,): ids; arm (n,): number of the arm in `arms`,
    the reference first. without_visits: arms nobody was seen in after time zero, left out. participants: how many
    have a visit here; absent: how many of the trial have none. adjusted (n, c): covariates, counted from where adjusted
    means are taken, with titles (c,); adjusted_for: their names; lacking: participants left out for want of one.
    """

    measure: str
    value: Floats
    months: Floats
    participant: NDArray[np.str_]
    arm: NDArray[np.intp]
    arms: tuple[str | None, ...]
    without_visits: tuple[str, ...]
    participants: int
    absent: int
    adjusted: Floats
    titles: tuple[str, ...]
    adjusted_for: tuple[str, ...]
    lacking: int


def ordered_arms(trial: Trial, reference: str | None = None) -> tuple[str | None, ...]:
    """The arms, the reference first; (None,) where nobody is in an arm. Errors as in `reference_arm`."""
    first = reference_arm(trial, reference)
    return (first, *(arm for arm in arms_of(trial) if arm != first))


def model_visits(
    trial: Trial,
    measure: str,
    reference: str | None = None,
    *,
    since_day: float = float("-inf"),
    adjusted_for: Sequence[str] = (),
) -> ModelVisits:
    """The visits at or after `since_day` that have a value and a day, of participants who are in an arm.

    An arm that nobody was seen in after time zero is left out, and so are participants who lack one of the covariates
    `adjusted_for`. Raises UsageError for an unknown reference, DataError when there is nobody, nobody was seen after
    time zero in the reference arm or in any of the others, or a covariate cannot be used.
    """
    enrolled = trial.participants.height
    trial = allocated(trial)
    order = ordered_arms(trial, reference)
    complete = trial.participants.filter(covariates(trial.participants, adjusted_for).complete)
    seen = (
        conform("assessments", trial.assessments)
        .filter((pl.col("measure") == measure) & pl.col("value").is_finite() & pl.col("day").is_finite())
        .filter(pl.col("day") >= since_day)
        .join(trial.participants.select("participant_id", "arm"), on="participant_id")
        .sort("participant_id", "day")
    )
    rows = seen.join(complete, on="participant_id", how="semi", maintain_order="left")
    lacking = seen["participant_id"].n_unique() - rows["participant_id"].n_unique()
    followed = set(rows.filter(pl.col("day") > 0)["arm"])
    arms = tuple(arm for arm in order if arm in followed)
    unseen = tuple(arm for arm in order if arm is not None and arm not in followed)
    if order[0] not in followed or len(arms) < min(len(order), 2):
        where = f" in {', '.join(unseen)}" if unseen else ""
        raise DataError(f"{measure}: expected visits after time zero in every arm; got none{where}")
    if unseen:
        rows = rows.filter(pl.col("arm").is_in(arms))
    made = covariates(complete.join(rows, on="participant_id", how="semi", maintain_order="left"), adjusted_for)
    participants = rows["participant_id"].n_unique()
    return ModelVisits(
        measure=measure,
        value=rows["value"].to_numpy().astype(np.float64),
        months=rows["day"].to_numpy().astype(np.float64) / DAYS_PER_MONTH,
        participant=np.array(rows["participant_id"].to_list(), dtype=np.str_),
        arm=np.array([arms.index(arm) for arm in rows["arm"]], dtype=np.intp),
        arms=arms,
        without_visits=unseen,
        participants=participants,
        absent=enrolled - participants,
        adjusted=made.of(rows["participant_id"].to_list()).values - made.balanced,
        titles=made.titles,
        adjusted_for=tuple(dict.fromkeys(made.source)),
        lacking=lacking,
    )
