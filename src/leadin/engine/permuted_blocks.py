"""Allocation in permuted blocks within strata, with fixed totals: one sequence at random, how likely a given one is,
and every sequence that there is.

Groups are numbered from 0; `planned` holds how many each gets, `ratio` its places in a block. A place in a block whose
group is already full is passed over; when blocks offer nothing more, the open groups are filled at random, so that
every group ends with its total. Without a block size there is one block of everybody, whatever the strata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def allocate(
    strata: Ints, planned: Sequence[int], ratio: Sequence[int], block_size: int | None, generator: np.random.Generator
) -> Ints:
    """The group (n,) of each of n in their order; strata (n,): the stratum of each.

    planned: total of each group, adding up to n. ratio: share of each group in a block; one of ratio 0 gets none from
    blocks. block_size None: one block of everybody.
    """
    planned = list(planned)
    if block_size is None:
        order = np.repeat(np.arange(len(planned)), planned)
        return generator.permutation(order)
    block = _block(ratio, block_size)
    blocks: dict[int, list[int]] = {}
    groups = np.empty(strata.size, dtype=np.int64)
    for place, stratum in enumerate(strata.tolist()):
        groups[place] = group = _next(blocks.setdefault(stratum, []), block, planned, generator)
        planned[group] -= 1
    return groups


def log_probability(
    groups: Sequence[int], strata: Sequence[int], planned: Sequence[int], ratio: Sequence[int], block_size: int | None
) -> float:
    """The natural logarithm of the probability that `allocate` gives this sequence of groups (n,); minus infinity where
    it cannot."""
    rule = _Rule(strata, planned, ratio, block_size)
    state, total = rule.start(), 0.0
    for place, group in enumerate(groups):
        chances = rule.chances(place, state)
        if not chances[group]:
            return float("-inf")
        total += float(np.log(chances[group] / sum(chances)))
        state = rule.after(place, state, group)
    return total


def every_allocation(
    strata: Sequence[int], planned: Sequence[int], ratio: Sequence[int], block_size: int | None, most: int
) -> tuple[Ints, Floats] | None:
    """Every sequence that `allocate` can give (k, n), in the order of their groups, with the probability of each (k,);
    None when there are more than `most`."""
    rule = _Rule(strata, planned, ratio, block_size)
    found: list[tuple[int, ...]] = []
    weights: list[float] = []
    for sequence, weight in rule.sequences():
        if len(found) == most:
            return None
        found.append(sequence)
        weights.append(weight)
    return np.array(found, dtype=np.int64).reshape(len(found), len(strata)), np.array(weights)


def stratum_numbers(columns: Mapping[str, NDArray[np.generic]], n: int) -> Ints:
    """One number (n,) for each combination of the columns' values; all 0 without columns."""
    number = np.zeros(n, dtype=np.int64)
    for values in columns.values():
        _, codes = np.unique(values, return_inverse=True)
        number = number * (int(codes.max(initial=0)) + 1) + codes
    return number


def _block(ratio: Sequence[int], block_size: int) -> list[int]:
    """The groups of one block: the ratio as often as it fits into the block size, at least once."""
    times = max(1, block_size // sum(ratio))
    return [group for group, share in enumerate(ratio) for _ in range(share * times)]


def _next(left: list[int], block: list[int], planned: list[int], generator: np.random.Generator) -> int:
    """The next group of a stratum from what is left of its block, opening a new one when it is used up."""
    if not any(planned[group] for group in block):
        still_open = [group for group, places in enumerate(planned) for _ in range(places)]
        return still_open[int(generator.integers(len(still_open)))]
    while True:
        if not left:
            left.extend(generator.permutation(block).tolist())
        group = left.pop()
        if planned[group]:
            return group


_State = tuple[tuple[int, ...], tuple[tuple[int, tuple[int, ...]], ...]]
"""What each group still lacks; and for each stratum met so far, what is left of its block by group."""


class _Rule:
    """`allocate` as chances, one place after the other: what is left of a permuted block is drawn without order, so
    each open group is as likely as its places among those left."""

    def __init__(
        self, strata: Sequence[int], planned: Sequence[int], ratio: Sequence[int], block_size: int | None
    ) -> None:
        self._planned = tuple(int(total) for total in planned)
        if block_size is None:
            self._strata = [0] * len(strata)
            self._block = self._planned
        else:
            self._strata = [int(stratum) for stratum in strata]
            block = _block(ratio, block_size)
            self._block = tuple(block.count(group) for group in range(len(planned)))

    def start(self) -> _State:
        return self._planned, ()

    def chances(self, place: int, state: _State) -> tuple[int, ...]:
        """Places by group, of which one is drawn."""
        lacking, blocks = state
        if not any(total for total, share in zip(lacking, self._block, strict=True) if share):
            return lacking
        left = self._open(lacking, dict(blocks).get(self._strata[place]))
        return left if any(left) else self._open(lacking, self._block)

    def after(self, place: int, state: _State, group: int) -> _State:
        lacking, blocks = state
        left = {**dict(blocks), self._strata[place]: _less_one(self.chances(place, state), group)}
        return _less_one(lacking, group), tuple(left.items())

    def sequences(self) -> Iterator[tuple[tuple[int, ...], float]]:
        stack: list[tuple[tuple[int, ...], _State, float]] = [((), self.start(), 1.0)]
        while stack:
            so_far, state, weight = stack.pop()
            if len(so_far) == len(self._strata):
                yield so_far, weight
                continue
            chances = self.chances(len(so_far), state)
            for group in range(len(chances) - 1, -1, -1):
                if chances[group]:
                    after = self.after(len(so_far), state, group)
                    stack.append(((*so_far, group), after, weight * chances[group] / sum(chances)))

    @staticmethod
    def _open(lacking: tuple[int, ...], left: tuple[int, ...] | None) -> tuple[int, ...]:
        """What is left of a block, without groups that are full."""
        if left is None:
            return (0,) * len(lacking)
        return tuple(places if total else 0 for total, places in zip(lacking, left, strict=True))


def _less_one(counts: tuple[int, ...], group: int) -> tuple[int, ...]:
    return tuple(count - (position == group) for position, count in enumerate(counts))
