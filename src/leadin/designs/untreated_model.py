"""The broken-stick model of one simulated arm by itself, on arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.analysis.broken_stick import BROKEN_STICK
from leadin.analysis.model_visits import ModelVisits
from leadin.analysis.slope_model import fit_slope_model
from leadin.errors import ConvergenceError, DataError
from leadin.months import DAYS_PER_MONTH
from leadin.simulation.participants import SimulatedArrays


def mean_change(arrays: SimulatedArrays, mine: NDArray[np.bool_], measure: str) -> tuple[float, int] | None:
    """The mean change of slope at time zero of the participants `mine` (n,), per month, and how many of them have a
    visit; None where the model cannot be fitted, as `broken_stick` would say of the same trial."""
    values = arrays.observed.get(measure)
    if values is None:
        return None
    inside, months = values[mine], arrays.visit_days[mine] / DAYS_PER_MONTH
    seen = np.isfinite(inside) & np.isfinite(months)
    if not (months[seen] > 0.0).any() or not (months[seen] < 0.0).any():
        return None
    who = np.broadcast_to(np.arange(len(inside))[:, None], inside.shape)[seen]
    participants = np.unique(who).size
    visits = ModelVisits(
        measure=measure,
        value=inside[seen],
        months=months[seen],
        participant=who.astype(np.str_),
        arm=np.zeros(who.size, dtype=np.intp),
        arms=(None,),
        without_visits=(),
        participants=participants,
        absent=len(inside) - participants,
        adjusted=np.empty((who.size, 0)),
        titles=(),
        adjusted_for=(),
        lacking=0,
    )
    try:
        fitted = fit_slope_model(BROKEN_STICK, visits)
    except (DataError, ConvergenceError):
        return None
    return float(fitted.fit.coefficients[-1]), participants
