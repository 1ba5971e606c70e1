"""The fitted model behind the mean curve of a figure: which one it is, its curve per arm, whom it used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.analysis.broken_stick import fit_broken_stick
from leadin.analysis.intercurrent_events import handled
from leadin.analysis.methods import METHODS
from leadin.analysis.random_slope import fit_random_slope
from leadin.analysis.result import Result
from leadin.analysis.slope_model import model_mean
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.trajectories import MeanCurve
from leadin.trials.trial import Trial

FITS = {"broken_stick": fit_broken_stick, "random_slope": fit_random_slope}
STEPS = 30
ADJUSTED_MEAN = "adjusted mean"
"""The rule of the rows of `mmrm` that hold the mean of an arm at a visit."""


@dataclass(frozen=True)
class ModelMeans:
    """method: the model. curves: by name of the page's arm. used: participants it used, by name of the page's arm."""

    method: str
    curves: dict[str | None, MeanCurve]
    used: dict[str | None, int]


def model_means(
    trial: Trial, planned: PlannedAnalysis, arms: tuple[ReportArm, ...], reference: str | None
) -> ModelMeans:
    """The mean of the model of an analysis that gave an estimate: the same fit to the same visits.

    trial: what the analysis was run on, participants without an arm left out.
    """
    given = handled(trial, planned, METHODS[planned.method].strategies).trial
    fitted = FITS[planned.method](given, planned.measure, reference, planned.covariates)
    visits = fitted.visits
    curves: dict[str | None, MeanCurve] = {}
    for curve in model_mean(fitted, _grid(visits.months)):
        arm = arm_called(arms, curve.arm)
        if arm is not None:
            values = (curve.months, curve.mean, curve.low, curve.high)
            months, mean, low, high = (tuple(map(float, each)) for each in values)
            curves[arm.name] = MeanCurve(months, mean, low, high)
    pairs = set(zip(visits.participant.tolist(), visits.arm.tolist(), strict=True))
    counts = Counter(visits.arms[number] for _, number in pairs)
    used = {arm.name: n for name, n in counts.items() if (arm := arm_called(arms, name)) is not None}
    return ModelMeans(planned.method, curves, used)


def adjusted_means(rows: Sequence[Result], arms: tuple[ReportArm, ...], method: str = "mmrm") -> ModelMeans | None:
    """The means of an arm at each visit that the rows of one analysis hold; None where they hold none.

    rows: of rule ADJUSTED_MEAN are read those with an estimate and an interval; the others are passed over.
    """
    curves: dict[str | None, MeanCurve] = {}
    used: dict[str | None, int] = {}
    for arm in arms:
        own = sorted(
            (row.time_months, row.estimate, row.ci_low, row.ci_high, row.n or 0)
            for row in rows
            if row.method == method and row.rule == ADJUSTED_MEAN and arm_called(arms, row.arm) == arm
            if None not in (row.time_months, row.estimate, row.ci_low, row.ci_high)
        )
        if own:
            months, mean, low, high, n = zip(*own, strict=True)
            curves[arm.name] = MeanCurve(months, mean, low, high, at_visits=True)
            used[arm.name] = max(n)
    return ModelMeans(method, curves, used) if curves else None


def _grid(months: NDArray[np.float64]) -> list[float]:
    """Evenly spaced months over the visits, with time zero, where the curve may bend."""
    first, last = float(months.min()), float(months.max())
    grid = set(np.linspace(first, last, STEPS).tolist())
    return sorted(grid | {0.0}) if first < 0 < last else sorted(grid)
