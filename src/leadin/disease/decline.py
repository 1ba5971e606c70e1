"""The long-run rate of decline: gamma within each onset group, so that the whole population has the stated mean and SD.

With a share b of bulbar onset whose mean rate is d above the others', the groups' means are m - b d and m + (1 - b) d.
Both groups have the same coefficient of variation c, which the overall SD s fixes:

    s^2 = b (1 - b) d^2 + c^2 [(1 - b)(m - b d)^2 + b (m + (1 - b) d)^2]
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from leadin.disease.population import Population
from leadin.engine.draws import Draws

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class RateGroups:
    """Mean rate of bulbar and of other onset, points per month, and their common coefficient of variation."""

    bulbar: float
    other: float
    variation: float


@dataclass(frozen=True)
class Rates:
    """per_month (n,): long-run rates, points per month. place (n,): where each stands among those of his onset group,
    as a standard normal score; low: slow."""

    per_month: Floats
    place: Floats


def rate_groups(population: Population) -> RateGroups:
    """The onset groups that mix to the population's overall mean and SD."""
    share, extra = population.demographics.bulbar_share, population.decline.bulbar_extra
    other = population.decline.rate_mean - share * extra
    bulbar = other + extra
    within = population.decline.rate_sd**2 - share * (1.0 - share) * extra**2
    return RateGroups(bulbar, other, sqrt(within / ((1.0 - share) * other**2 + share * bulbar**2)))


def draw_rates(population: Population, bulbar: Flags, draws: Draws) -> Rates:
    """Long-run rates of the next candidates, of whom `bulbar` (n,) had bulbar onset, by inverting the distribution
    function: a small change of the population changes each rate a little."""
    from scipy.special import gammaincinv, ndtri

    groups = rate_groups(population)
    alpha = 1.0 / groups.variation**2
    mean = np.where(bulbar, groups.bulbar, groups.other)
    uniforms = draws.uniform("decline/rate", bulbar.size)
    uniforms = np.maximum(uniforms, np.finfo(np.float64).tiny)  # 0 has no normal score
    return Rates(mean * gammaincinv(alpha, uniforms) / alpha, ndtri(uniforms))


def decline_z(rate: Floats, population: Population) -> Floats:
    """Rates standardised by the population's overall mean and SD."""
    return (rate - population.decline.rate_mean) / population.decline.rate_sd
