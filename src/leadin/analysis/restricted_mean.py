"""Restricted mean survival: months alive on average up to a stated month, per arm, and by how much arms differ.

It needs no proportional hazards. Where the plan makes some fatal events compete (`planned.fatal_events`) the months
lost to what counts take its place: the area under its cumulative incidence. Variances are of Greenwood's type.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from leadin.analysis.arms import arms_of, in_arm, of_arm
from leadin.analysis.causes import Causes, causes_of, kinds_words, times_under
from leadin.analysis.cumulative_incidence import IncidenceCurve, cumulative_incidence
from leadin.analysis.kaplan_meier import SurvivalCurve, survival_curve
from leadin.analysis.landmarks import SAME_TIME
from leadin.analysis.result import Result
from leadin.errors import DataError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.survival_times import survival_origin
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]

REFERENCES = (
    "Royston & Parmar (2013), Restricted mean survival time: an alternative to the hazard ratio for the design and "
    "analysis of randomized trials with a time-to-event outcome, BMC Med Res Methodol 13:152, "
    "doi:10.1186/1471-2288-13-152",
    "Uno et al. (2014), Moving beyond the hazard ratio in quantifying the between-group difference in survival "
    "analysis, J Clin Oncol 32:2380-2385, doi:10.1200/JCO.2014.55.2208",
    "Andersen (2013), Decomposition of number of life years lost according to causes of death, Stat Med 32:5278-5285, "
    "doi:10.1002/sim.5903",
)
LOG_RATIO = "log ratio of means"


@dataclass(frozen=True)
class MeanMonths:
    """Mean months up to a stated month, and the standard error."""

    months: float
    standard_error: float


def restricted_mean_survival(curve: SurvivalCurve, until: float) -> MeanMonths:
    """The area under a survival curve up to month `until`; a curve that reached zero stays there.

    Raises DataError for a month that is not positive, and for one beyond the last time of a curve above zero.
    """
    _refuse_beyond(until, curve.last, curve.survival[-1] == 0.0)
    inside = curve.months < until - SAME_TIME
    starts, survival = curve.months[inside], curve.survival[inside]
    area = survival * np.diff(np.append(starts, until))
    after = np.cumsum(area[::-1])[::-1]
    deaths, at_risk = curve.deaths[inside].astype(np.float64), curve.at_risk[inside].astype(np.float64)
    # Where all at risk died nothing is left after it that could vary.
    left = at_risk - deaths
    jump = np.divide(deaths, at_risk * left, out=np.zeros(deaths.shape), where=left > 0.0)
    return MeanMonths(float(area.sum()), float(np.sqrt((after**2 * jump).sum())))


def restricted_time_lost(curve: IncidenceCurve, until: float) -> MeanMonths:
    """The area under a cumulative incidence up to month `until`: months lost to that event, on average.

    With tau the month, S the share free of events before a step s, h the hazard of the event, H that of any, and A the
    area between the incidence from s on and its value at s, the variance is the sum over steps of
    [S^2 h (1 - h) (tau - s)^2 - 2 S h (tau - s) A + A^2 H / (1 - H)] / at risk. Raises DataError as above.
    """
    ended = curve.events[-1] + curve.competing[-1] == curve.at_risk[-1]
    _refuse_beyond(until, curve.last, bool(ended))
    inside = curve.months < until - SAME_TIME
    starts, incidence, free = curve.months[inside], curve.incidence[inside], curve.free[inside]
    at_risk = curve.at_risk[inside].astype(np.float64)
    hazard = curve.events[inside] / at_risk
    any_hazard = (curve.events[inside] + curve.competing[inside]) / at_risk
    area = incidence * np.diff(np.append(starts, until))
    still = until - starts
    above = np.cumsum(area[::-1])[::-1] - incidence * still
    odds = np.divide(any_hazard, 1.0 - any_hazard, out=np.zeros(at_risk.shape), where=any_hazard < 1.0)
    own = free**2 * hazard * (1.0 - hazard) * still**2
    variance = (own - 2.0 * free * hazard * still * above + odds * above**2) / at_risk
    return MeanMonths(float(area.sum()), float(np.sqrt(max(variance.sum(), 0.0))))


def _refuse_beyond(until: float, last: float, ended: bool) -> None:
    if not until > 0.0:
        raise DataError(f"month: expected a month after 0 up to which survival is averaged; got {until:g}.")
    if until > last + SAME_TIME and not ended:
        raise DataError(
            f"the last was followed to month {last:.4g}, so that survival up to month {until:g} is not known"
        )


def restricted_mean(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Per arm the mean months up to `planned.month` (empty: the smallest of the arms' last times); each arm against
    `reference` as difference and as ratio (`estimate` is its logarithm), with normal intervals.

    Give it a trial that `usable_trial` has been through. A month beyond the last time of an arm in which somebody was
    still free of events is refused for that arm: `converged` says so. Where nobody had an event nothing varies, and no
    interval is given.
    """
    causes = causes_of(trial, planned)
    times = times_under(trial, causes)
    arms = arms_of(trial)
    mine = {arm: in_arm(times, arm) for arm in arms}
    until = _until(mine, planned)
    means = {arm: _mean(table, causes, until, arm) for arm, table in mine.items()}
    sizes = {arm: in_arm(trial.participants, arm).height for arm in arms}
    blank = Result(method="restricted_mean", endpoint="survival", time_months=until, references=REFERENCES)
    rows: list[Result] = []
    for arm in arms:
        known = replace(
            blank,
            arm=arm,
            rule=_rule(causes, "mean"),
            unit=_unit(causes),
            n=mine[arm].height,
            not_evaluable=sizes[arm] - mine[arm].height,
            estimand=_estimand(causes, survival_origin(trial), until, f"in participants {of_arm(arm)}"),
        )
        rows.append(_arm_row(known, means[arm], planned.alpha))
    for arm in arms:
        if arm is not None and reference is not None and arm != reference:
            n = mine[arm].height + mine[reference].height
            known = replace(
                blank,
                arm=arm,
                contrast=f"{arm} - {reference}",
                n=n,
                not_evaluable=sizes[arm] + sizes[reference] - n,
                estimand=_estimand(
                    causes, survival_origin(trial), until, f"arm {arm} against arm {reference}, in participants"
                ),
            )
            rows += _contrast_rows(known, causes, means[arm], means[reference], planned.alpha)
    return tuple(rows)


def _until(mine: dict[str | None, pl.DataFrame], planned: PlannedAnalysis) -> float:
    if planned.month is not None:
        return planned.month
    lasts = [float(table["months"].max()) for table in mine.values() if table.height]  # type: ignore[arg-type]  # numbers
    if not lasts:
        raise DataError("nobody was at risk, so that there is no survival to average")
    return min(lasts)


def _mean(times: pl.DataFrame, causes: Causes, until: float, arm: str | None) -> MeanMonths | str:
    """The arm's mean, or why there is none."""
    if not times.height:
        return f"no participant {of_arm(arm)} was at risk"
    months, event = times["months"].to_numpy(), times["event"].to_numpy()
    try:
        if causes.competing:
            return restricted_time_lost(cumulative_incidence(months, event, times["competing"].to_numpy()), until)
        return restricted_mean_survival(survival_curve(months, event), until)
    except DataError as error:
        return f"participants {of_arm(arm)}: {error}"


def _arm_row(known: Result, mean: MeanMonths | str, alpha: float) -> Result:
    if isinstance(mean, str):
        return replace(known, converged=False, warnings=(mean,))
    known = replace(known, estimate=mean.months)
    if mean.standard_error == 0.0:
        reason = f"nobody {of_arm(known.arm)} had an event before month {known.time_months:g}, so that nothing varies"
        return replace(known, standard_error=0.0, warnings=(f"{reason} and no interval is given",))
    return _with_interval(known, mean.months, mean.standard_error, alpha)


def _contrast_rows(
    known: Result, causes: Causes, mine: MeanMonths | str, theirs: MeanMonths | str, alpha: float
) -> list[Result]:
    difference = replace(known, rule=_rule(causes, "difference"), unit=_unit(causes))
    ratio = replace(known, rule=_rule(causes, "ratio"), unit=LOG_RATIO)
    if isinstance(mine, str) or isinstance(theirs, str):
        reason = mine if isinstance(mine, str) else str(theirs)
        return [replace(row, converged=False, warnings=(reason,)) for row in (difference, ratio)]
    spread = float(np.hypot(mine.standard_error, theirs.standard_error))
    return [
        _tested(difference, mine.months - theirs.months, spread, alpha),
        _ratio_row(ratio, mine, theirs, alpha),
    ]


def _ratio_row(known: Result, mine: MeanMonths, theirs: MeanMonths, alpha: float) -> Result:
    if min(mine.months, theirs.months) <= 0.0:
        return replace(known, converged=False, warnings=("a mean of zero months has no ratio",))
    spread = float(np.hypot(mine.standard_error / mine.months, theirs.standard_error / theirs.months))
    return _tested(known, float(np.log(mine.months / theirs.months)), spread, alpha)


def _tested(known: Result, estimate: float, error: float, alpha: float) -> Result:
    if error == 0.0:
        reason = f"nobody of either arm had an event before month {known.time_months:g}, so that nothing varies"
        return replace(known, estimate=estimate, converged=False, warnings=(reason,))
    z = estimate / error
    known = _with_interval(known, estimate, error, alpha)
    return replace(known, statistic=z, p=float(2.0 * ndtr(-abs(z))))


def _with_interval(known: Result, estimate: float, error: float, alpha: float) -> Result:
    half = float(-ndtri(alpha / 2.0)) * error
    return replace(known, estimate=estimate, standard_error=error, ci_low=estimate - half, ci_high=estimate + half)


def _unit(causes: Causes) -> str:
    return "months lost" if causes.competing else "months"


def _rule(causes: Causes, what: str) -> str:
    return f"{what}, months lost to {kinds_words(causes.counted)}" if causes.competing else what


def _estimand(causes: Causes, origin: str, until: float, who: str) -> str:
    if causes.competing:
        mean = (
            f"The mean months lost to {kinds_words(causes.counted)} within {until:.4g} months of {origin} "
            f"({kinds_words(causes.competing)} competing)"
        )
    else:
        mean = f"The mean months free of {causes.event} within {until:.4g} months of {origin}"
    return (
        f"{mean}, {who} at risk, as allocated, whatever was given (treatment policy); leaving the trial is taken to "
        "say nothing about survival (independent censoring)."
    )
