"""The ENCALS survival model: time from first symptom to death, tracheostomy or ventilation for over 23 hours a day.

A Royston-Parmar model of proportional odds: with the linear predictor LP and t in months from onset,

    S(t) = 1 / (1 + exp(s(ln t) + LP)),    s(x) = g0 + g1 x + g2 v1(x) + g3 v2(x)
    v_j(x) = (x - k_j)+^3 - l_j (x - kmin)+^3 - (1 - l_j) (x - kmax)+^3,    l_j = (kmax - k_j) / (kmax - kmin)

The larger LP, the shorter the survival. Reference: Westeneng et al. 2018, doi:10.1016/S1474-4422(18)30089-9.
Coefficients, knots and transformations were read in a public program of the PRECISION-ALS group
(github.com/rpavaneijk/Precision-ALS), not in the article; that program forgets to cube the last term of v_j, which is
done here (no difference below 371 months). The article's five risk groups are not given here: where they begin and end
was found in no source.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.als.prognostic_terms import PrognosticTerms
from leadin.als.within import flags_or_missing, numbers_within

Floats = NDArray[np.float64]

RATE, DELAY, AGE, CAPACITY = -1.837, -2.373, -0.267, 0.477
BULBAR, DEFINITE, DEMENTIA, C9ORF72 = 0.269, 0.233, 0.388, 0.256
BASELINE = (-6.409, 2.643, -0.546, 0.585)
FIRST_KNOT, LAST_KNOT = 0.081, 5.917
INNER_KNOTS = (3.108, 3.638)
HALVINGS = 60


def encals_linear_predictor(terms: PrognosticTerms, c9orf72: ArrayLike) -> Floats:
    """LP, log odds, from the terms and the C9orf72 expansion (1, 0 or NaN); NaN where anything is missing.

    DataError for another flag.
    """
    expansion = flags_or_missing("c9orf72", c9orf72)
    predictor: Floats = np.asarray(
        RATE * terms.rate
        + DELAY * terms.delay
        + AGE * terms.age
        + CAPACITY * terms.capacity
        + BULBAR * terms.bulbar
        + DEFINITE * terms.definite
        + DEMENTIA * terms.dementia
        + C9ORF72 * expansion
    )
    return predictor


def encals_survival(linear_predictor: ArrayLike, months_since_onset: ArrayLike) -> Floats:
    """Probability of being alive and free of tracheostomy and permanent ventilation at those months from onset.

    Shapes that go together; NaN where one is missing; 1 at month 0. DataError for months below 0.
    """
    months = numbers_within("months_since_onset", months_since_onset, "months, 0 or more", 0.0)
    with np.errstate(divide="ignore"):
        log_odds = _baseline(np.log(months)) + np.asarray(linear_predictor, dtype=np.float64)
    return _inverse_logit(-log_odds)


def encals_median(linear_predictor: ArrayLike, share: float = 0.5) -> Floats:
    """Months from onset at which `share` (0 to 1, both excluded) is still alive; NaN where LP is missing.

    DataError for another share.
    """
    kept = float(numbers_within("share", share, "a share between 0 and 1", 0.0, 1.0 - 1e-12, above=True))
    predictor = np.asarray(linear_predictor, dtype=np.float64)
    target = np.log((1.0 - kept) / kept) - predictor
    # The baseline log odds rise all along, with the first knot's slope before it and the last one's after it.
    low = np.full(predictor.shape, -50.0)
    high = np.full(predictor.shape, 50.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        below = _baseline(middle) < target
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(np.isnan(predictor), np.nan, np.exp((low + high) / 2.0))


def _baseline(log_months: Floats) -> Floats:
    """s(x), log odds of an event by then when LP is 0."""
    spline = BASELINE[0] + BASELINE[1] * log_months
    for coefficient, knot in zip(BASELINE[2:], INNER_KNOTS, strict=True):
        share = (LAST_KNOT - knot) / (LAST_KNOT - FIRST_KNOT)
        spline = spline + coefficient * (
            np.maximum(log_months - knot, 0.0) ** 3
            - share * np.maximum(log_months - FIRST_KNOT, 0.0) ** 3
            - (1.0 - share) * np.maximum(log_months - LAST_KNOT, 0.0) ** 3
        )
    return np.asarray(spline)


def _inverse_logit(log_odds: Floats) -> Floats:
    """1 / (1 + exp(-x)) without overflow."""
    small = np.exp(-np.abs(log_odds))
    return np.where(log_odds >= 0, 1.0, small) / (1.0 + small)
