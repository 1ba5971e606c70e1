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
from leadin.simulation.entry import NO_CRITERION, Outcome, told
from leadin.simulation.places import Placed, anybody_enters, by_arm, place
from leadin.simulation.rows import join, take
from leadin.simulation.timetable import Timetable

Ints = NDArray[np.int64]

FEWEST_CANDIDATES = 50_000
CANDIDATES_PER_PARTICIPANT = 200
"""Screening gives up after the first number of candidates when it took more than the second for each who entered."""
LARGEST_BATCH = 50_000


@dataclass(frozen=True)
class Screened:
    """Everybody screened, in order. outcome, failed (n,): see `entry.judge`. counted: rows that fill planned places.
    arm: see `places.Placed`."""

    candidates: Candidates
    outcome: Ints
    failed: Ints
    counted: Ints
    arm: Ints | None


def screen(
    protocol: Protocol,
    population: Population,
    times: Timetable,
    sites: int,
    planned: Sequence[int],
    draws: Draws,
    batch: int | None = None,
) -> Screened:
    """Candidates up to the one who fills the last of the planned places (arms,).

    A place is filled by who is still there on the day of allocation, also when he dies or leaves later in the lead-in:
    at time zero when randomised at baseline, on its day where the protocol names one, at enrolment when randomised at
    screening or not at all. Who fails a criterion, whenever it is judged, never fills a place: it goes to the next.
    Where criteria name arms, see `places.place`.

    Raises UsageError when nobody is planned, or when too few meet the entry criteria; it says which was failed how
    often. Places that only those fill who leave before a criterion is judged that nobody meets make no trial.
    """
    total = sum(planned)
    if total < 1:
        raise UsageError(
            f"{protocol.name}: expected at least one planned participant; got none. Give numbers, such as --n ARM=20."
        )
    left = tuple(planned) if by_arm(protocol) else (total,)
    parts: list[Candidates] = []
    verdicts: list[Placed] = []
    seen, search = 0, _Search()
    while any(left):
        if search.in_vain:
            failures = [placed.failed for placed in verdicts]
            raise UsageError(_too_few(protocol, population, failures, total - sum(left), total, seen))
        drawn = batch or search.batch_size(sum(left))
        candidates = draw_candidates(protocol, population, times, sites, draws, drawn)
        seen += drawn
        if candidates.enrolment_day.size == 0:
            search = search.after(drawn, 0)
            continue
        placed = place(protocol, candidates, times, left)
        n = placed.outcome.size
        parts.append(candidates if n == candidates.enrolment_day.size else take(candidates, slice(n)))
        verdicts.append(placed)
        closed = placed.left.count(0) > left.count(0)  # the other arms may be harder to fill
        search = _Search() if closed else search.after(drawn, sum(left) - sum(placed.left))
        left = placed.left
    _somebody_stays(protocol, population, times, sites, planned, draws, verdicts, seen)
    arms = [placed.arm for placed in verdicts if placed.arm is not None]
    return Screened(
        join(parts),
        np.concatenate([placed.outcome for placed in verdicts]),
        np.concatenate([placed.failed for placed in verdicts]),
        np.flatnonzero(np.concatenate([placed.fills for placed in verdicts])),
        np.concatenate(arms) if arms else None,
    )


@dataclass(frozen=True)
class _Search:
    """Candidates seen, and those who took a place, since the arms that are open now were the open ones."""

    seen: int = 0
    entered: int = 0

    def after(self, seen: int, entered: int) -> _Search:
        return _Search(self.seen + seen, self.entered + entered)

    @property
    def in_vain(self) -> bool:
        return self.seen >= FEWEST_CANDIDATES and self.seen > CANDIDATES_PER_PARTICIPANT * self.entered

    def batch_size(self, missing: int) -> int:
        """About as many candidates as it should take, by the share that entered so far."""
        share = self.entered / self.seen if self.entered else 1.0 if not self.seen else 0.5 / self.seen
        return min(LARGEST_BATCH, int(1.1 * missing / share) + 16)


def _somebody_stays(
    protocol: Protocol,
    population: Population,
    times: Timetable,
    sites: int,
    planned: Sequence[int],
    draws: Draws,
    verdicts: Sequence[Placed],
    seen: int,
) -> None:
    """Raises UsageError when every place went to somebody who left before he was judged, and nobody could stay."""
    if any((placed.outcome == Outcome.ENTERED).any() for placed in verdicts):
        return
    asked = [placed.failed for placed in verdicts]
    while seen < FEWEST_CANDIDATES:
        candidates = draw_candidates(protocol, population, times, sites, draws, FEWEST_CANDIDATES // 10)
        somebody, failed = anybody_enters(protocol, candidates, times, planned)
        if somebody:
            return
        asked, seen = [*asked, failed], seen + FEWEST_CANDIDATES // 10
    raise UsageError(_too_few(protocol, population, asked, 0, sum(planned), seen))


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
