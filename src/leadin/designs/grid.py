"""The grid of a design: numbers of participants and slowings, checked before anything is simulated."""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence

from leadin.errors import UsageError
from leadin.protocols.problems import shown
from leadin.protocols.protocol import Protocol
from leadin.simulation.simulate import MOST_PARTICIPANTS

MOST_REPLICATES = 100_000_000
MOST_THREADS = 1024
DEVICES = ("cpu", "gpu")


def slowings(asked: Sequence[float] | float) -> tuple[float, ...]:
    """The slowings, in the order given. Raises UsageError for one that is no share from 0 to below 1, one given twice,
    and none."""
    values = []
    for value in _several("slowing", asked, "0,0.3"):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value < 1.0:
            raise UsageError(
                f"slowing: expected shares from 0 to below 1 (0.3: decline slowed by 30 %); got {shown(value)}."
            )
        values.append(float(value))
    _once("slowing", values)
    return tuple(values)


def arm_sizes(protocol: Protocol, asked: Sequence[int] | int | None) -> tuple[tuple[int, ...], ...]:
    """Participants of each arm for each total, in the order given; None: the protocol's own numbers.

    The protocol's own total is split as the protocol says. Any other is split in the ratio of its randomisation, else
    of its planned numbers: whole participants, those left over to the largest remainders, the first arm first, and at
    least one to each arm. Raises UsageError for a total that is no whole number, less than the number of arms or more
    than can be simulated, one given twice, and none.
    """
    own = tuple(arm.planned for arm in protocol.arms)
    if asked is None:
        asked = [sum(own)]
    values = []
    for value in _several("n", asked, "32,64"):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_PARTICIPANTS:
            raise UsageError(
                f"n: expected whole numbers of participants in all, from 1 to {MOST_PARTICIPANTS:,}; got "
                f"{shown(value)}."
            )
        if value < len(own):
            arms = ", ".join(arm.name for arm in protocol.arms)
            raise UsageError(
                f"n: expected at least one participant for each of the {len(own)} arms of {protocol.name} ({arms}); "
                f"got {value} in all. Give {len(own)} or more."
            )
        values.append(value)
    _once("n", values)
    return tuple(own if value == sum(own) and min(own) > 0 else split(protocol, value) for value in values)


def split(protocol: Protocol, total: int) -> tuple[int, ...]:
    """A total over the arms, see `arm_sizes`."""
    how = protocol.randomisation
    shares = [arm.planned if how is None else how.ratio.get(arm.name, 0) for arm in protocol.arms]
    shares = shares if sum(shares) else [1] * len(shares)
    whole = sum(shares)
    sizes = [total * share // whole for share in shares]
    left = [total * share % whole for share in shares]
    for arm in sorted(range(len(sizes)), key=lambda arm: -left[arm])[: total - sum(sizes)]:
        sizes[arm] += 1
    while min(sizes) < 1:
        sizes[sizes.index(max(sizes))] -= 1
        sizes[sizes.index(min(sizes))] += 1
    return tuple(sizes)


def checked_whole(name: str, value: int, low: int, high: int) -> int:
    """The number; UsageError where it is not whole or not from low to high."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise UsageError(f"{name}: expected a whole number from {low:,} to {high:,}; got {shown(value)}.")
    return value


def thread_number(asked: int | None) -> int:
    """As many threads as asked; None: one for each core that this process may use."""
    if asked is None:
        usable = getattr(os, "sched_getaffinity", None)
        return len(usable(0)) if usable is not None else os.cpu_count() or 1
    return checked_whole("threads", asked, 1, MOST_THREADS)


def _several(name: str, asked: object, example: str) -> list[object]:
    if isinstance(asked, str):
        raise UsageError(f"{name}: expected numbers, such as [{example}]; got the text {asked!r}.")
    values = list(asked) if isinstance(asked, Sequence) else [asked]
    if not values:
        raise UsageError(f"{name}: expected at least one number, such as {example}; got none.")
    return values


def _once(name: str, values: Sequence[Hashable]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise UsageError(f"{name}: expected each value once; got {shown(value)} twice. Remove one.")
