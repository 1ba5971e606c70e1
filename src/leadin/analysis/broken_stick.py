"""`broken_stick`: does the rate of decline change at time zero, and more in one arm than in another?

score ~ time + max(time, 0) + arm:max(time, 0) + (time + max(time, 0) | participant) over all visits, REML,
Satterthwaite. The common change max(time, 0) takes up what happens to every participant at time zero, such as
regression to the mean after an entry rule on the lead-in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadin.analysis.model_visits import Floats, model_visits
from leadin.analysis.result import Result
from leadin.analysis.slope_model import SlopeModel, SlopeModelFit, fit_slope_model, no_slope_results, slope_results
from leadin.errors import ConvergenceError, DataError
from leadin.trials.trial import Trial


def stick(months: Floats) -> Floats:
    """Columns 1, time and max(time, 0) (n, 3) for months (n,)."""
    return np.column_stack([np.ones_like(months), months, np.maximum(months, 0.0)])


BROKEN_STICK = SlopeModel(
    method="broken_stick",
    basis=stick,
    columns=("(intercept)", "time", "max(time, 0)"),
    summary="change of slope at time zero",
    population="all participants with a visit",
)


def fit_broken_stick(
    trial: Trial, measure: str = "alsfrs_r", reference: str | None = None, covariates: Sequence[str] = ()
) -> SlopeModelFit:
    """The fitted model, e.g. for `model_mean`; with one arm without the arm term.

    reference: an arm; else the protocol's control, else the first in the table. covariates: columns of the
    participants, whoever lacks one is left out. Missing values are left out (missing at random). Raises DataError
    without visits before time zero, DataError or ConvergenceError where the model cannot be fitted, UsageError for an
    unknown reference.
    """
    visits = model_visits(trial, measure, reference, adjusted_for=covariates)
    if not (visits.months < 0.0).any():
        raise DataError(f"{measure}: expected visits before time zero; got none, so that no slope is there to change")
    return fit_slope_model(BROKEN_STICK, visits)


def broken_stick(
    trial: Trial, measure: str = "alsfrs_r", reference: str | None = None, covariates: Sequence[str] = ()
) -> tuple[Result, ...]:
    """Each arm minus the reference in change of slope per month, all arms in one model; one arm: the mean change
    itself.

    Give it a trial that `usable_trial` has been through. Without visits before time zero, or where the model cannot
    be fitted, its rows say why.
    """
    try:
        return slope_results(fit_broken_stick(trial, measure, reference, covariates))
    except (DataError, ConvergenceError) as error:
        return no_slope_results(BROKEN_STICK, trial, measure, reference, error)
