"""What is known of a participant's prognosis when he is screened: findings at diagnosis, and the ENCALS and TRICALS
predictors from what the tables say of him."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from leadin.als.alsfrs_r import TOTAL_MAXIMUM
from leadin.als.encals import encals_linear_predictor
from leadin.als.prognostic_terms import prognostic_terms
from leadin.als.progression_rate import delta_fs
from leadin.als.tricals import tricals_risk_profile
from leadin.disease.diagnosis import draw_findings
from leadin.disease.population import Population
from leadin.engine.draws import Draws
from leadin.months import DAYS_PER_MONTH
from leadin.simulation.participants import SimulatedArrays

Floats = NDArray[np.float64]
Column = NDArray[np.generic]

CAPACITIES = ("fvc_percent", "svc_percent")
"""Measures of vital capacity, the one that the ENCALS model was made with first."""


def prognostic_columns(
    population: Population, arrays: SimulatedArrays, known: Mapping[str, Floats], draws: Draws
) -> dict[str, Column]:
    """Columns (n,) of the participants table: definite_el_escorial, frontotemporal_dementia, c9orf72,
    encals_linear_predictor and tricals_risk_profile.

    known: age_years, months_since_onset and diagnostic_delay_months (n,) as the table says them. The predictors use the
    first ALSFRS-R and the first vital capacity (forced, else slow) at or before time zero; NaN where there is none.
    """
    found = draw_findings(population.diagnosis, draws, arrays.arm.size)
    score, day = _first(arrays, ("alsfrs_r",))
    capacity, _ = _first(arrays, CAPACITIES)
    months = known["months_since_onset"] + (day - arrays.enrolment_day) / DAYS_PER_MONTH
    terms = prognostic_terms(
        delta_fs=delta_fs(_within(score, -1.0, TOTAL_MAXIMUM), _within(months, 0.0)),
        diagnostic_delay_months=_within(known["diagnostic_delay_months"], 0.0),
        age_at_onset_years=_within(known["age_years"] - known["months_since_onset"] / 12.0, 0.0),
        vital_capacity_percent=_within(capacity, 0.0, 200.0),
        bulbar_onset=arrays.people.bulbar,
        definite_el_escorial=found.definite,
        frontotemporal_dementia=found.frontotemporal_dementia,
    )
    return {
        "definite_el_escorial": found.definite,
        "frontotemporal_dementia": found.frontotemporal_dementia,
        "c9orf72": found.c9orf72,
        "encals_linear_predictor": np.round(encals_linear_predictor(terms, found.c9orf72), 3),
        "tricals_risk_profile": np.round(tricals_risk_profile(terms), 3),
    }


def _first(arrays: SimulatedArrays, measures: tuple[str, ...]) -> tuple[Floats, Floats]:
    """First value (n,) at or before time zero of the first of these measures that was recorded then, and its day."""
    n = arrays.arm.size
    value, day = np.full(n, np.nan), np.full(n, np.nan)
    for measure in measures:
        seen = arrays.observed.get(measure)
        if seen is None or not seen.shape[1]:
            continue
        early = np.where(np.isfinite(seen) & (arrays.visit_days <= 0.0), arrays.visit_days, np.inf)
        column = early.argmin(axis=1)
        rows = np.flatnonzero(np.isnan(value) & np.isfinite(early[np.arange(n), column]))
        value[rows], day[rows] = seen[rows, column[rows]], arrays.visit_days[rows, column[rows]]
    return value, day


def _within(values: Floats, above: float, up_to: float = np.inf) -> Floats:
    """Values that the predictors can use; what they cannot is missing."""
    return np.where((values > above) & (values <= up_to), values, np.nan)
