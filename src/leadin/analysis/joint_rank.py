"""The joint rank of survival and function (CAFS): every participant compared with every other, deaths ranked lowest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.analysis.ancova import AncovaFit, fit_ancova
from leadin.analysis.arms import arms_of, in_arm
from leadin.analysis.covariates import covariates, strata
from leadin.analysis.function_and_survival import RULE, FunctionAndSurvival, function_and_survival
from leadin.analysis.mean_rows import filled
from leadin.analysis.measures import measure_name
from leadin.analysis.result import Result
from leadin.engine.composite_pairs import BY_EVENT, BY_OUTCOME, TIED, compare_all
from leadin.engine.rank_sum import mid_ranks, rank_sum_test, stratified_rank_sum_test
from leadin.errors import DataError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]

REFERENCES = (
    "Finkelstein & Schoenfeld (1999), Combining mortality and longitudinal measures in clinical trials, Stat Med "
    "18:1341-1354, doi:10.1002/(SICI)1097-0258(19990615)18:11<1341::AID-SIM129>3.0.CO;2-7",
    "Berry et al. (2013), The Combined Assessment of Function and Survival (CAFS): a new endpoint for ALS clinical "
    "trials, Amyotroph Lateral Scler Frontotemporal Degener 14:162-168, doi:10.3109/21678421.2012.762930",
    "Wilcoxon (1945), Individual comparisons by ranking methods, Biometrics Bulletin 1:80-83, doi:10.2307/3001968",
    "Conover & Iman (1982), Analysis of covariance using the rank transformation, Biometrics 38:715-724, "
    "doi:10.2307/2530051",
)
ANCOVA = "ANCOVA on ranks"
WILCOXON, VAN_ELTEREN = "Wilcoxon", "Wilcoxon within strata (van Elteren)"
ADJUSTED_MEAN, MEAN = "adjusted mean rank", "mean rank"
SHARES = {"decided by survival": BY_EVENT, "decided by function": BY_OUTCOME, "tied": TIED}
"""Rules of the rows that say what decided how many of the pairs, and what they count."""
PAIRS = "% of pairs"
"""The unit of those rows."""


@dataclass(frozen=True)
class JointRanks:
    """n participants at risk, in the order of their table, all in one ranking.

    participant_id, arm (n,). score (n,): others beaten minus others lost to. rank (n,): of the scores, 1 the worst,
    equal ones share their mean rank. months (n,) from `origin` to the fatal event where `event` (n,), else to
    censoring. baseline, change (n,): the measure at baseline, and from there to the participant's own last visit, NaN
    where missing. by_survival, by_function, tied: shares of all pairs decided so, 0 for fewer than two participants.
    """

    participant_id: tuple[str, ...]
    arm: tuple[str | None, ...]
    score: NDArray[np.int64]
    rank: Floats
    months: Floats
    event: NDArray[np.bool_]
    origin: str
    baseline: Floats
    change: Floats
    by_survival: float
    by_function: float
    tied: float
    warnings: tuple[str, ...]


def joint_ranks(trial: Trial, planned: PlannedAnalysis) -> JointRanks:
    """The joint ranking of everybody at risk: of survival, and of the change in `planned.measure`, up to
    `planned.month` where it is said.

    Give it a trial that `usable_trial` has been through. Whoever lacks the baseline or every later visit is compared by
    survival alone. Raises DataError without participants, and where visits cannot be told.
    """
    return _ranked(function_and_survival(trial, planned))


def _ranked(given: FunctionAndSurvival) -> JointRanks:
    pairs = compare_all(given.courses, given.courses)
    n = len(given.arm)
    score = pairs.sign.sum(axis=1, dtype=np.int64)
    others = max(n * (n - 1), 1)
    counts = np.bincount(pairs.decided.reshape(-1), minlength=3)
    # Nobody is compared with himself: his own cell is a tie and no pair.
    share = {name: float(counts[what] - (n if what == TIED else 0)) / others for name, what in SHARES.items()}
    return JointRanks(
        participant_id=tuple(given.people["participant_id"].to_list()),
        arm=given.arm,
        score=score,
        rank=mid_ranks(score),
        months=given.courses.time,
        event=given.courses.event,
        origin=given.origin,
        baseline=given.baseline,
        change=given.change,
        by_survival=share["decided by survival"],
        by_function=share["decided by function"],
        tied=share["tied"],
        warnings=given.warnings,
    )


def joint_rank(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Each arm against `reference`: the difference in mean rank by analysis of covariance and by Wilcoxon's test; then
    mean ranks per arm, and what decided how many pairs. With planned covariates the analysis of covariance comes first.

    All arms are in one ranking and one analysis of covariance, on the baseline, the planned covariates, and strata as
    factors; a participant without one of these is left out of it and counted. Within planned strata Wilcoxon's test
    becomes van Elteren's, of the same scores. Give it a trial that `usable_trial` has been through.
    """
    arms = [arm for arm in arms_of(trial) if arm is not None]
    blank = Result(method="joint_rank", endpoint=planned.measure, time_months=planned.month, references=REFERENCES)
    if reference is None or len(arms) < 2:
        reason = f"expected at least two arms to compare; got {len(arms_of(trial))}"
        return (replace(blank, converged=False, warnings=(reason,)),)
    given = function_and_survival(trial, planned)
    ranks = _ranked(given)
    fit = _fit(given, ranks, planned)
    rows: list[Result] = []
    for arm in arms:
        if arm != reference:
            known = replace(
                blank,
                arm=arm,
                contrast=f"{arm} - {reference}",
                estimand=_estimand(ranks, planned, arm, reference),
                warnings=ranks.warnings,
            )
            pair = (
                _ancova_row(known, fit, _sizes(trial, (arm, reference)), planned),
                _wilcoxon_row(known, given, ranks, _sizes(trial, (arm, reference)), planned),
            )
            rows += pair if planned.covariates else pair[::-1]
    for arm in arms:
        rows += _mean_rows(replace(blank, arm=arm, unit="ranks"), fit, ranks, _sizes(trial, (arm,)), planned)
    return (*rows, *_share_rows(blank, ranks))


@dataclass(frozen=True)
class _Fit:
    """The analysis of covariance, how many of each arm are in it, and what it is adjusted for; or why there is none."""

    fit: AncovaFit | None
    used: dict[str, int]
    adjusted_for: str
    reason: str


def _fit(given: FunctionAndSurvival, ranks: JointRanks, planned: PlannedAnalysis) -> _Fit:
    measured = np.isfinite(given.baseline)
    factors = [name for name in planned.strata if name not in planned.covariates]
    named = ", ".join(("baseline", *planned.covariates, *factors))
    if not measured.any():
        return _Fit(
            None, {}, named, f"nobody at risk has the {measure_name(planned.measure)} at baseline to adjust for"
        )
    try:
        strata(given.people, factors)
        people = given.people.with_columns(pl.col(name).cast(pl.String).fill_null("not known") for name in factors)
        people, rank, start = people.filter(measured), ranks.rank[measured], given.baseline[measured]
        varying = [name for name in factors if people[name].n_unique() > 1]
        extra = covariates(people, (*planned.covariates, *varying))
        complete = extra.complete
        arm = [str(name) for name in people["arm"].filter(complete)]
        values = extra.values[complete]
        at = [
            float(values[:, i].mean()) if title == extra.source[i] else extra.balanced[i]
            for i, title in enumerate(extra.titles)
        ]
        fit = fit_ancova(rank[complete], start[complete], arm, values, names=extra.titles, at=at)
    except DataError as error:
        return _Fit(None, {}, named, str(error))
    return _Fit(fit, {name: arm.count(name) for name in fit.arms}, named, "")


def _ancova_row(known: Result, fit: _Fit, sizes: dict[str, int], planned: PlannedAnalysis) -> Result:
    used = sum(fit.used.get(arm, 0) for arm in sizes)
    known = replace(
        known,
        rule=ANCOVA,
        unit="ranks",
        n=used,
        not_evaluable=sum(sizes.values()) - used,
        estimand=f"{known.estimand} Adjusted for {fit.adjusted_for} by least squares on the ranks of all arms.",
    )
    reason = fit.reason
    if fit.fit is not None:
        empty = [arm for arm in sizes if arm not in fit.used]
        if not empty:
            arm, reference = sizes
            return filled(known, fit.fit.difference(arm, reference, 1.0 - planned.alpha))
        reason = f"expected participants of arm {empty[0]} with {fit.adjusted_for}; got none"
    return replace(known, converged=False, warnings=(reason, *known.warnings))


def _wilcoxon_row(
    known: Result, given: FunctionAndSurvival, ranks: JointRanks, sizes: dict[str, int], planned: PlannedAnalysis
) -> Result:
    arm, reference = sizes
    names = np.array([str(name) for name in ranks.arm])
    mine, other = names == arm, names == reference
    n = int((mine | other).sum())
    known = replace(
        known,
        rule=VAN_ELTEREN if planned.strata else WILCOXON,
        unit="ranks, 0 to 1, within strata" if planned.strata else "ranks",
        n=n,
        not_evaluable=sum(sizes.values()) - n,
    )
    try:
        if planned.strata:
            return _van_elteren(known, given, ranks, mine, other, planned.strata)
        test = rank_sum_test(ranks.score[mine], ranks.score[other])
    except DataError as error:
        missing = [name for name in sizes if not (names == name).any()]
        reason = f"expected participants of arm {missing[0]} at risk; got none" if missing else str(error)
        if not missing and np.ptp(ranks.score[mine | other]) == 0:
            reason = f"all {n} participants have the same score, so that there is nothing to rank"
        return replace(known, converged=False, warnings=(reason, *known.warnings))
    way = "exact" if test.exact else "normal approximation"
    return replace(
        known,
        rule=f"{WILCOXON} ({way})",
        estimate=float(ranks.rank[mine].mean() - ranks.rank[other].mean()),
        statistic=test.statistic,
        p=test.p,
    )


def _van_elteren(
    known: Result,
    given: FunctionAndSurvival,
    ranks: JointRanks,
    mine: NDArray[np.bool_],
    other: NDArray[np.bool_],
    names: Sequence[str],
) -> Result:
    pair = mine | other
    label = strata(given.people, names).filter(pl.Series(pair)).to_list()
    test = stratified_rank_sum_test(ranks.score[pair], mine[pair], label)
    alone = int(pair.sum()) - test.used
    told = (f"{alone} of {int(pair.sum())} are in strata with one of the two arms only, and tell nothing",)
    return replace(
        known,
        estimate=test.difference,
        statistic=test.z,
        p=test.p,
        n=test.used,
        not_evaluable=(known.not_evaluable or 0) + alone,
        warnings=(*known.warnings, *(told if alone else ())),
    )


def _mean_rows(
    known: Result, fit: _Fit, ranks: JointRanks, sizes: dict[str, int], planned: PlannedAnalysis
) -> list[Result]:
    """The mean rank of an arm, as it is and adjusted; no row where there is none."""
    (arm,) = sizes
    mine = np.array([name == arm for name in ranks.arm])
    n, used = int(mine.sum()), fit.used.get(arm, 0)
    rows = []
    if n:
        mean = float(ranks.rank[mine].mean())
        rows.append(replace(known, rule=MEAN, estimate=mean, n=n, not_evaluable=sizes[arm] - n))
    if fit.fit is not None and used:
        test = fit.fit.mean(arm, 1.0 - planned.alpha)
        rows.append(
            replace(
                known,
                rule=ADJUSTED_MEAN,
                estimate=test.estimate,
                standard_error=test.standard_error,
                df=test.df,
                ci_low=test.ci_low,
                ci_high=test.ci_high,
                n=used,
                not_evaluable=sizes[arm] - used,
            )
        )
    return rows


def _share_rows(known: Result, ranks: JointRanks) -> list[Result]:
    shares = zip(SHARES, (ranks.by_survival, ranks.by_function, ranks.tied), strict=True)
    return [
        replace(known, rule=rule, unit=PAIRS, estimate=100.0 * share, n=len(ranks.participant_id))
        for rule, share in shares
    ]


def _sizes(trial: Trial, arms: tuple[str, ...]) -> dict[str, int]:
    return {arm: in_arm(trial.participants, arm).height for arm in arms}


def _estimand(ranks: JointRanks, planned: PlannedAnalysis, arm: str, reference: str) -> str:
    until = "" if planned.month is None else f" up to month {planned.month:g}"
    return (
        f"Among all participants at risk, as allocated: the mean rank of arm {arm} minus that of arm {reference} in "
        f"one ranking of the {len(ranks.participant_id)} participants of all arms by survival from {ranks.origin} on "
        f"and by the change of the {measure_name(planned.measure)} from baseline{until}, a higher rank the better "
        f"outcome. Death is part of the outcome (composite): {RULE}. Whatever was given (treatment policy)."
    )
