"""Who gets into which arm: permuted blocks within strata, the planned numbers kept to the last participant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def allocate(
    strata: Ints, planned: Sequence[int], ratio: Sequence[int], block_size: int | None, generator: np.random.Generator
) -> Ints:
    """The arm (n,) of each participant in the order of entry; strata (n,): each one's stratum.

    planned: participants of each arm, adding up to n. ratio: share of each arm in a block; an arm of ratio 0 gets
    none from blocks. block_size None: one block of everybody, whatever the strata. A place in a block whose arm is
    already full is passed over, and when blocks offer nothing more the open arms are filled at random, so that every
    arm ends with its planned number.
    """
    planned = list(planned)
    if block_size is None:
        order = np.repeat(np.arange(len(planned)), planned)
        return generator.permutation(order)
    block = _block(ratio, block_size)
    blocks: dict[int, list[int]] = {}
    arms = np.empty(strata.size, dtype=np.int64)
    for participant, stratum in enumerate(strata.tolist()):
        arms[participant] = arm = _next(blocks.setdefault(stratum, []), block, planned, generator)
        planned[arm] -= 1
    return arms


def _block(ratio: Sequence[int], block_size: int) -> list[int]:
    """The arms of one block: the ratio as often as it fits into the block size, at least once."""
    times = max(1, block_size // sum(ratio))
    return [arm for arm, share in enumerate(ratio) for _ in range(share * times)]


def _next(left: list[int], block: list[int], planned: list[int], generator: np.random.Generator) -> int:
    """The next arm of a stratum from what is left of its block, opening a new one when it is used up."""
    if not any(planned[arm] for arm in block):
        still_open = [arm for arm, places in enumerate(planned) for _ in range(places)]
        return still_open[int(generator.integers(len(still_open)))]
    while True:
        if not left:
            left.extend(generator.permutation(block).tolist())
        arm = left.pop()
        if planned[arm]:
            return arm


def stratum_numbers(columns: Mapping[str, NDArray[np.generic]], n: int) -> Ints:
    """One number (n,) for each combination of the columns' values; all 0 without columns."""
    number = np.zeros(n, dtype=np.int64)
    for values in columns.values():
        _, codes = np.unique(values, return_inverse=True)
        number = number * (int(codes.max(initial=0)) + 1) + codes
    return number
