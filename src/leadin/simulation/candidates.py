"""Those who are screened, and their lead-in: from enrolment to time zero, before anybody is given cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.belonging import belongs
from leadin.disease.leaving import drop_out_hazard, months_until_leaving
from leadin.disease.people import People, draw_people
from leadin.disease.population import Population
from leadin.disease.progression import drift_at_enrolment, untreated_loss
from leadin.disease.survival import cumulative_hazard, death_threshold, month_of_death
from leadin.engine.draws import Draws
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.protocol import Protocol
from leadin.simulation.measures import measured_at_entry, measures_of, observe
from leadin.simulation.rows import take
from leadin.simulation.timetable import Timetable, grid, jittered

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Values = Mapping[str, Floats]


@dataclass(frozen=True)
class Candidates:
    """n people screened, all days from time zero, and what would happen to each if he were enrolled.

    site (n,): from 0. enrolment_day (n,). visit_days, true_score (n, k): lead-in visits; observed: values (n, k) by
    measure; missed (n, k): visits not attended. at_screening, at_allocation, at_baseline: values (n,) by measure for
    entry criteria; at_allocation is empty where the protocol names no day of allocation.
    death_day, drop_out_day (n,): infinite when not before time zero for death; lost (n,): leaves without a word.
    drift, hazard (n,): of the rate, and cumulative, at time zero; threshold (n,): the hazard at which he dies.
    """

    people: People
    site: NDArray[np.int64]
    enrolment_day: Floats
    visit_days: Floats
    true_score: Floats
    observed: Values
    missed: Flags
    at_screening: Values
    at_allocation: Values
    at_baseline: Values
    death_day: Floats
    drop_out_day: Floats
    lost: Flags
    drift: Floats
    hazard: Floats
    threshold: Floats


def draw_candidates(
    protocol: Protocol, population: Population, times: Timetable, sites: int, draws: Draws, n: int
) -> Candidates:
    """The next n candidates, less those who do not belong to the population."""
    people = draw_people(population, draws, n)
    k = times.lead_in_visits
    jitter = draws.normal("visits/lead_in", n, k)
    visit_days = jittered(times.lead_in_window, population.attendance.visit_jitter_days, jitter)
    enrolment = visit_days[:, 0] if times.screening_visit is not None else np.full(n, times.enrolment)
    nodes = np.concatenate((enrolment[:, None], visit_days, np.zeros((n, 1))), axis=1)
    days, columns = grid(nodes, times.lead_in_parts)
    months = days / DAYS_PER_MONTH
    start = drift_at_enrolment(people.rate, draws.normal("drift/start", n), population)
    normals = draws.normal("drift/lead_in", n, months.shape[1] - 1, 2)
    loss = untreated_loss(months, people.rate, start, normals, population)
    true_score = people.score[:, None] + loss.lost[:, -1:] - loss.lost
    clock = months - months[:, :1]
    hazard = cumulative_hazard(clock, true_score, population.survival)
    threshold = death_threshold(draws.exponential("death", n), people.rate, population)
    at_visits = true_score[:, columns[1:-1]]
    observed = {
        measure: observe(measure, "lead_in", people, visit_days / DAYS_PER_MONTH, at_visits, population, draws)
        for measure in measures_of(protocol)
    }
    entry = _EntryAssessments(protocol, population, people, observed, draws)
    leaving = drop_out_hazard(population.attendance, [a.route for arm in protocol.arms for a in arm.administrations])
    stay = months_until_leaving(leaving, draws.exponential("drop_out", n))
    drawn = Candidates(
        people=people,
        site=np.floor(draws.uniform("people/site", n) * sites).astype(np.int64),
        enrolment_day=enrolment,
        visit_days=visit_days,
        true_score=at_visits,
        observed=observed,
        missed=_missed(times, population.attendance.missed_visit_share, draws.uniform("missed/lead_in", n, k)),
        at_screening=entry.at(times.screening_visit, "screening", enrolment, true_score[:, 0]),
        at_allocation=(
            {}
            if times.allocation is None
            else entry.at(times.allocation_visit, "allocation", enrolment, true_score[:, 0])
        ),
        at_baseline=entry.at(times.baseline_visit, "baseline", np.zeros(n), true_score[:, -1]),
        death_day=enrolment + DAYS_PER_MONTH * month_of_death(clock, hazard, threshold),
        drop_out_day=enrolment + DAYS_PER_MONTH * stay,
        lost=draws.uniform("lost", n) < population.attendance.lost_share,
        drift=loss.drift,
        hazard=hazard[:, -1],
        threshold=threshold,
    )
    if not population.entry:
        return drawn
    return take(drawn, belongs(population, people, months[:, 0], true_score[:, 0]))


@dataclass(frozen=True)
class _EntryAssessments:
    """Where entry criteria find their values: in the visit of that time, else in an assessment made for entry alone."""

    protocol: Protocol
    population: Population
    people: People
    observed: Values
    draws: Draws

    def at(self, visit: int | None, occasion: str, days: Floats, true_score: Floats) -> dict[str, Floats]:
        needed = measured_at_entry(self.protocol.eligibility.criteria)
        if visit is not None:
            return {measure: self.observed[measure][:, visit] for measure in needed}
        months = days[:, None] / DAYS_PER_MONTH
        return {
            measure: observe(measure, occasion, self.people, months, true_score[:, None], self.population, self.draws)[
                :, 0
            ]
            for measure in needed
        }


def _missed(times: Timetable, share: float, uniforms: Floats) -> Flags:
    """Lead-in visits not attended; nobody enters without his first visit and his baseline."""
    missed: Flags = uniforms < share
    for visit in (times.screening_visit, times.baseline_visit):
        if visit is not None:
            missed[:, visit] = False
    return missed
