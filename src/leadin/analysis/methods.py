"""All methods by name: what runs them, what they need, what they answer.

To add one: write its file with one function that takes a trial, the planned analysis and the reference arm and gives
back results; add one line here and its name to `Method` in `protocols/planned_analysis.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from scipy.special import ndtri, stdtrit

from leadin.analysis import ancova as _ancova
from leadin.analysis import broken_stick as _broken_stick
from leadin.analysis import cox as _cox
from leadin.analysis import joint_rank as _joint_rank
from leadin.analysis import kaplan_meier as _kaplan_meier
from leadin.analysis import log_rank as _log_rank
from leadin.analysis import paired_side as _paired_side
from leadin.analysis import potency as _potency
from leadin.analysis import random_slope as _random_slope
from leadin.analysis import responders as _responders
from leadin.analysis import restricted_mean as _restricted_mean
from leadin.analysis import safety as _safety
from leadin.analysis import slope_change as _slope_change
from leadin.analysis import slope_model as _slope_model
from leadin.analysis import win_ratio as _win_ratio
from leadin.analysis.missing_data.imputed_ancova import imputed_ancova
from leadin.analysis.mmrm import mmrm as _mmrm
from leadin.analysis.result import Result
from leadin.errors import UsageError
from leadin.protocols.nearest import nearest
from leadin.protocols.planned_analysis import Method as Name
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.strategies import STRATEGIES, Strategies
from leadin.trials.trial import Trial

Run = Callable[[Trial, PlannedAnalysis, str | None], tuple[Result, ...]]


@dataclass(frozen=True)
class Method:
    """A method. run: from a usable trial, the planned analysis and the reference arm to results.

    needs: the table without which nothing can be said. answers: the question in words. references: with DOI.
    """

    name: Name
    run: Run
    needs: Literal["assessments", "events", "adverse_events", "lots"]
    answers: str
    references: tuple[str, ...]

    @property
    def strategies(self) -> Strategies:
        """How it can handle intercurrent events, its own way first."""
        return STRATEGIES[self.name]


def method_named(name: str) -> Method:
    """The method of that name; UsageError with the nearest one when there is none."""
    if name in METHODS:
        return METHODS[name]
    near = nearest(name, METHODS)
    hint = f" Did you mean {near!r}?" if near else ""
    raise UsageError(f"method: expected one of {', '.join(METHODS)}; got {name!r}.{hint}")


def _model(fit: Callable[[Trial, str, str | None, Sequence[str]], tuple[Result, ...]]) -> Run:
    """A mixed model as a method: its intervals, made at 95 %, widened or narrowed to the level of the plan."""

    def run(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
        return tuple(
            _at_level(row, planned.alpha) for row in fit(trial, planned.measure, reference, planned.covariates)
        )

    return run


def _at_level(row: Result, alpha: float) -> Result:
    if row.estimate is None or row.standard_error is None or alpha == 0.05:
        return row
    quantile = float(stdtrit(row.df, 1.0 - alpha / 2.0) if row.df is not None else -ndtri(alpha / 2.0))
    half = quantile * row.standard_error
    return replace(row, ci_low=row.estimate - half, ci_high=row.estimate + half)


def _change_at_a_visit(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Of those who were seen, or of everybody where the plan imputes."""
    if planned.imputation is not None:
        return imputed_ancova(trial, planned, reference)
    return _ancova.ancova(trial, planned, reference)


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "slope_change",
            _slope_change.slope_change,
            "assessments",
            "Did participants decline slower after time zero than before it, and more so in one arm?",
            _slope_change.REFERENCES,
        ),
        Method(
            "responders",
            _responders.responders,
            "assessments",
            "What share of participants slowed down by a rule, and more so in one arm?",
            _responders.REFERENCES,
        ),
        Method(
            "random_slope",
            _model(_random_slope.random_slope),
            "assessments",
            "Do the arms decline at different rates from time zero on?",
            _slope_model.REFERENCES,
        ),
        Method(
            "broken_stick",
            _model(_broken_stick.broken_stick),
            "assessments",
            "Does the rate of decline change at time zero, and more in one arm than in another?",
            _slope_model.REFERENCES,
        ),
        Method(
            "mmrm",
            _mmrm.mmrm,
            "assessments",
            "How far apart are the arms at each visit?",
            _mmrm.REFERENCES,
        ),
        Method(
            "ancova",
            _change_at_a_visit,
            "assessments",
            "Does the change from baseline at one visit differ between the arms?",
            _ancova.REFERENCES,
        ),
        Method(
            "joint_rank",
            _joint_rank.joint_rank,
            "assessments",
            "Do participants of one arm fare better than those of another, by survival first and then by function?",
            _joint_rank.REFERENCES,
        ),
        Method(
            "win_ratio",
            _win_ratio.win_ratio,
            "assessments",
            "How often does a participant of one arm fare better than one of another, by survival and then function?",
            _win_ratio.REFERENCES,
        ),
        Method(
            "kaplan_meier",
            _kaplan_meier.kaplan_meier,
            "events",
            "How many are alive at each landmark?",
            _kaplan_meier.REFERENCES,
        ),
        Method(
            "log_rank",
            _log_rank.log_rank,
            "events",
            "Do the arms die at the same rate?",
            _log_rank.REFERENCES,
        ),
        Method("cox", _cox.cox, "events", "How many times as fast does one arm die?", _cox.REFERENCES),
        Method(
            "restricted_mean",
            _restricted_mean.restricted_mean,
            "events",
            "How many months are lived on average up to a stated month, and how many more in one arm?",
            _restricted_mean.REFERENCES,
        ),
        Method(
            "paired_side",
            _paired_side.paired_side,
            "assessments",
            "Does the limb on the side that was given cells keep more strength than the other one?",
            _paired_side.REFERENCES,
        ),
        Method(
            "potency",
            _potency.potency,
            "lots",
            "Do cells secrete more after differentiation, and do participants with more potent cells decline slower?",
            _potency.REFERENCES,
        ),
        Method(
            "safety",
            _safety.safety,
            "adverse_events",
            "How many had an adverse event, how often, and what could still have been missed?",
            _safety.REFERENCES,
        ),
    )
}
