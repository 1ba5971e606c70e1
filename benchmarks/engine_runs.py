"""The engine's fits, each as a piece of work of a stated number of trials: for ratios, and for the gate.

python -m benchmarks.engine_runs [NAME...]

Prints seconds of processor by name as JSON on its last line, after one warm-up; null where this version has no such
fit.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from benchmarks.collapsed_trials import collapsed_trials, repeated
from leadin.engine.collapsed import Collapsed

Fit = Callable[[], object]
TIMES = 4
"""A batch is every data set so many times over: small enough to stay in the cache of a processor."""


def random_slope(batch: Collapsed) -> Fit:
    from leadin.engine.batches.random_slope import random_slope as fit

    return partial(fit, batch.sums, batch.sizes, 0)


def broken_stick(batch: Collapsed) -> Fit:
    from leadin.engine.batches.broken_stick import broken_stick as fit

    return partial(fit, batch.sums, batch.sizes, 0)


def mmrm(batch: Collapsed) -> Fit:
    """Seven visits: month -1 is time zero."""
    from leadin.engine.batches.mmrm import mmrm as fit

    earlier = repeated(collapsed_trials(zero=-1.0), TIMES)
    return partial(fit, earlier.sums, earlier.seen, earlier.sizes, 0)


def survival(batch: Collapsed) -> Fit:
    """Kaplan-Meier, log-rank and Cox."""
    from leadin.engine.batches.survival import survival_analyses as fit

    return partial(fit, batch.survival, batch.sizes, 0, 6.0)


def joint_rank(batch: Collapsed) -> Fit:
    from leadin.engine.batches.joint_rank import joint_rank as fit

    return partial(fit, batch.sums, batch.seen, batch.survival, batch.sizes, 0)


def ancova(batch: Collapsed) -> Fit:
    from leadin.engine.batches.ancova import ancova as fit

    return partial(fit, batch.sums, batch.seen, batch.survival, batch.sizes, 0)


def slope_change(batch: Collapsed) -> Fit:
    from leadin.engine.batches.slope_change import slope_change as fit

    return partial(fit, batch.sums, batch.sizes, 0)


def responders(batch: Collapsed) -> Fit:
    from leadin.engine.batches.responders import absolute, relative
    from leadin.engine.batches.responders import responders as fit

    thresholds = [*map(relative, (25.0, 50.0, 75.0, 100.0)), absolute(1.25), absolute(1.5)]
    return partial(fit, batch.sums, batch.survival, batch.sizes, thresholds)


RUNS: Mapping[str, tuple[Callable[[Collapsed], Fit], int]] = {
    "random_slope": (random_slope, 60_000),
    "broken_stick": (broken_stick, 15_000),
    "mmrm": (mmrm, 2_400),
    "survival": (survival, 120_000),
    "joint_rank": (joint_rank, 100_000),
    "ancova": (ancova, 900_000),
    "slope_change": (slope_change, 900_000),
    "responders": (responders, 500_000),
}
"""Each fit with the number of trials that take it about a second."""


def fits_of(name: str) -> Fit | None:
    """The fit of one batch; None where this version of leadin has none."""
    try:
        return RUNS[name][0](repeated(collapsed_trials(), TIMES))
    except ImportError:
        return None


def milliseconds_a_trial(name: str, seconds: float = 0.5, rounds: int = 3) -> float | None:
    """Milliseconds of processor a trial, of rounds of so many seconds the shortest; None where there is no such fit."""
    fit = fits_of(name)
    if fit is None:
        return None
    trials = _trials()
    fit()
    return 1000 * min(_timed(fit, seconds) for _ in range(rounds)) / trials


def seconds_of(name: str) -> float | None:
    """Seconds of processor of the stated number of trials, after one warm-up; None where there is no such fit."""
    fit = fits_of(name)
    if fit is None:
        return None
    try:
        fit()
    except TypeError:  # another version, called in another way
        return None
    batches = -(-RUNS[name][1] // _trials())
    began = time.process_time()
    for _ in range(batches):
        fit()
    return time.process_time() - began


def _trials() -> int:
    return collapsed_trials().survival.shape[0] * TIMES


def _timed(fit: Fit, seconds: float) -> float:
    """Seconds of processor a batch."""
    began, batches = time.process_time(), 0
    while batches == 0 or time.process_time() - began < seconds:
        fit()
        batches += 1
    return (time.process_time() - began) / batches


def main(names: list[str]) -> int:
    found: dict[str, Any] = {name: seconds_of(name) for name in names or RUNS}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
