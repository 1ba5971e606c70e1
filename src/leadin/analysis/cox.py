"""Cox's proportional hazards: how many times as fast does one arm die as the other?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from leadin.analysis.arms import arms_of
from leadin.analysis.causes import Causes, causes_of, competing_words, in_words_of, times_under
from leadin.analysis.covariates import covariates
from leadin.analysis.proportional_hazards import proportional_hazards
from leadin.analysis.result import Result
from leadin.analysis.stratified import in_strata, joined, strata_warnings, stratum_words, survival_rule
from leadin.errors import ConvergenceError, DataError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.survival_times import survival_origin
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

REFERENCES = (
    "Cox (1972), Regression models and life-tables, J R Stat Soc B 34:187-220, doi:10.1111/j.2517-6161.1972.tb00899.x",
    "Efron (1977), The efficiency of Cox's likelihood function for censored data, J Am Stat Assoc 72:557-565, "
    "doi:10.1080/01621459.1977.10480613",
)
ARM = "the arm"


@dataclass(frozen=True)
class HazardRatio:
    """The log hazard ratio of one group against another, its standard error, and Wald's z and two-sided p."""

    log_ratio: float
    standard_error: float
    z: float
    p: float


def hazard_ratio(
    months: ArrayLike,
    event: ArrayLike,
    treated: ArrayLike,
    *,
    columns: ArrayLike | None = None,
    titles: Sequence[str] = (),
    stratum: ArrayLike | None = None,
) -> HazardRatio:
    """Cox's model, ties by Efron, from times (n,), events (n,) and an indicator (n,), adjusted for columns (n, k) with
    their titles, each stratum (n,) with a baseline hazard of its own.

    Raises ConvergenceError, with the reason, where the likelihood has no maximum; DataError for shapes that differ and
    missing numbers.
    """
    time, died, group = np.asarray(months, float), np.asarray(event, bool), np.asarray(treated, bool)
    reason = _no_maximum(time, died, group, None if stratum is None else np.asarray(stratum))
    if reason is not None:
        raise ConvergenceError(reason)
    mine = group.astype(np.float64)[:, None]
    beside = np.empty((group.size, 0)) if columns is None else np.asarray(columns, dtype=np.float64)
    fit = proportional_hazards(time, died, np.hstack([mine, beside]), (ARM, *titles), stratum)
    beta, spread = float(fit.coefficients[0]), float(np.sqrt(fit.covariance[0, 0]))
    return HazardRatio(beta, spread, beta / spread, float(2.0 * ndtr(-abs(beta / spread))))


def cox(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """The log hazard ratio of each arm against `reference`, each pair of arms by itself.

    Give it a trial that `usable_trial` has been through. `planned.covariates` are adjusted for, their own coefficients
    are not told; who lacks one is left out and counted. `planned.strata` have each a baseline hazard of their own. With
    competing events (`planned.fatal_events`) the hazard is cause-specific. Where no finite hazard ratio fits best, such
    as when nobody of one arm died, `converged` is False and the first warning says why.
    """
    causes = causes_of(trial, planned)
    times = in_strata(times_under(trial, causes), trial, planned.strata)
    arms = [arm for arm in arms_of(trial) if arm is not None]
    blank = Result(
        method="cox",
        endpoint="survival",
        unit="log hazard ratio",
        rule=survival_rule(causes, planned),
        references=REFERENCES,
    )
    if reference is None or len(arms) < 2:
        reason = f"expected at least two arms to compare; got {len(arms_of(trial))}"
        return (replace(blank, converged=False, warnings=(reason,)),)
    rows = []
    for arm in arms:
        if arm != reference:
            pair = times.filter(pl.col("arm").is_in([arm, reference]))
            everybody = trial.participants.filter(pl.col("arm").is_in([arm, reference])).height
            known = replace(
                blank,
                arm=arm,
                contrast=f"{arm} - {reference}",
                n=pair.height,
                not_evaluable=everybody - pair.height,
                estimand=_estimand(survival_origin(trial), causes, planned, arm, reference),
            )
            rows.append(_row(known, trial, pair, planned, causes))
    return tuple(rows)


def _row(known: Result, trial: Trial, pair: pl.DataFrame, planned: PlannedAnalysis, causes: Causes) -> Result:
    try:
        mine, columns, titles = _adjusted(trial, pair, planned.covariates)
        left_out = pair.height - mine.height
        known = replace(known, n=mine.height, not_evaluable=(known.not_evaluable or 0) + left_out)
        known = replace(known, warnings=strata_warnings(mine, planned.strata))
        ratio = hazard_ratio(
            mine["months"].to_numpy(),
            mine["event"].to_numpy(),
            (mine["arm"] == known.arm).to_numpy(),
            columns=columns,
            titles=titles,
            stratum=mine["stratum"].to_numpy() if planned.strata else None,
        )
    except (ConvergenceError, DataError) as error:
        reason = in_words_of(causes, str(error)) if isinstance(error, ConvergenceError) else str(error)
        return replace(known, converged=False, warnings=(reason, *known.warnings))
    half = float(-ndtri(planned.alpha / 2.0)) * ratio.standard_error
    return replace(
        known,
        estimate=ratio.log_ratio,
        standard_error=ratio.standard_error,
        statistic=ratio.z,
        ci_low=ratio.log_ratio - half,
        ci_high=ratio.log_ratio + half,
        p=ratio.p,
    )


def _adjusted(trial: Trial, pair: pl.DataFrame, names: Sequence[str]) -> tuple[pl.DataFrame, Floats, tuple[str, ...]]:
    """Those of the pair who have every covariate, and the covariates' columns, of them alone."""
    if not names:
        return pair, np.empty((pair.height, 0)), ()
    people = pair.select("participant_id").join(
        trial.participants, on="participant_id", how="left", maintain_order="left"
    )
    complete = covariates(people, names).complete
    made = covariates(people.filter(pl.Series(complete)), names)
    return pair.filter(pl.Series(complete)), made.values, made.titles


def _no_maximum(months: Floats, event: Flags, treated: Flags, stratum: NDArray[np.generic] | None) -> str | None:
    """Why no finite coefficient of the indicator alone fits best; None where one does.

    A death tells the groups apart only while both are at risk, in its stratum. The likelihood rises for ever towards
    the group whose deaths alone fall into that time.
    """
    if not event.any():
        return "nobody died, so that no hazard ratio can be estimated"
    if treated.all() or not treated.any():
        return "expected participants at risk in both arms; got one arm only"
    both = np.zeros(event.shape, dtype=np.bool_)
    for one in np.unique(stratum) if stratum is not None else (None,):
        within = np.ones(event.shape, dtype=np.bool_) if one is None else stratum == one
        if (treated & within).any() and (~treated & within).any():
            last = min(months[treated & within].max(), months[~treated & within].max())
            both |= within & event & (months <= last)
    where = "" if stratum is None else " of a stratum"
    for group, name in ((treated, "the arm"), (~treated, "the reference arm")):
        if not (both & group).any():
            return (
                f"nobody of {name} died while participants of both arms{where} were at risk, so that no finite hazard "
                "ratio fits best (monotone likelihood)"
            )
    return None


def _estimand(origin: str, causes: Causes, planned: PlannedAnalysis, arm: str, reference: str) -> str:
    adjusted = (
        f", for participants alike in {joined(planned.covariates)} (who lacks one of them is left out)"
        if planned.covariates
        else ""
    )
    return (
        f"The log of the ratio of the hazards of {causes.event} from {origin} on, arm {arm} to arm {reference}, taken "
        f"to be the same at every time{adjusted}{stratum_words(planned.strata)}, in all participants at risk, as "
        "allocated, whatever was given (treatment policy); leaving the trial is taken to say nothing about survival "
        f"(independent censoring).{competing_words(causes)}"
    )
