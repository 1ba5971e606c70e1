"""The log-rank test: do the arms die at the same rate?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from leadin.analysis.arms import arms_of
from leadin.analysis.result import Result
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.survival_times import survival_origin, survival_times
from leadin.trials.trial import Trial

REFERENCES = (
    "Mantel (1966), Evaluation of survival data and two new rank order statistics arising in its consideration, "
    "Cancer Chemother Rep 50:163-170, PMID 5910392",
    "Peto & Peto (1972), Asymptotically efficient rank invariant test procedures, J R Stat Soc A 135:185-207, "
    "doi:10.2307/2344317",
    "Davidson-Pilon (2019), lifelines: survival analysis in Python, J Open Source Softw 4:1317, "
    "doi:10.21105/joss.01317",
)
OVERALL = "all arms"
"""The contrast of the test of all arms at once."""


def log_rank(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Each arm against `reference`; with more than two arms also all at once, last. `statistic` is the chi-square.

    Give it a trial that `usable_trial` has been through. An arm that nobody of was at risk when the first death
    happened cannot be compared: `converged` says so.
    """
    times = survival_times(trial)
    arms = [arm for arm in arms_of(trial) if arm is not None]
    blank = Result(method="log_rank", endpoint="survival", references=REFERENCES)
    if reference is None or len(arms) < 2:
        reason = f"expected at least two arms to compare; got {len(arms_of(trial))}"
        return (replace(blank, converged=False, warnings=(reason,)),)
    origin = survival_origin(trial)
    rows = []
    for arm in arms:
        if arm != reference:
            known = replace(blank, arm=arm, contrast=f"{arm} - {reference}", estimand=_estimand(origin, reference, arm))
            rows.append(_row(known, trial, times, [reference, arm]))
    if len(arms) > 2:
        known = replace(blank, contrast=OVERALL, estimand=_estimand(origin, *arms))
        rows.append(_row(known, trial, times, arms))
    return tuple(rows)


@dataclass(frozen=True)
class LogRankTest:
    """Chi-square of the test, its degrees of freedom (groups minus one) and p."""

    chi_square: float
    df: int
    p: float


def log_rank_test(months: ArrayLike, event: ArrayLike, group: ArrayLike) -> LogRankTest:
    """The test from times (n,), whether each ended in the event (n,), and labels of at least two groups (n,), somebody
    of each at risk when the first event happened."""
    # Loaded here: lifelines takes more than a second.
    from lifelines.statistics import multivariate_logrank_test

    test = multivariate_logrank_test(np.asarray(months, float), np.asarray(group), np.asarray(event, bool))
    return LogRankTest(float(test.test_statistic), int(test.degrees_of_freedom), float(test.p_value))


def _row(known: Result, trial: Trial, times: pl.DataFrame, arms: list[str]) -> Result:
    mine = times.filter(pl.col("arm").is_in(arms))
    known = replace(known, n=mine.height, not_evaluable=_in_arms(trial, arms) - mine.height)
    reason = _why_not(mine, arms)
    if reason is not None:
        return replace(known, converged=False, warnings=(reason,))
    test = log_rank_test(mine["months"].to_numpy(), mine["event"].to_numpy(), mine["arm"].to_numpy())
    return replace(known, statistic=test.chi_square, df=float(test.df), p=test.p)


def _why_not(times: pl.DataFrame, arms: list[str]) -> str | None:
    """Why these arms cannot be compared; None where they can."""
    first = times.filter("event")["months"].min()
    if first is None:
        return f"nobody died in {' or '.join(arms)}, so that there is nothing to compare"
    at_risk = times.filter(pl.col("months") >= first)["arm"].unique()
    for arm in arms:
        if arm not in at_risk:
            return f"nobody of arm {arm} was at risk when the first death happened"
    return None


def _in_arms(trial: Trial, arms: list[str]) -> int:
    return trial.participants.filter(pl.col("arm").is_in(arms)).height


def _estimand(origin: str, *arms: str) -> str:
    return (
        f"Whether the hazard of a fatal event from {origin} on is the same at every time in {', '.join(arms[:-1])} and "
        f"{arms[-1]}, in all participants at risk, as allocated, whatever was given (treatment policy); leaving the "
        "trial is taken to say nothing about survival (independent censoring)."
    )
