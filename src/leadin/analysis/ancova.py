"""Change from baseline at one visit, between arms: analysis of covariance, and beside it t without adjustment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from leadin.analysis.arms import arms_of, has_control, of_arm
from leadin.analysis.covariates import covariates
from leadin.analysis.mean_rows import filled, impossible
from leadin.analysis.measures import measure_name, measure_unit
from leadin.analysis.result import Result
from leadin.analysis.slope_change import UNCONTROLLED
from leadin.analysis.visit_grid import visit_grid
from leadin.engine.least_squares import least_squares
from leadin.engine.t_tests import MeanTest, one_sample_t, welch_t
from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH, month_words
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.fatal_events import fatal_kinds, first_events
from leadin.trials.schema import conform
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]
Arm = str | None

REFERENCES = (
    "Fisher (1932), Statistical methods for research workers, 4th edition, Oliver and Boyd; see Vickers & Altman "
    "(2001), Analysing controlled trials with baseline and follow up measurements, BMJ 323:1123-1124, "
    "doi:10.1136/bmj.323.7321.1123",
    "Welch (1947), The generalization of Student's problem, Biometrika 34:28-35, doi:10.1093/biomet/34.1-2.28",
)
EQUAL_DECIMALS = 9
"""Changes are rounded to so many decimals: equal ones must not pass for different ones by their rounding."""
ADJUSTED, UNADJUSTED = "ANCOVA", "two-sample t, unadjusted"
ADJUSTED_MEAN, ONE_SAMPLE = "adjusted mean", "one-sample t, unadjusted"


@dataclass(frozen=True)
class AncovaFit:
    """A fit of a arms. means (a,): mean of each arm at the mean baseline and at `at` of the covariates; covariance
    (a, a) of them; df: participants minus coefficients; residual_sd: standard deviation around the fit."""

    arms: tuple[str, ...]
    means: Floats
    covariance: Floats
    df: int
    residual_sd: float

    def mean(self, arm: str, level: float = 0.95) -> MeanTest:
        """The adjusted mean of an arm, against zero."""
        i = self.arms.index(arm)
        return self._tested(float(self.means[i]), float(self.covariance[i, i]), level)

    def difference(self, arm: str, reference: str, level: float = 0.95) -> MeanTest:
        """The adjusted mean of an arm minus that of `reference`, against zero."""
        i, j = self.arms.index(arm), self.arms.index(reference)
        variance = self.covariance[i, i] + self.covariance[j, j] - 2.0 * self.covariance[i, j]
        return self._tested(float(self.means[i] - self.means[j]), float(variance), level)

    def _tested(self, estimate: float, variance: float, level: float) -> MeanTest:
        error = float(np.sqrt(variance))
        t, half = estimate / error, float(stdtrit(self.df, 0.5 + level / 2.0)) * error
        p = float(2.0 * stdtr(self.df, -abs(t)))
        return MeanTest(estimate, error, t, float(self.df), p, estimate - half, estimate + half)


def fit_ancova(
    change: ArrayLike,
    baseline: ArrayLike,
    arm: Sequence[str],
    covariates: ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
    at: ArrayLike | None = None,
) -> AncovaFit:
    """Least squares of change (n,) on arm (n labels), baseline (n,) and covariates (n, k): one slope in all arms, one
    residual variance.

    names (k,): of the covariates, for messages. at (k,): values of the covariates at which means are taken, their own
    means where nothing is said; differences between arms do not depend on it. Nothing may be missing. Raises DataError
    for missing or infinite numbers, too few participants, a covariate that the others explain, and an exact fit.
    """
    arms = tuple(dict.fromkeys(arm))
    label, y, start = np.asarray(arm), np.asarray(change, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    extra = np.empty((y.size, 0)) if covariates is None else np.asarray(covariates, dtype=np.float64)
    if extra.ndim != 2 or not (y.ndim == 1 and y.size == start.size == label.size == extra.shape[0] > 0):
        raise DataError("change: expected as many baselines, arms and rows of covariates as changes, at least one.")
    named = [f"covariate {i + 1}" for i in range(extra.shape[1])] if names is None else list(names)
    centre = extra.mean(axis=0) if at is None else np.asarray(at, dtype=np.float64)
    # An indicator for every arm and no constant; an adjusted mean is its coefficient and the rest at its centre.
    groups = (label[:, None] == np.array(arms)).astype(np.float64)
    fit = least_squares(
        y, np.column_stack([groups, start, extra]), [*(f"arm {name}" for name in arms), "baseline", *named]
    )
    centres = np.concatenate([[start.mean()], centre])
    means = np.column_stack([np.eye(len(arms)), np.tile(centres, (len(arms), 1))])
    return AncovaFit(
        arms, means @ fit.coefficients, means @ fit.covariance @ means.T, fit.df, float(np.sqrt(fit.variance))
    )


@dataclass(frozen=True)
class _Changes:
    """Changes from baseline at one visit of the n participants who have it, with what they are adjusted for.

    people: their rows of the table. sizes: participants by arm. fit: the analysis of covariance, or None and why not.
    used: participants by arm that are in it.
    """

    month: float
    people: pl.DataFrame
    change: Floats
    baseline: Floats
    arm: tuple[Arm, ...]
    sizes: dict[Arm, int]
    fit: AncovaFit | None
    used: dict[Arm, int]
    reason: str
    warnings: tuple[str, ...]

    def of(self, arm: Arm) -> Floats:
        return self.change[[name == arm for name in self.arm]]


def ancova(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Each arm against `reference` at one visit, by analysis of covariance and by Welch's t without adjustment; then
    the adjusted mean of each arm. In a trial of one arm its mean change, by Student's t.

    The visit is that of `planned.month`, else the last. All arms are in one analysis of covariance on the baseline and
    the planned covariates. Participants who lack the change, or a covariate, are left out and counted; the warning says
    how many of them had died. Give it a trial that `usable_trial` has been through. Raises DataError where there is no
    such visit.
    """
    arms = arms_of(trial)
    given = _changes(trial, planned, arms)
    blank = Result(
        method="ancova",
        endpoint=planned.measure,
        time_months=given.month,
        unit=measure_unit(planned.measure),
        references=REFERENCES,
        warnings=given.warnings,
    )
    if len(arms) == 1 or reference is None:
        return tuple(_within_row(blank, trial, given, planned, arm) for arm in arms)
    rows: list[Result] = []
    for arm in arms:
        if arm is not None and arm != reference:
            known = replace(blank, arm=arm, contrast=f"{arm} - {reference}")
            rows += [
                _ancova_row(known, given, planned, arm, reference),
                _t_row(known, given, planned, arm, reference),
            ]
    if given.fit is not None:
        fitted = [arm for arm in arms if arm in given.used]
        means = {arm: given.fit.mean(str(arm), 1.0 - planned.alpha) for arm in fitted}
        rows += [_mean_row(replace(blank, arm=arm), given, test) for arm, test in means.items()]
    return tuple(rows)


def _changes(trial: Trial, planned: PlannedAnalysis, arms: tuple[Arm, ...]) -> _Changes:
    grid = visit_grid(trial, planned.measure)
    visit = grid.visit_at(planned.month)
    change = np.round(grid.values[:, visit] - grid.baseline, EQUAL_DECIMALS)
    seen = np.isfinite(change)
    people = grid.participants.select("participant_id").join(
        trial.participants, on="participant_id", how="left", maintain_order="left"
    )
    everybody = people["arm"].to_list()
    held = people.filter(pl.Series(seen))
    arm = tuple(held["arm"].to_list())
    fit: AncovaFit | None = None
    used: dict[Arm, int] = {}
    reason = ""
    try:
        fit, used = _fit(held, change[seen], grid.baseline[seen], arm, planned)
    except DataError as error:
        reason = str(error)
    return _Changes(
        month=float(grid.months[visit]),
        people=held,
        change=change[seen],
        baseline=grid.baseline[seen],
        arm=arm,
        sizes={name: everybody.count(name) for name in arms},
        fit=fit,
        used=used,
        reason=reason,
        warnings=_missed(trial, people, seen, float(grid.months[visit]), arms),
    )


def _fit(
    held: pl.DataFrame, change: Floats, baseline: Floats, arm: tuple[Arm, ...], planned: PlannedAnalysis
) -> tuple[AncovaFit, dict[Arm, int]]:
    if not arm:
        raise DataError("expected participants with a baseline and this visit; got none")
    extra = covariates(held, planned.covariates)
    inside = extra.complete
    mine = [str(name) for name, complete in zip(arm, inside, strict=True) if complete]
    values = extra.values[inside]
    # Adjusted means stand at the mean of a number, and at equal shares of the levels of a word.
    at = [
        float(values[:, i].mean()) if extra.source[i] == title else extra.balanced[i]
        for i, title in enumerate(extra.titles)
    ]
    fit = fit_ancova(change[inside], baseline[inside], mine, values, names=extra.titles, at=at)
    return fit, {name: mine.count(name) for name in fit.arms}


def _missed(
    trial: Trial, people: pl.DataFrame, seen: NDArray[np.bool_], month: float, arms: tuple[Arm, ...]
) -> tuple[str, ...]:
    """One sentence on those who lack the change, by arm, and how many of them had died by the day of the visit."""
    fatal = first_events(conform("events", trial.events), fatal_kinds(trial.protocol))
    died = fatal.filter(pl.col("day") <= month * DAYS_PER_MONTH)["participant_id"]
    lacking = people.filter(pl.Series(~seen)).select("arm", died=pl.col("participant_id").is_in(died.implode()))
    if lacking.is_empty():
        return ()
    told = []
    for arm in arms:
        mine = lacking if arm is None else lacking.filter(pl.col("arm") == arm)
        told.append(f"{mine.height} {of_arm(arm)} ({int(mine['died'].sum())} with a fatal event before it)")
    return (
        f"without the change at month {month_words(month)}: {', '.join(told)}; they are left out, so that the arms are "
        "compared among those who were seen",
    )


def _ancova_row(known: Result, given: _Changes, planned: PlannedAnalysis, arm: str, reference: str) -> Result:
    used = given.used.get(arm, 0) + given.used.get(reference, 0)
    adjusted = ", ".join(("baseline", *planned.covariates))
    known = replace(
        known,
        rule=ADJUSTED,
        n=used,
        not_evaluable=given.sizes[arm] + given.sizes[reference] - used,
        estimand=f"{_estimand(given, planned, arm, reference)} Adjusted for {adjusted}, alike in every arm.",
    )
    if given.fit is None:
        return impossible(known, given.reason)
    for name in (arm, reference):
        if name not in given.used:
            return impossible(known, f"expected participants of arm {name} with {adjusted} and this visit; got none")
    return filled(known, given.fit.difference(arm, reference, 1.0 - planned.alpha))


def _t_row(known: Result, given: _Changes, planned: PlannedAnalysis, arm: str, reference: str) -> Result:
    first, second = given.of(arm), given.of(reference)
    n = first.size + second.size
    known = replace(
        known,
        rule=UNADJUSTED,
        n=n,
        not_evaluable=given.sizes[arm] + given.sizes[reference] - n,
        estimand=_estimand(given, planned, arm, reference),
    )
    for name, mine in ((arm, first), (reference, second)):
        if mine.size < 2:
            return impossible(known, f"expected at least 2 participants of arm {name} with the change; got {mine.size}")
    try:
        return filled(known, welch_t(first, second, 1.0 - planned.alpha))
    except DataError:
        reason = "the changes are all equal within each arm, so that their error cannot be estimated"
        return impossible(replace(known, estimate=float(first.mean() - second.mean())), reason)


def _mean_row(known: Result, given: _Changes, test: MeanTest) -> Result:
    n = given.used[known.arm]
    # Whether a mean change is zero is not what anybody asks: no test.
    return replace(
        known,
        rule=ADJUSTED_MEAN,
        estimate=test.estimate,
        standard_error=test.standard_error,
        df=test.df,
        ci_low=test.ci_low,
        ci_high=test.ci_high,
        n=n,
        not_evaluable=given.sizes[known.arm] - n,
    )


def _within_row(known: Result, trial: Trial, given: _Changes, planned: PlannedAnalysis, arm: Arm) -> Result:
    mine = given.of(arm)
    known = replace(
        known,
        arm=arm,
        rule=ONE_SAMPLE,
        n=mine.size,
        not_evaluable=given.sizes[arm] - mine.size,
        estimand=(
            f"Among participants {of_arm(arm)} with a value at month {month_words(given.month)}: the mean change of "
            f"the {measure_name(planned.measure)} from baseline."
        ),
        warnings=(*known.warnings, *(() if has_control(trial) else (UNCONTROLLED,))),
    )
    if mine.size < 2:
        return impossible(known, f"expected at least 2 participants {of_arm(arm)} with the change; got {mine.size}")
    try:
        return filled(known, one_sample_t(mine, 1.0 - planned.alpha))
    except DataError:
        reason = f"all {mine.size} changes are equal, so that their error cannot be estimated"
        return impossible(replace(known, estimate=float(mine.mean())), reason)


def _estimand(given: _Changes, planned: PlannedAnalysis, arm: str, reference: str) -> str:
    return (
        f"Among participants with a value at month {month_words(given.month)}: the mean change of the "
        f"{measure_name(planned.measure)} from baseline, arm {arm} minus arm {reference}; those without "
        "one are not compared."
    )
