"""Whose place it is: how candidates, in the order in which they come, fill the places of the arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.protocols.protocol import Protocol
from leadin.simulation.candidates import Candidates
from leadin.simulation.entry import Outcome, fills_a_place, judge
from leadin.simulation.timetable import Timetable

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_ARM = -1


@dataclass(frozen=True)
class Placed:
    """Candidates up to the one who takes the last place, or all of them.

    outcome, failed (n,): see `entry.judge`. fills (n,): who takes a place. arm (n,): in which arm, NO_ARM where he
    takes none; None where arms are told apart later (`allocation`, or one filled after the other). left: places that
    are left, of each arm; where arms are told apart later, of all together.
    """

    outcome: Ints
    failed: Ints
    fills: Flags
    arm: Ints | None
    left: tuple[int, ...]


def by_arm(protocol: Protocol) -> bool:
    """Whether entry criteria differ between arms, so that whom an arm takes depends on who he is."""
    return any(criterion.arms for criterion in protocol.eligibility.criteria)


def place(protocol: Protocol, candidates: Candidates, times: Timetable, left: tuple[int, ...]) -> Placed:
    """The next candidates put into places that are left, at least one.

    Where criteria name arms each goes to the first arm, in the protocol's order, with a place left and criteria that he
    meets. Who meets those of no such arm is told by the arm in which he came furthest, the first of them.
    """
    if by_arm(protocol):
        return _place_by_arm(protocol, candidates, times, left)
    outcome, failed = judge(protocol.eligibility.criteria, candidates, times)
    fills = fills_a_place(protocol, candidates, outcome, times)
    filled = np.cumsum(fills)
    n = fills.size
    if filled[-1] >= left[0]:
        n = int(np.searchsorted(filled, left[0])) + 1
    return Placed(outcome[:n], failed[:n], fills[:n], None, (left[0] - int(filled[n - 1]),))


def anybody_enters(
    protocol: Protocol, candidates: Candidates, times: Timetable, planned: Sequence[int]
) -> tuple[bool, Ints]:
    """Whether any of the candidates could enter an arm that has places, and the criterion (n,) that each failed of the
    first such arm, else NO_CRITERION."""
    wanted = [arm.name for arm, places in zip(protocol.arms, planned, strict=True) if places]
    verdicts = [judge(protocol.eligibility.criteria, candidates, times, name) for name in wanted]
    return any(bool((outcome == Outcome.ENTERED).any()) for outcome, _ in verdicts), verdicts[0][1]


def _place_by_arm(protocol: Protocol, candidates: Candidates, times: Timetable, left: tuple[int, ...]) -> Placed:
    """As long as the same arms are open everybody is placed at once; an arm that is full is closed, and it goes on."""
    verdicts = [judge(protocol.eligibility.criteria, candidates, times, arm.name) for arm in protocol.arms]
    outcomes, failures = (np.stack(parts) for parts in zip(*verdicts, strict=True))
    fills = np.stack([fills_a_place(protocol, candidates, outcome, times) for outcome in outcomes])
    n, start, places = outcomes.shape[1], 0, np.array(left)
    arm, told_by = np.full(n, NO_ARM), np.zeros(n, dtype=np.int64)
    while start < n and places.any():
        is_open = np.flatnonzero(places)
        fits = fills[is_open, start:]
        chosen = np.where(fits.any(axis=0), is_open[fits.argmax(axis=0)], NO_ARM)
        stop = start + min(_last_place(chosen == each, places[each]) for each in is_open)
        arm[start:stop] = chosen = chosen[: stop - start]
        furthest = is_open[outcomes[is_open, start:stop].argmax(axis=0)]
        told_by[start:stop] = np.where(chosen == NO_ARM, furthest, chosen)
        places -= np.bincount(chosen[chosen != NO_ARM], minlength=places.size)
        start = stop
    rows = np.arange(start)
    told_by, arm = told_by[:start], arm[:start]
    return Placed(outcomes[told_by, rows], failures[told_by, rows], arm != NO_ARM, arm, tuple(places.tolist()))


def _last_place(takes: Flags, left: int) -> int:
    """How many candidates come until the last of the places left is taken; all of them when it is not."""
    takers = np.flatnonzero(takes)
    return int(takers[left - 1]) + 1 if takers.size >= left else takes.size
