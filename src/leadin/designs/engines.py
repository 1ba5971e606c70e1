"""What simulates and fits: fast, by the engine; or plain, slowly, table by table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadin.designs.collapse import clock_start, visits_after
from leadin.designs.devices import CPU
from leadin.designs.fast_generator import FastGenerator
from leadin.designs.figures import Trials
from leadin.designs.fitted import FastTrials, Setting
from leadin.designs.questions import Question, measures_of
from leadin.disease.effect import ConstantSlowing
from leadin.disease.population import Population
from leadin.engine import gpu
from leadin.protocols.protocol import Protocol
from leadin.simulation.timetable import timetable

ENGINES = ("fast", "plain")
DEFAULT_ENGINE = "fast"
"""What is used where nothing is said."""
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
    """The trials of one point of the grid, on the CPU. sizes: participants of each arm."""
    if engine == "plain":
        from leadin.designs.plain_fits import PlainTrials  # with every analysis there is, which takes long to import

        return PlainTrials(protocol, population, sizes, asked, seed, slowing)
    return fast_trials(protocol, population, sizes, slowing, seed, asked)


def fast_trials(
    protocol: Protocol,
    population: Population,
    sizes: tuple[int, ...],
    slowing: float,
    seed: int,
    asked: tuple[Question, ...],
) -> FastTrials:
    """Those of the fast generator, fitted by the engine."""
    measures = measures_of([question.planned for question in asked])
    made = FastGenerator(
        protocol,
        planned=sizes,
        population=population,
        effect=ConstantSlowing(slowing),
        seed=seed,
        measures=measures,
        keep_seen=any(question.planned.method in AT_VISITS for question in asked),
    )
    visits = visits_after(protocol, measures)
    listed = tuple(np.array([measure in visit.measures for visit in visits], dtype=np.bool_) for measure in measures)
    return FastTrials(made, Setting(measures, made.months, listed, clock_start(protocol, timetable(protocol))), asked)


def on_device(trials: Trials, device: str) -> Trials:
    """The same trials, made and fitted on that device; on a GPU their arrays stay there in between."""
    if device == CPU:
        return trials
    assert isinstance(trials, FastTrials)  # the plain engine has been refused
    assert isinstance(trials.generator, FastGenerator)
    made = trials.generator.elsewhere(gpu.on_gpu, gpu.made)
    return replace(trials, generator=made, setting=replace(trials.setting, run=gpu.on_gpu))
