"""Manufacturing, simulated beforehand: whole runs, of which each replicate of the fast generator takes one.

A run is made by the plain simulation, so that the queue for clean-room slots, failed cultures and late doses are as in
a trial simulated plainly, and the doses of one run belong together. Where slots are not limited nobody waits for
anybody and all runs are made at once, of people as they come to be screened.

Where slots are limited, a run has its own deaths and leavers, who make room in the queue. The participant of a
replicate who takes the place of one who was gone before his doses gets the doses that would have come had everybody
stayed: whether HE lives and stays to have them is his own affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.effect import ConstantSlowing, Effect
from leadin.disease.exposure import half_effect_doses
from leadin.disease.population import Population
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams
from leadin.protocols.protocol import Protocol
from leadin.simulation.candidates import draw_candidates
from leadin.simulation.clean_room import calendar
from leadin.simulation.courses import Courses
from leadin.simulation.doses import Doses
from leadin.simulation.making import Laboratory, slots_of
from leadin.simulation.participants import arms_of
from leadin.simulation.rows import take
from leadin.simulation.screening import screen
from leadin.simulation.timetable import Timetable
from leadin.simulation.treatment import MOST_PASSES, accrual_per_month, earliest_samples

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_RUNS, RUNS, DOSED = 32, 256, 65_536
"""Runs made where nobody waits for anybody: as many as hold so many people, within these bounds."""
SCREENED = 4_096
"""People screened for those runs, over and over: only the days on which they are enrolled and their weights count."""
QUEUED_RUNS, QUEUED_PEOPLE = 128, 20_000
"""Runs made where cultures queue, which takes longer."""
FIRST_RUN = 1 << 40
"""Replicate number of the first run among plain random streams: no replicate of a trial is so high."""


@dataclass(frozen=True)
class Runs:
    """q whole runs of the n participants of a trial, arm by arm, d dosing days each.

    dose_days (q, n, d): from the scheduled time zero, NaN for none; doses (q, n, d): in doses of half effect; wait
    (q, n): days by which a participant's own time zero is later; sides (n, d, 4): shares of the cells for the body, its
    left, its right, either side.
    """

    dose_days: Floats
    doses: Floats
    wait: Floats
    sides: Floats


def manufacturing_runs(
    protocol: Protocol,
    population: Population,
    times: Timetable,
    planned: Sequence[int],
    sites: int,
    effect: Effect,
    seed: int,
) -> Runs:
    """Runs for trials of `planned` participants in each arm: fewer for larger trials, in which each run holds more.

    Raises UsageError when nobody is planned or when next to nobody meets the entry criteria.
    """
    screen(protocol, population, times, sites, planned, Draws(Streams(seed, FIRST_RUN - 1)))
    if limited(times):
        parts = [
            _queued_run(protocol, population, times, planned, sites, Draws(Streams(seed, FIRST_RUN + run)))
            for run in range(_fitting(QUEUED_RUNS, QUEUED_PEOPLE, sum(planned)))
        ]
    else:
        parts = [_free_runs(protocol, population, times, planned, sites, Draws(Streams(seed, FIRST_RUN)))]
    n = sum(planned)
    days, cells, potency, wait = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("days", "cells", "potency", "wait")
    )
    wait = wait.reshape(-1, n)
    days, cells, potency = (each.reshape(wait.shape[0], n, times.most_doses) for each in (days, cells, potency))
    doses = np.ones_like(days) if isinstance(effect, ConstantSlowing) else half_effect_doses(cells, potency, effect)
    doses = np.where(np.isnan(days), np.nan, doses)
    return Runs(
        np.ascontiguousarray(days), np.ascontiguousarray(doses), np.ascontiguousarray(wait), _sides(times, planned)
    )


def limited(times: Timetable) -> bool:
    """Whether a product is made in a limited number of clean-room slots."""
    return any(slots_of(plan) is not None for plans in times.products for plan in plans)


def _fitting(most: int, people: int, n: int) -> int:
    """How many runs of n participants hold so many people, within the bounds."""
    return min(most, max(FEWEST_RUNS, people // n))


def _free_runs(
    protocol: Protocol, population: Population, times: Timetable, planned: Sequence[int], sites: int, draws: Draws
) -> Doses:
    """The doses (q * n) of all runs, arm by arm within each."""
    arm = np.tile(np.repeat(np.arange(len(planned)), planned), _fitting(RUNS, DOSED, sum(planned)))
    enrolled, weights = np.zeros(0), np.zeros(0)
    while enrolled.size < min(SCREENED, arm.size):
        people = draw_candidates(protocol, population, times, sites, draws, SCREENED)
        enrolled = np.concatenate((enrolled, people.enrolment_day))
        weights = np.concatenate((weights, people.people.weight_kg))
    laboratory = Laboratory(
        arm,
        np.resize(earliest_samples(protocol, times, enrolled), arm.size),
        np.resize(weights, arm.size),
        population,
        times,
        draws,
        randomised=protocol.randomised,
    )
    return laboratory.make(np.full(arm.size, np.inf)).doses


def _queued_run(
    protocol: Protocol, population: Population, times: Timetable, planned: Sequence[int], sites: int, draws: Draws
) -> Doses:
    """The doses (n) of one run whose cultures queue, arm by arm; see `leadin.simulation.treatment.treat`."""
    screened = screen(protocol, population, times, sites, planned, draws)
    arm = arms_of(protocol, screened, planned, draws)
    entered = take(screened.candidates, screened.counted)
    laboratory = Laboratory(
        arm,
        earliest_samples(protocol, times, entered.enrolment_day),
        entered.people.weight_kg,
        population,
        times,
        draws,
        randomised=protocol.randomised,
    )
    courses = Courses(entered, arm, ConstantSlowing(0.0), population, times, draws)
    per_month = accrual_per_month(protocol, population, sites)
    zero = calendar(entered.enrolment_day, per_month, draws.exponential("accrual", arm.size))
    last = np.minimum(entered.drop_out_day, np.where(entered.death_day <= 0.0, entered.death_day, np.inf))
    doses = laboratory.make(last, zero).doses
    for _ in range(MOST_PASSES):
        last = np.minimum(entered.drop_out_day, courses.lived(doses).death_day)
        before, doses = doses, laboratory.make(last, zero).doses
        if np.array_equal(before.days, doses.days, equal_nan=True):
            break
    all_stay = laboratory.make(np.full(arm.size, np.inf), zero).doses
    gone = last <= times.latest + doses.wait
    order = np.argsort(arm, kind="stable")
    return Doses(
        *(
            np.where(gone.reshape(-1, *[1] * (here.ndim - 1)), there, here)[order]
            for here, there in (
                (doses.days, all_stay.days),
                (doses.cells, all_stay.cells),
                (doses.potency, all_stay.potency),
                (doses.wait, all_stay.wait),
            )
        )
    )


def _sides(times: Timetable, planned: Sequence[int]) -> Floats:
    """Shares (n, d, 4) of the cells of each participant's doses by side."""
    sides = np.zeros((sum(planned), times.most_doses, 4))
    first = 0
    for shares, number in zip(times.sides, planned, strict=True):
        sides[first : first + number, : len(shares)] = shares
        first += number
    return sides
