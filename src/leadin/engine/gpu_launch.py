"""What is compiled for the GPU around a kernel: a thread takes its trials and its scratch. Loaded only where one is."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from numba import cuda

to_device, device_array = cuda.to_device, cuda.device_array


@cache
def launcher(trials: Callable[..., None], scratch_arrays: int) -> Any:
    """A kernel of the GPU with arguments (number of trials, arguments, scratch), compiled when it is first launched.

    arguments and scratch are tuples; each array of scratch has one more dimension, in front: the thread.
    """
    handle = _with_scratch(trials, scratch_arrays)

    def launch(count: int, arguments: tuple[Any, ...], scratch: tuple[Any, ...]) -> None:
        thread = cuda.grid(1)
        for trial in range(thread, count, cuda.gridsize(1)):
            handle(trial, thread, arguments, scratch)

    return cuda.jit(launch)


def _with_scratch(trials: Callable[..., None], arrays: int) -> Any:
    """A function of (trial, thread, arguments, scratch) that calls the kernel with the scratch of the thread.

    Tuples of arrays of several types can be taken apart only one by one, each by a function of its own.
    """
    if arrays == 0:

        def call(trial: int, thread: int, arguments: tuple[Any, ...], scratch: tuple[Any, ...]) -> None:
            trials(trial, trial + 1, *arguments)

        return cuda.jit(call, device=True)
    rest = _with_scratch(trials, arrays - 1)

    def take(trial: int, thread: int, arguments: tuple[Any, ...], scratch: tuple[Any, ...]) -> None:
        rest(trial, thread, (*arguments, scratch[0][thread]), scratch[1:])

    return cuda.jit(take, device=True)
