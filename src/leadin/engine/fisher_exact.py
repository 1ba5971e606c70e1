"""Fisher's exact test of two proportions.

Reference: Fisher (1922), On the interpretation of chi-square from contingency tables, and the calculation of P, J R
Stat Soc 85:87-94, doi:10.2307/2340521.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from leadin.errors import DataError

AS_LIKELY = 1.0 + 1e-7
"""Tables whose probability exceeds the observed one's by less than this factor count as equally likely: rounding must
not decide (the rule of R's fisher.test)."""


def fisher_exact(events: int, n: int, reference_events: int, reference_n: int) -> float:
    """Two-sided p: the probability of all tables with these margins that are no likelier than the one observed.

    `events` of `n` against `reference_events` of `reference_n`. Raises DataError where a count is not within 0 to its
    total.
    """
    for name, x, total in (("events", events, n), ("reference_events", reference_events, reference_n)):
        if not 0 <= x <= total:
            raise DataError(f"{name}: expected a count between 0 and {total}; got {x}.")
    both = events + reference_events
    possible = np.arange(max(0, both - reference_n), min(n, both) + 1, dtype=np.float64)
    log_ways = (
        -gammaln(possible + 1)
        - gammaln(n - possible + 1)
        - gammaln(both - possible + 1)
        - gammaln(reference_n - both + possible + 1)
    )
    probability = np.exp(log_ways - log_ways.max())
    observed = probability[events - int(possible[0])]
    p = probability[probability <= observed * AS_LIKELY].sum() / probability.sum()
    return float(min(1.0, p))
