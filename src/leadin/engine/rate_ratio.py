"""Two rates of events: their exact ratio and its test, and their difference.

Given the sum of the two counts, one of them is binomial with a share that only the ratio and the two exposures decide:
so the exact interval and test of a proportion give those of the ratio.

References: Przyborowski & Wilenski (1940), Homogeneity of results in testing samples from Poisson series, Biometrika
31:313-323, doi:10.1093/biomet/31.3-4.313; Clopper & Pearson (1934), Biometrika 26:404-413,
doi:10.1093/biomet/26.4.404; for the difference, Zou & Donner (2008), Construction of confidence limits about effect
measures: a general approach, Stat Med 27:1693-1702, doi:10.1002/sim.3095.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from leadin.engine.binomial_test import binomial_p
from leadin.engine.intervals import Floats, Interval, clopper_pearson, poisson_rate


@dataclass(frozen=True)
class RateRatio:
    """ratio: of the first rate to the second; None where both are 0, infinite where the second alone is. low, high:
    the exact interval, `high` infinite where the second had no event. p: two-sided, of equal rates."""

    ratio: float | None
    low: float
    high: float
    p: float


def rate_ratio(
    events: int, exposure: float, reference_events: int, reference_exposure: float, level: float = 0.95
) -> RateRatio:
    """Exact conditional ratio of `events / exposure` to `reference_events / reference_exposure`.

    No event in either says nothing: 0 to infinity, p 1. Raises DataError as `poisson_rate` does.
    """
    _rates(events, exposure, reference_events, reference_exposure, level)
    both = events + reference_events
    share, rest = clopper_pearson(events, both, level), clopper_pearson(reference_events, both, level)
    per = reference_exposure / exposure
    ratio = events / reference_events * per if reference_events else math.inf
    p = binomial_p(events, both, exposure / (exposure + reference_exposure))
    # The other count's bounds are 1 minus these; taken from them, shares near 1 lose no digits.
    low, high = _odds(share.low, rest.high) * per, _odds(share.high, rest.low) * per
    return RateRatio(ratio if both else None, low, high, p)


def rate_difference(
    events: int, exposure: float, reference_events: int, reference_exposure: float, level: float = 0.95
) -> tuple[float, float]:
    """Interval of `events / exposure - reference_events / reference_exposure`: the two exact intervals joined by the
    squares of their half-lengths (MOVER). Not exact, but it never is of no width where nothing was seen.

    Raises DataError as `poisson_rate` does.
    """
    first, second = _rates(events, exposure, reference_events, reference_exposure, level)
    one, other = events / exposure, reference_events / reference_exposure
    low = one - other - math.hypot(one - float(first.low), float(second.high) - other)
    high = one - other + math.hypot(float(first.high) - one, other - float(second.low))
    return low, high


def _rates(
    events: int, exposure: float, reference_events: int, reference_exposure: float, level: float
) -> tuple[Interval, Interval]:
    return poisson_rate(events, exposure, level), poisson_rate(reference_events, reference_exposure, level)


def _odds(share: Floats, rest: Floats) -> float:
    return math.inf if float(rest) == 0.0 else float(share) / float(rest)
