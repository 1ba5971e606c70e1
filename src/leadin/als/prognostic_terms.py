"""The transformed predictors that the ENCALS model and the TRICALS risk profile share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.als.within import flags_or_missing, numbers_within

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PrognosticTerms:
    """Transformed predictors, any shape.

    rate: (r + 0.1)^-1/2 of the points r lost per month since onset. delay: (d/10)^-1/2 + ln(d/10) of the months d from
    onset to diagnosis. age: (a/100)^-2 of the age a at onset in years. capacity: (v/100)^-1 + (v/100)^-1/2 of the vital
    capacity v, % predicted. bulbar, definite, dementia: bulbar onset, definite ALS by the El Escorial criteria,
    frontotemporal dementia: 1, 0 or NaN.
    """

    rate: Floats
    delay: Floats
    age: Floats
    capacity: Floats
    bulbar: Floats
    definite: Floats
    dementia: Floats


def prognostic_terms(
    *,
    delta_fs: ArrayLike,
    diagnostic_delay_months: ArrayLike,
    age_at_onset_years: ArrayLike,
    vital_capacity_percent: ArrayLike,
    bulbar_onset: ArrayLike,
    definite_el_escorial: ArrayLike,
    frontotemporal_dementia: ArrayLike,
) -> PrognosticTerms:
    """The terms of one patient or of many; shapes that go together; NaN where a value is missing.

    DataError for a rate below 0, a delay, age or capacity not above 0, an age above 120, a capacity above 200, and
    flags that are neither 1, 0 nor NaN.
    """
    rate = numbers_within("delta_fs", delta_fs, "points per month, 0 or more", 0.0)
    delay = numbers_within("diagnostic_delay_months", diagnostic_delay_months, "months above 0", 0.0, above=True)
    age = numbers_within("age_at_onset_years", age_at_onset_years, "years above 0, up to 120", 0.0, 120.0, above=True)
    capacity = numbers_within(
        "vital_capacity_percent", vital_capacity_percent, "% predicted above 0, up to 200", 0.0, 200.0, above=True
    )
    return PrognosticTerms(
        rate=(rate + 0.1) ** -0.5,
        delay=(delay / 10.0) ** -0.5 + np.log(delay / 10.0),
        age=(age / 100.0) ** -2.0,
        capacity=(capacity / 100.0) ** -1.0 + (capacity / 100.0) ** -0.5,
        bulbar=flags_or_missing("bulbar_onset", bulbar_onset),
        definite=flags_or_missing("definite_el_escorial", definite_el_escorial),
        dementia=flags_or_missing("frontotemporal_dementia", frontotemporal_dementia),
    )
