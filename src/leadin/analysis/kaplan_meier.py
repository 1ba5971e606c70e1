"""Survival by Kaplan and Meier, with Greenwood's standard error and the log-log interval.

Where fatal events of several kinds count, the cumulative incidence of each kind stands beside it; where some compete
(`planned.fatal_events`), the incidence takes its place. Ours rather than lifelines', which gives no standard error,
answers an interval of 1 to 1 where nobody has died yet, and takes more than a second to load for these few lines; tests
hold the two, and R's survival, equal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from leadin.analysis.arms import arms_of, in_arm, of_arm
from leadin.analysis.causes import Causes, causes_of, kinds_words, times_under
from leadin.analysis.cumulative_incidence import REFERENCES as INCIDENCE_REFERENCES
from leadin.analysis.cumulative_incidence import incidence_rows
from leadin.analysis.landmarks import SAME_TIME as SAME_TIME
from leadin.analysis.landmarks import landmarks
from leadin.analysis.result import Result, present
from leadin.errors import DataError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.survival_times import survival_origin, survival_times
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]

REFERENCES = (
    "Kaplan & Meier (1958), Nonparametric estimation from incomplete observations, J Am Stat Assoc 53:457-481, "
    "doi:10.1080/01621459.1958.10501452",
    "Kalbfleisch & Prentice (2002), The Statistical Analysis of Failure Time Data, second edition, Wiley, section 1.4 "
    "(log-log interval), doi:10.1002/9781118032985",
    *INCIDENCE_REFERENCES,
)
SURVIVING = "proportion surviving"


@dataclass(frozen=True)
class SurvivalCurve:
    """A step function, (k,) each: `survival` holds from `months` on, until the next; the first step is at 0.

    standard_error: Greenwood's. low, high: the log-log interval; NaN while nobody has died and where nobody is left.
    at_risk: just before `months`; deaths and censored: at it. last: the longest time of anybody in the arm.
    """

    months: Floats
    survival: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    at_risk: NDArray[np.int64]
    deaths: NDArray[np.int64]
    censored: NDArray[np.int64]
    last: float

    def step_at(self, month: float) -> int:
        """The number of the step that holds at that month."""
        return int(np.searchsorted(self.months, month + SAME_TIME, side="right")) - 1

    def at_risk_at(self, months: ArrayLike) -> NDArray[np.int64]:
        """Participants at risk just before each of the months, for the numbers beneath a figure."""
        later = self.months[None, :] >= np.asarray(months, dtype=np.float64)[:, None] - SAME_TIME
        left = self.deaths + self.censored
        remaining: NDArray[np.int64] = (later * left[None, :]).sum(axis=1)
        return remaining


def survival_curve(months: ArrayLike, event: ArrayLike, level: float = 0.95) -> SurvivalCurve:
    """The Kaplan-Meier estimate from times (n,) and whether each ended in the event (n,), censored otherwise.

    Raises DataError for no times, times that are negative or missing, and shapes that differ.
    """
    time = np.asarray(months, dtype=np.float64)
    died = np.asarray(event, dtype=np.bool_)
    if time.ndim != 1 or time.shape != died.shape or time.size == 0:
        raise DataError(f"months: expected one time for each event, at least one; got {time.shape} and {died.shape}.")
    if not bool(np.all(np.isfinite(time) & (time >= 0.0))):
        raise DataError("months: expected times of at least 0. Leave missing ones out.")
    steps, step = np.unique(time, return_inverse=True)
    if steps[0] > 0.0:
        steps, step = np.concatenate([[0.0], steps]), step + 1
    deaths = np.bincount(step[died], minlength=steps.size)
    censored = np.bincount(step[~died], minlength=steps.size)
    at_risk = time.size - np.concatenate([[0], np.cumsum(deaths + censored)[:-1]])
    survival = np.cumprod(1.0 - deaths / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Greenwood's sum; infinite once the last at risk have died.
        relative = np.cumsum(deaths / (at_risk * (at_risk - deaths).astype(np.float64)))
        error = survival * np.sqrt(relative)
        half = -ndtri((1.0 - level) / 2.0) * np.sqrt(relative) / np.log(survival)
        low, high = survival ** np.exp(-half), survival ** np.exp(half)
    undefined = (survival == 1.0) | (survival == 0.0)
    low, high = np.where(undefined, np.nan, low), np.where(undefined, np.nan, high)
    error = np.where(survival == 0.0, np.nan, error)
    return SurvivalCurve(steps, survival, error, low, high, at_risk, deaths, censored, float(time.max()))


def survival_curves(trial: Trial, level: float = 0.95) -> dict[str | None, SurvivalCurve]:
    """The curve of each arm that has anybody at risk, in the order of the arms; for the figures of a report."""
    times = survival_times(trial)
    mine = {arm: in_arm(times, arm) for arm in arms_of(trial)}
    return {arm: _curve(table, level) for arm, table in mine.items() if table.height}


def kaplan_meier(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Survival of each arm at the landmark months that any arm reached, with the log-log interval.

    Give it a trial that `usable_trial` has been through. `n` is the number of participants in the curve; `statistic`
    stays empty. A landmark that nobody of an arm reached alive, or at which nobody had died, has no interval. Where
    several kinds of event count as fatal, the cumulative incidence of each kind follows, `rule` says which; where the
    plan makes some compete, the cumulative incidence of what counts stands first, and survival is not told.
    """
    causes = causes_of(trial, planned)
    times = times_under(trial, causes)
    months = landmarks(trial, times)
    each = [(kind,) for kind in causes.kinds]
    if causes.competing:
        asked = [causes.counted, *each] if len(causes.counted) > 1 else each
        return incidence_rows(trial, times, planned, months, asked, together=False, references=REFERENCES)
    rows = _survival_rows(trial, times, planned, months, causes)
    if len(each) > 1:
        rows += incidence_rows(trial, times, planned, months, each, together=True, references=REFERENCES)
    return rows


def _survival_rows(
    trial: Trial, times: pl.DataFrame, planned: PlannedAnalysis, months: tuple[float, ...], causes: Causes
) -> tuple[Result, ...]:
    rows: list[Result] = []
    for arm in arms_of(trial):
        mine = in_arm(times, arm)
        blank = Result(
            method="kaplan_meier",
            endpoint="survival",
            arm=arm,
            n=mine.height,
            not_evaluable=in_arm(trial.participants, arm).height - mine.height,
            unit=SURVIVING,
            references=REFERENCES,
        )
        curve = _curve(mine, 1.0 - planned.alpha) if mine.height else None
        for month in months:
            estimand = _estimand(arm, month, survival_origin(trial), causes)
            rows.append(_landmark_row(replace(blank, time_months=month, estimand=estimand), month, curve))
    return tuple(rows)


def _curve(times: pl.DataFrame, level: float) -> SurvivalCurve:
    return survival_curve(times["months"].to_numpy(), times["event"].to_numpy(), level)


def _landmark_row(known: Result, month: float, curve: SurvivalCurve | None) -> Result:
    arm = of_arm(known.arm)
    if curve is None:
        return replace(known, converged=False, warnings=(f"no participant {arm} was at risk",))
    step = curve.step_at(month)
    survival = float(curve.survival[step])
    if month > curve.last + SAME_TIME and survival > 0.0:
        reason = f"nobody {arm} was followed to month {month:g}; the last was followed to month {curve.last:.4g}"
        return replace(known, converged=False, warnings=(reason,))
    known = replace(known, estimate=survival, standard_error=present(curve.standard_error[step]))
    if survival in (0.0, 1.0):
        what = "nobody had died yet" if survival == 1.0 else "everybody at risk had died"
        return replace(known, warnings=(f"{what} by month {month:g}, where the log-log interval does not exist",))
    return replace(known, ci_low=float(curve.low[step]), ci_high=float(curve.high[step]))


def _estimand(arm: str | None, month: float, origin: str, causes: Causes) -> str:
    others = kinds_words(tuple(kind for kind in causes.counted if kind != "death"))
    free = ", without an event that the protocol counts as fatal,"
    if causes.planned:
        free = f", without {others}," if others else ""
    return (
        f"The probability that a participant {of_arm(arm)} is alive{free} {month:g} months after "
        f"{origin}, whatever was given (treatment policy), in those at risk; leaving the trial is taken to say nothing "
        "about survival (independent censoring)."
    )
