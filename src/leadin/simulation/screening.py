"""Screening goes on until the planned number has entered, or until it is plain that it never will."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.population import Population
from leadin.engine.draws import Draws
from leadin.errors import UsageError
from leadin.protocols.protocol import Protocol
from leadin.simulation.candidates import Candidates, draw_candidates
from leadin.simulation.entry import NO_CRITERION, Outcome, allocation_days, judge, told
from leadin.simulation.rows import join, take
from leadin.simulation.timetable import Timetable

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

FEWEST_CANDIDATES = 50_000
CANDIDATES_PER_PARTICIPANT = 200
"""Screening gives up after the first number of candidates when it took more than the second for each who entered."""
LARGEST_BATCH = 50_000


@dataclass(frozen=True)
class Screened:
    """Everybody screened, in order. outcome, failed (n,): see `entry.judge`. counted: rows that fill planned places."""

    candidates: Candidates
    outcome: Ints
    failed: Ints
    counted: Ints


def screen(
    protocol: Protocol,
    population: Population,
    times: Timetable,
    sites: int,
    planned: int,
    draws: Draws,
    batch: int | None = None,
) -> Screened:
    """Candidates up to the one who fills the last of the planned places.

    A place is filled by who is still there on the day of allocation, also when he dies or leaves later in the lead-in:
    at time zero when randomised at baseline, on its day where the protocol names one, at enrolment when randomised at
    screening or not at all. Who fails a criterion, whenever it is judged, never fills a place: it goes to the next.

    Raises UsageError when nobody is planned, or when too few meet the entry criteria; it says which was failed how
    often. Places that only those fill who leave before a criterion is judged that nobody meets make no trial.
    """
    if planned < 1:
        raise UsageError(
            f"{protocol.name}: expected at least one planned participant; got none. Give numbers, such as --n ARM=20."
        )
    parts: list[Candidates] = []
    outcomes: list[Ints] = []
    failures: list[Ints] = []
    filled: list[Flags] = []
    entered, seen = 0, 0
    while entered < planned:
        if seen >= FEWEST_CANDIDATES and seen > CANDIDATES_PER_PARTICIPANT * entered:
            raise UsageError(_too_few(protocol, population, failures, entered, planned, seen))
        drawn = batch or _batch_size(planned - entered, entered, seen)
        candidates = draw_candidates(protocol, population, times, sites, draws, drawn)
        n, seen = candidates.enrolment_day.size, seen + drawn
        if n == 0:
            continue
        outcome, failed = judge(protocol.eligibility.criteria, candidates, times)
        fills = _fills_a_place(protocol, candidates, outcome, times)
        places = np.cumsum(fills)
        if entered + places[-1] >= planned:
            n = int(np.searchsorted(places, planned - entered)) + 1
            candidates, outcome, failed = take(candidates, slice(n)), outcome[:n], failed[:n]
            fills = fills[:n]
        parts.append(candidates)
        outcomes.append(outcome)
        failures.append(failed)
        filled.append(fills)
        entered += int(places[n - 1])
    somebody, asked = any((outcome == Outcome.ENTERED).any() for outcome in outcomes), list(failures)
    while not somebody:  # every place went to somebody who left before he was judged: could anybody stay?
        if seen >= FEWEST_CANDIDATES:
            raise UsageError(_too_few(protocol, population, asked, 0, planned, seen))
        candidates = draw_candidates(protocol, population, times, sites, draws, FEWEST_CANDIDATES // 10)
        outcome, failed = judge(protocol.eligibility.criteria, candidates, times)
        somebody = bool((outcome == Outcome.ENTERED).any())
        asked, seen = [*asked, failed], seen + FEWEST_CANDIDATES // 10
    return Screened(
        join(parts), np.concatenate(outcomes), np.concatenate(failures), np.flatnonzero(np.concatenate(filled))
    )


def _fills_a_place(protocol: Protocol, candidates: Candidates, outcome: Ints, times: Timetable) -> Flags:
    leaves = np.minimum(candidates.death_day, candidates.drop_out_day)
    allocated = leaves > allocation_days(protocol, times, candidates.enrolment_day)
    fills: Flags = (outcome == Outcome.ENTERED) | ((outcome == Outcome.LEFT_IN_LEAD_IN) & allocated)
    return fills


def _batch_size(missing: int, entered: int, seen: int) -> int:
    """About as many candidates as it should take, by the share that entered so far."""
    share = entered / seen if entered else 1.0 if not seen else 0.5 / seen
    return min(LARGEST_BATCH, int(1.1 * missing / share) + 16)


def _too_few(
    protocol: Protocol, population: Population, failures: Sequence[Ints], entered: int, planned: int, seen: int
) -> str:
    failed = np.concatenate((np.zeros(0, dtype=np.int64), *failures))
    if population.entry and seen > CANDIDATES_PER_PARTICIPANT * failed.size:
        bounds = "; ".join(bound.told() for bound in population.entry)
        return (
            f"{population.name}, entry: expected bounds that people of {population.based_on or 'this population'} "
            f"meet; got {failed.size:,} of {seen:,} within {bounds}. Widen them."
        )
    criteria = protocol.eligibility.criteria
    counts = Counter(failed[failed != NO_CRITERION].tolist())
    reasons = [f"{told(criteria[position])} ({count:,} failed)" for position, count in counts.most_common()]
    why = ", ".join(reasons) or "all died or left before time zero"
    return (
        f"{protocol.name}, eligibility.criteria: expected criteria that people of this population meet; got "
        f"{entered:,} of {planned:,} participants after screening {failed.size:,}: {why}. Widen them."
    )
