"""Time to the first adverse event of a kind: how soon after time zero, and sooner in one arm?

Death censors: what is estimated is how soon the event comes in those still alive, not the share who will have had it
before they die, which is smaller.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from leadin.analysis.adverse_event_kinds import KINDS, Kind, unsaid
from leadin.analysis.adverse_event_table import AdverseEvents, first_event_months
from leadin.analysis.arms import arms_of, in_arm, of_arm
from leadin.analysis.kaplan_meier import SAME_TIME, SurvivalCurve, survival_curve
from leadin.analysis.log_rank import log_rank_test
from leadin.analysis.result import Result
from leadin.engine.intervals import clopper_pearson
from leadin.trials.trial import Trial

LANDMARKS = (1.0, 3.0, 6.0, 12.0, 24.0)
"""Months at which the share with a first event is told, as far as any arm reaches."""
HALF = 0.5
SAME_SHARE = 1e-8
"""A survival this close to one half is one half: rounding must not move the median."""
REFERENCES = (
    "Kaplan & Meier (1958), Nonparametric estimation from incomplete observations, J Am Stat Assoc 53:457-481, "
    "doi:10.1080/01621459.1958.10501452",
    "Brookmeyer & Crowley (1982), A confidence interval for the median survival time, Biometrics 38:29-41, "
    "doi:10.2307/2530286",
    "Mantel (1966), Evaluation of survival data and two new rank order statistics arising in its consideration, "
    "Cancer Chemother Rep 50:163-170, PMID 5910392",
)
CENSORED = "death and the end of being followed censor; the share who have had it before death is smaller"


def first_event_rows(trial: Trial, harm: AdverseEvents, level: float, reference: str | None) -> list[Result]:
    """Per kind of event and arm the Kaplan-Meier share with a first event at landmark months, and the median; between
    arms the log-rank test."""
    arms = arms_of(trial)
    rows: list[Result] = []
    for kind in KINDS:
        times = first_event_months(harm.people, harm.events.filter(kind.which))
        longest = max(harm.people["months"].to_list(), default=0.0)
        landmarks = [month for month in LANDMARKS if month <= longest + SAME_TIME]
        blank = Result("safety", "adverse_events", rule=f"{kind.rule}, time to first")
        for arm in arms:
            mine = in_arm(times, arm)
            known = replace(
                blank,
                arm=arm,
                n=mine.height,
                not_evaluable=in_arm(trial.participants, arm).height - mine.height,
                warnings=unsaid(in_arm(harm.events, arm), kind, mine.height),
            )
            rows += _arm_rows(known, mine, kind, landmarks, level)
        rows += [
            _test_row(blank, trial, times, kind, arm, reference)
            for arm in arms
            if arm is not None and reference is not None and arm != reference
        ]
    return rows


def _arm_rows(known: Result, times: pl.DataFrame, kind: Kind, landmarks: list[float], level: float) -> list[Result]:
    if times.is_empty():
        reason = f"expected at least one participant {of_arm(known.arm)} known of after time zero; got none"
        return [replace(known, converged=False, warnings=(reason, *known.warnings))]
    curve = survival_curve(times["months"].to_numpy(), times["event"].to_numpy(), level)
    return [*(_landmark_row(known, kind, curve, month, level) for month in landmarks), _median_row(known, kind, curve)]


def _landmark_row(known: Result, kind: Kind, curve: SurvivalCurve, month: float, level: float) -> Result:
    known = replace(
        known,
        time_months=month,
        unit="proportion with a first event",
        estimand=f"The probability that a participant {of_arm(known.arm)} has {kind.words} within {month:g} months of "
        f"time zero, by Kaplan-Meier; {CENSORED}.",
    )
    step = curve.step_at(month)
    free = float(curve.survival[step])
    if month > curve.last + SAME_TIME and free > 0.0:
        reason = (
            f"nobody {of_arm(known.arm)} was followed without the event to month {month:g}; the last to month "
            f"{curve.last:.4g}"
        )
        return replace(known, converged=False, warnings=(reason, *known.warnings))
    known = replace(known, estimate=1.0 - free, statistic=float(curve.deaths[: step + 1].sum()))
    if free == 1.0:
        followed = int(curve.at_risk_at([month])[0])
        high = float(clopper_pearson(0, followed, level).high)
        zero = f"none seen in {followed} participants followed that long; the interval reaches up to {100 * high:.2g} %"
        return replace(known, standard_error=0.0, ci_low=0.0, ci_high=high, warnings=(zero, *known.warnings))
    if free == 0.0:
        said = f"everybody still followed had the event by month {month:g}, where the log-log interval does not exist"
        return replace(known, warnings=(said, *known.warnings))
    low, high = 1.0 - float(curve.high[step]), 1.0 - float(curve.low[step])
    return replace(known, standard_error=float(curve.standard_error[step]), ci_low=low, ci_high=high)


def _median_row(known: Result, kind: Kind, curve: SurvivalCurve) -> Result:
    known = replace(
        known,
        unit="months",
        rule=f"{kind.rule}, median time to first",
        statistic=float(curve.deaths.sum()),
        estimand=f"The month from time zero by which half of the participants {of_arm(known.arm)} have had "
        f"{kind.words}, by Kaplan-Meier; {CENSORED}.",
        ci_low=_time_of_half(curve, curve.low),
        ci_high=_time_of_half(curve, curve.high),
    )
    median = _time_of_half(curve, curve.survival)
    if median is None:
        reason = f"fewer than half {of_arm(known.arm)} had had the event by the end: the median was not reached"
        return replace(known, converged=False, warnings=(reason, *known.warnings))
    return replace(known, estimate=median)


def _time_of_half(curve: SurvivalCurve, share: np.ndarray) -> float | None:
    """When `share` falls to one half or below; where it stays at one half, the middle of that time; None: never."""
    at = np.flatnonzero(share <= HALF + SAME_SHARE)
    if at.size == 0:
        return None
    first = int(at[0])
    below = np.flatnonzero(share < HALF - SAME_SHARE)
    if share[first] >= HALF - SAME_SHARE and below.size:
        return float(curve.months[first] + curve.months[below[0]]) / 2.0
    return float(curve.months[first])


def _test_row(blank: Result, trial: Trial, times: pl.DataFrame, kind: Kind, arm: str, reference: str) -> Result:
    mine = times.filter(pl.col("arm").is_in([arm, reference]))
    everybody = trial.participants.filter(pl.col("arm").is_in([arm, reference])).height
    known = replace(
        blank,
        arm=arm,
        contrast=f"{arm} - {reference}",
        n=mine.height,
        not_evaluable=everybody - mine.height,
        estimand=f"Whether {kind.words} first comes at the same rate at every time from time zero in arm {arm} and arm "
        f"{reference} (log-rank test); {CENSORED}.",
    )
    first = mine.filter("event")["months"].min()
    if first is None:
        reason = f"nobody of arm {arm} or arm {reference} had the event, so that there is nothing to compare"
        return replace(known, converged=False, warnings=(reason,))
    followed = mine.filter(pl.col("months") >= first)["arm"].unique()
    for each in (arm, reference):
        if each not in followed:
            reason = f"nobody of arm {each} was followed when the first event happened"
            return replace(known, converged=False, warnings=(reason,))
    time, event = mine["months"].to_numpy(), mine["event"].to_numpy()
    if not any(event[time == t].sum() < (time >= t).sum() for t in np.unique(time[event])):
        reason = "everybody still followed had the event at the same time, so that there is nothing to compare"
        return replace(known, converged=False, warnings=(reason,))
    test = log_rank_test(time, event, mine["arm"].to_numpy())
    return replace(known, statistic=test.chi_square, df=float(test.df), p=test.p)
