"""Death: a Weibull clock from enrolment, faster the lower the true score.

    hazard(e) = (shape / scale) (e / scale)^(shape - 1) exp(-beta (F(e) - reference)) exp(gamma (R - mean rate))

with F held within 0 to 48 and R the long-run rate: who declines faster dies earlier than his score alone tells.
Within a step of the path the multiplier is the mean of its two ends (trapezoidal). The scale is a property of the
population, solved once without effect and without entry criteria (`disease/solve_scale.py`), never per protocol:
otherwise selection would cancel out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.als.alsfrs_r import TOTAL_MAXIMUM
from leadin.disease.population import Population, Survival

Floats = NDArray[np.float64]


def cumulative_hazard(months: Floats, true_score: Floats, survival: Survival) -> Floats:
    """Cumulative hazard (n, k + 1) from the first month of the path (0 there) to each later one, but for what the
    long-run rate does to it (see `death_threshold`).

    months, true_score (n, k + 1): months since enrolment (>= 0, not decreasing) and the true ALSFRS-R score then.
    """
    clock: Floats = (np.maximum(months, 0.0) / survival.scale_months) ** survival.weibull_shape
    score = np.clip(true_score, 0.0, TOTAL_MAXIMUM)
    times: Floats = np.exp(-survival.hazard_per_point * (score - survival.reference_score))
    hazard = np.zeros_like(clock)
    np.cumsum(np.diff(clock, axis=1) * (times[:, 1:] + times[:, :-1]) / 2.0, axis=1, out=hazard[:, 1:])
    return hazard


def death_threshold(exponentials: Floats, rate: Floats, population: Population) -> Floats:
    """The cumulative hazard (n,), that of `cumulative_hazard`, at which each dies; exponentials (n,): standard draws.

    What the long-run rate (n,) does to the hazard is the same at all times, so it is done to the threshold, once.
    """
    excess = rate - population.decline.rate_mean
    threshold: Floats = exponentials * np.exp(-population.survival.hazard_per_rate * excess)
    return threshold


def month_of_death(months: Floats, hazard: Floats, threshold: Floats) -> Floats:
    """The month (n,) at which the cumulative hazard passes each participant's threshold; infinite if not on this path.

    months, hazard (n, k + 1), both not decreasing; threshold (n,): a standard exponential draw. Within a step the
    cumulative hazard is taken as linear, so that deaths spread over the step and landmarks on the grid are exact.
    """
    if months.shape[1] < 2:
        return np.full(months.shape[0], np.inf)
    passed = hazard > threshold[:, None]
    dies = passed.any(axis=1)
    after = np.maximum(passed.argmax(axis=1), 1)
    rows = np.arange(months.shape[0])
    low, high = hazard[rows, after - 1], hazard[rows, after]
    share = np.divide(threshold - low, high - low, out=np.zeros_like(low), where=high > low)
    start, end = months[rows, after - 1], months[rows, after]
    return np.where(dies, start + np.clip(share, 0.0, 1.0) * (end - start), np.inf)
