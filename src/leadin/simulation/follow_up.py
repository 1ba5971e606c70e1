"""From time zero on: doses, effect, visits, death and leaving of those who entered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.effect import constant_slowing, slowed_loss
from leadin.disease.population import Population
from leadin.disease.progression import untreated_loss
from leadin.disease.survival import cumulative_hazard, month_of_death
from leadin.engine.draws import Draws
from leadin.months import DAYS_PER_MONTH
from leadin.simulation.candidates import Candidates
from leadin.simulation.measures import observe
from leadin.simulation.timetable import Timetable, grid, jittered

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

JUST_AFTER = 0.01


@dataclass(frozen=True)
class FollowUp:
    """n participants after time zero, days from time zero.

    visit_days, true_score (n, k): visits after time zero; observed: values (n, k) by measure, as if attended; missed
    (n, k). dose_days (n, d): actual dosing days of the participant's arm, NaN beyond its number; given (n, d): really
    given. dosed (n,): was given cells at least once. death_day (n,): infinite when alive at the end; end_day (n,): of
    follow-up.
    """

    visit_days: Floats
    true_score: Floats
    observed: Mapping[str, Floats]
    missed: Flags
    dose_days: Floats
    given: Flags
    dosed: Flags
    death_day: Floats
    end_day: Floats


def follow_up(
    candidates: Candidates, arm: Ints, slowing: float, population: Population, times: Timetable, draws: Draws
) -> FollowUp:
    """The follow-up of everybody who takes part; arm (n,): position of each one's arm."""
    n, k = arm.size, times.visits.days.size - times.lead_in_visits
    attendance = population.attendance
    jitter = draws.normal("visits/follow_up", n, k)
    visit_days = jittered(times.follow_up_window, attendance.visit_jitter_days, jitter)
    dose_days = _dose_days(arm, times, attendance.administration_jitter_days, draws)
    planned = np.where(np.isnan(dose_days), times.end, dose_days)
    inner = np.concatenate((visit_days, planned), axis=1)
    end = np.maximum(times.end, inner.max(axis=1, initial=times.end))
    nodes = np.concatenate((np.zeros((n, 1)), inner, end[:, None]), axis=1)
    order = np.argsort(nodes, axis=1, kind="stable")
    days, columns = grid(np.take_along_axis(nodes, order, axis=1), times.follow_up_parts)
    months = days / DAYS_PER_MONTH
    path = _Path(candidates, months, population, draws)
    untreated = np.zeros(n)
    death = path.death_day(untreated)
    leaves = np.minimum(death, candidates.drop_out_day)
    first_dose = dose_days.min(axis=1, initial=np.inf, where=~np.isnan(dose_days))
    dosed = first_dose < leaves
    effect = constant_slowing(dosed, slowing)
    if effect.any():
        # Who is dosed was decided without effect; slowed from time zero, he cannot have died before that day.
        death = np.where(dosed, np.maximum(path.death_day(effect), first_dose + JUST_AFTER), death)
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(order.shape[1])[None, :], axis=1)
    at_visits = np.take_along_axis(path.true_score(effect), columns[rank[:, 1 : 1 + k]], axis=1)
    return FollowUp(
        visit_days=visit_days,
        true_score=at_visits,
        observed={
            measure: observe(
                measure, "follow_up", candidates.people, visit_days / DAYS_PER_MONTH, at_visits, population, draws
            )
            for measure in candidates.observed
        },
        missed=draws.uniform("missed/follow_up", n, k) < attendance.missed_visit_share,
        dose_days=dose_days,
        given=dosed[:, None] & (dose_days < np.minimum(death, candidates.drop_out_day)[:, None]),
        dosed=dosed,
        death_day=np.where(death <= end, death, np.inf),
        end_day=end,
    )


def _dose_days(arm: Ints, times: Timetable, jitter_days: float, draws: Draws) -> Floats:
    """Actual dosing days (n, d), NaN beyond the number of the participant's arm."""
    days = np.full((arm.size, times.most_doses), np.nan)
    normals = draws.normal("doses", arm.size, times.most_doses)
    for position, window in enumerate(times.doses):
        rows, count = arm == position, window.days.size
        days[rows, :count] = jittered(window, jitter_days, normals[rows, :count])
    return days


class _Path:
    """The loss from time zero on, drawn once, and what follows from it under an effect."""

    def __init__(self, candidates: Candidates, months: Floats, population: Population, draws: Draws) -> None:
        people = candidates.people
        normals = draws.normal("drift/follow_up", months.shape[0], months.shape[1] - 1, 2)
        self._loss = untreated_loss(months, people.rate, candidates.drift, normals, population).lost
        self._candidates, self._months, self._population = candidates, months, population

    def true_score(self, effect: Floats) -> Floats:
        """True ALSFRS-R (n, K + 1) along the grid under effect (n,)."""
        return self._candidates.people.score[:, None] - slowed_loss(self._loss, effect)

    def death_day(self, effect: Floats) -> Floats:
        """Day of death (n,) under effect (n,); those who died before time zero keep that day."""
        before = self._candidates
        clock = self._months - before.enrolment_day[:, None] / DAYS_PER_MONTH
        hazard = before.hazard[:, None] + cumulative_hazard(clock, self.true_score(effect), self._population.survival)
        day = DAYS_PER_MONTH * month_of_death(self._months, hazard, before.threshold)
        return np.where(before.death_day <= 0.0, before.death_day, day)
