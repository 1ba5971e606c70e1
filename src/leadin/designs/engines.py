"""What simulates and fits: fast, by the engine; or plain, slowly, table by table."""

from __future__ import annotations

import numpy as np

from leadin.designs.collapse import clock_start, visits_after
from leadin.designs.fast_generator import FastGenerator
from leadin.designs.figures import Trials
from leadin.designs.fitted import FastTrials, Setting
from leadin.designs.questions import Question, measures_of
from leadin.disease.effect import ConstantSlowing
from leadin.disease.population import Population
from leadin.errors import UsageError
from leadin.protocols.protocol import Protocol
from leadin.simulation.timetable import timetable

ENGINES = ("fast", "plain")
DEFAULT_ENGINE = "fast"
"""What is used where nothing is said."""
ON_GPU = False
"""Whether the fast fits can run on a GPU."""
AT_VISITS = ("mmrm", "ancova", "joint_rank")
"""Methods that need the values at visits; the others do with sums over visits."""
VALUE_PARTICIPANTS = {"fast": 1_000_000, "plain": 20_000}
"""Participants in whom the value of an estimand is found."""


def trials_of(
    protocol: Protocol,
    population: Population,
    sizes: tuple[int, ...],
    slowing: float,
    seed: int,
    asked: tuple[Question, ...],
    engine: str,
) -> Trials:
    """The trials of one point of the grid. sizes: participants of each arm."""
    if engine == "plain":
        from leadin.designs.plain_fits import PlainTrials  # with every analysis there is, which takes long to import

        return PlainTrials(protocol, population, sizes, asked, seed, slowing)
    measures = measures_of([question.planned for question in asked])
    keep_seen = any(question.planned.method in AT_VISITS for question in asked)
    made = FastGenerator(
        protocol,
        planned=sizes,
        population=population,
        effect=ConstantSlowing(slowing),
        seed=seed,
        measures=measures,
        keep_seen=keep_seen,
    )
    visits = visits_after(protocol, measures)
    listed = tuple(np.array([measure in visit.measures for visit in visits], dtype=np.bool_) for measure in measures)
    return FastTrials(made, Setting(measures, made.months, listed, clock_start(protocol, timetable(protocol))), asked)


def refuse_missing_device(device: str, engine: str) -> None:
    """Raises UsageError for a device that is not at hand, and for a GPU under the plain engine."""
    if device not in ("cpu", "gpu"):
        raise UsageError(f"device: expected cpu or gpu; got {device!r}.")
    if device == "cpu":
        return
    reason = "the plain engine runs on the CPU alone" if engine == "plain" else _no_gpu()
    if reason is not None:
        raise UsageError(f"device: expected a GPU that numba-cuda can use; {reason}. Leave it out, or say cpu.")


def _no_gpu() -> str | None:
    """Why no GPU can be used; None where one can."""
    if not ON_GPU:
        return "this version computes on the CPU alone"
    try:
        from numba import cuda
    except ImportError as error:  # numba-cuda is its own package
        return f"numba has no CUDA here ({error})"
    try:
        found = bool(cuda.is_available())
    except Exception as error:  # a driver that is broken fails in many ways
        return f"got {type(error).__name__}: {error}"
    return None if found else "found none on this machine"
