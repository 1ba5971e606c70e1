"""Every kernel that runs over trials gives the same numbers on a GPU, or rather in the simulator of one, as on the CPU.

As a test this file runs each on the CPU, and itself once as a program, in which numba compiles nothing and simulates a
GPU: `python test_device_neutral.py FILE` writes what the kernels left in their arrays there.

A method is added by one line of METHODS: the module in `engine/batches`, the kernel that it calls, which arguments of
that are scratch (counted from the last: -1), and the call.
"""

import importlib
import os
import subprocess
import sys
import traceback
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

from leadin.engine.collapsed import Collapsed
from leadin.engine.gpu import LIBRARIES, on_gpu
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.normal_distribution import normal_cdf, normal_quantile
from leadin.engine.kernels.normals import normals
from leadin.engine.kernels.philox import ROOM
from leadin.engine.kernels.quantile_table import from_table
from leadin.engine.kernels.uniforms import exponentials, uniforms
from leadin.engine.quantile_table import gamma_table
from leadin.engine.running import on_cpu

TRIALS, SIZES, TIMES = 3, np.array([7, 6]), np.array([-3.0, -2, -1, 0, 1, 2, 3, 4, 6])
PLACES = 700
UNTOLD = 99
"""No code of a fit."""
METHODS = {
    "random_slope": ("random_slope", "random_slope_trials", (-4, -3, -2, -1), lambda f, c: f(c.sums, c.sizes)),
    "broken_stick": ("broken_stick", "broken_stick_trials", (-3, -2, -1), lambda f, c: f(c.sums, c.sizes)),
    "mmrm": ("mmrm", "mmrm_trials", (-2,), lambda f, c: f(c.sums, c.seen, c.sizes)),
    "slope_change": ("slope_change", "slope_change_trials", (-2, -1), lambda f, c: f(c.sums, c.sizes)),
    "ancova": ("ancova", "ancova_trials", (-2, -1), lambda f, c: f(c.sums, c.seen, c.survival, c.sizes)),
    "joint_rank": (
        "joint_rank",
        "joint_rank_trials",
        (-5, -4, -3, -2, -1),
        lambda f, c: f(c.sums, c.seen, c.survival, c.sizes, 0, ancova=True),
    ),
    "responders": (
        "responders",
        "responder_trials",
        (-2, -1),
        lambda f, c: f(c.sums, c.survival, c.sizes, thresholds()),
    ),
    "survival_analyses": ("survival", "survival_trials", (-3, -2, -1), lambda f, c: f(c.survival, c.sizes, 0, 4.0)),
}


@dataclass(frozen=True)
class Work:
    """A kernel and what it is called with."""

    trials: object
    count: int
    arguments: tuple
    scratch: tuple[int, ...]


@kernel
def random_trials(first, last, seed, flat, waits, scores, gammas, table, words):
    """All random numbers of a few trials; scores are sent through the normal distribution and back."""
    for trial in range(first, last):
        uniforms(flat[trial], words, flat.shape[1], 1, trial, 2, seed, 7)
        exponentials(waits[trial], words, waits.shape[1], 1, trial, 3, seed, 7)
        normals(scores[trial], words, scores.shape[1], 1, trial, 4, seed, 7)
        for i in range(scores.shape[1]):
            gammas[trial, i] = from_table(normal_quantile(normal_cdf(scores[trial, i])), table)


def random_numbers():
    arrays = tuple(np.zeros((TRIALS, PLACES)) for _ in range(4))
    return Work(random_trials, TRIALS, (4_000_000_000, *arrays, gamma_table(2.0, 1.0), words(PLACES)), (6,))


def words(n):
    return np.zeros(n + ROOM, dtype=np.uint64)


def collapsed():
    """A few trials of two groups with missing values, deaths, and a unit without a value."""
    rng = np.random.default_rng(11)
    n = int(SIZES.sum())
    mean = 40 + rng.normal(0, 4, (TRIALS, n, 1)) + rng.normal(-1, 0.5, (TRIALS, n, 1)) * TIMES
    values = np.round(mean + rng.normal(0, 1, mean.shape) - np.maximum(TIMES, 0) * (np.arange(n) < 7)[:, None])
    values[rng.random(values.shape) < 0.15] = np.nan
    values[0, 3] = np.nan
    months = np.minimum(rng.exponential(8, (TRIALS, n)), 6.0)
    sums = np.zeros((TRIALS, 1, 16, n))
    for side, chosen in ((0, TIMES < 0), (6, TIMES > 0)):
        t, y = np.broadcast_to(TIMES[chosen], values[..., chosen].shape), values[..., chosen]
        terms = (np.ones_like(t), t, t * t, y, t * y, y * y)
        for place, term in enumerate(terms):
            sums[:, 0, side + place] = np.where(np.isnan(y), 0, term).sum(axis=2)
    zero = values[..., 3]
    sums[:, 0, 12], sums[:, 0, 13] = ~np.isnan(zero), np.nan_to_num(zero)
    for t in range(4):
        here = ~np.isnan(values[..., t])
        sums[:, 0, 14][here], sums[:, 0, 15][here] = TIMES[t], values[..., t][here]
    none = np.isnan(values[..., :4]).all(axis=2)
    sums[:, 0, 14][none] = sums[:, 0, 15][none] = np.nan
    seen = np.ascontiguousarray(values[..., 4:].transpose(0, 2, 1))[:, None]
    survival = np.stack((months, (months < 6).astype(float)), axis=1)
    return Collapsed(SIZES, sums, seen, survival, np.ones(TRIALS, dtype=bool))


def thresholds():
    """Of responders: a relative and an absolute one."""
    module = importlib.import_module("leadin.engine.batches.responders")
    return module.relative(30.0), module.absolute(0.5)


def method(name):
    """What the batch of a method calls its kernel with."""
    module_name, kernel_name, scratch, call = METHODS[name]
    module = importlib.import_module(f"leadin.engine.batches.{module_name}")
    compiled, calls = getattr(module, kernel_name), []
    setattr(module, kernel_name, lambda *given: calls.append(given))
    try:
        call(getattr(module, name), collapsed())
    except (IndexError, ValueError, FloatingPointError):
        if not calls:
            raise
    finally:
        setattr(module, kernel_name, compiled)
    first, last, *given = calls[0]
    assert first == 0
    return Work(compiled, last, tuple(given), tuple(sorted(place % len(given) for place in scratch)))


def work(name):
    return random_numbers() if name == "random_numbers" else method(name)


def left_behind(run, name):
    """The arrays among the arguments after the run."""
    task = work(name)
    arrays = [place for place, given in enumerate(task.arguments) if isinstance(given, np.ndarray)]
    places = [place for place in arrays if place not in task.scratch]
    for place in places:
        if task.arguments[place].dtype == np.int8:
            task.arguments[place][...] = UNTOLD
    run(task.trials, task.count, task.arguments, written=places, scratch=task.scratch)
    return {f"{name}/{place}": task.arguments[place] for place in places}


def names():
    """Of what there is to run; a method whose module is not there yet is left out."""
    batches = find_spec("leadin.engine.batches") is not None
    there = [name for name, (module, *_) in METHODS.items() if batches and find_spec(f"leadin.engine.batches.{module}")]
    return ["random_numbers", *there]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """The arrays that every kernel left behind on the simulated GPU, or why it did not run."""
    file = tmp_path_factory.mktemp("simulated") / "arrays.npz"
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, __file__, str(file)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(np.load(file))


@pytest.mark.parametrize("name", names())
def test_the_same_numbers_on_a_simulated_gpu(name, simulated):
    assert f"{name}/error" not in simulated, str(simulated[f"{name}/error"])
    here = left_behind(on_cpu, name)
    assert here.keys() == {key for key in simulated if key.startswith(f"{name}/")}
    for key, array in here.items():
        tolerance = 0 if array.dtype.kind != "f" else 1e-13 if name == "random_numbers" else 1e-8
        assert np.allclose(array, simulated[key], rtol=tolerance, atol=tolerance, equal_nan=True), key
        assert array.dtype != np.int8 or not np.any(array == UNTOLD), key


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_the_compiler_of_a_gpu_takes_it(name, monkeypatch):
    """Needs no GPU, but what compiles for one: it finds functions and allocations that a GPU does not have."""
    for package in ("numba_cuda", "cuda.pathfinder"):
        pytest.importorskip(package, reason=f"{package} is not installed: nothing can be compiled for a GPU")
    from cuda.pathfinder import DynamicLibNotFoundError, load_nvidia_dynamic_lib

    for library in LIBRARIES:
        try:
            load_nvidia_dynamic_lib(library)
        except DynamicLibNotFoundError:
            pytest.skip(f"the CUDA library {library} is not installed: nothing can be compiled for a GPU")
    from numba import cuda, typeof

    monkeypatch.setattr("numba.cuda.dispatcher.get_current_device", lambda: SimpleNamespace(compute_capability=(9, 0)))
    from leadin.engine.gpu_launch import launcher

    task = work(name)
    given = tuple(each[None] if place in task.scratch else each for place, each in enumerate(task.arguments))
    types = (typeof(task.count), typeof(given))
    text, _ = cuda.compile_ptx(launcher(task.trials, task.scratch).py_func, types, cc=(9, 0))
    assert ".target sm_90" in text
    assert ".entry" in text


if __name__ == "__main__":
    found = {}
    for each in names():
        with warnings.catch_warnings():
            warnings.simplefilter("error" if each == "random_numbers" else "ignore")
            try:
                found |= left_behind(on_gpu, each)
            except Exception:
                found[f"{each}/error"] = np.array(traceback.format_exc())
    np.savez(sys.argv[1], **found)
