"""From time zero on: what is seen of those who take part, at visits and until death, leaving or the end."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.effect import Effect, spared_loss
from leadin.disease.population import Population
from leadin.engine.draws import Draws
from leadin.months import DAYS_PER_MONTH
from leadin.simulation.candidates import Candidates
from leadin.simulation.courses import Courses, Lived
from leadin.simulation.doses import Doses
from leadin.simulation.measures import UnderEffect, observe
from leadin.simulation.timetable import Timetable

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class FollowUp:
    """n participants after time zero, days from the SCHEDULED time zero.

    lead_in: as drawn, but a visit planned for time zero is made on the day of the first dose where that is time zero.
    time_zero (n,): each participant's own. visit_days, true_score (n, k): visits after time zero; observed: values
    (n, k) by measure, as if attended; missed (n, k). dose_days (n, d): actual dosing days of the participant's arm, NaN
    where no dose can come; given (n, d): really given. dosed (n,): was given cells at least once. treated_side (n,):
    see `Courses`. death_day (n,): infinite when alive at the end; end_day (n,): of follow-up.
    """

    lead_in: Candidates
    time_zero: Floats
    visit_days: Floats
    true_score: Floats
    observed: Mapping[str, Floats]
    missed: Flags
    dose_days: Floats
    given: Flags
    dosed: Flags
    treated_side: NDArray[np.str_]
    death_day: Floats
    end_day: Floats


def follow_up(
    candidates: Candidates,
    arm: Ints,
    doses: Doses,
    effect: Effect,
    population: Population,
    times: Timetable,
    draws: Draws,
) -> FollowUp:
    """The follow-up of everybody who takes part; arm (n,): position of each one's arm.

    Who makes doses depend on deaths asks `Courses.lived` as often as need be and ends with `seen`.
    """
    courses = Courses(candidates, arm, effect, population, times, draws)
    return seen(candidates, courses, courses.lived(doses), doses, population, times, draws)


def seen(
    candidates: Candidates,
    courses: Courses,
    lived: Lived,
    doses: Doses,
    population: Population,
    times: Timetable,
    draws: Draws,
) -> FollowUp:
    """What assessors see of the courses lived under these doses. Draws the errors of measurement: ask once."""
    visit_days = courses.visit_days + doses.wait[:, None]
    at_visits = lived.true_score[:, lived.visits]
    under = None if lived.effects is None else _under_effect(lived)
    last_dose = np.max(doses.days, axis=1, initial=0.0, where=lived.given)
    end = np.maximum(times.end + doses.wait, last_dose)
    end = np.maximum(end, visit_days.max(axis=1, initial=0.0))
    return FollowUp(
        lead_in=_lead_in(candidates, lived, population, times, draws),
        time_zero=lived.time_zero,
        visit_days=visit_days,
        true_score=at_visits,
        observed={
            measure: observe(
                measure,
                "follow_up",
                candidates.people,
                visit_days / DAYS_PER_MONTH,
                at_visits,
                population,
                draws,
                under,
            )
            for measure in candidates.observed
        },
        missed=draws.uniform("missed/follow_up", *visit_days.shape) < population.attendance.missed_visit_share,
        dose_days=doses.days,
        given=lived.given,
        dosed=lived.dosed,
        treated_side=courses.treated_side,
        death_day=np.where(lived.death_day <= end, lived.death_day, np.inf),
        end_day=end,
    )


def _under_effect(lived: Lived) -> UnderEffect:
    assert lived.effects is not None
    effects, months = lived.effects, np.diff(lived.days, axis=1) / DAYS_PER_MONTH
    left, right = (
        lived.lost - spared_loss(np.diff(lived.lost, axis=1), side) for side in (effects.left, effects.right)
    )
    return UnderEffect(
        spared_months=spared_loss(months, effects.breathing)[:, lived.visits],
        left_lost=left[:, lived.visits],
        right_lost=right[:, lived.visits],
    )


def _lead_in(
    candidates: Candidates, lived: Lived, population: Population, times: Timetable, draws: Draws
) -> Candidates:
    """The lead-in, its visit at time zero moved to the day of the first dose for those who waited for it."""
    visit, waited = times.baseline_visit, lived.time_zero > 0.0
    if visit is None or times.visits.days[visit] != 0.0 or not waited.any():
        return candidates
    days, score = lived.time_zero[:, None], lived.true_score[:, lived.waiting : lived.waiting + 1]

    def moved(values: Floats, now: Floats) -> Floats:
        changed = values.copy()
        changed[waited, visit] = now[waited, 0]
        return changed

    return dataclasses.replace(
        candidates,
        visit_days=moved(candidates.visit_days, days),
        true_score=moved(candidates.true_score, score),
        observed={
            measure: moved(
                values,
                observe(measure, "first_dose", candidates.people, days / DAYS_PER_MONTH, score, population, draws),
            )
            for measure, values in candidates.observed.items()
        },
    )
