"""Cells and courses together: cells are made for who is there, and who is there may depend on the cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.disease.effect import Effect
from leadin.disease.population import Population
from leadin.engine.draws import Draws
from leadin.protocols.protocol import Protocol
from leadin.simulation.candidates import Candidates
from leadin.simulation.clean_room import calendar
from leadin.simulation.courses import Courses
from leadin.simulation.entry import allocation_days
from leadin.simulation.follow_up import FollowUp, seen
from leadin.simulation.making import Laboratory, Making
from leadin.simulation.timetable import Timetable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_PASSES = 20
"""Passes over a queue that deaths and doses change in turn; where it has not settled by then, the last one stands."""


def treat(
    protocol: Protocol,
    entered: Candidates,
    arm: Ints,
    effect: Effect,
    population: Population,
    times: Timetable,
    sites: int,
    draws: Draws,
) -> tuple[Making, FollowUp]:
    """The cells of everybody in an arm and what becomes of him; arm (n,): position of each one's arm.

    Without a limit on clean-room slots nobody's cells depend on anybody's course. With one, a place is free again when
    its participant dies, and a death depends on the doses: making and living are repeated until nothing changes.
    """
    n = arm.size
    laboratory = Laboratory(
        arm,
        earliest_samples(protocol, times, entered.enrolment_day),
        entered.people.weight_kg,
        population,
        times,
        draws,
        randomised=protocol.randomised,
    )
    courses = Courses(entered, arm, effect, population, times, draws)
    if not laboratory.limited:
        making = laboratory.make(np.full(n, np.inf))
        lived = courses.lived(making.doses)
        return making, seen(entered, courses, lived, making.doses, population, times, draws)
    zero = calendar(
        entered.enrolment_day, accrual_per_month(protocol, population, sites), draws.exponential("accrual", n)
    )
    last = np.minimum(entered.drop_out_day, np.where(entered.death_day <= 0.0, entered.death_day, np.inf))
    making = laboratory.make(last, zero)
    for _ in range(MOST_PASSES):
        lived = courses.lived(making.doses)
        last = np.minimum(entered.drop_out_day, lived.death_day)
        before, making = making, laboratory.make(last, zero)
        if np.array_equal(before.doses.days, making.doses.days, equal_nan=True):
            break
    lived = courses.lived(making.doses)
    return making, seen(entered, courses, lived, making.doses, population, times, draws)


def earliest_samples(protocol: Protocol, times: Timetable, enrolment_day: Floats) -> Floats:
    """The first whole day (n,) on which tissue may be taken: of enrolment; of allocation where the protocol names it.

    Where it says only that allocation is at baseline and still plans samples before, it is taken at its word: who will
    be in an arm with cells gives tissue before it is known.
    """
    after = allocation_days(protocol, times, enrolment_day) if times.allocation is not None else enrolment_day
    return np.ceil(after)


def accrual_per_month(protocol: Protocol, population: Population, sites: int) -> float:
    """Participants enrolled per month: of the protocol, else what its sites enrol in this population."""
    return protocol.accrual_per_month or population.attendance.accrual_per_site_month * sites
