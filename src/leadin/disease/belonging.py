"""Who belongs to a population that says of whom it consists (`entry_bounds.py`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.als.alsfrs_r import TOTAL_MAXIMUM
from leadin.disease.people import People
from leadin.disease.population import Population

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def belongs(population: Population, people: People, enrolment_months: Floats, true_score: Floats) -> Flags:
    """Whether each (n,) lies within every bound of the population.

    enrolment_months (n,): months from time zero, at or below 0. true_score (n,): ALSFRS-R at enrolment, held within the
    scale.
    """
    score = np.clip(true_score, 0.0, TOTAL_MAXIMUM)
    values = {
        "score": score,
        "months_since_onset": people.months_since_onset,
        "delta_fs": (TOTAL_MAXIMUM - score) / people.months_since_onset,
        "capacity": people.capacity - people.capacity_loss * enrolment_months,
        "age_years": people.age_years,
    }
    inside: Flags = np.ones(score.shape, dtype=np.bool_)
    for bound in population.entry:
        value = values[bound.variable]
        inside &= value >= (-np.inf if bound.minimum is None else bound.minimum)
        inside &= value <= (np.inf if bound.maximum is None else bound.maximum)
    return inside
