"""What is compiled for the GPU around a kernel: a thread takes its trials and its scratch. Loaded only where one is."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

from numba import cuda

warnings.filterwarnings("ignore", "Grid size .* low occupancy")  # a small design is no fault

to_device, device_array = cuda.to_device, cuda.device_array


@cache
def launcher(trials: Callable[..., None], scratch: tuple[int, ...]) -> Any:
    """A kernel of the GPU with arguments (number of trials, arguments), compiled when it is first launched.

    arguments: a tuple; its arrays at the places `scratch` have one more dimension, in front: the thread.
    """
    handle = _handling(trials, scratch)

    def launch(count: int, arguments: tuple[Any, ...]) -> None:
        thread = cuda.grid(1)
        for trial in range(thread, count, cuda.gridsize(1)):
            handle(trial, thread, arguments)

    return cuda.jit(launch)


def _handling(trials: Callable[..., None], scratch: tuple[int, ...]) -> Any:
    """A function of (trial, thread, arguments) that calls the kernel with the scratch of the thread.

    The types in the tuple change with each array that is taken apart, so that each needs a function of its own.
    """
    if not scratch:

        def call(trial: int, thread: int, arguments: tuple[Any, ...]) -> None:
            trials(trial, trial + 1, *arguments)

        return cuda.jit(call, device=True)
    rest = _handling(trials, scratch[1:])
    place, after = scratch[0], scratch[0] + 1

    def take(trial: int, thread: int, arguments: tuple[Any, ...]) -> None:
        rest(trial, thread, (*arguments[:place], arguments[place][thread], *arguments[after:]))

    return cuda.jit(take, device=True)
