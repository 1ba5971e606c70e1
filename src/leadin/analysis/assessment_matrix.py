"""One measure of a trial as a matrix, one row per participant, for the methods that look at each participant alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.months import DAYS_PER_MONTH
from leadin.trials.schema import conform
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AssessmentMatrix:
    """n participants in the order of their table, each with up to k assessments in order of day; the rest is NaN.

    participants: participant_id and arm (n rows). months (n, k): from time zero. values (n, k).
    """

    participants: pl.DataFrame
    months: Floats
    values: Floats


def assessment_matrix(trial: Trial, measure: str) -> AssessmentMatrix:
    """All assessments of that measure with a value and a day, of the participants in the table."""
    people = conform("participants", trial.participants).select("participant_id", "arm")
    seen = (
        conform("assessments", trial.assessments)
        .filter((pl.col("measure") == measure) & pl.col("value").is_finite() & pl.col("day").is_finite())
        .select("participant_id", "day", "value")
        .join(people.with_row_index("row").select("participant_id", "row"), on="participant_id")
        .sort("row", "day")
    )
    rows = seen["row"].to_numpy().astype(np.int64)
    # The position of each assessment among those of its participant: rows are sorted, so it counts up from the first.
    first = np.searchsorted(rows, rows, side="left")
    column = np.arange(rows.size) - first
    shape = (people.height, int(column.max()) + 1 if rows.size else 0)
    months, values = np.full(shape, np.nan), np.full(shape, np.nan)
    months[rows, column] = seen["day"].to_numpy() / DAYS_PER_MONTH
    values[rows, column] = seen["value"].to_numpy()
    return AssessmentMatrix(people, months, values)
