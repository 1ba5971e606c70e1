"""How a kernel that handles trials `first` to `last` of a chunk is run: here on the CPU, in `engine.gpu` on a GPU.

Both take the same arguments, so that what prepares a batch need not know where it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np


class Run(Protocol):
    """`on_cpu`, or `on_gpu` of `engine.gpu`."""

    def __call__(
        self,
        trials: Callable[..., None],
        count: int,
        arguments: Sequence[Any],
        *,
        written: Sequence[int] = ...,
        scratch: Sequence[int] = ...,
    ) -> None:
        """Runs a kernel over trials 0 to count - 1. written, scratch: places among the arguments; -1: the last."""


def on_cpu(
    trials: Callable[..., None],
    count: int,
    arguments: Sequence[Any],
    *,
    written: Sequence[int] = (),
    scratch: Sequence[int] = (),
) -> None:
    """Calls `trials(0, count, *arguments)`, which writes into arrays among the arguments.

    written, scratch: the places of results and of arrays to work in. On the CPU nobody needs them, but one where no
    array is raises TypeError.
    """
    for place in (*written, *scratch):
        if not isinstance(arguments[place], np.ndarray):
            raise TypeError(f"argument {place} is to be written into: expected an array, got {arguments[place]!r}")
    trials(0, count, *arguments)


def as_taken(array: Any) -> Any:
    """Floats as a kernel takes them: an array of numpy without gaps, one on a GPU as it is."""
    return np.ascontiguousarray(array, dtype=np.float64) if isinstance(array, np.ndarray) else array
