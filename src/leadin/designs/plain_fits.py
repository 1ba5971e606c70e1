"""The slow twin of the fast fits: each trial simulated with all its tables, and analysed as any other trial is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from leadin.analysis.analyse import run_analysis
from leadin.analysis.arms import allocated
from leadin.analysis.result import Result
from leadin.analysis.slope_model import SINGULAR as SINGULAR_WORDS
from leadin.designs.figures import Figures
from leadin.designs.questions import Question
from leadin.disease.population import Population
from leadin.engine.fits import (
    CONVERGED,
    MONOTONE,
    NO_EVENTS,
    NO_VARIATION,
    NOT_CONVERGED,
    RANK_DEFICIENT,
    SINGULAR,
    TOO_FEW,
)
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.protocol import Protocol
from leadin.simulation.simulate import simulate_trial
from leadin.trials.trial import TABLES, Trial
from leadin.trials.usable import usable_trial

CODE_WORDS = (
    ("monotone", MONOTONE),
    ("nobody died", NO_EVENTS),
    ("no event", NO_EVENTS),
    ("can be fitted", NOT_CONVERGED),
    ("optimum", NOT_CONVERGED),
    ("equal", NO_VARIATION),
    ("told apart", RANK_DEFICIENT),
    ("explain", RANK_DEFICIENT),
)
"""What the reason of a row without estimate says, and its code; any other is TOO_FEW."""


@dataclass(frozen=True)
class PlainTrials:
    """Trials as `leadin simulate` makes them and `leadin analyse` analyses them. Fulfils `Trials`."""

    protocol: Protocol
    population: Population
    planned: tuple[int, ...]
    asked: tuple[Question, ...]
    seed: int = 1
    slowing: float = 0.0

    def figures(self, first: int, count: int, together: int = 1) -> tuple[Figures, ...]:
        """See `Trials`."""
        starts = range(first, first + count * together, together)
        rows = [self._rows([self._trial(start + i) for i in range(together)]) for start in starts]
        return tuple(_stacked([trial[number] for trial in rows]) for number in range(len(self.asked)))

    def _trial(self, replicate: int) -> Trial:
        numbers = {arm.name: number for arm, number in zip(self.protocol.arms, self.planned, strict=True)}
        made = simulate_trial(
            self.protocol,
            slowing=self.slowing,
            seed=self.seed,
            population=self.population,
            n=numbers,
            replicate=replicate,
        )
        return allocated(usable_trial(made))

    def _rows(self, trials: Sequence[Trial]) -> list[list[Result | None]]:
        """Of each question the row of each comparison; None where there is none."""
        trial = trials[0] if len(trials) == 1 else joined(trials)
        names = [arm.name for arm in self.protocol.arms]
        made: dict[PlannedAnalysis, tuple[Result, ...]] = {}
        for question in self.asked:
            if question.planned not in made:
                reference = names[0 if question.reference is None else question.reference]
                # Draws of a re-randomisation test are no part of what is counted.
                alone = question.planned.model_copy(update={"rerandomisations": None})
                made[question.planned] = run_analysis(trial, alone, reference)
        return [_answers(question, made[question.planned]) for question in self.asked]


def joined(trials: Sequence[Trial]) -> Trial:
    """Several trials as one: the same tables, each participant under a name of his own."""

    def renamed(trial: Trial, number: int, name: str) -> pl.DataFrame:
        return trial.table(name).with_columns(participant_id=pl.format(f"{number}.{{}}", "participant_id"))

    tables = {name: pl.concat([renamed(trial, i, name) for i, trial in enumerate(trials)]) for name in TABLES}
    return trials[0].with_tables(tables)


def _answers(question: Question, rows: Sequence[Result]) -> list[Result | None]:
    """The first row of each comparison, under the rule in question; a failed analysis answers for all with its only
    row."""
    mine = [row for row in rows if question.rule is None or row.rule in (question.rule, None)]
    mine = [row for row in mine if question.threshold is None or row.endpoint == question.endpoint]
    if question.reference is None:
        return [mine[0] if mine else None]
    if len(rows) == 1 and rows[0].arm is None:
        return [rows[0]] * len(question.contrasts)
    return [next((row for row in mine if row.contrast == contrast), None) for contrast in question.contrasts]


def _stacked(trials: Sequence[Sequence[Result | None]]) -> Figures:
    """Rows (R, C) as arrays."""
    codes = np.array([[_code(row) for row in rows] for rows in trials], dtype=np.int8)

    def column(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        found = [[None if row is None or not row.converged else getattr(row, name) for row in rows] for rows in trials]
        return np.array(found, dtype=np.float64)

    return Figures(
        estimate=column("estimate"),
        standard_error=column("standard_error"),
        p=column("p"),
        low=column("ci_low"),
        high=column("ci_high"),
        codes=codes,
    )


def _code(row: Result | None) -> int:
    if row is None:
        return TOO_FEW
    if row.converged:
        return SINGULAR if SINGULAR_WORDS in row.warnings else CONVERGED
    reason = row.warnings[0] if row.warnings else ""
    return next((code for words, code in CODE_WORDS if words in reason), TOO_FEW)
