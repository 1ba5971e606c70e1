"""How many have one kind of fatal event first, where others compete: Aalen and Johansen's cumulative incidence.

One minus Kaplan-Meier with the competing events censored overstates it: it speaks of a world in which nobody can have
the other event. The standard error is of Greenwood's type; it equals the infinitesimal jackknife that R's survfit
gives. The interval is the log-log one of the incidence itself, as R and SAS print it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from leadin.analysis.arms import arms_of, in_arm, of_arm
from leadin.analysis.causes import kinds_words
from leadin.analysis.landmarks import SAME_TIME
from leadin.analysis.result import Result, present
from leadin.errors import DataError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.fatal_events import fatal_kinds
from leadin.trials.survival_times import survival_origin, survival_times
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]

REFERENCES = (
    "Putter, Fiocco & Geskus (2007), Tutorial in biostatistics: competing risks and multi-state models, Stat Med "
    "26:2389-2430, doi:10.1002/sim.2712",
    "Allignol, Schumacher & Beyersmann (2010), A note on variance estimation of the Aalen-Johansen estimator of the "
    "cumulative incidence function in competing risks, with a view towards left-truncated data, Biom J 52:126-137, "
    "doi:10.1002/bimj.200900039",
)
TOLD_APART = "causes told apart"
"""Ends the rule of rows that stand beside the survival of all causes."""


@dataclass(frozen=True)
class IncidenceCurve:
    """A step function, (k,) each: `incidence` holds from `months` on, until the next; the first step is at 0.

    standard_error: of Greenwood's type; NaN where everybody had the event. low, high: the log-log interval; NaN while
    nobody had the event, and where everybody had it. free: the share without any event just before `months`. at_risk:
    just before `months`. events, competing: at it. last: the longest time of anybody.
    """

    months: Floats
    incidence: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    free: Floats
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    competing: NDArray[np.int64]
    last: float

    def step_at(self, month: float) -> int:
        """The number of the step that holds at that month."""
        return int(np.searchsorted(self.months, month + SAME_TIME, side="right")) - 1


def cumulative_incidence(
    months: ArrayLike, event: ArrayLike, competing: ArrayLike, level: float = 0.95
) -> IncidenceCurve:
    """The Aalen-Johansen estimate from times (n,), whether each ended in the event (n,) or in a competing one (n,);
    censored otherwise.

    Raises DataError for no times, times that are negative or missing, shapes that differ, and both events at once.
    """
    time = np.asarray(months, dtype=np.float64)
    mine, other = np.asarray(event, dtype=np.bool_), np.asarray(competing, dtype=np.bool_)
    if time.ndim != 1 or not time.shape == mine.shape == other.shape or time.size == 0:
        raise DataError(
            f"months: expected one time for each event, at least one; got {time.shape}, {mine.shape}, {other.shape}."
        )
    if not bool(np.all(np.isfinite(time) & (time >= 0.0))) or bool((mine & other).any()):
        raise DataError(
            "months: expected times of at least 0, each ended by one event at most. Leave missing ones out."
        )
    steps, step = np.unique(time, return_inverse=True)
    if steps[0] > 0.0:
        steps, step = np.concatenate([[0.0], steps]), step + 1
    left, events, others = (
        np.bincount(step[each], minlength=steps.size) for each in (np.ones(time.size, dtype=np.bool_), mine, other)
    )
    at_risk = time.size - np.concatenate([[0], np.cumsum(left)[:-1]])
    hazard, any_hazard = events / at_risk, (events + others) / at_risk
    free = np.concatenate([[1.0], np.cumprod(1.0 - any_hazard)[:-1]])
    # Once everybody had the event the sum is one, which rounding must not hide.
    everybody = (any_hazard == 1.0) & (np.cumsum(others) == 0)
    incidence = np.where(everybody, 1.0, np.cumsum(free * hazard))
    error = np.where(everybody, np.nan, np.sqrt(_variance(incidence, free, hazard, any_hazard, at_risk)))
    with np.errstate(divide="ignore", invalid="ignore"):
        half = -ndtri((1.0 - level) / 2.0) * error / (incidence * np.log(incidence))
        low, high = incidence ** np.exp(-half), incidence ** np.exp(half)
    defined = (events.cumsum() > 0) & ~everybody
    low, high = np.where(defined, low, np.nan), np.where(defined, high, np.nan)
    return IncidenceCurve(steps, incidence, error, low, high, free, at_risk, events, others, float(time.max()))


def _variance(
    incidence: Floats, free: Floats, hazard: Floats, any_hazard: Floats, at_risk: NDArray[np.int64]
) -> Floats:
    """Of the incidence at each step (k,): at each earlier step the events are a multinomial draw of those at risk; with
    F the incidence, S the share free of events before, h the hazard of the event and H that of any, the sum over steps
    s up to t of [S^2 h (1 - h) - 2 S h (F(t) - F(s)) + (F(t) - F(s))^2 H / (1 - H)] / at risk.

    Written as sums of powers of F(t), so that it takes k steps and not k squared.
    """
    lasting = any_hazard < 1.0
    # Once everybody at risk had an event nothing can come after it.
    odds = np.divide(any_hazard, 1.0 - any_hazard, out=np.zeros(any_hazard.shape), where=lasting)
    constant = free**2 * hazard * (1.0 - hazard) + 2.0 * free * hazard * incidence + odds * incidence**2
    linear = -2.0 * free * hazard - 2.0 * odds * incidence
    sums = [np.cumsum(each / at_risk) for each in (constant, linear, odds)]
    variance: Floats = np.maximum(sums[0] + sums[1] * incidence + sums[2] * incidence**2, 0.0)
    return variance


def cumulative_incidences(trial: Trial, level: float = 0.95) -> dict[str | None, dict[str, IncidenceCurve]]:
    """For the figures of a report: by arm with anybody at risk, in the order of the arms, and by kind of event that the
    protocol counts as fatal, the incidence of that kind, the others competing."""
    kinds = fatal_kinds(trial.protocol)
    times = survival_times(trial)
    mine = {arm: in_arm(times, arm) for arm in arms_of(trial)}
    return {arm: {kind: _curve(table, (kind,), level) for kind in kinds} for arm, table in mine.items() if table.height}


def incidence_rows(
    trial: Trial,
    times: pl.DataFrame,
    planned: PlannedAnalysis,
    months: Sequence[float],
    asked: Sequence[tuple[str, ...]],
    *,
    together: bool,
    references: tuple[str, ...] = REFERENCES,
) -> tuple[Result, ...]:
    """For each arm and each of the `asked` groups of kinds, the incidence at the months. together: the rows stand
    beside the survival of all causes; their rule says so."""
    rows: list[Result] = []
    for arm in arms_of(trial):
        mine = in_arm(times, arm)
        for kinds in asked:
            what = kinds_words(kinds)
            blank = Result(
                method="kaplan_meier",
                endpoint="survival",
                arm=arm,
                n=mine.height,
                not_evaluable=in_arm(trial.participants, arm).height - mine.height,
                unit="proportion with the event",
                rule=f"cumulative incidence of {what}{f', {TOLD_APART}' if together else ''}",
                references=references,
            )
            curve = _curve(mine, kinds, 1.0 - planned.alpha) if mine.height else None
            for month in months:
                estimand = _estimand(arm, month, survival_origin(trial), what)
                rows.append(_row(replace(blank, time_months=month, estimand=estimand), what, month, curve))
    return tuple(rows)


def _curve(times: pl.DataFrame, kinds: tuple[str, ...], level: float) -> IncidenceCurve:
    """The curve of those kinds; any other fatal event (columns `event`, `competing`) competes."""
    fatal = times["event"] | times["competing"] if "competing" in times.columns else times["event"]
    mine = fatal & times["kind"].is_in(list(kinds)).fill_null(False)
    return cumulative_incidence(times["months"].to_numpy(), mine.to_numpy(), (fatal & ~mine).to_numpy(), level)


def _row(known: Result, what: str, month: float, curve: IncidenceCurve | None) -> Result:
    arm = of_arm(known.arm)
    if curve is None:
        return replace(known, converged=False, warnings=(f"no participant {arm} was at risk",))
    step = curve.step_at(month)
    hazards = (curve.events[step] + curve.competing[step]) / curve.at_risk[step]
    if month > curve.last + SAME_TIME and hazards < 1.0:
        reason = f"nobody {arm} was followed to month {month:g}; the last was followed to month {curve.last:.4g}"
        return replace(known, converged=False, warnings=(reason,))
    known = replace(known, estimate=float(curve.incidence[step]), standard_error=present(curve.standard_error[step]))
    if np.isnan(curve.low[step]):
        who = "nobody had had" if curve.incidence[step] == 0.0 else "everybody at risk had had"
        return replace(known, warnings=(f"{who} {what} by month {month:g}, where the log-log interval does not exist",))
    return replace(known, ci_low=float(curve.low[step]), ci_high=float(curve.high[step]))


def _estimand(arm: str | None, month: float, origin: str, what: str) -> str:
    return (
        f"The probability that a participant {of_arm(arm)} has {what} within {month:g} months of {origin}, and no "
        "other fatal event before it, whatever was given (treatment policy), in those at risk; other fatal events "
        "compete, and leaving the trial is taken to say nothing about them (independent censoring)."
    )
