"""The value of each estimand under a truth: what the same analysis estimates in very many participants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from leadin.designs.figures import Figures, Trials
from leadin.designs.questions import Question
from leadin.designs.workers import Batch, Workers, batches
from leadin.engine.fits import SINGULAR, Floats

FIRST = 1_000_000_001
"""Replicates from here on are those that values are found in: never those that are counted."""
POOL = 5_000
"""Participants in one large trial: the error of an estimate there that is not chance is far below the Monte Carlo error
of the mean over all of them."""
FEWEST_POOLS = 20
"""Large trials, at least, so that their spread says how sure their mean is."""

Tell = Callable[[int, int], None]
"""Told how many large trials are done, of how many."""


@dataclass(frozen=True)
class Value:
    """value (C,) of an estimand for each comparison, and its Monte Carlo standard error mcse (C,); NaN: not known."""

    value: Floats
    mcse: Floats


def is_zero(question: Question, slowing: float, *, randomised: bool) -> bool:
    """Whether the value is exactly zero: arms that chance alone put together, and no effect."""
    return slowing == 0.0 and randomised and question.reference is not None and question.estimated


def values_of(
    trials: Trials,
    asked: tuple[Question, ...],
    n: int,
    slowing: float,
    participants: int,
    workers: Workers,
    where: str,
    tell: Tell,
    *,
    randomised: bool,
) -> tuple[Value, ...]:
    """The value of each question in about `participants` participants under this truth.

    They come from trials of n participants like those that are counted, queues for clean rooms included, joined into
    large ones; the value is the mean of what is estimated in each. In ranks, of which a large trial has more, it is
    brought to n participants. Nothing is simulated where every value is zero by design.
    """
    known = [is_zero(question, slowing, randomised=randomised) or not question.estimated for question in asked]
    if all(known):
        return tuple(_known(question) for question in asked)
    together = max(1, round(min(POOL, participants / FEWEST_POOLS) / n))
    pools = max(FEWEST_POOLS, -(-participants // (together * n)))

    def work(batch: Batch) -> tuple[Figures, ...]:
        workers.go_on()
        return trials.figures(batch.first, 1, batch.count)

    made = []
    large = batches(FIRST, pools * together, together)
    for done, figures in enumerate(workers.in_order(work, large, f"value at {where}"), start=1):
        made.append(figures)
        tell(done, pools)
    return tuple(
        _known(question) if exact else _estimated(question, [figures[number] for figures in made], together)
        for number, (question, exact) in enumerate(zip(asked, known, strict=True))
    )


def at_size(values: Sequence[Value], asked: Sequence[Question], share: float) -> tuple[Value, ...]:
    """Values found in trials of n participants, brought to share * n: in ranks they grow with it, else they stay."""
    return tuple(
        Value(value.value * share, value.mcse * share) if question.ranked else value
        for question, value in zip(asked, values, strict=True)
    )


def _known(question: Question) -> Value:
    value = np.full(len(question.contrasts), 0.0 if question.estimated else np.nan)
    return Value(value, value)


def _estimated(question: Question, pools: list[Figures], together: int) -> Value:
    usable = np.concatenate([pool.codes for pool in pools]) <= SINGULAR
    estimates = np.where(usable, np.concatenate([pool.estimate for pool in pools]), np.nan)
    count = np.isfinite(estimates).sum(axis=0)
    mean, mcse = np.full(count.size, np.nan), np.full(count.size, np.nan)
    for comparison in np.flatnonzero(count > 1):
        mine = estimates[np.isfinite(estimates[:, comparison]), comparison]
        mean[comparison], mcse[comparison] = mine.mean(), mine.std(ddof=1) / np.sqrt(mine.size)
    scale = together if question.ranked else 1
    return Value(mean / scale, mcse / scale)
