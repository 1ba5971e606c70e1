"""The log-rank test, stratified where the plan says so: do the arms die at the same rate?

Ours rather than lifelines', which does not stratify and takes more than a second to load for these few lines; tests
hold the two, and R's survdiff, equal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from leadin.analysis.arms import arms_of
from leadin.analysis.causes import Causes, causes_of, competing_words, in_words_of, kinds_words, times_under
from leadin.analysis.result import Result
from leadin.analysis.stratified import in_strata, strata_warnings, stratum_words, survival_rule
from leadin.errors import ConvergenceError, DataError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.survival_times import survival_origin
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]

REFERENCES = (
    "Mantel (1966), Evaluation of survival data and two new rank order statistics arising in its consideration, "
    "Cancer Chemother Rep 50:163-170, PMID 5910392",
    "Peto & Peto (1972), Asymptotically efficient rank invariant test procedures, J R Stat Soc A 135:185-207, "
    "doi:10.2307/2344317",
)
OVERALL = "all arms"
"""The contrast of the test of all arms at once."""
SINGULAR = 1e-10
"""A variance this small beside the largest means that nothing tells the groups apart."""


def log_rank(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Each arm against `reference`; with more than two arms also all at once, last. `statistic` is the chi-square.

    Give it a trial that `usable_trial` has been through. With `planned.strata` arms are compared within strata; where
    `planned.fatal_events` leaves others to compete, those end the time at risk. An arm that nobody of was at risk when
    the first event happened cannot be compared: `converged` says so.
    """
    causes = causes_of(trial, planned)
    times = in_strata(times_under(trial, causes), trial, planned.strata)
    arms = [arm for arm in arms_of(trial) if arm is not None]
    rule = survival_rule(causes, planned)
    blank = Result(method="log_rank", endpoint="survival", rule=rule, references=REFERENCES)
    if reference is None or len(arms) < 2:
        reason = f"expected at least two arms to compare; got {len(arms_of(trial))}"
        return (replace(blank, converged=False, warnings=(reason,)),)
    pairs = [(arm, f"{arm} - {reference}", [reference, arm]) for arm in arms if arm != reference]
    overall = [(None, OVERALL, arms)] if len(arms) > 2 else []
    rows = []
    for arm, contrast, compared in (*pairs, *overall):
        estimand = _estimand(survival_origin(trial), causes, planned, compared)
        known = replace(blank, arm=arm, contrast=contrast, estimand=estimand)
        rows.append(_row(known, trial, times, compared, planned, causes))
    return tuple(rows)


@dataclass(frozen=True)
class LogRankTest:
    """Chi-square of the test, its degrees of freedom (groups minus one) and p."""

    chi_square: float
    df: int
    p: float


def log_rank_test(
    months: ArrayLike, event: ArrayLike, group: ArrayLike, stratum: ArrayLike | None = None
) -> LogRankTest:
    """The test from times (n,), whether each ended in the event (n,), labels of at least two groups (n,), and labels of
    strata (n,), within which the groups are compared.

    Raises DataError for shapes that differ, times that are not numbers and fewer than two groups; ConvergenceError
    where no event tells the groups apart.
    """
    time, died = np.asarray(months, dtype=np.float64), np.asarray(event, dtype=np.bool_)
    names, of = np.unique(np.asarray(group), return_inverse=True)
    within = np.zeros(time.shape, dtype=np.intp) if stratum is None else np.unique(stratum, return_inverse=True)[1]
    if time.ndim != 1 or not time.shape == died.shape == of.shape == within.shape:
        raise DataError(
            f"months: expected one event, group and stratum for each time; got {time.shape}, {died.shape}, {of.shape} "
            f"and {within.shape}."
        )
    if not bool(np.isfinite(time).all()) or names.size < 2:
        raise DataError(f"months: expected times that are numbers, in at least two groups; got {names.size} groups.")
    excess, variance = np.zeros(names.size), np.zeros((names.size, names.size))
    for one in np.unique(within):
        mine = within == one
        more = _observed_minus_expected(time[mine], died[mine], of[mine], names.size)
        excess, variance = excess + more[0], variance + more[1]
    # The excesses add up to zero: the last group says nothing that the others do not.
    excess, variance = excess[:-1], variance[:-1, :-1]
    spread = np.linalg.eigvalsh(variance)
    if spread[-1] <= 0.0 or spread[0] < SINGULAR * spread[-1]:
        raise ConvergenceError(
            "no event happened while all groups could be told apart: whenever one did, only one group was at risk or "
            "everybody at risk had it"
        )
    chi_square = float(excess @ np.linalg.solve(variance, excess))
    df = names.size - 1
    return LogRankTest(chi_square, df, float(chdtrc(df, chi_square)))


def _observed_minus_expected(
    time: Floats, died: NDArray[np.bool_], group: NDArray[np.intp], groups: int
) -> tuple[Floats, Floats]:
    """Events of each group beyond those expected (g,), and the hypergeometric variance of that (g, g), in one
    stratum."""
    at = np.unique(time[died])
    at_risk, deaths = np.empty((at.size, groups)), np.empty((at.size, groups))
    for k in range(groups):
        every, dying = np.sort(time[group == k]), np.sort(time[(group == k) & died])
        at_risk[:, k] = every.size - np.searchsorted(every, at, side="left")
        deaths[:, k] = np.searchsorted(dying, at, side="right") - np.searchsorted(dying, at, side="left")
    total, dead = at_risk.sum(axis=1), deaths.sum(axis=1)
    share = at_risk / total[:, None]
    # Of one left at risk nothing can vary; the divisor would be zero.
    weight = dead * (total - dead) / np.maximum(total - 1.0, 1.0)
    variance = np.diag(weight @ share) - (share * weight[:, None]).T @ share
    return (deaths - dead[:, None] * share).sum(axis=0), variance


def _row(
    known: Result, trial: Trial, times: pl.DataFrame, arms: list[str], planned: PlannedAnalysis, causes: Causes
) -> Result:
    mine = times.filter(pl.col("arm").is_in(arms))
    known = replace(known, n=mine.height, not_evaluable=_in_arms(trial, arms) - mine.height)
    reason = _why_not(mine, arms, causes)
    if reason is not None:
        return replace(known, converged=False, warnings=(reason,))
    columns = [mine[name].to_numpy() for name in ("months", "event", "arm", "stratum")]
    warnings = strata_warnings(mine, planned.strata)
    try:
        test = log_rank_test(*columns)
    except ConvergenceError as error:
        where = " of a stratum" if planned.strata else ""
        reason = f"nothing tells the arms{where} apart: {error}"
        return replace(known, converged=False, warnings=(reason, *warnings))
    return replace(known, statistic=test.chi_square, df=float(test.df), p=test.p, warnings=warnings)


def _why_not(times: pl.DataFrame, arms: list[str], causes: Causes) -> str | None:
    """Why these arms cannot be compared; None where they may."""
    first = times.filter("event")["months"].min()
    if first is None:
        return f"{in_words_of(causes, 'nobody died')} in {' or '.join(arms)}, so that there is nothing to compare"
    at_risk = times.filter(pl.col("months") >= first)["arm"].unique()
    for arm in arms:
        if arm not in at_risk:
            event = kinds_words(causes.counted) if causes.planned else "death"
            return f"nobody of arm {arm} was at risk when the first {event} happened"
    return None


def _in_arms(trial: Trial, arms: list[str]) -> int:
    return trial.participants.filter(pl.col("arm").is_in(arms)).height


def _estimand(origin: str, causes: Causes, planned: PlannedAnalysis, arms: list[str]) -> str:
    return (
        f"Whether the hazard of {causes.event} from {origin} on is the same at every time in {', '.join(arms[:-1])} "
        f"and {arms[-1]}{stratum_words(planned.strata)}, in all participants at risk, as allocated, whatever was given "
        "(treatment policy); leaving the trial is taken to say nothing about survival (independent censoring)."
        f"{competing_words(causes)}"
    )
