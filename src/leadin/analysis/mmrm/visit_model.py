"""The model of one trial's visits: who is in it, at which visits, and its columns.

value ~ visit:arm + visit:baseline + covariates: one mean for each arm at each visit, which is visit + visit:arm in
other columns and stays estimable where somebody's arm was not seen at a visit; the baseline with a coefficient of its
own at each visit; covariates with one coefficient for all visits. Baseline and covariates are counted from where
adjusted means are taken, so that the coefficient of an arm at a visit is its adjusted mean there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.analysis.arms import allocated
from leadin.analysis.covariates import covariates
from leadin.analysis.mmrm.structures import Floats
from leadin.analysis.model_visits import ordered_arms
from leadin.analysis.visit_grid import VisitGrid, visit_grid
from leadin.errors import DataError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial

Flags = NDArray[np.bool_]

EXACT = 1e-10
"""Share of the spread of the values at a visit below which what its columns leave over is rounding."""
NO_SPREAD = "the baseline is the same in everybody and is not adjusted for"


@dataclass(frozen=True)
class VisitModel:
    """s participants and the k visits of the grid, m of them in the model.

    arms: the reference first; arm (s,): number of each participant's. names, months (k,): of all visits. values (s, k):
    NaN where missing. baseline (s,): counted from `baseline_mean`; None where it is not adjusted for. covariates (s,
    c): counted from where adjusted means are taken, with titles (c,). left_out: for each visit that is not in the
    model, why. answer: the number of the planned visit. absent: how many of the trial are not in the model; notes: what
    else was left out, as sentences.
    """

    measure: str
    arms: tuple[str | None, ...]
    arm: NDArray[np.intp]
    names: tuple[str, ...]
    months: Floats
    values: Floats
    baseline_mean: float
    baseline: Floats | None
    covariates: Floats
    titles: tuple[str, ...]
    adjusted_for: tuple[str, ...]
    left_out: dict[int, str]
    answer: int
    absent: int
    notes: tuple[str, ...]

    @property
    def visits(self) -> tuple[int, ...]:
        """Numbers of the visits in the model."""
        return tuple(visit for visit in range(len(self.names)) if visit not in self.left_out)

    @property
    def seen(self) -> NDArray[np.intp]:
        """How many of each arm were seen at each visit (arms, k)."""
        there = np.isfinite(self.values)
        return np.array([there[self.arm == arm].sum(axis=0) for arm in range(len(self.arms))], dtype=np.intp)

    @property
    def cells(self) -> tuple[tuple[int, int], ...]:
        """Arm and visit of each mean: the first columns of the model."""
        seen = self.seen
        return tuple((arm, visit) for visit in self.visits for arm in range(len(self.arms)) if seen[arm, visit])

    def why_not(self, arm: int, visit: int) -> str | None:
        """Why there is no mean of that arm at that visit; None where there is one."""
        if visit in self.left_out:
            return self.left_out[visit]
        if self.seen[arm, visit]:
            return None
        return f"expected somebody of arm {self.arms[arm]} at {self.names[visit]}; nobody in the model was seen"


@dataclass(frozen=True)
class ModelRows:
    """n observations: value (n,), columns (n, p) with names, the visit (n,) and the participant (n,) of each."""

    value: Floats
    columns: Floats
    names: tuple[str, ...]
    visit: NDArray[np.intp]
    participant: NDArray[np.intp]


def visit_model(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> VisitModel:
    """The model of the planned measure and covariates.

    Participants without a baseline, a covariate, or a value at a visit of the model are left out and counted, visits
    with too few values are left out with the reason. Raises UsageError for an unknown reference; DataError for a
    covariate that cannot be used, a planned month without a visit, and where nobody of the reference arm, or of any
    other, is left, or no visit.
    """
    enrolled = trial.participants.height
    trial = allocated(trial)
    grid = visit_grid(trial, planned.measure)
    order = ordered_arms(trial, reference)
    arm = np.array([order.index(name) for name in grid.participants["arm"].to_list()], dtype=np.intp)
    complete = covariates(trial.participants, planned.covariates).complete
    evaluable = np.isfinite(grid.baseline) & complete
    left_out = _unusable_visits(grid, arm, evaluable)
    kept = [visit for visit in range(grid.months.size) if visit not in left_out]
    used = evaluable & np.isfinite(grid.values[:, kept]).any(axis=1)
    _check_people(grid, order, arm, used, left_out)
    made = covariates(trial.participants.filter(used), planned.covariates)
    present = [number for number in range(len(order)) if (arm[used] == number).any()]
    baseline = grid.baseline[used]
    spread = bool(np.ptp(baseline) > 0.0)
    return VisitModel(
        measure=planned.measure,
        arms=tuple(order[number] for number in present),
        arm=np.searchsorted(present, arm[used]),
        names=grid.names,
        months=grid.months,
        values=grid.values[used],
        baseline_mean=float(baseline.mean()),
        baseline=baseline - baseline.mean() if spread else None,
        covariates=made.values - made.balanced,
        titles=made.titles,
        adjusted_for=tuple(dict.fromkeys(made.source)),
        left_out=left_out,
        answer=grid.visit_at(planned.month),
        absent=enrolled - int(used.sum()),
        notes=_notes(grid, complete, spread),
    )


def model_rows(model: VisitModel) -> ModelRows:
    """The observations at the visits of the model, and its columns: means, then baseline by visit, then covariates."""
    participant, visit = np.nonzero(np.isfinite(model.values))
    inside = np.isin(visit, model.visits)
    participant, visit = participant[inside], visit[inside]
    means = [(model.arm[participant] == arm) & (visit == at) for arm, at in model.cells]
    names = [f"{model.names[at]}:{model.arms[arm]}" for arm, at in model.cells]
    columns = [mean.astype(np.float64) for mean in means]
    if model.baseline is not None:
        columns += [np.where(visit == at, model.baseline[participant], 0.0) for at in model.visits]
        names += [f"{model.names[at]}:baseline" for at in model.visits]
    return ModelRows(
        value=model.values[participant, visit],
        columns=np.column_stack([*columns, model.covariates[participant]]),
        names=(*names, *model.titles),
        visit=visit,
        participant=participant,
    )


def _unusable_visits(grid: VisitGrid, arm: NDArray[np.intp], evaluable: Flags) -> dict[int, str]:
    """Visits that cannot tell the means of their arms, the baseline and an error apart, each with the reason."""
    found = {}
    with_baseline = np.ptp(grid.baseline[evaluable]) > 0.0 if evaluable.any() else False
    for visit, name in enumerate(grid.names):
        here = evaluable & np.isfinite(grid.values[:, visit])
        n = int(here.sum())
        if n == 0:
            found[visit] = f"expected participants with a baseline at {name}; nobody was seen"
            continue
        cells = (arm[here][:, None] == np.unique(arm[here])).astype(np.float64)
        columns = np.column_stack([cells, grid.baseline[here] - grid.baseline[here].mean()]) if with_baseline else cells
        value = grid.values[here, visit] - grid.values[here, visit].mean()
        coefficients, _, rank, _ = np.linalg.lstsq(columns, value, rcond=EXACT)
        if n <= columns.shape[1] or rank < columns.shape[1]:
            found[visit] = (
                f"expected more than {columns.shape[1]} values at {name}, with baselines that differ within an arm, to "
                f"tell the arms, the baseline and an error apart; got {n}"
            )
        elif np.abs(value - columns @ coefficients).max() <= EXACT * max(
            1.0, float(np.abs(grid.values[here, visit]).max())
        ):
            found[visit] = f"arm and baseline reproduce all {n} values at {name} exactly; nothing is left for an error"
    return found


def _check_people(
    grid: VisitGrid, order: tuple[str | None, ...], arm: NDArray[np.intp], used: Flags, left_out: dict[int, str]
) -> None:
    if len(left_out) == grid.months.size:
        raise DataError(f"{grid.measure}: no visit can be used: {'; '.join(left_out.values())}")
    empty = [str(name) for number, name in enumerate(order) if not (arm[used] == number).any()]
    if not (arm[used] == 0).any() or len(order) - len(empty) < min(len(order), 2):
        where = f" in {', '.join(empty)}" if order[0] is not None else ""
        raise DataError(
            f"{grid.measure}: expected participants with a baseline and a visit after it in every arm; got none{where}"
        )


def _notes(grid: VisitGrid, complete: Flags, spread: bool) -> tuple[str, ...]:
    later = np.isfinite(grid.values).any(axis=1)
    without_baseline = int((later & ~np.isfinite(grid.baseline)).sum())
    without_covariate = int((later & np.isfinite(grid.baseline) & ~complete).sum())
    notes = (
        (f"participants with visits but no baseline, left out: {without_baseline}", without_baseline > 0),
        (f"participants with a baseline but not all covariates, left out: {without_covariate}", without_covariate > 0),
        (f"assessments that belong to no visit, left out: {grid.outside}", grid.outside > 0),
        (NO_SPREAD, not spread),
    )
    return tuple(note for note, holds in notes if holds)
