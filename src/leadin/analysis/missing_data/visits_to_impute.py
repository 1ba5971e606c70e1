"""From a trial to the table with holes that is imputed, or the reason why it cannot be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.analysis.arms import of_arm
from leadin.analysis.covariates import covariates
from leadin.analysis.measures import measure_name
from leadin.analysis.missing_data.incomplete_visits import Floats, IncompleteVisits
from leadin.analysis.model_visits import ordered_arms
from leadin.analysis.standing_values import died_before, standing_values, worst_value
from leadin.analysis.visit_grid import VisitGrid, visit_grid
from leadin.errors import DataError
from leadin.months import month_words
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial

FEWEST_SEEN = 2
"""Participants of each arm who must have been seen at a visit for it to be in the model."""


@dataclass(frozen=True)
class VisitsToImpute:
    """data: the table. standing (n,): the value that stands at the compared visit whatever is imputed, NaN for none.
    month: of the compared visit. titles: of the covariates. sizes: participants of each arm in the trial, in the order
    of `data.arms`. remarks: on values that stand, and visits left out of the model."""

    data: IncompleteVisits
    standing: Floats
    month: float
    titles: tuple[str, ...]
    sizes: tuple[int, ...]
    remarks: tuple[str, ...]

    @property
    def observed(self) -> NDArray[np.bool_]:
        """Whose (n,) change at the compared visit needs no imputation."""
        values = self.data.values
        there = np.isfinite(values[:, -1]) | np.isfinite(self.standing)
        return np.asarray(there & np.isfinite(values[:, self.data.baseline]), dtype=np.bool_)


def visits_to_impute(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> VisitsToImpute:
    """Covariates, baseline and visits up to the compared one, of participants with complete covariates and any value.

    Raises DataError without a visit at the planned month, with one arm, where somebody died before it and the plan
    names no strategy for death, and where too few were seen.
    """
    grid = visit_grid(trial, planned.measure)
    visit = grid.visit_at(planned.month)
    month = float(grid.months[visit])
    order = _arms(trial, reference)
    _refuse_unnamed_death(trial, grid, visit, planned)
    standing = standing_values(trial, grid, visit, planned.intercurrent_events)
    extra = covariates(trial.participants, planned.covariates).of(grid.participants["participant_id"].to_list())
    arm = np.array([order.index(name) for name in grid.participants["arm"]], dtype=np.intp)
    used = extra.complete & (np.isfinite(grid.baseline) | np.isfinite(grid.values).any(axis=1))
    kept, sparse = _visits(grid, visit, arm, used, order)
    names = np.array(grid.participants["participant_id"].to_list(), dtype=np.str_)
    rows = np.flatnonzero(used)
    rows = rows[np.argsort(names[rows])]
    columns = np.column_stack([extra.values, grid.baseline, grid.values[:, kept]])
    lead = extra.values.shape[1] + 1
    data = IncompleteVisits(
        tuple(names[rows].tolist()), arm[rows], order, columns[rows], lead, _last(grid, visit, kept, lead)[rows]
    )
    _check_size(data, planned)
    sizes = tuple(int((arm == number).sum()) for number in range(len(order)))
    return VisitsToImpute(data, standing.values[rows], month, extra.titles, sizes, (*standing.remarks, *sparse))


def _arms(trial: Trial, reference: str | None) -> tuple[str | None, ...]:
    order = ordered_arms(trial, reference)
    if len(order) < 2:
        raise DataError(f"expected at least two arms to compare; got {len(order)}")
    return order


def _refuse_unnamed_death(trial: Trial, grid: VisitGrid, visit: int, planned: PlannedAnalysis) -> None:
    died = int(died_before(trial, grid, visit).sum())
    known = ("hypothetical", "while_alive", *(("composite",) if worst_value(planned.measure) is not None else ()))
    named = any(item.event == "death" and item.strategy in known for item in planned.intercurrent_events)
    if died and not named:
        people = "1 participant" if died == 1 else f"{died} participants"
        raise DataError(
            f"intercurrent_events: expected a strategy for death ({' or '.join(known)}), since {people} died by "
            f"month {month_words(grid.months[visit])} and values after death are not imputed unasked; got none. "
            "Name one."
        )


def _visits(
    grid: VisitGrid, visit: int, arm: NDArray[np.intp], used: NDArray[np.bool_], order: tuple[str | None, ...]
) -> tuple[list[int], tuple[str, ...]]:
    """The visits of the model, up to the compared one; a remark on those at which too few of an arm were seen."""
    seen = np.array([np.isfinite(grid.values[used & (arm == number)]).sum(axis=0) for number in range(len(order))])
    for number, name in enumerate(order):
        if seen[number, visit] < FEWEST_SEEN:
            raise DataError(
                f"expected at least {FEWEST_SEEN} participants {of_arm(name)} with a value of the "
                f"{measure_name(grid.measure)} at month {month_words(grid.months[visit])}; got {seen[number, visit]}"
            )
    kept = [k for k in range(visit + 1) if bool((seen[:, k] >= FEWEST_SEEN).all())]
    out = [grid.names[k] for k in range(visit + 1) if k not in kept]
    few = f"fewer than {FEWEST_SEEN} participants of an arm were seen at {', '.join(out)}: not in the imputation model"
    return kept, (few,) if out else ()


def _last(grid: VisitGrid, visit: int, kept: list[int], lead: int) -> NDArray[np.intp]:
    """The column of the last value of each participant; whoever was seen at the compared visit or later has the last
    column."""
    seen = np.isfinite(grid.values)
    last = np.full(seen.shape[0], lead - 1, dtype=np.intp)
    for column, number in enumerate(kept):
        last[seen[:, number]] = lead + column
    last[seen[:, visit:].any(axis=1)] = lead + len(kept) - 1
    return last


def _check_size(data: IncompleteVisits, planned: PlannedAnalysis) -> None:
    """Each visit needs more participants than the columns that it is regressed on."""
    by_arm = planned.imputation is not None and planned.imputation.covariance == "by_arm"
    p = data.values.shape[1]
    seen = np.array([np.isfinite(data.values[data.arm == i]).sum(axis=0).min() for i in range(len(data.arms))])
    groups = [(of_arm(name), int(n), p + 1) for name, n in zip(data.arms, seen, strict=True)]
    if not by_arm:
        fewest = int(np.isfinite(data.values).sum(axis=0).min())
        groups = [("of all arms", fewest, p + len(data.arms))]
    for who, n, needed in groups:
        if n < needed:
            raise DataError(
                f"imputation: expected at least {needed} participants {who} at every visit, for baseline, covariates "
                f"and visits in {p} columns; got {n}. Name an earlier month or fewer covariates"
                + (", or covariance: common." if by_arm else ".")
            )
