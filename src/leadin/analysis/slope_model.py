"""What `random_slope` and `broken_stick` share: one mixed model of a trial's visits with a slope term per arm.

Both are score ~ basis(time) + arm:last(time) + (basis(time) | participant), where basis(time) is (1, time) or
(1, time, max(time, 0)) and `last` its last column: participants differ in every column, arms only in the last, since
nothing was done to them before time zero. Time is the actual day of the visit in months from time zero. Covariates of
the participants are added with one coefficient each: they move the score, not its slope.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.analysis.arms import allocated
from leadin.analysis.measures import measure_name, slope_unit
from leadin.analysis.mixed_model import MixedModelFit, fit_mixed_model
from leadin.analysis.model_visits import Floats, ModelVisits, ordered_arms
from leadin.analysis.result import Result, not_evaluable
from leadin.errors import ConvergenceError, DataError
from leadin.trials.trial import Trial

REFERENCES = (
    "Laird & Ware (1982), Random-effects models for longitudinal data, Biometrics 38:963-974, doi:10.2307/2529876",
    "Bates, Maechler, Bolker & Walker (2015), Fitting linear mixed-effects models using lme4, J Stat Softw 67(1), "
    "doi:10.18637/jss.v067.i01",
    "Kuznetsova, Brockhoff & Christensen (2017), lmerTest package: tests in linear mixed effects models, J Stat Softw "
    "82(13), doi:10.18637/jss.v082.i13",
)
SINGULAR = (
    "singular fit: the variation between participants is estimated at the edge of what the model allows (a variance of "
    "zero, or a correlation of one); this is common with few visits or a short lead-in, and the estimate stands"
)
FLAT = (
    "the data do not determine all variances of the model; the degrees of freedom leave out what they do not determine"
)
UNCONTROLLED = (
    "no control arm: any effect is mixed with the course of the disease and, after a lead-in, regression to the mean"
)


@dataclass(frozen=True)
class SlopeModel:
    """A model by name: `basis` takes months (n,) to columns (n, k) called `columns`; `summary`: what its last column
    measures.

    population: of whom, as the estimand says it.
    """

    method: str
    basis: Callable[[Floats], Floats]
    columns: tuple[str, ...]
    summary: str
    population: str


@dataclass(frozen=True)
class SlopeModelFit:
    """A fitted model and the visits it was fitted to."""

    model: SlopeModel
    visits: ModelVisits
    fit: MixedModelFit


@dataclass(frozen=True)
class ModelMean:
    """Fixed-effect mean of an arm at `months` (m,) from time zero, and its pointwise 95 % band."""

    arm: str | None
    months: Floats
    mean: Floats
    low: Floats
    high: Floats


def fit_slope_model(model: SlopeModel, visits: ModelVisits) -> SlopeModelFit:
    """Fit the model; errors as in `fit_mixed_model`."""
    columns = model.basis(visits.months)
    fixed = np.column_stack([columns, _arm_terms(columns, visits.arm, len(visits.arms)), visits.adjusted])
    names = (*model.columns, *(f"{arm}:{model.columns[-1]}" for arm in visits.arms[1:]), *visits.titles)
    return SlopeModelFit(model, visits, fit_mixed_model(visits.value, fixed, columns, visits.participant, names=names))


def slope_results(fitted: SlopeModelFit) -> tuple[Result, ...]:
    """One result per arm other than the reference, for its coefficient; with one arm, for the last column of the
    basis.
    """
    visits, model = fitted.visits, fitted.model
    if len(visits.arms) == 1:
        only = _result(fitted, model.columns[-1], visits.arms[0], model.summary, model.summary)
        return (only,)
    rows = []
    for arm in visits.arms[1:]:
        contrast = f"{arm} - {visits.arms[0]}"
        words = f"{model.summary}, arm {arm} minus arm {visits.arms[0]}"
        rows.append(_result(fitted, f"{arm}:{model.columns[-1]}", arm, contrast, words))
    for arm in visits.without_visits:
        reason = f"expected visits after time zero in every arm; got none in {arm}"
        rows.append(_no_result(model, visits.measure, reason, arm, f"{arm} - {visits.arms[0]}"))
    return tuple(rows)


def no_slope_results(
    model: SlopeModel, trial: Trial, measure: str, reference: str | None, error: DataError | ConvergenceError
) -> tuple[Result, ...]:
    """The results of a model that could not be fitted: the same rows, each with the reason instead of an estimate."""
    if trial.participants.height == 0:
        return (_no_result(model, measure, str(error), None, None),)
    arms = ordered_arms(allocated(trial), reference)
    if len(arms) == 1:
        return (_no_result(model, measure, str(error), arms[0], model.summary),)
    return tuple(_no_result(model, measure, str(error), arm, f"{arm} - {arms[0]}") for arm in arms[1:])


def model_mean(fitted: SlopeModelFit, months: ArrayLike) -> tuple[ModelMean, ...]:
    """The fixed-effect mean and its pointwise 95 % band (Satterthwaite) per arm, reference first, at `months` (m,), at
    the mean of covariates, levels weighted equally.
    """
    grid = np.atleast_1d(np.asarray(months, dtype=np.float64))
    columns = fitted.model.basis(grid)
    covariates = np.zeros((grid.size, len(fitted.visits.titles)))
    means = []
    for number, arm in enumerate(fitted.visits.arms):
        terms = _arm_terms(columns, np.full(grid.size, number, dtype=np.intp), len(fitted.visits.arms))
        tests = [fitted.fit.test(row) for row in np.column_stack([columns, terms, covariates])]
        mean, low, high = np.array([(test.estimate, test.ci_low, test.ci_high) for test in tests]).T
        means.append(ModelMean(arm, grid, mean, low, high))
    return tuple(means)


def _arm_terms(columns: Floats, arm: NDArray[np.intp], arms: int) -> Floats:
    """The last of `columns` (n, k) for each arm but the first, zero for those who are not in it (n, arms - 1)."""
    terms: Floats = columns[:, -1:] * (arm[:, None] == np.arange(1, arms))
    return terms


def _result(fitted: SlopeModelFit, coefficient: str, arm: str | None, contrast: str, words: str) -> Result:
    visits, fit = fitted.visits, fitted.fit
    test = fit.test(coefficient)
    notes = (
        (UNCONTROLLED, len(visits.arms) == 1),
        (SINGULAR, fit.singular),
        (FLAT, fit.uncertainty.flat_directions > 0),
        (f"participants with visits but not all covariates, left out: {visits.lacking}", visits.lacking > 0),
    )
    adjusted = f"adjusted for {', '.join(visits.adjusted_for)}, " if visits.adjusted_for else ""
    return Result(
        method=fitted.model.method,
        endpoint=visits.measure,
        arm=arm,
        contrast=contrast,
        estimate=test.estimate,
        standard_error=test.standard_error,
        statistic=test.t,
        df=test.df if np.isfinite(test.df) else None,
        ci_low=test.ci_low,
        ci_high=test.ci_high,
        p=test.p,
        n=visits.participants,
        not_evaluable=visits.absent,
        unit=slope_unit(visits.measure),
        estimand=(
            f"Among {fitted.model.population}, as allocated: the mean {words}, of the {measure_name(visits.measure)}, "
            f"{adjusted}whatever was given (treatment policy) and as if those who died or left had been followed on "
            "(visits missing at random)."
        ),
        warnings=tuple(note for note, holds in notes if holds),
        references=REFERENCES,
    )


def _no_result(model: SlopeModel, measure: str, reason: str, arm: str | None, contrast: str | None) -> Result:
    return not_evaluable(
        model.method, measure, reason, arm=arm, contrast=contrast, unit=slope_unit(measure), references=REFERENCES
    )
