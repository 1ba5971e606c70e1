"""From counts to the cells of a design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadin.designs.design import FALSE_POSITIVE, POWER, Cell, known
from leadin.designs.questions import Question
from leadin.designs.tally import Tally
from leadin.designs.values import Value
from leadin.engine.fits import REASONS, SINGULAR
from leadin.protocols.protocol import Protocol


@dataclass(frozen=True)
class Counted:
    """A finished point of the grid: participants of each arm, slowing, tally and value of each question, and the
    seconds that its replicates took."""

    sizes: tuple[int, ...]
    slowing: float
    tallies: tuple[Tally, ...]
    values: tuple[Value, ...]
    seconds: float


def cells_of(protocol: Protocol, asked: Sequence[Question], points: Sequence[Counted]) -> tuple[Cell, ...]:
    """The cells by question, comparison and point of the grid."""
    return tuple(
        _cell(protocol, question, number, comparison, point)
        for number, question in enumerate(asked)
        for comparison in range(len(question.contrasts))
        for point in points
    )


def _cell(protocol: Protocol, question: Question, number: int, comparison: int, point: Counted) -> Cell:
    tally, value = point.tallies[number], point.values[number]
    trials, planned = tally.trials, question.planned
    codes = {code: int(count) for code, count in zip(REASONS, tally.codes[comparison], strict=True)}
    reasons = {REASONS[code]: count for code, count in codes.items() if code > SINGULAR and count}
    evaluable = trials - sum(reasons.values())
    power = tally.rejected[comparison] / trials if question.tested else float("nan")
    # Without an estimate there is no side that it lies on.
    sided = question.tested and (tally.estimates.count[comparison] > 0 or evaluable == 0)
    favouring = tally.favouring[comparison] / trials if sided else float("nan")
    mean, sd, true, mcse = float("nan"), float("nan"), value.value[comparison], value.mcse[comparison]
    if question.estimated and tally.estimates.count[comparison]:
        mean, sd = tally.estimates.mean[comparison], tally.estimates.sd()[comparison]
    error = tally.errors.mean[comparison] if tally.errors.count[comparison] and question.estimated else float("nan")
    intervals = tally.intervals[comparison]
    coverage = tally.covered[comparison] / intervals if intervals else float("nan")
    return Cell(
        n=sum(point.sizes),
        sizes={arm.name: size for arm, size in zip(protocol.arms, point.sizes, strict=True)},
        slowing=point.slowing,
        called=POWER if point.slowing > 0.0 else FALSE_POSITIVE,
        analysis=question.called,
        label=question.label,
        method=planned.method,
        endpoint=question.endpoint,
        rule=question.rule,
        time_months=question.month,
        arm=question.arms[comparison],
        contrast=question.contrasts[comparison],
        unit=question.unit,
        alpha=planned.alpha,
        replicates=trials,
        power=known(power),
        mcse=known(_error(power, trials)),
        favouring=known(favouring),
        favouring_mcse=known(_error(favouring, trials)),
        mean_estimate=known(mean),
        sd_estimate=known(sd),
        mean_standard_error=known(error),
        value=known(true),
        value_mcse=known(mcse),
        bias=known(mean - true),
        bias_mcse=known(np.hypot(sd / np.sqrt(max(evaluable, 1)), mcse)),
        coverage=known(coverage),
        coverage_mcse=known(_error(coverage, int(intervals))),
        not_evaluable=trials - evaluable,
        reasons=reasons,
        singular=codes[SINGULAR],
        seconds=point.seconds,
        trials_per_second=trials / point.seconds,
    )


def _error(share: float, trials: int) -> float:
    """Monte Carlo standard error of a share."""
    return float(np.sqrt(share * (1.0 - share) / trials)) if trials else float("nan")
