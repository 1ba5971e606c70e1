"""Time to the first adverse event of a kind: how soon after time zero, and sooner in one arm?

Death competes: the share told by a month is that of participants who have had the event by then, none of whom can have
it once dead (Aalen and Johansen's cumulative incidence). One minus Kaplan-Meier with deaths censored overstates it.
The log-rank test between arms compares cause-specific hazards: how soon the event comes in those still alive.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from leadin.analysis.adverse_event_kinds import KINDS, Kind, unsaid
from leadin.analysis.adverse_event_table import AdverseEvents, first_event_months
from leadin.analysis.arms import arms_of, in_arm, of_arm
from leadin.analysis.cumulative_incidence import REFERENCES as INCIDENCE_REFERENCES
from leadin.analysis.cumulative_incidence import IncidenceCurve, cumulative_incidence
from leadin.analysis.landmarks import SAME_TIME
from leadin.analysis.log_rank import log_rank_test
from leadin.analysis.result import Result
from leadin.engine.intervals import clopper_pearson
from leadin.trials.trial import Trial

LANDMARKS = (1.0, 3.0, 6.0, 12.0, 24.0)
"""Months at which the share with a first event is told, as far as any arm reaches."""
HALF = 0.5
SAME_SHARE = 1e-8
"""An incidence this close to one half is one half: rounding must not move the median."""
REFERENCES = (
    *INCIDENCE_REFERENCES,
    "Brookmeyer & Crowley (1982), A confidence interval for the median survival time, Biometrics 38:29-41, "
    "doi:10.2307/2530286",
    "Mantel (1966), Evaluation of survival data and two new rank order statistics arising in its consideration, "
    "Cancer Chemother Rep 50:163-170, PMID 5910392",
)
COMPETES = "death before it competes, and the end of being followed censors"
CAUSE_SPECIFIC = "death and the end of being followed censor, so that the hazards of those still alive are compared"


def first_event_rows(trial: Trial, harm: AdverseEvents, level: float, reference: str | None) -> list[Result]:
    """Per kind of event and arm the cumulative incidence of the first event at landmark months, death competing, and
    the median; between arms the log-rank test of the cause-specific hazards."""
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
    months, event, died = (times[name].to_numpy() for name in ("months", "event", "died"))
    curve = cumulative_incidence(months, event, died, level)
    rows = []
    for month in landmarks:
        # Of the dead it is known that they did not have it before, and never will.
        told = int(((months >= month - SAME_TIME) | died).sum())
        rows.append(_landmark_row(known, kind, curve, month, told, level))
    return [*rows, _median_row(known, kind, curve)]


def _landmark_row(known: Result, kind: Kind, curve: IncidenceCurve, month: float, told: int, level: float) -> Result:
    """told: of how many it is known, where none was seen, that they had none by that month."""
    known = replace(
        known,
        time_months=month,
        unit="proportion with a first event",
        estimand=f"The probability that a participant {of_arm(known.arm)} has {kind.words} within {month:g} months of "
        f"time zero, as the cumulative incidence; {COMPETES}.",
    )
    step = curve.step_at(month)
    share = float(curve.incidence[step])
    everybody_ended = curve.events[step] + curve.competing[step] == curve.at_risk[step]
    if month > curve.last + SAME_TIME and not everybody_ended:
        reason = (
            f"nobody {of_arm(known.arm)} was followed without the event to month {month:g}; the last to month "
            f"{curve.last:.4g}"
        )
        return replace(known, converged=False, warnings=(reason, *known.warnings))
    known = replace(known, estimate=share, statistic=float(curve.events[: step + 1].sum()))
    if share == 0.0:
        high = float(clopper_pearson(0, told, level).high)
        zero = (
            f"none seen in {told} participants followed that long or to their death; the interval reaches up to "
            f"{100 * high:.2g} %"
        )
        return replace(known, standard_error=0.0, ci_low=0.0, ci_high=high, warnings=(zero, *known.warnings))
    if share == 1.0:
        said = f"everybody still followed had the event by month {month:g}, where the log-log interval does not exist"
        return replace(known, warnings=(said, *known.warnings))
    low, high = float(curve.low[step]), float(curve.high[step])
    return replace(known, standard_error=float(curve.standard_error[step]), ci_low=low, ci_high=high)


def _median_row(known: Result, kind: Kind, curve: IncidenceCurve) -> Result:
    known = replace(
        known,
        unit="months",
        rule=f"{kind.rule}, median time to first",
        statistic=float(curve.events.sum()),
        estimand=f"The month from time zero by which half of the participants {of_arm(known.arm)} have had "
        f"{kind.words}, by their cumulative incidence; {COMPETES}.",
        ci_low=_time_of_half(curve, curve.high),
        ci_high=_time_of_half(curve, curve.low),
    )
    median = _time_of_half(curve, curve.incidence)
    if median is None:
        reason = f"fewer than half {of_arm(known.arm)} had had the event by the end: the median was not reached"
        return replace(known, converged=False, warnings=(reason, *known.warnings))
    return replace(known, estimate=median)


def _time_of_half(curve: IncidenceCurve, share: np.ndarray) -> float | None:
    """When `share` rises to one half or above; where it stays at one half, the middle of that time; None: never."""
    at = np.flatnonzero(share >= HALF - SAME_SHARE)
    if at.size == 0:
        return None
    first = int(at[0])
    above = np.flatnonzero(share > HALF + SAME_SHARE)
    if share[first] <= HALF + SAME_SHARE and above.size:
        return float(curve.months[first] + curve.months[above[0]]) / 2.0
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
        f"{reference} (log-rank test of the cause-specific hazards); {CAUSE_SPECIFIC}.",
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
