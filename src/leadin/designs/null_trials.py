"""Trials without effect by the fast engine, and the figure of each analysis in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from leadin.analysis.rerandomisation import Progress
from leadin.designs.chance import MOST_POINTS, ChanceLevel
from leadin.designs.engines import fast_trials
from leadin.designs.figures import Figures, joined
from leadin.designs.fitted import FastTrials, Setting, fitted, responder_counts, slope_changes
from leadin.designs.imitated import Imitated, LeftOut
from leadin.designs.questions import AT_A_VISIT, Question, questions, within_arms
from leadin.designs.slope_pairs import slope_pairs
from leadin.designs.workers import Batch, Workers, batches
from leadin.disease.population import Population
from leadin.engine.collapsed import AFTER, BEFORE, COUNT, ZERO, Collapsed
from leadin.engine.fits import SINGULAR
from leadin.errors import UsageError
from leadin.protocols.protocol import Protocol

WHAT = "the same design with no treatment"
COMPILING = "the fast engine (compiled once, then kept)"
BATCH = 125
"""Replicates simulated and fitted at once."""
NOT_ESTIMATED = "no simulated trial gave an estimate"

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Order:
    """What is asked for: participants of each arm, analyses that can be imitated, and how many trials from which seed.
    reference: the arm that others are held against; None: the protocol's."""

    protocol: Protocol
    population: Population
    sizes: tuple[int, ...]
    wanted: Imitated
    replicates: int
    seed: int
    reference: str | None


@dataclass(frozen=True)
class Shown:
    """What chance shows: see `chance.Chance`."""

    levels: tuple[ChanceLevel, ...] = ()
    lead_in: tuple[float, ...] = ()
    follow_up: tuple[float, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class _Made:
    """Of each question the figures of some trials, and how many participants are behind each (R, C); None where that is
    not told."""

    figures: tuple[Figures, ...]
    counted: tuple[Counts | None, ...]


def shown_by_chance(order: Order, threads: int, progress: Progress | None = None) -> Shown:
    """The levels of all analyses, and the slopes of single participants; where the protocol cannot be simulated fast
    nothing but the reason."""
    asked = tuple(_asked(order))
    try:
        trials = fast_trials(order.protocol, order.population, order.sizes, 0.0, order.seed, asked)
    except UsageError as error:
        reason = str(error).rstrip(".")
        return Shown(left_out=tuple(LeftOut(planned, reason) for planned in order.wanted.analyses))
    _compile(trials, progress)
    made = list(_all(trials, order.replicates, threads, progress))
    levels: list[ChanceLevel] = []
    left_out: dict[LeftOut, None] = {}
    for number, question in enumerate(asked):
        figures = joined([part.figures[number] for part in made])
        counts = [part.counted[number] for part in made]
        known = [each for each in counts if each is not None]
        for column in range(len(question.arms)):
            counted = np.concatenate(known)[:, column] if known else None
            level = _level(question, figures, column, counted)
            if level is None:
                left_out[LeftOut(question.planned, NOT_ESTIMATED)] = None
            else:
                levels.append(level)
    sloped = order.wanted.sloped
    pairs = ((), ())
    if sloped is not None:
        found = slope_pairs(
            trials.generator, sloped.measure, order.replicates, MOST_POINTS, share_baseline=sloped.share_baseline
        )
        pairs = tuple(found[0].tolist()), tuple(found[1].tolist())
    return Shown(tuple(levels), *pairs, tuple(left_out))


def _asked(order: Order) -> Iterator[Question]:
    """Of each analysis what is told of single arms, then what is told between them."""
    between = questions(order.protocol, order.wanted.analyses, order.reference)
    for _, group in groupby(between, key=lambda question: question.planned):
        mine = tuple(group)
        yield from within_arms(order.protocol, mine)
        yield from mine


def _compile(trials: FastTrials, progress: Progress | None) -> None:
    """Has all kernels at hand before threads ask for them: compiled in the first run of a version, read in others."""
    groups = [tuple(group) for _, group in groupby(trials.asked, key=lambda question: question.planned)]
    if progress is not None:
        progress(COMPILING, 0, len(groups) + 1)
    one = trials.generator.generate(1, 1)
    for done, group in enumerate(groups, start=1):
        if progress is not None:
            progress(COMPILING, done, len(groups) + 1)
        fitted(one, group, trials.setting)
    if progress is not None:
        progress(COMPILING, len(groups) + 1, len(groups) + 1)


def _all(trials: FastTrials, replicates: int, threads: int, progress: Progress | None) -> Iterator[_Made]:
    """All replicates, in order, a batch at a time."""
    workers, done = Workers(threads), 0

    def work(batch: Batch) -> _Made:
        workers.go_on()
        made = trials.generator.generate(batch.first, batch.count)
        counted = tuple(_counted(made, question, trials.setting) for question in trials.asked)
        return _Made(fitted(made, trials.asked, trials.setting), counted)

    for batch, part in zip(
        batches(1, replicates, BATCH), workers.in_order(work, batches(1, replicates, BATCH), WHAT), strict=True
    ):
        done += batch.count
        if progress is not None:
            progress(WHAT, done, replicates)
        yield part


def _counted(trials: Collapsed, question: Question, setting: Setting) -> Counts | None:
    """Participants behind each figure of an arm against its own lead-in (R, C)."""
    if question.reference is not None:
        return None
    method = question.planned.method
    if method == "slope_change":
        counts: Counts = slope_changes(trials, question, setting).counted
        return counts
    if method == "responders":
        return responder_counts(trials, (question,), setting)[:, :, 0, 1]
    if method != "broken_stick":
        return None
    sums = trials.sums[:, setting.measures.index(question.planned.measure)]
    visits = sums[:, BEFORE + COUNT] + sums[:, ZERO] + sums[:, AFTER + COUNT]
    participants: Counts = (visits > 0).sum(axis=1, keepdims=True)
    return participants


def _level(question: Question, figures: Figures, column: int, counted: Counts | None) -> ChanceLevel | None:
    """Of one comparison, over all trials; None where no trial gave an estimate."""
    usable = figures.codes[:, column] <= SINGULAR
    values = figures.estimate[usable, column]
    if not values.size:
        return None
    low, high = np.quantile(values, [0.025, 0.975])
    planned, trials = question.planned, figures.codes.shape[0]
    below = float(np.mean(usable & (figures.p[:, column] < planned.alpha))) if question.tested else None
    return ChanceLevel(
        method=planned.method,
        endpoint=question.endpoint,
        arm=question.arms[column],
        rule=question.rule,
        mean=float(values.mean()),
        low=float(low),
        high=float(high),
        mcse=float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else float("nan"),
        trials=values.size,
        n=None if counted is None else float(counted[usable].mean()),
        analysis=planned,
        figures=tuple(values.tolist()),
        contrast=None if question.reference is None else question.contrasts[column],
        time_months=question.month if planned.method in AT_A_VISIT else None,
        false_positive=below,
        false_positive_mcse=None if below is None else float(np.sqrt(below * (1.0 - below) / trials)),
    )
