"""Many trials on a GPU, one thread a trial, from the same source as on the CPU: numba-cuda compiles the kernels.

A kernel that handles trials `first` to `last` of a chunk is called for one trial by each thread; scratch, which the CPU
gives to each of its threads, is there once for each thread of the GPU. Arrays may stay on the GPU between two kernels,
so that trials which are generated and fitted there never travel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = NDArray[Any]
Resident: TypeAlias = Any
"""An array on the GPU, as `resident` and `made` give it."""

THREADS = 64
"""In a block."""
SCRATCH_BYTES = 2**30
"""All threads together; more trials than threads are handled one after the other by the same thread."""
LIBRARIES = ("nvvm", "nvrtc")


class NoGpuError(RuntimeError):
    """No trial can be run on a GPU here; the text says what is missing."""


def missing() -> str | None:
    """What is missing to run trials on a GPU, as the end of a sentence; None where nothing is."""
    from numba.core import config

    if config.ENABLE_CUDASIM:
        return None if config.DISABLE_JIT else "the simulator of a GPU needs NUMBA_DISABLE_JIT=1 as well"
    if find_spec("numba_cuda") is None:
        return "the package numba-cuda is not installed"
    from numba import cuda

    try:
        found = cuda.is_available()
    except Exception as error:  # a driver that is broken fails in many ways
        return f"the CUDA driver does not work ({type(error).__name__}: {error})"
    if not found:
        return "no GPU with a CUDA driver was found"
    from cuda.pathfinder import DynamicLibNotFoundError, load_nvidia_dynamic_lib

    for library in LIBRARIES:
        try:
            load_nvidia_dynamic_lib(library)
        except DynamicLibNotFoundError:
            return f"the CUDA library {library} was not found"
    return None


def resident(array: Array) -> Resident:
    """A copy on the GPU."""
    return _launching().to_device(array)


def made(shape: tuple[int, ...], dtype: DTypeLike) -> Resident:
    """An array on the GPU whose content means nothing yet."""
    return _launching().device_array(shape, dtype)


def fetched(array: Resident) -> Array:
    """A copy of an array on the GPU."""
    copy: Array = array.copy_to_host()
    return copy


def here(array: Array | Resident) -> Array:
    """The array, as numpy has it, wherever it is."""
    return array if isinstance(array, np.ndarray) else fetched(array)


def on_gpu(
    trials: Callable[..., None],
    count: int,
    arguments: Sequence[Any],
    *,
    written: Sequence[int] = (),
    scratch: Sequence[int] = (),
) -> None:
    """Calls `trials(i, i + 1, *arguments)` for each trial i of 0 to count - 1, in a thread of the GPU.

    trials: a kernel. arguments: numbers, numpy arrays (copied to the GPU), and arrays that are there already. written:
    the places among the arguments (-1: the last) of the arrays that results are in; they are copied back into those of
    numpy. scratch: the places of those that the CPU gives to one thread to work in: each thread of the GPU has its own,
    and nothing is copied. A trial may write into its own part of the other arguments.
    Raises NoGpuError where there is no GPU, or no package to use it.
    """
    launching = _launching()
    scratch = sorted(place % len(arguments) for place in scratch)
    blocks = _blocks(count, sum(arguments[place].nbytes for place in scratch))
    there = []
    for place, given in enumerate(arguments):
        if place in scratch:
            there.append(launching.device_array((blocks * THREADS, *given.shape), given.dtype))
        else:
            there.append(launching.to_device(given) if isinstance(given, np.ndarray) else given)
    if count > 0:
        launching.launcher(trials, tuple(scratch))[blocks, THREADS](count, tuple(there))
    for place in written:
        if isinstance(arguments[place], np.ndarray):
            there[place].copy_to_host(arguments[place])


def _blocks(count: int, scratch_bytes: int) -> int:
    """As many blocks as trials fill and scratch has room for; at least one."""
    most = SCRATCH_BYTES // max(1, scratch_bytes * THREADS)
    return max(1, min(-(-count // THREADS), most))


def _launching() -> Any:
    """The module that holds what is compiled for the GPU, loaded when it is needed."""
    if (lack := missing()) is not None:
        raise NoGpuError(lack)
    from leadin.engine import gpu_launch

    return gpu_launch
