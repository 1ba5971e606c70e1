"""`mmrm`: how far apart are the arms at each visit, and at the one that the plan names?

The mixed model for repeated measures: value ~ visit + visit:arm + visit:baseline + covariates over the visits after
time zero, visits of one participant varying together by the planned covariance structure, REML.
"""

from __future__ import annotations

from dataclasses import replace

from leadin.analysis.arms import allocated, of_arm
from leadin.analysis.measures import measure_name, measure_unit
from leadin.analysis.mmrm.fallbacks import first_that_fits, planned_structures
from leadin.analysis.mmrm.structures import Floats
from leadin.analysis.mmrm.trial_fit import TrialMmrm
from leadin.analysis.mmrm.visit_model import VisitModel, model_rows, visit_model
from leadin.analysis.model_visits import ordered_arms
from leadin.analysis.result import Result
from leadin.analysis.slope_model import UNCONTROLLED
from leadin.errors import DataError
from leadin.protocols.planned_analysis import DegreesOfFreedom, PlannedAnalysis
from leadin.trials.trial import Trial

REFERENCES = (
    "Mallinckrodt, Lane, Schnell, Peng & Mancuso (2008), Recommendations for the primary analysis of continuous "
    "endpoints in longitudinal clinical trials, Drug Inf J 42:303-319, doi:10.1177/009286150804200402",
    "Jennrich & Schluchter (1986), Unbalanced repeated-measures models with structured covariance matrices, Biometrics "
    "42:805-820, doi:10.2307/2530695",
    "Satterthwaite (1946), An approximate distribution of estimates of variance components, Biometrics Bulletin "
    "2:110-114, doi:10.2307/3002019",
    "Kenward & Roger (1997), Small sample inference for fixed effects from restricted maximum likelihood, Biometrics "
    "53:983-997, doi:10.2307/2533558",
)
ADJUSTED_MEAN = "adjusted mean"
DEGREES_OF_FREEDOM: dict[DegreesOfFreedom, str] = {
    "satterthwaite": "Satterthwaite",
    "kenward_roger": "Kenward-Roger",
    "kenward_roger_linear": "Kenward-Roger (linear)",
}


Order = tuple[str | None, ...]
"""Arms, the reference first."""


def mmrm(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """At each visit each arm minus `reference`, the planned visit (by default the last) first; then the adjusted mean
    of each arm at each visit. With one arm the mean change from baseline instead of differences, labelled uncontrolled.

    Give it a trial that `usable_trial` has been through. Where the planned covariance structure cannot be fitted the
    next is, and every row says so; what cannot be estimated is a row with the reason.
    """
    blank = Result("mmrm", planned.measure, unit=measure_unit(planned.measure), references=REFERENCES)
    order: Order = ordered_arms(allocated(trial), reference) if trial.participants.height else (None,)
    try:
        model = visit_model(trial, planned, reference)
        tried = first_that_fits(model_rows(model), planned_structures(planned), model.names)
    except DataError as error:
        return tuple(_unestimated(row, str(error)) for row in _compared(blank, order, "last visit"))
    known = replace(blank, n=model.arm.size, not_evaluable=model.absent)
    visits = (model.answer, *(visit for visit in range(len(model.names)) if visit != model.answer))
    if tried.fit is None:
        known = replace(known, warnings=(*tried.failures, *model.notes))
        reason = f"expected a covariance structure that can be fitted; got none of {len(tried.failures)} tried"
        return tuple(_unestimated(row, reason) for visit in visits for row in _at_visit(known, model, order, visit))
    fitted = TrialMmrm(planned, model, tried.fit, tried.failures)
    known = replace(known, warnings=fitted.notes)
    compared = [
        _comparison(fitted, row, order, visit) for visit in visits for row in _at_visit(known, model, order, visit)
    ]
    means = [_mean(fitted, known, arm, visit) for visit in range(len(model.names)) for arm in order]
    return (*compared, *means)


def _compared(known: Result, order: Order, visit: str) -> list[Result]:
    """A row for each comparison; of one arm, for its change."""
    if len(order) == 1:
        return [replace(known, arm=order[0], contrast=f"{visit} - baseline", warnings=(*known.warnings, UNCONTROLLED))]
    return [replace(known, arm=arm, contrast=f"{arm} - {order[0]}") for arm in order[1:]]


def _at_visit(known: Result, model: VisitModel, order: Order, visit: int) -> list[Result]:
    """`_compared` at one visit."""
    return _compared(replace(known, time_months=float(model.months[visit])), order, model.names[visit])


def _comparison(fitted: TrialMmrm, known: Result, order: Order, visit: int) -> Result:
    """The row filled in: arm minus reference, or the only arm minus its mean baseline."""
    model, planned = fitted.model, fitted.planned
    row = replace(
        known,
        rule=f"{fitted.fit.structure.label} covariance, {DEGREES_OF_FREEDOM[planned.degrees_of_freedom]}",
        estimand=_estimand(model, order, known.arm, visit, compared=True),
    )
    weights = None
    for arm in dict.fromkeys((known.arm, order[0])):
        reason = _why_not(model, arm, visit)
        if reason is not None:
            return _unestimated(row, reason)
        mean = fitted.mean(model.arms.index(arm), visit)
        weights = mean if weights is None else weights - mean
    assert weights is not None  # the loop ran: there is always an arm
    return _filled(row, fitted, weights, model.baseline_mean if len(order) == 1 else 0.0)


def _mean(fitted: TrialMmrm, known: Result, arm: str | None, visit: int) -> Result:
    """The row of the adjusted mean of an arm at a visit; it is not tested against zero."""
    model = fitted.model
    row = replace(
        known,
        arm=arm,
        rule=ADJUSTED_MEAN,
        time_months=float(model.months[visit]),
        estimand=_estimand(model, model.arms, arm, visit, compared=False),
    )
    reason = _why_not(model, arm, visit)
    if reason is not None:
        return _unestimated(row, reason)
    number = model.arms.index(arm)
    filled = _filled(replace(row, n=int((model.arm == number).sum())), fitted, fitted.mean(number, visit), 0.0)
    return replace(filled, statistic=None, p=None, not_evaluable=None)


def _filled(row: Result, fitted: TrialMmrm, weights: Floats, less: float) -> Result:
    """The row with the contrast `weights` (p,) minus `less`, which is taken as known."""
    from scipy.special import stdtr

    test = fitted.test(weights)
    estimate = test.estimate - less
    t = estimate / test.standard_error
    return replace(
        row,
        estimate=estimate,
        standard_error=test.standard_error,
        statistic=t,
        df=test.df if test.df < float("inf") else None,
        ci_low=test.ci_low - less,
        ci_high=test.ci_high - less,
        p=2.0 * float(stdtr(test.df, -abs(t))),
    )


def _why_not(model: VisitModel, arm: str | None, visit: int) -> str | None:
    if visit in model.left_out:
        return model.left_out[visit]
    if arm not in model.arms:
        return f"expected participants {of_arm(arm)} with a baseline and a visit after it; got none"
    return model.why_not(model.arms.index(arm), visit)


def _unestimated(row: Result, reason: str) -> Result:
    return replace(row, converged=False, warnings=(reason, *row.warnings))


def _estimand(model: VisitModel, order: Order, arm: str | None, visit: int, *, compared: bool) -> str:
    covariates = f", {', '.join(model.adjusted_for)}" if model.adjusted_for else ""
    at = f"at {model.names[visit]}"
    if compared and len(order) > 1:
        what = f"the difference in the mean {measure_name(model.measure)} {at}, arm {arm} minus arm {order[0]},"
    elif compared:
        what = f"the mean change of the {measure_name(model.measure)} from baseline to {model.names[visit]},"
    else:
        what = f"the mean {measure_name(model.measure)} {at} {of_arm(arm)},"
    return (
        f"Among all participants with a baseline and a visit after it, as allocated: {what} adjusted for the baseline"
        f"{covariates}, whatever was given (treatment policy) and as if those who died or left had been followed on "
        "(visits missing at random)."
    )
