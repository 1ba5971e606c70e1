"""Fisher's exact test of two proportions, for many tables.

Reference: Fisher (1922), On the interpretation of chi-square from contingency tables, and the calculation of P, J R
Stat Soc 85:87-94, doi:10.2307/2340521.
"""

from __future__ import annotations

import math

from leadin.engine.collapsed import Floats, Ints
from leadin.engine.kernels.compiled import kernel

AS_LIKELY = 1.0 + 1e-7
"""Tables whose probability exceeds the observed one's by less than this factor count as equally likely: rounding must
not decide."""


@kernel
def fisher_p(events: int, n: int, other: int, m: int, log_factorials: Floats) -> float:
    """Two-sided p of `events` of n against `other` of m: the probability of all tables with these margins that are no
    likelier. log_factorials: of 0, 1, 2 and so on to at least n and m."""
    both = events + other
    low, high = max(0, both - m), min(n, both)
    observed = _log_ways(events, n, both, m, log_factorials)
    total, as_rare = 0.0, 0.0
    for table in range(low, high + 1):
        # Next to the observed one, as it might be the rarest of all: nothing overflows that is not certain anyhow.
        likelihood = math.exp(min(_log_ways(table, n, both, m, log_factorials) - observed, 700.0))
        total += likelihood
        if likelihood <= AS_LIKELY:
            as_rare += likelihood
    return min(1.0, as_rare / total)


@kernel
def _log_ways(table: int, n: int, both: int, m: int, log_factorials: Floats) -> float:
    ways: float = -log_factorials[table] - log_factorials[n - table]
    ways -= log_factorials[both - table] + log_factorials[m - both + table]
    return ways


@kernel
def fisher_tables(tables: Ints, log_factorials: Floats, p: Floats) -> None:
    """p (T,) of tables (T, 4): events, n, other events, other n; NaN where either n is 0."""
    for row in range(p.size):
        events, n, other, m = tables[row, 0], tables[row, 1], tables[row, 2], tables[row, 3]
        p[row] = fisher_p(events, n, other, m, log_factorials) if n > 0 and m > 0 else math.nan
