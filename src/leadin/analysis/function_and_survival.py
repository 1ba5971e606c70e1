"""Survival and function of each participant, as methods that compare pairs of participants need them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.analysis.arms import allocated
from leadin.analysis.measures import measure_name
from leadin.analysis.visit_grid import SAME_MONTH, VisitGrid, visit_grid
from leadin.engine.composite_pairs import Courses, courses
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.fatal_events import first_events
from leadin.trials.schema import conform
from leadin.trials.survival_times import survival_origin, survival_times
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]

EQUAL_DECIMALS = 9
"""Times and changes are rounded to so many decimals: equal ones must tie whatever their rounding."""
RULE = (
    "of two participants the one whose fatal event comes first does worse; where survival is undecided, because one "
    "was no longer followed when the other had the event or because both live, the one who lost more from baseline to "
    "the last visit that both made does worse; fatal events on the same day, equal changes and pairs without a visit "
    "in common are ties"
)
"""The comparison of two participants, as it stands in estimands."""


@dataclass(frozen=True)
class FunctionAndSurvival:
    """n participants at risk, in the order of their table.

    people: their rows of the table of participants. arm (n,). courses: months from `origin` to the fatal event or to
    censoring, and the change from baseline at the k visits, in the direction that larger is better. baseline (n,) and
    change (n,) at the last visit of each; NaN where there is none. left_early (n,): censored, and not seen at the last
    visit. warnings: who is compared by survival alone, and who left early.
    """

    people: pl.DataFrame
    arm: tuple[str | None, ...]
    courses: Courses
    origin: str
    baseline: Floats
    change: Floats
    left_early: NDArray[np.bool_]
    warnings: tuple[str, ...]


def function_and_survival(trial: Trial, planned: PlannedAnalysis) -> FunctionAndSurvival:
    """Everybody at risk, up to `planned.month` months from time zero where it is said, else to the end.

    A fatal event or a visit after that month does not count. Whoever lacks the baseline, or every visit after it, has
    no change and is left to survival: nothing is imputed. Give it a trial that `usable_trial` has been through. Raises
    DataError where visits cannot be told (see `visit_grid`); without any assessment after time zero survival is all
    there is.
    """
    trial = allocated(trial)
    times = survival_times(trial)
    people = times.select("participant_id").join(
        trial.participants, on="participant_id", how="left", maintain_order="left"
    )
    baseline, values, visit_months = _visits(trial, planned, people)
    kept = np.full(visit_months.size, True)
    months, event = times["months"].to_numpy(), times["event"].to_numpy()
    if planned.month is not None:
        kept = visit_months <= planned.month + SAME_MONTH
        # A visit scheduled on a whole day may lie a little after the month it stands for, and so may its deaths.
        end = max(planned.month, float(visit_months[kept].max(initial=0.0))) - _origins(trial, people)
        months, event = np.minimum(months, end), event & (months <= end)
    changes = np.round(values[:, kept] - baseline[:, None], EQUAL_DECIMALS)
    seen = np.isfinite(changes)
    last = _last(changes, seen)
    left_early = ~event & ~seen[:, -1] if seen.shape[1] else np.zeros(event.size, dtype=np.bool_)
    return FunctionAndSurvival(
        people=people,
        arm=tuple(people["arm"].to_list()),
        courses=courses(np.round(months, EQUAL_DECIMALS), event, changes),
        origin=survival_origin(trial),
        baseline=baseline,
        change=last,
        left_early=left_early,
        warnings=_warnings(measure_name(planned.measure), baseline, seen, left_early),
    )


def _visits(trial: Trial, planned: PlannedAnalysis, people: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Baseline (n,), values (n, k) and months of the visits (k,) of those people."""
    after = conform("assessments", trial.assessments).filter(
        (pl.col("measure") == planned.measure)
        & pl.col("value").is_finite()
        & pl.col("day").is_finite()
        & (pl.col("day") > 0.0)
        & pl.col("participant_id").is_in(trial.participants["participant_id"].implode())
    )
    if after.is_empty():
        return np.full(people.height, np.nan), np.empty((people.height, 0)), np.empty(0)
    grid: VisitGrid = visit_grid(trial, planned.measure)
    place = {who: row for row, who in enumerate(grid.participants["participant_id"])}
    rows = np.array([place[who] for who in people["participant_id"]], dtype=np.intp)
    return grid.baseline[rows], grid.values[rows], grid.months


def _origins(trial: Trial, people: pl.DataFrame) -> Floats:
    """Months from time zero at which the survival clock of each starts."""
    origin = survival_origin(trial)
    if origin == "time zero":
        return np.zeros(people.height)
    kind = "randomised" if origin == "randomisation" else "enrolled"
    started = first_events(conform("events", trial.events), (kind,)).select("participant_id", "day")
    joined = people.select("participant_id").join(started, on="participant_id", how="left", maintain_order="left")
    return joined["day"].to_numpy() / DAYS_PER_MONTH


def _last(changes: Floats, seen: NDArray[np.bool_]) -> Floats:
    """The change at the last visit of each; NaN without one."""
    last = np.full(changes.shape[0], np.nan)
    for visit in range(changes.shape[1]):
        last = np.where(seen[:, visit], changes[:, visit], last)
    return last


def _warnings(
    measure: str, baseline: Floats, seen: NDArray[np.bool_], left_early: NDArray[np.bool_]
) -> tuple[str, ...]:
    n = baseline.size
    if not seen.shape[1]:
        return (f"nobody has the {measure} at a visit after time zero that counts: survival alone decides",)
    without = int(np.isnan(baseline).sum())
    unseen = int((np.isfinite(baseline) & ~seen.any(axis=1)).sum())
    early = int(left_early.sum())
    told = (
        (without, f"{without} of {n} without the {measure} at baseline: compared by survival alone"),
        (unseen, f"{unseen} of {n} without the {measure} at any visit after baseline: compared by survival alone"),
        (
            early,
            f"{early} of {n} left or were not seen at the last visit, and were not known to have had a fatal event: "
            "each pair is compared at the last visit that both made, as if leaving said nothing about function",
        ),
    )
    return tuple(sentence for number, sentence in told if number)
