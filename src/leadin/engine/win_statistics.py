"""Win ratio, win odds and net benefit of one group over another, from the signs of all pairs, with their errors.

The shares of pairs won and lost are U-statistics of two samples. Their covariance comes from the structural components:
each member's own shares of pairs won and lost, whose covariance within a group is divided by the group's size. It is
consistent whether or not the groups differ.

References: Sen (1960), On some convergence properties of U-statistics, Calcutta Stat Assoc Bull 10:1-18,
doi:10.1177/0008068319600101; Bebu & Lachin (2016), Large sample inference for a win ratio analysis of a composite
outcome based on prioritized components, Biostatistics 17:178-187, doi:10.1093/biostatistics/kxv032; Dong et al. (2018),
The stratified win ratio, J Biopharm Stat 28:778-796, doi:10.1080/10543406.2017.1397007.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.errors import DataError

Floats = NDArray[np.float64]
Signs = NDArray[np.int8]

FEWEST = 2
"""Members that each group of a stratum needs, for a spread within it."""


@dataclass(frozen=True)
class WinShares:
    """won, lost: shares of pairs, over strata weighted; covariance (2, 2) of the two."""

    won: float
    lost: float
    covariance: Floats


@dataclass(frozen=True)
class Estimate:
    """An estimate with its standard error."""

    value: float
    standard_error: float


def win_shares(strata: Sequence[Signs]) -> WinShares:
    """Shares from signs, one matrix (n, m) a stratum: 1 where the row wins, -1 where it loses, 0 for a tie.

    A stratum counts with the weight n m / (n + m), as in the stratified win ratio of Dong et al. and as Mantel and
    Haenszel weigh. Raises DataError without strata and for a stratum with fewer than 2 rows or columns.
    """
    if not strata or any(min(signs.shape) < FEWEST for signs in strata):
        raise DataError(f"strata: expected at least one, each with at least {FEWEST} members of either group.")
    total, shares, covariance = 0.0, np.zeros(2), np.zeros((2, 2))
    for signs in strata:
        n, m = signs.shape
        weight = n * m / (n + m)
        outcomes = (signs > 0, signs < 0)
        total += weight
        shares += weight * np.array([outcome.mean() for outcome in outcomes])
        for axis, size in ((1, n), (0, m)):
            own = np.array([outcome.mean(axis=axis) for outcome in outcomes])
            covariance += weight**2 * np.cov(own) / size
    shares, covariance = shares / total, covariance / total**2
    return WinShares(float(shares[0]), float(shares[1]), covariance)


def log_win_ratio(shares: WinShares) -> Estimate:
    """Log of pairs won over pairs lost. Raises DataError where none was won or none was lost, and where no member's
    shares differ from another's, so that no error can be told."""
    if shares.won == 0.0 or shares.lost == 0.0:
        raise DataError("expected pairs won and pairs lost; got only one of them.")
    gradient = np.array([1.0 / shares.won, -1.0 / shares.lost])
    return _by_delta(float(np.log(shares.won / shares.lost)), gradient, shares)


def log_win_odds(shares: WinShares) -> Estimate:
    """Log of the odds of winning, ties counted half to each side. Raises DataError where every pair was won or every
    pair was lost, and where no error can be told."""
    above = 0.5 * (1.0 + shares.won - shares.lost)
    if above in (0.0, 1.0):
        raise DataError("expected pairs that were not all won, nor all lost.")
    slope = 0.5 / (above * (1.0 - above))
    return _by_delta(float(np.log(above / (1.0 - above))), np.array([slope, -slope]), shares)


def net_benefit(shares: WinShares) -> Estimate:
    """Share of pairs won minus share of pairs lost. Raises DataError where no error can be told."""
    return _by_delta(shares.won - shares.lost, np.array([1.0, -1.0]), shares)


def _by_delta(value: float, gradient: Floats, shares: WinShares) -> Estimate:
    variance = float(gradient @ shares.covariance @ gradient)
    scale = float(np.abs(gradient) @ np.abs(shares.covariance) @ np.abs(gradient))
    if variance <= 1e-12 * scale:
        raise DataError("the members of each group all won and lost alike, so that no error can be estimated")
    return Estimate(value, float(np.sqrt(variance)))
