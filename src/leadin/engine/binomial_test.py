"""The exact two-sided test of a binomial proportion.

Reference: Clopper & Pearson (1934), Biometrika 26:404-413, doi:10.1093/biomet/26.4.404; the two-sided p sums the
outcomes that are no likelier than the one observed, as R's binom.test does.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from leadin.engine.fisher_exact import AS_LIKELY
from leadin.errors import DataError


def binomial_p(events: int, n: int, share: float) -> float:
    """Two-sided p of `events` of `n` when each happens with probability `share`.

    n = 0 says nothing: 1. Raises DataError for a count that is not within 0 to n and a share that is not within 0 to 1.
    """
    if not 0 <= events <= n:
        raise DataError(f"events: expected a count between 0 and {n}; got {events}.")
    if not 0.0 <= share <= 1.0:
        raise DataError(f"share: expected a number between 0 and 1; got {share!r}.")
    possible = np.arange(n + 1, dtype=np.float64)
    log_ways = gammaln(n + 1.0) - gammaln(possible + 1.0) - gammaln(n - possible + 1.0)
    probability = np.exp(log_ways + xlogy(possible, share) + xlog1py(n - possible, -share))
    no_likelier = probability <= probability[events] * AS_LIKELY
    return float(min(1.0, probability[no_likelier].sum()))
