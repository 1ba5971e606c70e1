"""What runs trials on a GPU: how work is cut, what is said where there is none, and all of it in the simulator."""

import os
import subprocess
import sys
import types

import numpy as np
import pytest
from numba.core import config

from leadin.engine import gpu
from leadin.engine.running import on_cpu


@pytest.mark.parametrize(
    ("count", "scratch_bytes", "blocks"),
    [
        (0, 0, 1),
        (1, 0, 1),
        (64, 8, 1),
        (65, 8, 2),
        (6_400, 0, 100),
        (1_000_000, 2**30 // 64 // 5, 5),
        (1_000_000, 2**30 // 64, 1),
        (1_000_000, 2**40, 1),
    ],
)
def test_blocks_are_as_many_as_trials_fill_and_scratch_has_room_for(count, scratch_bytes, blocks):
    assert gpu._blocks(count, scratch_bytes) == blocks


def broken():
    raise RuntimeError("too old")


@pytest.fixture
def machine(monkeypatch):
    """A machine with what it is told to have; by default all."""

    def made(*, package=True, driver=True, lost=()):
        def load(library):
            if library in lost:
                raise pathfinder.DynamicLibNotFoundError(library)

        pathfinder = types.ModuleType("cuda.pathfinder")
        pathfinder.DynamicLibNotFoundError = type("DynamicLibNotFoundError", (RuntimeError,), {})
        pathfinder.load_nvidia_dynamic_lib = load
        cuda = types.ModuleType("numba.cuda")
        cuda.is_available = driver if callable(driver) else lambda: driver
        monkeypatch.setattr(gpu, "find_spec", lambda name: object() if package and name == "numba_cuda" else None)
        monkeypatch.setattr("numba.cuda", cuda, raising=False)
        monkeypatch.setitem(sys.modules, "numba.cuda", cuda)
        monkeypatch.setitem(sys.modules, "cuda.pathfinder", pathfinder)

    monkeypatch.setattr(config, "ENABLE_CUDASIM", 0)
    return made


@pytest.mark.parametrize(
    ("has", "lack"),
    [
        ({}, None),
        ({"package": False}, "the package numba-cuda is not installed"),
        ({"driver": False}, "no GPU with a CUDA driver was found"),
        ({"driver": broken}, "the CUDA driver does not work (RuntimeError: too old)"),
        ({"lost": ("nvvm",)}, "the CUDA library nvvm was not found"),
        ({"lost": ("nvrtc",)}, "the CUDA library nvrtc was not found"),
    ],
)
def test_what_is_missing(machine, has, lack):
    machine(**has)
    assert gpu.missing() == lack


def test_a_simulated_gpu_needs_kernels_that_are_not_compiled(monkeypatch):
    monkeypatch.setattr(config, "ENABLE_CUDASIM", 1)
    monkeypatch.setattr(config, "DISABLE_JIT", 0)
    assert gpu.missing() == "the simulator of a GPU needs NUMBA_DISABLE_JIT=1 as well"
    monkeypatch.setattr(config, "DISABLE_JIT", 1)
    assert gpu.missing() is None


@pytest.mark.parametrize(
    "use",
    [
        lambda: gpu.on_gpu(print, 1, ()),
        lambda: gpu.resident(np.zeros(3)),
        lambda: gpu.made((3,), np.float64),
    ],
)
def test_without_a_gpu_one_error_says_what_is_missing(machine, use):
    machine(package=False)
    with pytest.raises(gpu.NoGpuError, match=r"^the package numba-cuda is not installed$"):
        use()


def test_on_the_cpu_a_kernel_is_called_once_for_all_trials():
    calls = []
    on_cpu(lambda *given: calls.append(given), 7, (1, "two"))
    assert calls == [(0, 7, 1, "two")]
    for places in ({"written": (0, 1)}, {"scratch": (0, 1)}):
        with pytest.raises(TypeError, match=r"^argument 1 is to be written into: expected an array, got 'two'$"):
            on_cpu(print, 7, (np.zeros(2), "two"), **places)


SIMULATED = """
import sys
import numpy as np
from leadin.engine import gpu

def add_trials(first, last, room, values, times, places, sums, codes):
    for trial in range(first, last):
        for i in range(values.shape[1]):
            room[i] = values[trial, i] * times
            places[0] = trial
        for i in range(values.shape[1]):
            sums[trial] += room[i]
        codes[trial, 0] = places[0]

assert gpu.missing() is None
trials = 200
values = np.arange(trials * 5.0).reshape(trials, 5)
room, places = np.empty(5), np.empty(1, dtype=np.int64)
for most in (2**30, 48 * 64):
    gpu.SCRATCH_BYTES = most
    sums, codes = np.ones(trials), np.zeros((trials, 1), dtype=np.int16)
    gpu.on_gpu(add_trials, trials, (room, values, 2.0, places, sums, codes), written=(4, 5), scratch=(0, 3))
    assert np.array_equal(sums, 1 + 2 * values.sum(axis=1))
    assert np.array_equal(codes[:, 0], np.arange(trials))
    assert np.array_equal(values, np.arange(trials * 5.0).reshape(trials, 5))

there, sums = gpu.resident(values), gpu.resident(np.zeros(trials))
codes = gpu.made((trials, 1), np.int16)
gpu.on_gpu(add_trials, trials, (room, there, 2.0, places, sums, codes), scratch=(0, 3))
gpu.on_gpu(add_trials, 3, (room, there, 1.0, places, sums, codes), scratch=(0, 3))
gpu.on_gpu(add_trials, 0, (room, there, 1.0, places, sums, codes), scratch=(0, 3))
found = gpu.fetched(sums)
assert isinstance(found, np.ndarray)
assert np.array_equal(found[:3], 3 * values[:3].sum(axis=1))
assert np.array_equal(found[3:], 2 * values[3:].sum(axis=1))

assert gpu.here(found) is found
assert np.array_equal(gpu.here(sums), found)
kept = gpu.resident(np.zeros(trials))
gpu.on_gpu(add_trials, trials, (room, there, 2.0, places, kept, codes), written=(-2, -1), scratch=(-6, -3))
assert np.array_equal(gpu.fetched(kept), 2 * values.sum(axis=1))

here = np.zeros(trials)
gpu.on_gpu(lambda first, last, sums: sums.__setitem__(first, 1.0), trials, (here,))
assert not here.any()
gpu.on_gpu(lambda first, last, sums: sums.__setitem__(first, 1.0), trials, (here,), written=[0])
assert here.all()
from leadin.engine.gpu_launch import launcher
room = gpu.made((128, 1), np.int64)
launcher(lambda first, last, room: room.__setitem__(0, first), (0,))[2, 64](200, (room,))
threads = np.arange(128)
assert np.array_equal(gpu.fetched(room)[:, 0], np.where(threads < 72, threads + 128, threads))
print("done")
"""


def test_trials_threads_scratch_and_arrays_that_stay_in_the_simulator():
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, "-c", SIMULATED], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr
