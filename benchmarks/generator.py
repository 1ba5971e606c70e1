"""Trials simulated and fitted by the engine, against drawing their normals and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.side_by_side import Comparison, milliseconds

PROTOCOL = Path(__file__).resolve().parent / "protocols" / "w1.yaml"
TRIALS = 64
"""Simulated at once."""
ROW = 1_024
DRAW = np.random.default_rng(1)


def compared() -> tuple[Comparison, ...]:
    """W1 under the full drift model: 200 participants, 10 visits."""
    generator = w1()
    normals = normals_of_a_trial(generator)
    return (
        Comparison(
            "W1 simulated under the full drift model, `random_slope` with df fitted, 200 participants, 10 visits",
            ("leadin, simulated and fitted", best(simulated_and_fitted(generator))),
            {
                "leadin, simulated alone": best(lambda: generator.generate(1, TRIALS)),
                f"leadin's kernels: its {normals:,} normals, in the rows drawn": best(rows_drawn(generator)),
                f"leadin's kernels: {normals:,} normals, in rows of {ROW:,}": best(rows(ROW, TRIALS * normals)),
                f"numpy: {normals:,} normals": milliseconds([()] * 200, lambda: DRAW.standard_normal(normals)),
                "leadin, one trial simulated plainly, nothing fitted": milliseconds([(i,) for i in range(20)], plainly),
            },
        ),
    )


def w1() -> object:
    """What simulates W1."""
    import leadin
    from leadin.designs.fast_generator import FastGenerator

    return FastGenerator(leadin.protocol(PROTOCOL), planned=(100, 100), keep_seen=False)


def simulated_and_fitted(generator: object) -> Callable[[], object]:
    from leadin.engine.batches.random_slope import random_slope

    def work() -> object:
        trials = generator.generate(1, TRIALS)
        return random_slope(trials.sums, trials.sizes, 1)

    return work


def normals_of_a_trial(generator: object) -> int:
    """How many a trial takes: nobody is shut out, and of those who leave in the lead-in the later ones are spared."""
    plan = generator.plan[0]
    return int(200 * (plan.lead_in_normals + plan.follow_up_normals))


def rows_drawn(generator: object) -> Callable[[], object]:
    """The normals of TRIALS trials as they are drawn: two short rows a participant."""
    plan = generator.plan[0]
    first, second = (rows(int(n), TRIALS * 200 * int(n)) for n in (plan.lead_in_normals, plan.follow_up_normals))
    return lambda: (first(), second())


def rows(length: int, count: int) -> Callable[[], object]:
    """`count` normals of the engine, in rows of `length`."""
    from benchmarks.normal_rows import normal_rows

    out, words = np.zeros(length + 16), np.zeros(length + 16, dtype=np.uint64)
    return lambda: normal_rows(out, words, length, count // length)


def plainly(replicate: int) -> None:
    import leadin
    from leadin.disease.load import load_population
    from leadin.engine.streams import Streams
    from leadin.simulation.participants import simulate_arrays

    simulate_arrays(leadin.protocol(PROTOCOL), load_population("pro-act"), streams=Streams(1, replicate))


def best(work: Callable[[], object], rounds: int = 40) -> float:
    """Milliseconds of processor a trial, the least of some rounds."""
    work()
    least = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work()
        least = min(least, time.process_time() - began)
    return 1000 * least / TRIALS
