"""The TRICALS risk profile: the prognostic score by which the trials of that consortium select participants.

The ENCALS predictors with coefficients of their own and without C9orf72. Trials choose a range, for example -6.0 to
-2.0. Read in the public program of its authors' group (github.com/rpavaneijk/Precision-ALS, "ENCALS risk modelling.R").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.als.prognostic_terms import PrognosticTerms

Floats = NDArray[np.float64]

RATE, DELAY, AGE, CAPACITY = -1.839, -2.376, -0.264, 0.474
BULBAR, DEFINITE, DEMENTIA = 0.271, 0.238, 0.415
EXAMPLE_RANGE = (-6.0, -2.0)
"""A range of eligibility that the program gives as an example, both ends included."""


def tricals_risk_profile(terms: PrognosticTerms) -> Floats:
    """The profile; the larger, the worse the prognosis; NaN where a term is missing.

    The program counts the rate since onset at screening, and the delay from onset to diagnosis.
    """
    profile: Floats = np.asarray(
        RATE * terms.rate
        + DELAY * terms.delay
        + AGE * terms.age
        + CAPACITY * terms.capacity
        + BULBAR * terms.bulbar
        + DEFINITE * terms.definite
        + DEMENTIA * terms.dementia
    )
    return profile
