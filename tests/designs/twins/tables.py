"""A trial of plain series as the tables that `analysis` reads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from leadin.months import DAYS_PER_MONTH
from leadin.trials.trial import Trial

from ...analysis.conftest import build_trial
from ...engine.batches.series import Series

ARMS = ("control", "cells", "more_cells")
MEASURES = ("alsfrs_r", "svc_percent")
FIGURES = ("estimate", "standard_error", "df", "statistic", "p")


def trial_of(series: Series, *, window: int = 5) -> Trial:
    """Arms by group in the order of ARMS; deaths as events, the end as the end of follow-up; visits after time zero as
    planned, each with a window of so many days."""
    people = [f"P{unit:04d}" for unit in range(series.group.size)]
    rows = [
        (
            people[unit],
            float(series.times[unit, column]),
            MEASURES[measure],
            float(series.values[measure, unit, column]),
        )
        for measure, unit, column in np.argwhere(np.isfinite(series.values))
    ]
    kinds = {True: "death", False: "end_of_follow_up"}
    events = [
        (who, float(end), kinds[bool(event)]) for who, end, event in zip(people, series.ends, series.event, strict=True)
    ]
    visits = [
        SimpleNamespace(
            name=f"month {time:g}",
            day=time * DAYS_PER_MONTH,
            days_early=window,
            days_late=window,
            measures=MEASURES,
        )
        for time in series.planned
    ]
    protocol: Any = SimpleNamespace(visits=visits, fatal_events=(), arms=(), control_arm=ARMS[0])
    arms = {who: ARMS[group] for who, group in zip(people, series.group, strict=True)}
    return build_trial(arms, events=events, more=rows, protocol=protocol)
