"""Trials made and fitted on a GPU, or rather in the simulator of one, are those of the CPU, and so is a design of them.

As a test this file works on the CPU, and runs itself as a program in which numba compiles nothing and simulates a GPU:
`python test_device_neutral.py trials FILE` writes the collapsed trials, `design FILE` and `all FILE` a design.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from leadin.designs import manufacturing_runs, values
from leadin.designs.fast_generator import FastGenerator
from leadin.designs.operating_characteristics import operating_characteristics
from leadin.designs.questions import COUNTED
from leadin.disease.effect import ConstantSlowing
from leadin.disease.load_therapy import load_therapy
from leadin.engine import gpu
from leadin.engine.running import on_cpu
from leadin.protocols.load import load_protocol

ARRAYS = ("sums", "seen", "survival", "filled")
FIRST, COUNT = 3, 2
TRIALS = {
    "therapy, waits, three arms": (
        "nurown-phase2a",
        (2, 2, 2),
        load_therapy("hypothetical-some-respond"),
        ("svc_percent", "alsfrs_r"),
    ),
    "blocks and criteria": ("hanyang-phase2", (3, 3), ConstantSlowing(0.3), ("alsfrs_r",)),
    "nobody found": ("hanyang-phase2", (3, 3), ConstantSlowing(0.3), ("alsfrs_r",)),
}
FEW = ("slope_change", "ancova", "cox")


def few_runs(set_to=setattr):
    """Makes what is drawn once for a design small."""
    set_to(manufacturing_runs, "RUNS", 4)
    set_to(manufacturing_runs, "FEWEST_RUNS", 4)
    set_to(values, "FEWEST_POOLS", 2)


def generator(name):
    protocol, planned, effect, measures = TRIALS[name]
    made = FastGenerator(load_protocol(protocol), planned=planned, effect=effect, measures=measures)
    if name == "nobody found":
        made.plan["most_candidates"] = 2
    return made


def designed(device, methods):
    return operating_characteristics(
        load_protocol("hanyang-phase2"),
        n=[6],
        slowing=[0.3],
        analysis=list(methods),
        replicates=2,
        value_participants=12,
        threads=2,
        device=device,
    )


@pytest.fixture(autouse=True)
def small(monkeypatch):
    few_runs(monkeypatch.setattr)


def simulated(what, file):
    """What this file as a program writes in the simulator."""
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, __file__, what, str(file)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture(scope="module")
def trials_there(tmp_path_factory):
    return dict(np.load(simulated("trials", tmp_path_factory.mktemp("simulated") / "trials.npz")))


@pytest.mark.parametrize("name", TRIALS)
@pytest.mark.parametrize("made", ["resident", "copied"])
def test_the_same_trials_on_a_simulated_gpu(name, made, trials_there):
    here = generator(name).generate(FIRST, COUNT)
    assert here.filled.all() == (name != "nobody found")
    for array in ARRAYS:
        there = trials_there[f"{name}/{made}/{array}"]
        assert there.shape == getattr(here, array).shape
        np.testing.assert_allclose(there, getattr(here, array), rtol=1e-12, atol=1e-12)


def close(one, other):
    """Whether two cells as told are equal to 1e-8, but for their times."""
    for field in one.keys() - {"seconds", "trials_per_second"}:
        number = isinstance(one[field], float)
        assert other[field] == (pytest.approx(one[field], rel=1e-8, abs=1e-8) if number else one[field]), field


def compare(there, methods):
    here = json.loads(designed("cpu", methods).to_json())
    assert there["design"].pop("device") == "gpu"
    assert here["design"].pop("device") == "cpu"
    assert there["design"] == here["design"]
    assert len(there["cells"]) == len(here["cells"])
    for one, other in zip(here["cells"], there["cells"], strict=True):
        close(one, other)
    return here["cells"]


def test_the_same_design_on_a_simulated_gpu(tmp_path):
    there = json.loads(simulated("design", tmp_path / "design.json").read_text())
    cells = compare(there, FEW)
    assert {cell["method"] for cell in cells} == set(FEW)
    assert any(cell["mean_estimate"] is not None for cell in cells)


@pytest.mark.slow
def test_the_same_design_by_every_method_on_a_simulated_gpu(tmp_path):
    there = json.loads(simulated("all", tmp_path / "design.json").read_text())
    assert len({cell["method"] for cell in compare(there, COUNTED)}) == len(COUNTED)


@pytest.mark.slow
def test_the_compiler_of_a_gpu_takes_the_generator(monkeypatch):
    """Needs no GPU, but what compiles for one."""
    from ..gpu_compiler import ptx_of

    found = []

    def compiled(trials, count, arguments, *, written=(), scratch=()):
        on_cpu(trials, count, arguments, written=written, scratch=scratch)
        found.append(ptx_of(monkeypatch, trials, count, arguments, scratch))

    generator("therapy, waits, three arms").elsewhere(compiled).generate(FIRST, COUNT)
    assert ".target sm_90" in found[0]
    assert ".entry" in found[0]


if __name__ == "__main__":
    few_runs()
    _, what, file = sys.argv
    if what == "trials":
        arrays = {}
        for name in TRIALS:
            for made, how in (("resident", gpu.made), ("copied", np.empty)):
                trials = generator(name).elsewhere(gpu.on_gpu, how).generate(FIRST, COUNT)
                assert isinstance(trials.sums, np.ndarray) == (made == "copied")
                arrays |= {f"{name}/{made}/{array}": gpu.here(getattr(trials, array)) for array in ARRAYS}
        np.savez(file, **arrays)
    else:
        with open(file, "w", encoding="utf-8") as written:
            written.write(designed("gpu", COUNTED if what == "all" else FEW).to_json())
