"""Secretion before and after differentiation in the same patient's cells, and whether it goes with the outcome.

The fold change is a paired comparison: one participant, his own cells, twice. Its association with the outcome is
exploratory whatever a plan says: nobody was allocated to potent cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.analysis.arms import of_arm
from leadin.analysis.lot_potency import LotPotency, arms_with_lots, lot_potency
from leadin.analysis.mean_rows import REFERENCES as MEAN_REFERENCES
from leadin.analysis.mean_rows import TIE_DECIMALS, Worded, impossible, t_row, wilcoxon_row
from leadin.analysis.measures import measure_name, measure_unit, slope_unit
from leadin.analysis.result import Result, present
from leadin.analysis.slope_change import participant_slopes
from leadin.analysis.slopes import FEWEST_VISITS
from leadin.analysis.visit_grid import visit_grid
from leadin.engine.correlation import Association, least_squares_line, pearson, spearman
from leadin.errors import DataError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]

REFERENCES = (
    *MEAN_REFERENCES,
    "Spearman (1904), The proof and measurement of association between two things, Am J Psychol 15:72-101, "
    "doi:10.2307/1412159",
    "Bonett & Wright (2000), Sample size requirements for estimating Pearson, Kendall and Spearman correlations, "
    "Psychometrika 65:23-28, doi:10.1007/BF02294183",
)
CONTRAST = "after - before differentiation"
LOG_FOLD = "log fold change"
LINE, PEARSON, SPEARMAN = "least squares", "Pearson correlation", "Spearman correlation"
EXPLORATORY = (
    "exploratory: nobody was allocated to potent cells; those whose cells secrete more may differ otherwise, so that "
    "an association is no effect of the cells"
)
WORDS = Worded("a lot with secretion before and after", "log fold changes", "log fold changes is other than zero")
EXPOSURES = {"log_fold": LOG_FOLD, "log_after": "log secretion after"}


@dataclass(frozen=True)
class _Outcome:
    """One outcome of every participant in the table: its name, unit, values by participant, month where it has one."""

    name: str
    variable: str
    unit: str
    values: pl.DataFrame
    month: float | None = None


def potency(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """The mean log fold change of secretion (t and Wilcoxon tests), of all participants with lots and of each arm;
    then, in each arm, how the log fold change and the log secretion after go with the follow-up slope of
    `planned.measure`, with its change of slope, and with the change from baseline at `planned.month` where the plan
    names one: the least-squares slope, Pearson's and Spearman's correlation. Each of these says that it is exploratory.

    Give it a trial that `usable_trial` has been through. A participant counts once, with the mean of the logarithms
    over his lots. Lots without both values, and those with a value of zero or less (no logarithm), are left out; a
    warning says how many.
    """
    arms = arms_with_lots(trial)
    blank = Result(method="potency", endpoint="secretion", references=REFERENCES)
    if not arms:
        return (impossible(blank, "expected lots of participants in the trial; got none"),)
    level = 1.0 - planned.alpha
    groups = arms if len(arms) == 1 else (None, *arms)
    rows = [row for arm in groups for row in _fold_rows(blank, arm, lot_potency(trial, arm), level)]
    outcomes = list(_slopes(trial, planned.measure))
    unknown = None
    if planned.month is not None:
        try:
            outcomes.append(_change(trial, planned.measure, planned.month))
        except DataError as error:
            unknown = replace(blank, endpoint=planned.measure, contrast=f"change on {LOG_FOLD}", rule=LINE)
            unknown = impossible(unknown, str(error))
    for arm in arms:
        lots = lot_potency(trial, arm, given=True)
        for outcome in outcomes:
            for column in EXPOSURES:
                rows += _association_rows(replace(blank, endpoint=planned.measure), arm, lots, column, outcome, level)
    return (*rows, unknown) if unknown is not None else tuple(rows)


def _fold_rows(blank: Result, arm: str | None, lots: LotPotency, level: float) -> tuple[Result, Result]:
    values = lots.participants["log_fold"].drop_nulls().to_numpy()
    known = replace(
        blank,
        arm=arm,
        contrast=CONTRAST,
        unit=LOG_FOLD,
        n=values.size,
        not_evaluable=lots.participants.height - values.size,
        warnings=_left_out(lots),
        estimand=(
            f"Among participants {of_arm(arm)} with a lot of their own cells that was measured before and after "
            "differentiation, released or not: the mean, over participants, of the logarithm of the secretion after "
            "divided by that before (a participant's lots averaged first); its exponential is the geometric mean fold "
            "change."
        ),
    )
    return t_row(known, values, level, WORDS), wilcoxon_row(known, values, WORDS)


def _left_out(lots: LotPotency) -> tuple[str, ...]:
    said = []
    if lots.lacking:
        said.append(f"lots left out without both values of secretion: {lots.lacking}")
    if lots.not_positive:
        said.append(
            f"lots left out with a secretion of zero or less, which has no logarithm: {lots.not_positive}; where that "
            "means less than could be measured, the fold change is not told for the cells that need it most"
        )
    if lots.nobody_s:
        said.append(f"lots left out that are nobody's own cells: {lots.nobody_s}")
    return tuple(said)


def _slopes(trial: Trial, measure: str) -> Iterator[_Outcome]:
    """Follow-up slope, and change of slope where anybody has one."""
    name = measure_name(measure)
    slopes = participant_slopes(trial, measure)
    enough = pl.col("n_follow_up") >= FEWEST_VISITS
    after = slopes.select("participant_id", value=pl.when(enough).then(pl.col("follow_up")))
    yield _Outcome("follow-up slope", f"slope of the {name} after time zero", slope_unit(measure), after)
    if slopes["evaluable"].any():
        change = pl.when("evaluable").then(pl.col("follow_up") - pl.col("lead_in"))
        table = slopes.select("participant_id", value=change)
        variable = f"change of the slope of the {name} at time zero"
        yield _Outcome("slope change", variable, slope_unit(measure), table)


def _change(trial: Trial, measure: str, wanted: float) -> _Outcome:
    """Change from baseline at the visit of that month; DataError where there is none."""
    grid = visit_grid(trial, measure)
    column = grid.visit_at(wanted)
    change = pl.Series(grid.values[:, column] - grid.baseline).fill_nan(None)
    month = float(grid.months[column])
    variable = f"change of the {measure_name(measure)} from baseline at month {month:.3g}"
    table = grid.participants.select("participant_id", value=change)
    return _Outcome(f"change at month {month:.3g}", variable, measure_unit(measure), table, month)


def _association_rows(
    blank: Result, arm: str | None, lots: LotPotency, column: str, outcome: _Outcome, level: float
) -> list[Result]:
    both = lots.participants.join(outcome.values, on="participant_id", how="left", maintain_order="left")
    told = both.drop_nulls([column, "value"])
    exposure = EXPOSURES[column]
    known = replace(
        blank,
        arm=arm,
        contrast=f"{outcome.name} on {exposure}",
        time_months=outcome.month,
        n=told.height,
        not_evaluable=both.height - told.height,
        warnings=(EXPLORATORY,),
        estimand=(
            f"Among participants {of_arm(arm)} with a lot of their own cells that was measured and "
            f"{'given' if lots.given else 'made'}, and with the outcome: how the {outcome.variable} goes with the "
            f"{exposure} of their lots (mean over them), over the visits made while alive, whatever else was given."
        ),
    )
    x, y = told[column].to_numpy(), np.round(told["value"].to_numpy(), TIE_DECIMALS)
    ranked = np.round(x, TIE_DECIMALS)
    return [
        _row(known, LINE, f"{outcome.unit} per log unit", lambda: least_squares_line(x, y, level)),
        _row(known, PEARSON, "correlation", lambda: pearson(x, y, level)),
        _row(known, SPEARMAN, "correlation", lambda: spearman(ranked, y, level)),
    ]


def _row(known: Result, rule: str, unit: str, estimate: Callable[[], Association]) -> Result:
    known = replace(known, rule=rule, unit=unit)
    try:
        found = estimate()
    except DataError as error:
        return impossible(known, _reason(str(error), known))
    return replace(
        known,
        rule=f"{rule} (exact)" if found.exact else rule,
        estimate=found.estimate,
        standard_error=present(found.standard_error),
        statistic=present(found.statistic),
        df=present(found.df),
        ci_low=present(found.ci_low),
        ci_high=present(found.ci_high),
        p=found.p,
    )


def _reason(error: str, known: Result) -> str:
    """What the numerics refused, in the words of the row."""
    outcome, exposure = str(known.contrast).split(" on ")
    if error.startswith("x, y"):
        return f"expected at least 3 participants {of_arm(known.arm)} with {exposure} and {outcome}; got {known.n}"
    if "one line" in error:
        return f"all {known.n} participants lie on one line, so that its error cannot be estimated"
    same = exposure if error.startswith("x:") else outcome
    return f"the {same} is the same in all {known.n} participants, so that nothing can go with it"
