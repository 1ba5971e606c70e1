"""`random_slope`: do the arms decline at different rates from time zero on?

score ~ time + arm:time + (time | participant) over visits at or after time zero, REML, Satterthwaite. The arms share
the intercept, since randomisation makes them equal at time zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadin.analysis.model_visits import Floats, model_visits
from leadin.analysis.result import Result
from leadin.analysis.slope_model import SlopeModel, SlopeModelFit, fit_slope_model, no_slope_results, slope_results
from leadin.errors import ConvergenceError, DataError
from leadin.trials.trial import Trial


def line(months: Floats) -> Floats:
    """Columns 1 and time (n, 2) for months (n,)."""
    return np.column_stack([np.ones_like(months), months])


RANDOM_SLOPE = SlopeModel(
    method="random_slope",
    basis=line,
    columns=("(intercept)", "time"),
    summary="slope after time zero",
    population="all participants with a visit at or after time zero",
)


def fit_random_slope(
    trial: Trial, measure: str = "alsfrs_r", reference: str | None = None, covariates: Sequence[str] = ()
) -> SlopeModelFit:
    """The fitted model, e.g. for `model_mean`; with one arm score ~ time + (time | participant).

    reference: an arm; else the protocol's control, else the first in the table. covariates: columns of the
    participants, whoever lacks one is left out. Missing values are left out (missing at random). Raises DataError or
    ConvergenceError where the model cannot be fitted, UsageError for an unknown reference.
    """
    return fit_slope_model(
        RANDOM_SLOPE, model_visits(trial, measure, reference, since_day=0.0, adjusted_for=covariates)
    )


def random_slope(
    trial: Trial, measure: str = "alsfrs_r", reference: str | None = None, covariates: Sequence[str] = ()
) -> tuple[Result, ...]:
    """Each arm minus the reference in slope per month, all arms in one model; with one arm the mean slope itself.

    Give it a trial that `usable_trial` has been through. A model that cannot be fitted gives rows that say why.
    """
    try:
        return slope_results(fit_random_slope(trial, measure, reference, covariates))
    except (DataError, ConvergenceError) as error:
        return no_slope_results(RANDOM_SLOPE, trial, measure, reference, error)
