"""A trial as arrays: everybody screened, up to the last participant that the protocol plans.

This is the whole simulation; tables are built from it in a second step (`tables.py`), which those who need a thousand
replicates leave out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from leadin.disease.effect import ConstantSlowing
from leadin.disease.people import People
from leadin.disease.population import Population
from leadin.disease.therapy import Therapy
from leadin.engine.draws import Draws
from leadin.engine.permuted_blocks import allocate, stratum_numbers
from leadin.engine.streams import Streams
from leadin.protocols.protocol import Protocol
from leadin.simulation.candidates import Candidates
from leadin.simulation.entry import STAGES, Outcome, judged_days
from leadin.simulation.follow_up import FollowUp
from leadin.simulation.making import Making
from leadin.simulation.places import NO_ARM
from leadin.simulation.rows import take
from leadin.simulation.screening import Screened, screen
from leadin.simulation.timetable import Timetable, timetable
from leadin.simulation.treatment import treat

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SimulatedArrays:
    """Everybody screened (n rows, in the order of screening) at all k visits; days from each one's own time zero.

    outcome (n,): how far each came (`Outcome`). failed_criterion (n,): position of the entry criterion failed, else -1.
    arm (n,): position of the arm, NO_ARM for who has none. rows (m,): those who have one; making: of their cells, in
    days from the scheduled time zero; time_zero (n,): by how much each one's own is later. visit_days (n, k): actual
    days, NaN for visits that were never to come. observed: by measure, values (n, k), NaN where the visit was not
    attended or does not list the measure. true_score (n, k): NaN as visit_days. dose_days, given (n, d): actual dosing
    days of the arm (NaN: none) and whether cells were given then. treated_side (n,): the side that doses planned for
    either side are given to, '' where the protocol has none. death_day, drop_out_day (n,): infinite when that did not
    end the observation. last_day (n,): last day known. lost (n,): drop-outs who left without a word.
    """

    times: Timetable
    people: People
    site: Ints
    outcome: Ints
    failed_criterion: Ints
    arm: Ints
    rows: Ints
    making: Making
    time_zero: Floats
    enrolment_day: Floats
    visit_days: Floats
    attended: Flags
    observed: Mapping[str, Floats]
    true_score: Floats
    dose_days: Floats
    given: Flags
    treated_side: NDArray[np.str_]
    death_day: Floats
    drop_out_day: Floats
    lost: Flags
    last_day: Floats

    @property
    def in_arm(self) -> Flags:
        """Who belongs to an arm (n,)."""
        flags: Flags = self.arm != NO_ARM
        return flags

    @property
    def dosed(self) -> Flags:
        """Who was given cells at least once (n,)."""
        flags: Flags = np.any(self.given, axis=1)
        return flags


def simulate_arrays(
    protocol: Protocol,
    population: Population,
    *,
    slowing: float = 0.0,
    therapy: Therapy | None = None,
    streams: Streams,
    planned: Sequence[int] | None = None,
    times: Timetable | None = None,
    batch: int | None = None,
) -> SimulatedArrays:
    """One replicate of the protocol.

    slowing, therapy: the effect, one of the two, see `disease/effect.py`. streams: seed and replicate. planned:
    participants per arm, in the order of the protocol's arms, instead of its numbers. times: the protocol's timetable,
    when it is at hand. batch: candidates drawn at a time; it changes how long this takes, never what comes out.

    Raises UsageError when nobody is planned or when next to nobody meets the entry criteria.
    """
    times = times or timetable(protocol)
    numbers = tuple(planned) if planned is not None else tuple(arm.planned for arm in protocol.arms)
    sites = sites_of(protocol, population, sum(numbers))
    draws = Draws(streams)
    screened = screen(protocol, population, times, sites, numbers, draws, batch)
    arm = np.full(screened.outcome.size, NO_ARM)
    arm[screened.counted] = arms_of(protocol, screened, numbers, draws)
    rows = np.flatnonzero(arm != NO_ARM)
    entered = take(screened.candidates, rows)
    effect = ConstantSlowing(slowing) if therapy is None else therapy
    making, after = treat(protocol, entered, arm[rows], effect, population, times, sites, draws)
    return _everybody(protocol, screened, arm, rows, making, after, times)


def sites_of(protocol: Protocol, population: Population, planned: int) -> int:
    """The number of sites: of the protocol, else as many as that number of participants takes."""
    return protocol.sites or -(-planned // population.attendance.participants_per_site)


def arms_of(protocol: Protocol, screened: Screened, planned: Sequence[int], draws: Draws) -> Ints:
    """The arm of everybody who fills a place, in the order of screening."""
    if screened.arm is not None:
        chosen: Ints = screened.arm[screened.counted]
        return chosen
    n, how = screened.counted.size, protocol.randomisation
    if how is None:  # one arm, or cohorts filled one after the other
        return np.repeat(np.arange(len(planned)), planned)
    entered = take(screened.candidates, screened.counted)
    columns = {str(name): stratum_values(name, entered.people, entered.site) for name in how.strata}
    ratio = [how.ratio.get(arm.name, 0) for arm in protocol.arms]
    return allocate(stratum_numbers(columns, n), planned, ratio, how.block_size, draws.generator("randomisation"))


def stratum_values(name: str, people: People, site: Ints) -> NDArray[np.generic]:
    """The values (n,) of a stratification variable."""
    return {"site": site, "onset_region": people.bulbar, "sex": people.male, "riluzole": people.riluzole}[name]


def _everybody(
    protocol: Protocol, screened: Screened, arm: Ints, rows: Ints, making: Making, after: FollowUp, times: Timetable
) -> SimulatedArrays:
    """The rows of those in an arm put back among all screened, what was not to be seen blotted out, and days counted
    from each one's own time zero."""
    candidates, n = screened.candidates, arm.size
    before = _put_back(candidates, rows, after)
    last = _last_day(protocol, screened, times)
    last[rows] = np.minimum(np.minimum(after.death_day, candidates.drop_out_day[rows]), after.end_day)
    death = np.where(candidates.death_day <= 0.0, candidates.death_day, np.inf)
    death[rows] = after.death_day
    visit_days = np.concatenate((before.visit_days, _spread(after.visit_days, rows, n, np.nan)), axis=1)
    missed = np.concatenate((candidates.missed, _spread(after.missed, rows, n, True)), axis=1)
    # Who fails at a visit, or is followed to the end, was there on his last day; who dies or leaves on it was not.
    there = (screened.outcome == Outcome.SCREEN_FAILURE) | (screened.outcome == Outcome.RUN_IN_FAILURE)
    there[rows] = last[rows] >= after.end_day
    attended = ((visit_days < last[:, None]) | (there[:, None] & (visit_days == last[:, None]))) & ~missed
    zero = _spread(after.time_zero, rows, n, 0.0)
    return SimulatedArrays(
        times=times,
        people=candidates.people,
        site=candidates.site,
        outcome=screened.outcome,
        failed_criterion=screened.failed,
        arm=arm,
        rows=rows,
        making=making,
        time_zero=zero,
        enrolment_day=candidates.enrolment_day - zero,
        visit_days=visit_days - zero[:, None],
        attended=attended,
        observed=_observed(protocol, before, after, rows, attended),
        true_score=np.concatenate((before.true_score, _spread(after.true_score, rows, n, np.nan)), axis=1),
        dose_days=_spread(after.dose_days, rows, n, np.nan) - zero[:, None],
        given=_spread(after.given, rows, n, False),
        treated_side=_spread(after.treated_side, rows, n, ""),
        death_day=np.where(death <= last, death, np.inf) - zero,
        drop_out_day=np.where(candidates.drop_out_day <= last, candidates.drop_out_day, np.inf) - zero,
        lost=candidates.lost & (candidates.drop_out_day <= last),
        last_day=last - zero,
    )


def _put_back(candidates: Candidates, rows: Ints, after: FollowUp) -> Candidates:
    """Everybody's lead-in, with the visit at time zero of those who waited for their first dose."""
    if not after.time_zero.any():
        return candidates

    def put(values: Floats, new: Floats) -> Floats:
        changed = values.copy()
        changed[rows] = new
        return changed

    return replace(
        candidates,
        visit_days=put(candidates.visit_days, after.lead_in.visit_days),
        true_score=put(candidates.true_score, after.lead_in.true_score),
        observed={name: put(values, after.lead_in.observed[name]) for name, values in candidates.observed.items()},
    )


def _observed(
    protocol: Protocol, candidates: Candidates, after: FollowUp, rows: Ints, attended: Flags
) -> dict[str, Floats]:
    """Values (n, k) of every measure that visits list, NaN where the visit was not attended or does not list it."""
    observed = {}
    for measure, before in candidates.observed.items():
        listed = np.array([measure in visit.measures for visit in protocol.visits])
        if listed.any():
            values = np.concatenate((before, _spread(after.observed[measure], rows, len(attended), np.nan)), axis=1)
            observed[measure] = np.where(attended & listed, values, np.nan)
    return observed


def _last_day(protocol: Protocol, screened: Screened, times: Timetable) -> Floats:
    """The last day known (n,) of those without an arm: of death or leaving, or of the visit that shut them out."""
    candidates, criteria = screened.candidates, protocol.eligibility.criteria
    last = np.minimum(np.minimum(candidates.death_day, candidates.drop_out_day), 0.0)
    for stage, _ in STAGES:
        mine = [position for position, criterion in enumerate(criteria) if criterion.at == stage]
        if mine:
            last = np.where(np.isin(screened.failed, mine), judged_days(stage, candidates, times), last)
    return last


Scalar = TypeVar("Scalar", bound=np.generic)


def _spread(values: NDArray[Scalar], rows: Ints, n: int, empty: float | bool | str) -> NDArray[Scalar]:
    """The rows of `values` among n, all others `empty`."""
    spread = np.full((n, *values.shape[1:]), empty, dtype=values.dtype)
    spread[rows] = values
    return spread
