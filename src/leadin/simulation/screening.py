"""Screening goes on until the planned number has entered, or until it is plain that it never will."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.population import Population
from leadin.engine.draws import Draws
from leadin.errors import UsageError
from leadin.protocols.protocol import Protocol
from leadin.simulation.candidates import Candidates, draw_candidates
from leadin.simulation.entry import NO_CRITERION, Outcome, judge, told
from leadin.simulation.rows import join, take
from leadin.simulation.timetable import Timetable

Ints = NDArray[np.int64]

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

    Randomised at baseline: a place is filled by who is still there at time zero. Randomised at screening, or not at
    all: by everybody enrolled who fails no criterion, also when he dies or leaves before time zero. Who fails at
    baseline never fills a place: it goes to the next.

    Raises UsageError when nobody is planned, or when too few meet the entry criteria; it says which was failed how
    often.
    """
    if planned < 1:
        raise UsageError(
            f"{protocol.name}: expected at least one planned participant; got none. Give numbers, such as --n ARM=20."
        )
    parts: list[Candidates] = []
    outcomes: list[Ints] = []
    failures: list[Ints] = []
    entered, seen = 0, 0
    fills = _fills_a_place(protocol)
    while entered < planned:
        if seen >= FEWEST_CANDIDATES and seen > CANDIDATES_PER_PARTICIPANT * entered:
            raise UsageError(_too_few(protocol, np.concatenate(failures), entered, planned))
        n = batch or _batch_size(planned - entered, entered, seen)
        candidates = draw_candidates(protocol, population, times, sites, draws, n)
        outcome, failed = judge(protocol.eligibility.criteria, candidates, times)
        places = np.cumsum(np.isin(outcome, fills))
        if entered + places[-1] >= planned:
            n = int(np.searchsorted(places, planned - entered)) + 1
            candidates, outcome, failed = take(candidates, slice(n)), outcome[:n], failed[:n]
        parts.append(candidates)
        outcomes.append(outcome)
        failures.append(failed)
        entered, seen = entered + int(places[n - 1]), seen + n
    outcome = np.concatenate(outcomes)
    return Screened(join(parts), outcome, np.concatenate(failures), np.flatnonzero(np.isin(outcome, fills)))


def _fills_a_place(protocol: Protocol) -> list[int]:
    if protocol.randomisation is not None and protocol.randomisation.at == "baseline":
        return [int(Outcome.ENTERED)]
    return [int(Outcome.ENTERED), int(Outcome.LEFT_IN_LEAD_IN)]


def _batch_size(missing: int, entered: int, seen: int) -> int:
    """About as many candidates as it should take, by the share that entered so far."""
    share = entered / seen if entered else 1.0 if not seen else 0.5 / seen
    return min(LARGEST_BATCH, int(1.1 * missing / share) + 16)


def _too_few(protocol: Protocol, failed: Ints, entered: int, planned: int) -> str:
    criteria = protocol.eligibility.criteria
    counts = Counter(failed[failed != NO_CRITERION].tolist())
    reasons = [f"{told(criteria[position])} ({count:,} failed)" for position, count in counts.most_common()]
    why = ", ".join(reasons) or "all died or left before time zero"
    return (
        f"{protocol.name}, eligibility.criteria: expected criteria that people of this population meet; got "
        f"{entered:,} of {planned:,} participants after screening {failed.size:,}: {why}. Widen them."
    )
