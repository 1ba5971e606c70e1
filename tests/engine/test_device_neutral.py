"""Every kernel that runs over trials gives the same numbers on a GPU, or rather in the simulator of one, as on the CPU.

As a test this file runs each on the CPU, and itself once as a program, in which numba compiles nothing and simulates a
GPU: `python test_device_neutral.py FILE` writes what the kernels left in their arrays there.

A method is added by one line of METHODS: the module in `engine/batches` and the call of what it is named by.
"""

import importlib
import os
import subprocess
import sys
import traceback
import warnings
from dataclasses import dataclass

import numpy as np
import pytest

from leadin.engine.collapsed import Collapsed
from leadin.engine.gpu import on_gpu
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
    "random_slope": ("random_slope", lambda f, c, run: f(c.sums, c.sizes, run=run)),
    "broken_stick": ("broken_stick", lambda f, c, run: f(c.sums, c.sizes, run=run)),
    "mmrm": ("mmrm", lambda f, c, run: f(c.sums, c.seen, c.sizes, run=run)),
    "slope_changes": ("slope_change", lambda f, c, run: f(c.sums, c.sizes, run=run)),
    "ancova": ("ancova", lambda f, c, run: f(c.sums, c.seen, c.survival, c.sizes, run=run)),
    "joint_rank": (
        "joint_rank",
        lambda f, c, run: f(c.sums, c.seen, c.survival, c.sizes, 0, ancova=True, run=run),
    ),
    "joint_scores": ("joint_rank", lambda f, c, run: f(c.sums, c.seen, c.survival, c.sizes, run=run)),
    "responders": ("responders", lambda f, c, run: f(c.sums, c.survival, c.sizes, thresholds(), run=run)),
    "survival_analyses": ("survival", lambda f, c, run: f(c.survival, c.sizes, 0, 4.0, run=run)),
}


@dataclass(frozen=True)
class Work:
    """A kernel and what it is run with."""

    trials: object
    count: int
    arguments: tuple
    written: tuple[int, ...]
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
    given = (4_000_000_000, *arrays, gamma_table(2.0, 1.0), words(PLACES))
    return Work(random_trials, TRIALS, given, (1, 2, 3, 4), (6,))


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


class RecordedError(Exception):
    """What a front would have run is known."""


def method(name):
    """What the batch of a method runs."""
    module_name, call = METHODS[name]
    recorded = []

    def record(trials, count, arguments, *, written=(), scratch=()):
        places = (tuple(sorted(place % len(arguments) for place in some)) for some in (written, scratch))
        recorded.append(Work(trials, count, tuple(arguments), *places))
        raise RecordedError

    with pytest.raises(RecordedError):
        call(getattr(importlib.import_module(f"leadin.engine.batches.{module_name}"), name), collapsed(), record)
    return recorded[0]


def work(name):
    return random_numbers() if name == "random_numbers" else method(name)


def left_behind(run, name):
    """The arrays that the kernel leaves results in, after the run."""
    task = work(name)
    for place in task.written:
        if task.arguments[place].dtype == np.int8:
            task.arguments[place][...] = UNTOLD
    run(task.trials, task.count, task.arguments, written=task.written, scratch=task.scratch)
    return {f"{name}/{place}": task.arguments[place] for place in task.written}


NAMES = ("random_numbers", *METHODS)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """The arrays that every kernel left behind on the simulated GPU, or why it did not run."""
    file = tmp_path_factory.mktemp("simulated") / "arrays.npz"
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, __file__, str(file)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(np.load(file))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_numbers_on_a_simulated_gpu(name, simulated):
    assert f"{name}/error" not in simulated, str(simulated[f"{name}/error"])
    here = left_behind(on_cpu, name)
    assert here.keys() == {key for key in simulated if key.startswith(f"{name}/")}
    for key, array in here.items():
        tolerance = 0 if array.dtype.kind != "f" else 1e-13 if name == "random_numbers" else 1e-8
        assert np.allclose(array, simulated[key], rtol=tolerance, atol=tolerance, equal_nan=True), key
        assert array.dtype != np.int8 or not np.any(array == UNTOLD), key


@pytest.mark.parametrize("name", NAMES)
def test_a_kernel_writes_nothing_but_results_and_scratch(name):
    task = work(name)
    others = {
        place: given.copy()
        for place, given in enumerate(task.arguments)
        if isinstance(given, np.ndarray) and place not in (*task.written, *task.scratch)
    }
    on_cpu(task.trials, task.count, task.arguments, written=task.written, scratch=task.scratch)
    assert others
    for place, before in others.items():
        assert np.array_equal(task.arguments[place], before, equal_nan=before.dtype.kind == "f"), place


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_compiler_of_a_gpu_takes_it(name, monkeypatch):
    """Needs no GPU, but what compiles for one: it finds functions and allocations that a GPU does not have."""
    from ..gpu_compiler import ptx_of

    task = work(name)
    text = ptx_of(monkeypatch, task.trials, task.count, task.arguments, task.scratch)
    assert ".target sm_90" in text
    assert ".entry" in text


if __name__ == "__main__":
    found = {}
    for each in NAMES:
        with warnings.catch_warnings():
            warnings.simplefilter("error" if each == "random_numbers" else "ignore")
            try:
                found |= left_behind(on_gpu, each)
            except Exception:
                found[f"{each}/error"] = np.array(traceback.format_exc())
    np.savez(sys.argv[1], **found)
