"""The hazard of death along a path; the plain twin is `leadin.disease.survival`."""

from __future__ import annotations

import math

from leadin.engine.kernels.compiled import kernel

HIGHEST_SCORE = 48.0


@kernel(inline=True)
def clock(months: float, scale_months: float, shape: float) -> float:
    """The Weibull clock at so many months since enrolment."""
    return math.pow(max(months, 0.0) / scale_months, shape)


@kernel(inline=True)
def times_hazard(true_score: float, hazard_per_point: float, reference_score: float) -> float:
    """How many times the clock's hazard somebody with that score has."""
    score = min(max(true_score, 0.0), HIGHEST_SCORE)
    return math.exp(-hazard_per_point * (score - reference_score))


@kernel(inline=True)
def moment_within(start: float, end: float, low: float, high: float, threshold: float) -> float:
    """When, between start and end, a cumulative hazard that rises evenly from low to high passes the threshold."""
    share = (threshold - low) / (high - low) if high > low else 0.0
    return start + min(max(share, 0.0), 1.0) * (end - start)
