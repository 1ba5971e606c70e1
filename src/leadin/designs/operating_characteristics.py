"""Operating characteristics: a protocol simulated and analysed many times over a grid of n and slowing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadin.analysis.rerandomisation import Progress
from leadin.designs.carried import Chosen, chosen
from leadin.designs.cells import Counted, cells_of
from leadin.designs.design import Design
from leadin.designs.devices import BATCH, CPU, at_once, refuse_missing_device
from leadin.designs.engines import DEFAULT_ENGINE, ENGINES, VALUE_PARTICIPANTS, on_device, trials_of
from leadin.designs.figures import Trials, joined
from leadin.designs.grid import MOST_REPLICATES, arm_sizes, checked_whole, slowings, split, thread_number
from leadin.designs.manufacturing_runs import limited
from leadin.designs.questions import Question, measures_of, questions
from leadin.designs.stopped import DesignStoppedError
from leadin.designs.tally import Tally, added, tally
from leadin.designs.values import Value, at_size, values_of
from leadin.designs.workers import Batch, Workers, batches
from leadin.disease.load import load_population
from leadin.disease.population import Population, population_sha256
from leadin.errors import UsageError
from leadin.protocols.checks.clean_rooms import refuse_too_few_slots
from leadin.protocols.identity import protocol_sha256
from leadin.protocols.problems import shown
from leadin.protocols.protocol import Protocol
from leadin.simulation.timetable import timetable
from leadin.version import __version__

REPLICATES = 10_000
MOST_VALUE_PARTICIPANTS = 1_000_000_000

_Truth = tuple[tuple[int, ...], float]
"""Participants of each arm of the trials that values are found in, and slowing."""


@dataclass(frozen=True)
class Order:
    """All that a design is asked for, checked. grid: participants of each arm, and slowing, of each point.
    value_participants: in whom the value of each estimand is found."""

    protocol: Protocol
    population: Population
    grid: tuple[tuple[tuple[int, ...], float], ...]
    chosen: Chosen
    replicates: int
    seed: int
    engine: str
    device: str
    value_participants: int

    def made_with(self) -> dict[str, Any]:
        """What the cells follow from."""
        return {
            "leadin": __version__,
            "protocol": self.protocol.name,
            "protocol_sha256": protocol_sha256(self.protocol),
            "population": self.population.name,
            "population_sha256": population_sha256(self.population),
            "seed": self.seed,
            "replicates": self.replicates,
            "n": list(dict.fromkeys(sum(sizes) for sizes, _ in self.grid)),
            "slowing": list(dict.fromkeys(slowing for _, slowing in self.grid)),
            "value_participants": self.value_participants,
            "engine": self.engine,
            "device": self.device,
        }


def operating_characteristics(
    protocol: Protocol,
    *,
    n: Sequence[int] | int | None = None,
    slowing: Sequence[float] | float = (0.0, 0.3),
    analysis: Sequence[str] | None = None,
    replicates: int = REPLICATES,
    seed: int = 1,
    population: str | Path | Population = "pro-act",
    threads: int | None = None,
    device: str = "cpu",
    engine: str | None = None,
    value_participants: int | None = None,
    progress: Progress | None = None,
) -> Design:
    """Simulates and analyses the protocol `replicates` times at every n and slowing; see `Cell` for what is counted.

    n: participants in all, see `grid.arm_sizes`; None: the protocol's own numbers. analysis: names of the plan or of
    methods, see `carried.chosen`; None: all of the plan that can be counted. Replicates count from 1 and are the same
    for every n and slowing (common random numbers); no figure depends on threads. engine: `fast`, or `plain` (every
    trial simulated and analysed table by table); None: `engines.DEFAULT_ENGINE`. value_participants: in whom the value
    of each estimand is found; None: 1,000,000, by the plain engine 20,000. progress: told what is done, of each point
    of the grid.

    Raises UsageError for whatever cannot be done, before anything is simulated; UnfinishedError where the work ended
    before its time; DesignStoppedError, a KeyboardInterrupt, where it was interrupted.
    """
    engine = DEFAULT_ENGINE if engine is None else engine
    if engine not in ENGINES:
        raise UsageError(f"engine: expected one of {', '.join(ENGINES)}; got {shown(engine)}.")
    wanted = VALUE_PARTICIPANTS[engine] if value_participants is None else value_participants
    number = thread_number(threads)
    refuse_missing_device(device, engine)
    refuse_too_few_slots(protocol)
    order = Order(
        protocol=protocol,
        population=load_population(population),
        grid=tuple((sizes, share) for sizes in arm_sizes(protocol, n) for share in slowings(slowing)),
        chosen=chosen(protocol, analysis, fast=engine == "fast"),
        replicates=checked_whole("replicates", replicates, 1, MOST_REPLICATES),
        seed=checked_whole("seed", seed, 0, 2**63 - 1),
        engine=engine,
        device=device,
        value_participants=checked_whole("value_participants", wanted, 1, MOST_VALUE_PARTICIPANTS),
    )
    return carry_out(order, number, progress)


def carry_out(order: Order, threads: int, progress: Progress | None = None) -> Design:
    """The design of a checked order."""
    asked = questions(order.protocol, order.chosen.analyses)
    started = time.perf_counter()
    finished: list[Counted] = []
    found: dict[_Truth, tuple[Value, ...]] = {}
    so_far = {"what": "", "done": 0, "total": 0}

    def tell(what: str, done: int, total: int) -> None:
        so_far.update(what=what, done=done, total=total)
        if progress is not None:
            progress(what, done, total)

    def design() -> Design:
        seconds = time.perf_counter() - started
        return Design(
            protocol=order.protocol.name,
            made_with=order.made_with(),
            cells=cells_of(order.protocol, asked, finished),
            told=order.chosen.told,
            seconds=seconds,
            trials_per_second=order.replicates * len(finished) / seconds,
        )

    try:
        for sizes, slowing in order.grid:
            finished.append(_point(order, asked, sizes, slowing, threads, tell, found))
    except KeyboardInterrupt as stopped:
        raise DesignStoppedError(
            f"stopped at {so_far['what'] or 'the start'}, {so_far['done']:,} of {so_far['total']:,}; finished before: "
            f"{len(finished)} of {len(order.grid)} points of the grid. Nothing was written.",
            design() if finished else None,
        ) from stopped
    return design()


def _point(
    order: Order,
    asked: tuple[Question, ...],
    sizes: tuple[int, ...],
    slowing: float,
    threads: int,
    tell: Progress,
    found: dict[_Truth, tuple[Value, ...]],
) -> Counted:
    """Values first, since the coverage counts against them; then the replicates. found: values found so far."""
    trials = _trials(order, asked, sizes, slowing)
    where = f"n {sum(sizes)}, slowing {slowing:g}"
    own = value_sizes(order.protocol, asked, sizes)
    if (own, slowing) not in found:
        found[own, slowing] = values_of(
            trials if own == sizes else _trials(order, asked, own, slowing),
            asked,
            sum(own),
            slowing,
            order.value_participants,
            Workers(threads),
            where,
            lambda done, total: tell(f"{where}: large trials for the value", done, total),
            randomised=order.protocol.randomised,
        )
    values = at_size(found[own, slowing], asked, sum(sizes) / sum(own))
    # Few and large trials, as for the values, are for the CPU: a GPU has one thread for each.
    trials = on_device(trials, order.device)
    started = time.perf_counter()
    tallies: tuple[Tally, ...] | None = None
    done = 0
    tell(f"{where}: replicates", 0, order.replicates)
    workers = Workers(threads if order.device == CPU else 1)
    measures = measures_of([question.planned for question in asked])
    given, step = at_once(order.device, sum(sizes), len(measures), len(order.protocol.visits))

    def work(batch: Batch) -> list[tuple[Tally, ...]]:
        return counted(trials, asked, values, batch, workers, step)

    for made in workers.in_order(work, batches(1, order.replicates, given), where):
        for part in made:
            tallies = part if tallies is None else tuple(added(pair) for pair in zip(tallies, part, strict=True))
            done += part[0].trials
        tell(f"{where}: replicates", done, order.replicates)
    assert tallies is not None  # there is one replicate at least
    return Counted(sizes, slowing, tallies, values, time.perf_counter() - started)


def value_sizes(protocol: Protocol, asked: Sequence[Question], sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Participants of each arm of the trials in which the value at `sizes` is found: as many as the protocol plans, in
    the same ratio, whatever the grid.

    The value does not depend on n, save in two cases, in which they are `sizes`: clean-room slots make people wait, the
    longer the more there are; and ranks among three or more arms, whose ratio small numbers cannot keep.
    """
    if limited(timetable(protocol)) or (len(sizes) > 2 and any(question.ranked for question in asked)):
        return sizes
    total = sum(arm.planned for arm in protocol.arms)
    return sizes if sum(sizes) == total or total < len(sizes) else split(protocol, total)


def _trials(order: Order, asked: tuple[Question, ...], sizes: tuple[int, ...], slowing: float) -> Trials:
    return trials_of(order.protocol, order.population, sizes, slowing, order.seed, asked, order.engine)


def counted(
    trials: Trials,
    asked: Sequence[Question],
    values: Sequence[Value],
    batch: Batch,
    workers: Workers,
    step: int,
) -> list[tuple[Tally, ...]]:
    """The tallies of each BATCH replicates of a batch, of which `step` are simulated and fitted at a time."""
    figures = []
    for some in batches(batch.first, batch.count, step):
        workers.go_on()
        figures.append(trials.figures(some.first, some.count))
    whole = [joined([part[number] for part in figures]) for number in range(len(asked))]
    return [
        tuple(
            tally(question, whole[number].cut(piece.first, piece.count), values[number].value)
            for number, question in enumerate(asked)
        )
        for piece in batches(0, batch.count, BATCH)
    ]
