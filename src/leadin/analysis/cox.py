"""Cox's proportional hazards: how many times as fast does one arm die as the other?"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from leadin.analysis.arms import arms_of
from leadin.analysis.result import Result
from leadin.errors import ConvergenceError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.survival_times import survival_origin, survival_times
from leadin.trials.trial import Trial

REFERENCES = (
    "Cox (1972), Regression models and life-tables, J R Stat Soc B 34:187-220, doi:10.1111/j.2517-6161.1972.tb00899.x",
    "Efron (1977), The efficiency of Cox's likelihood function for censored data, J Am Stat Assoc 72:557-565, "
    "doi:10.1080/01621459.1977.10480613",
    "Davidson-Pilon (2019), lifelines: survival analysis in Python, J Open Source Softw 4:1317, "
    "doi:10.21105/joss.01317",
)
# lifelines stops when half the squared Newton step falls below `precision`; its 1e-7 leaves 1e-3 in the estimate.
# `r_precision` is a second way to stop early, by the change of the likelihood, and is switched off.
FIT_OPTIONS = {"precision": 1e-22, "r_precision": 0.0, "max_steps": 200}
STEP_SIZES = (0.95, 0.5, 0.2, 0.05)
"""lifelines does not halve a Newton step that makes things worse; after a failure it is asked again for smaller
ones."""


@dataclass(frozen=True)
class HazardRatio:
    """The log hazard ratio of one group against another, its standard error, and Wald's z and two-sided p."""

    log_ratio: float
    standard_error: float
    z: float
    p: float


def hazard_ratio(months: ArrayLike, event: ArrayLike, treated: ArrayLike) -> HazardRatio:
    """Cox's model with one indicator, ties by Efron, from times (n,), events (n,) and the indicator (n,).

    Raises ConvergenceError, with the reason, where the likelihood has no maximum or lifelines did not find it.
    """
    reason = _no_maximum(np.asarray(months, float), np.asarray(event, bool), np.asarray(treated, bool))
    if reason is not None:
        raise ConvergenceError(reason)
    # Loaded here: lifelines takes more than a second.
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError as LifelinesError
    from lifelines.exceptions import ConvergenceWarning
    from pandas import DataFrame

    columns = {"months": np.asarray(months, float), "event": np.asarray(event, bool)}
    table = DataFrame({**columns, "treated": np.asarray(treated, float)})
    attempts = []
    for step_size in STEP_SIZES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", ConvergenceWarning)
            try:
                options = {**FIT_OPTIONS, "step_size": step_size}
                model = CoxPHFitter().fit(table, "months", "event", fit_options=options)
            except (LifelinesError, ConvergenceWarning) as error:
                attempts.append(f"step size {step_size:g}: {str(error).split('.')[0]}")
                continue
        beta, spread = float(model.params_["treated"]), float(model.standard_errors_["treated"])
        return HazardRatio(beta, spread, beta / spread, float(2.0 * ndtr(-abs(beta / spread))))
    raise ConvergenceError(f"the fit did not converge; tried {'; '.join(attempts)}")


def cox(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """The log hazard ratio of each arm against `reference`, each pair of arms by itself.

    Give it a trial that `usable_trial` has been through. Where no finite hazard ratio fits best, such as when nobody
    of one arm died, `converged` is False and the first warning says why.
    """
    times = survival_times(trial)
    arms = [arm for arm in arms_of(trial) if arm is not None]
    blank = Result(method="cox", endpoint="survival", unit="log hazard ratio", references=REFERENCES)
    if reference is None or len(arms) < 2:
        reason = f"expected at least two arms to compare; got {len(arms_of(trial))}"
        return (replace(blank, converged=False, warnings=(reason,)),)
    rows = []
    for arm in arms:
        if arm != reference:
            mine = times.filter(pl.col("arm").is_in([arm, reference]))
            everybody = trial.participants.filter(pl.col("arm").is_in([arm, reference])).height
            known = replace(
                blank,
                arm=arm,
                contrast=f"{arm} - {reference}",
                n=mine.height,
                not_evaluable=everybody - mine.height,
                estimand=_estimand(survival_origin(trial), arm, reference),
            )
            rows.append(_row(known, mine, arm, planned.alpha))
    return tuple(rows)


def _row(known: Result, times: pl.DataFrame, arm: str, alpha: float) -> Result:
    treated = (times["arm"] == arm).to_numpy()
    try:
        ratio = hazard_ratio(times["months"].to_numpy(), times["event"].to_numpy(), treated)
    except ConvergenceError as error:
        return replace(known, converged=False, warnings=(str(error),))
    half = float(-ndtri(alpha / 2.0)) * ratio.standard_error
    return replace(
        known,
        estimate=ratio.log_ratio,
        standard_error=ratio.standard_error,
        statistic=ratio.z,
        ci_low=ratio.log_ratio - half,
        ci_high=ratio.log_ratio + half,
        p=ratio.p,
    )


def _no_maximum(
    months: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    event: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    treated: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> str | None:
    """Why the partial likelihood has no finite maximum; None where it has one.

    A death tells the groups apart only while both are at risk. The likelihood rises for ever towards the group whose
    deaths alone fall into that time.
    """
    if not event.any():
        return "nobody died, so that no hazard ratio can be estimated"
    if treated.all() or not treated.any():
        return "expected participants at risk in both arms; got one arm only"
    both = event & (months <= min(months[treated].max(), months[~treated].max()))
    for group, name in ((treated, "the arm"), (~treated, "the reference arm")):
        if not (both & group).any():
            return (
                f"nobody of {name} died while participants of both arms were at risk, so that no finite hazard ratio "
                "fits best (monotone likelihood)"
            )
    return None


def _estimand(origin: str, arm: str, reference: str) -> str:
    return (
        f"The log of the ratio of the hazards of a fatal event from {origin} on, arm {arm} to arm {reference}, taken "
        "to be the same at every time, in all participants at risk, as allocated, whatever was given (treatment "
        "policy); leaving the trial is taken to say nothing about survival (independent censoring)."
    )
