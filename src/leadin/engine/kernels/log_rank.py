"""The log-rank test of one group against another, from an event table.

Reference: Mantel (1966), Evaluation of survival data and two new rank order statistics arising in its consideration,
Cancer Chemother Rep 50:163-170, PMID 5910392.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.fits import (
    CONVERGED,
    DF,
    ESTIMATE,
    NO_EVENTS,
    NO_VARIATION,
    STANDARD_ERROR,
    STATISTIC,
    TOO_FEW,
    P,
)
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.normal_tail import two_sided_p

Floats = NDArray[np.float64]


@kernel
def fit_log_rank(
    risk: Floats, events: Floats, other_risk: Floats, other_events: Floats, m: int, both: bool, figures: Floats
) -> int:
    """A group against another, from their rows of the event table: fills figures (5,), gives the code.

    The estimate is the number of events of the group beyond those expected, its standard error the square root of the
    hypergeometric variance, the statistic their ratio, whose square is the chi-square of the test. both: whether there
    is anybody in both groups.
    """
    excess = variance = dying = 0.0
    for u in range(m):
        died, at_risk = events[u] + other_events[u], risk[u] + other_risk[u]
        if died > 0.0:
            share = risk[u] / at_risk
            excess += events[u] - died * share
            # Of one left at risk nothing can vary; the divisor would be zero.
            variance += died * (at_risk - died) / max(at_risk - 1.0, 1.0) * share * (other_risk[u] / at_risk)
            dying += died
    for f in range(figures.size):
        figures[f] = math.nan
    if dying == 0.0:
        return NO_EVENTS
    if not both:
        return TOO_FEW
    if variance == 0.0:
        return NO_VARIATION
    figures[ESTIMATE] = excess
    figures[STANDARD_ERROR] = math.sqrt(variance)
    figures[DF] = math.inf
    figures[STATISTIC] = excess / figures[STANDARD_ERROR]
    figures[P] = two_sided_p(figures[STATISTIC])
    return CONVERGED
