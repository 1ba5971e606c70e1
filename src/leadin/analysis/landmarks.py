"""The months at which survival and incidence are told."""

from __future__ import annotations

import polars as pl

from leadin.trials.trial import Trial

LANDMARKS = (6.0, 12.0, 18.0, 24.0, 36.0, 48.0, 60.0)
"""Months at which survival is told, as far as the trial reaches; the end of the protocol's follow-up is one more."""
SAME_TIME = 1e-9
"""Times (months) closer than this are equal: days turned into months must not fall behind a landmark by rounding."""


def landmarks(trial: Trial, times: pl.DataFrame) -> tuple[float, ...]:
    """Landmarks within the longest time of anybody in `times` (column `months`); that time itself where it is shorter
    than all of them."""
    longest = float(times["months"].max() or 0.0)  # type: ignore[arg-type]  # a column of numbers, at most empty
    wanted = {*LANDMARKS, *(() if trial.protocol is None else (trial.protocol.follow_up_months,))}
    return tuple(sorted(month for month in wanted if month <= longest + SAME_TIME)) or (longest,)
