"""The fast fits: trials as collapsed by a generator, fitted in batches by the engine.

Which batch of the engine answers for which analysis, with which arguments, stands here and nowhere else.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from leadin.analysis.responder_rules import AbsoluteRule
from leadin.analysis.visit_grid import SAME_MONTH
from leadin.designs.figures import Figures
from leadin.designs.generator import Generator
from leadin.designs.plain_generator import pooled
from leadin.designs.questions import Question
from leadin.engine.collapsed import Collapsed, Floats, Ints
from leadin.engine.fits import NOT_FILLED, Fits
from leadin.engine.gpu import here
from leadin.engine.running import Run, on_cpu
from leadin.protocols.planned_analysis import PlannedAnalysis


@dataclass(frozen=True)
class Setting:
    """What the fits of a design share. measures (M,) and months (k,): of the collapsed trials. listed: of each measure,
    which of the planned visits list it (k,). clock_start: months from time zero at which survival is counted from,
    None where it differs between participants. run: where they are
    fitted; on a GPU trials cannot be joined."""

    measures: tuple[str, ...]
    months: Floats
    listed: tuple[np.ndarray[Any, np.dtype[np.bool_]], ...]
    clock_start: float | None
    run: Run = on_cpu


@dataclass(frozen=True)
class FastTrials:
    """Trials of a generator, fitted by the engine. Fulfils `Trials`."""

    generator: Generator
    setting: Setting
    asked: tuple[Question, ...]

    def figures(self, first: int, count: int, together: int = 1) -> tuple[Figures, ...]:
        """See `Trials`."""
        trials = self.generator.generate(first, count * together)
        if together > 1:
            trials = pooled(trials, together)
        return fitted(trials, self.asked, self.setting)


def fitted(trials: Collapsed, asked: Sequence[Question], setting: Setting) -> tuple[Figures, ...]:
    """The figures of each question in trials at hand."""
    made: list[Figures] = []
    for _, group in groupby(asked, key=lambda question: (question.planned, question.reference)):
        together = list(group)
        made += FITS[together[0].planned.method](trials, together, setting)
    return tuple(_only_filled(figures, trials) for figures in made)


Fit = Callable[[Collapsed, Sequence[Question], Setting], list[Figures]]
"""From trials and the questions of one analysis to the figures of each."""


def _batch(name: str) -> Any:
    """The module of the engine of that name: compiled code is looked up when it is first wanted."""
    return importlib.import_module(f"leadin.engine.batches.{name}")


def _figures(fits: Fits, planned: PlannedAnalysis) -> list[Figures]:
    return [_completed(_batch("completion").completed(fits, planned.alpha))]


def _completed(done: Any) -> Figures:
    return Figures(done.estimate, done.standard_error, done.p, done.low, done.high, done.codes)


def _slope_model(name: str) -> Fit:
    def fit(trials: Collapsed, asked: Sequence[Question], setting: Setting) -> list[Figures]:
        planned, reference = asked[0].planned, asked[0].reference or 0
        batch = getattr(_batch(name), name)
        measure = setting.measures.index(planned.measure)
        return _figures(batch(trials.sums, trials.sizes, reference, measure=measure, run=setting.run), planned)

    return fit


def _slope_change(trials: Collapsed, asked: Sequence[Question], setting: Setting) -> list[Figures]:
    changes = slope_changes(trials, asked[0], setting)
    return _figures(changes.within if asked[0].reference is None else changes.between, asked[0].planned)


def slope_changes(trials: Collapsed, question: Question, setting: Setting) -> Any:
    """Within each arm, between arms, and how many participants count; see the batch of that name."""
    return _batch("slope_change").slope_changes(
        trials.sums,
        trials.sizes,
        question.reference or 0,
        measure=setting.measures.index(question.planned.measure),
        share_baseline=question.planned.share_baseline,
        run=setting.run,
    )


def _ancova(trials: Collapsed, asked: Sequence[Question], setting: Setting) -> list[Figures]:
    planned, visit = asked[0].planned, asked[0].visit
    measure = setting.measures.index(planned.measure)
    fits = _batch("ancova").ancova(
        trials.sums,
        trials.seen,
        trials.survival,
        trials.sizes,
        asked[0].reference or 0,
        measure=measure,
        at=int(np.flatnonzero(setting.listed[measure])[visit]),
        run=setting.run,
    )
    return _figures(fits, planned)


def _mmrm(trials: Collapsed, asked: Sequence[Question], setting: Setting) -> list[Figures]:
    planned = asked[0].planned
    measure = setting.measures.index(planned.measure)
    fits = _batch("mmrm").mmrm(
        trials.sums,
        _seen(trials, setting, measure),
        trials.sizes,
        asked[0].reference or 0,
        measure=measure,
        at=asked[0].visit,
        degrees_of_freedom=planned.degrees_of_freedom,
        run=setting.run,
    )
    return _figures(fits, planned)


def _responders(trials: Collapsed, asked: Sequence[Question], setting: Setting) -> list[Figures]:
    planned, batch, reference = asked[0].planned, _batch("responders"), asked[0].reference
    counts = responder_counts(trials, asked, setting)
    done = batch.shares(counts, planned.alpha) if reference is None else None
    done = done or batch.differences(counts, reference, planned.alpha)
    parts = _completed(done)
    names = tuple(vars(parts))
    return [Figures(**{name: getattr(parts, name)[..., number] for name in names}) for number in range(len(asked))]


def responder_counts(trials: Collapsed, asked: Sequence[Question], setting: Setting) -> Ints:
    """Of each trial, arm and question of one analysis how many responded, and how many count: (R, A, K, 2)."""
    planned, batch = asked[0].planned, _batch("responders")
    died = planned.died
    if any(item.event == "death" and item.strategy == "while_alive" for item in planned.intercurrent_events):
        died = "excluded"
    counts: Ints = batch.responders(
        trials.sums,
        trials.survival,
        trials.sizes,
        [_threshold(batch, question) for question in asked],
        measures=[setting.measures.index(name) for name in dict.fromkeys((planned.measure, *planned.either_of))],
        kept=batch.Kept(*(how == "not_responder" for how in (planned.non_declining, died, planned.missing))),
        share_baseline=planned.share_baseline,
        run=setting.run,
    )
    return counts


def _threshold(batch: Any, question: Question) -> Any:
    rule = question.threshold
    if isinstance(rule, AbsoluteRule):
        return batch.absolute(rule.per_month)
    assert rule is not None  # each question of responders has its rule
    return batch.relative(rule.percent, either=question.either)


def _log_rank(trials: Collapsed, asked: Sequence[Question], setting: Setting) -> list[Figures]:
    fits = _batch("survival").log_rank(trials.survival, trials.sizes, asked[0].reference, run=setting.run)
    return _figures(fits, asked[0].planned)


def _cox(trials: Collapsed, asked: Sequence[Question], setting: Setting) -> list[Figures]:
    fits = _batch("survival").cox(trials.survival, trials.sizes, asked[0].reference, run=setting.run)
    return _figures(fits, asked[0].planned)


def _joint_rank(trials: Collapsed, asked: Sequence[Question], setting: Setting) -> list[Figures]:
    planned = asked[0].planned
    measure = setting.measures.index(planned.measure)
    times, end = None, math.inf
    if planned.month is not None:
        assert setting.clock_start is not None  # else refused, see `carried`
        months = setting.months[setting.listed[measure]]
        kept = months <= planned.month + SAME_MONTH
        times = int(kept.sum())
        end = max(planned.month, float(months[kept].max(initial=0.0))) - setting.clock_start
    fits = _batch("joint_rank").joint_rank(
        trials.sums,
        _seen(trials, setting, measure),
        trials.survival,
        trials.sizes,
        asked[0].reference,
        measure=measure,
        times=times,
        end=end,
        run=setting.run,
    )
    (ranked,) = _figures(fits.wilcoxon, planned)
    # Its standard error is that under the null hypothesis: of no use for an interval.
    nothing = np.full(ranked.p.shape, np.nan)
    return [replace(ranked, standard_error=nothing, low=nothing, high=nothing)]


def _seen(trials: Collapsed, setting: Setting, measure: int) -> Floats:
    """Values at the visits that list the measure."""
    listed = setting.listed[measure]
    return trials.seen if listed.all() else here(trials.seen)[:, :, listed]


def _only_filled(figures: Figures, trials: Collapsed) -> Figures:
    if trials.filled.all():
        return figures
    missing = ~trials.filled[:, None]
    blank = {name: np.where(missing, np.nan, array) for name, array in vars(figures).items() if name != "codes"}
    return replace(figures, **blank, codes=np.where(missing, NOT_FILLED, figures.codes).astype(np.int8))


FITS: dict[str, Fit] = {
    "random_slope": _slope_model("random_slope"),
    "broken_stick": _slope_model("broken_stick"),
    "mmrm": _mmrm,
    "ancova": _ancova,
    "slope_change": _slope_change,
    "responders": _responders,
    "log_rank": _log_rank,
    "cox": _cox,
    "joint_rank": _joint_rank,
}
