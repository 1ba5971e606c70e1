"""How the visits of one participant vary together: nine covariance structures, each with exact derivatives.

Every structure is Sigma[a, b] = s_a s_b R[a, b]: scales s_a = exp(theta), one for all visits or, in the heterogeneous
forms, one a visit; and a shape R from the other parameters, all of which may be any number. Correlations are
rho = t / sqrt(1 + t^2). The shape of the unstructured form is L L' with L lower triangular, ones on its diagonal and t
below it, row by row. These are the parameters of R's mmrm, so that Kenward-Roger's term of second derivatives, which
depends on the parameters chosen, agrees with it.

Visits are taken in their order, whatever the time between them, as SAS's AR(1), TOEP and ANTE(1) take them.

References: Zimmerman & Nunez-Anton (2009), Antedependence Models for Longitudinal Data, doi:10.1201/9781420011074;
Pinheiro & Bates (1996), Unconstrained parametrizations for variance-covariance matrices, Stat Comput 6:289-296,
doi:10.1007/BF00140873.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leadin.analysis.mmrm.log_cholesky import log_cholesky, log_cholesky_of
from leadin.protocols.planned_analysis import CovarianceStructure

Floats = NDArray[np.float64]


class Derivatives(NamedTuple):
    """A matrix (m, m) with its first (k, m, m) and second (k, k, m, m) derivatives by k parameters."""

    value: Floats
    first: Floats
    second: Floats


@dataclass(frozen=True)
class Structure:
    """A covariance structure.

    label: its name in a sentence. heterogeneous: each visit has a variance of its own. shape_size: number of shape
    parameters for m visits. shape: R and its derivatives by those parameters, for m visits. shape_start: parameters
    that come near a correlation matrix (m, m).
    """

    name: CovarianceStructure
    label: str
    heterogeneous: bool
    shape_size: Callable[[int], int]
    shape: Callable[[Floats, int], Derivatives]
    shape_start: Callable[[Floats], Floats]

    def size(self, visits: int) -> int:
        """Number of parameters for so many visits; a single visit has its variance alone."""
        return self._scales(visits) + (self.shape_size(visits) if visits > 1 else 0)

    def covariance(self, theta: Floats, visits: int) -> Derivatives:
        """Sigma (m, m) at theta (k,), and its derivatives; the scales come first in theta."""
        h = self._scales(visits)
        member = np.eye(visits) if h == visits else np.ones((1, visits))
        deviation = np.exp(theta[:h] @ member)
        scale = np.outer(deviation, deviation)
        grow = member[:, :, None] + member[:, None, :]
        r, r_1, r_2 = self._shape(theta[h:], visits)
        first = np.concatenate([grow * r, r_1])
        across = grow[:, None] * r_1[None, :]
        second = np.block([[[[grow[:, None] * grow[None] * r]], [[across]]], [[[across.swapaxes(0, 1)]], [[r_2]]]])
        return Derivatives(scale * r, scale * first, scale * second)

    def start(self, covariance: Floats) -> Floats:
        """Parameters (k,) whose Sigma comes near a positive definite `covariance` (m, m)."""
        visits = covariance.shape[0]
        deviation = np.sqrt(np.diag(covariance))
        correlation = covariance / np.outer(deviation, deviation)
        if visits == 1:
            return np.log(deviation)
        if self.name == "unstructured":
            # The shape is scaled by the Cholesky factor's own diagonal: Sigma = D L (D L)'.
            deviation = np.diag(np.linalg.cholesky(covariance))
        elif not self.heterogeneous:
            deviation = np.sqrt(np.diag(covariance).mean(keepdims=True))
        return np.concatenate([np.log(deviation), self.shape_start(correlation)])

    def search(self, place: Floats, unit: Floats) -> Derivatives:
        """Sigma (m, m) and its derivatives by the coordinates (k,) in which its optimum is looked for; unit (m,): about
        the standard deviation of each visit.
        """
        if self.name != "unstructured":
            return self.covariance(place, unit.size)
        scale = np.outer(unit, unit)
        return Derivatives(*(scale * each for each in log_cholesky(place, unit.size)))

    def search_start(self, covariance: Floats, unit: Floats) -> Floats:
        """`start` in the coordinates of `search`."""
        if self.name != "unstructured":
            return self.start(covariance)
        return log_cholesky_of(covariance / np.outer(unit, unit))

    def parameters(self, place: Floats, unit: Floats) -> Floats:
        """The parameters (k,) at a point of `search`."""
        return self.start(self.search(place, unit).value) if self.name == "unstructured" else place

    def rescaled(self, theta: Floats, visits: int, factor: float) -> Floats:
        """The parameters (k,) of factor^2 Sigma."""
        scales = self._scales(visits)
        return np.concatenate([theta[:scales] + np.log(factor), theta[scales:]])

    def _scales(self, visits: int) -> int:
        return visits if self.heterogeneous else 1

    def _shape(self, t: Floats, visits: int) -> Derivatives:
        if visits == 1:
            return Derivatives(np.ones((1, 1)), np.zeros((0, 1, 1)), np.zeros((0, 0, 1, 1)))
        return self.shape(t, visits)


def structure_named(name: CovarianceStructure) -> Structure:
    """The structure of that name."""
    return STRUCTURES[name]


def _unit_lower(t: Floats, visits: int) -> Derivatives:
    rows, columns = np.tril_indices(visits, -1)
    lower = np.eye(visits)
    lower[rows, columns] = t
    k = np.arange(t.size)
    units = np.zeros((t.size, visits, visits))
    units[k, rows, columns] = 1.0
    first = units @ lower.T
    second = units[:, None] @ units[None].swapaxes(2, 3)
    return Derivatives(lower @ lower.T, first + first.swapaxes(1, 2), second + second.swapaxes(2, 3))


def _unit_lower_start(correlation: Floats) -> Floats:
    factor = np.linalg.cholesky(correlation)
    lower: Floats = (factor / np.diag(factor)[:, None])[np.tril_indices(correlation.shape[0], -1)]
    return lower


def _compound_symmetry(t: Floats, visits: int) -> Derivatives:
    apart = np.broadcast_to(1.0 - np.eye(visits), (1, visits, visits))
    rho = _correlation(t)
    value = np.eye(visits) + rho.value * apart[0]
    return _by_chain(value, apart, np.zeros((1, 1, visits, visits)), rho)


def _autoregressive(t: Floats, visits: int) -> Derivatives:
    lag = _lags(visits).astype(np.float64)
    rho = _correlation(t)
    first = lag * rho.value ** np.maximum(lag - 1.0, 0.0)
    second = lag * (lag - 1.0) * rho.value ** np.maximum(lag - 2.0, 0.0)
    return _by_chain(rho.value**lag, first[None], second[None, None], rho)


def _toeplitz(t: Floats, visits: int) -> Derivatives:
    at_lag = (_lags(visits) == np.arange(1, visits)[:, None, None]).astype(np.float64)
    rho = _correlation(t)
    value = np.eye(visits) + np.tensordot(rho.value, at_lag, 1)
    return _by_chain(value, at_lag, np.zeros((t.size, t.size, visits, visits)), rho)


def _ante_dependence(t: Floats, visits: int) -> Derivatives:
    """The correlation of two visits is the product of those of all neighbours between them."""
    rho = _correlation(t)
    k, a, b = np.ogrid[: t.size, :visits, :visits]
    between = (np.minimum(a, b) <= k) & (k < np.maximum(a, b))
    factors = np.where(between, rho.value[:, None, None], 1.0)
    apart = ~np.eye(t.size, dtype=np.bool_)
    first = between * np.stack([factors[apart[i]].prod(axis=0) for i in range(t.size)])
    second = np.zeros((t.size, t.size, visits, visits))
    for i, j in zip(*np.nonzero(apart), strict=True):
        second[i, j] = between[i] * between[j] * factors[apart[i] & apart[j]].prod(axis=0)
    return _by_chain(factors.prod(axis=0), first, second, rho)


class _Correlation(NamedTuple):
    """rho = t / sqrt(1 + t^2) for each t (q,), and its first two derivatives."""

    value: Floats
    first: Floats
    second: Floats


def _correlation(t: Floats) -> _Correlation:
    square = 1.0 + t**2
    return _Correlation(t / np.sqrt(square), square**-1.5, -3.0 * t * square**-2.5)


def _by_chain(value: Floats, first: Floats, second: Floats, rho: _Correlation) -> Derivatives:
    """Derivatives by t from those by rho."""
    q = rho.value.size
    curve = second * np.outer(rho.first, rho.first)[:, :, None, None]
    curve[np.arange(q), np.arange(q)] += first * rho.second[:, None, None]
    return Derivatives(value, first * rho.first[:, None, None], curve)


def _lags(visits: int) -> NDArray[np.intp]:
    order = np.arange(visits)
    lags: NDArray[np.intp] = np.abs(order[:, None] - order)
    return lags


def _unbounded(rho: Floats) -> Floats:
    near: Floats = np.clip(rho, -0.95, 0.95)
    return near / np.sqrt(1.0 - near**2)


def _lag_means(correlation: Floats) -> Floats:
    lags = _lags(correlation.shape[0])
    return np.array([correlation[lags == lag].mean() for lag in range(1, correlation.shape[0])])


def _one_start(correlation: Floats) -> Floats:
    """The mean correlation of all pairs; never so negative that many visits cannot have it."""
    m = correlation.shape[0]
    apart = correlation[~np.eye(m, dtype=np.bool_)].mean(keepdims=True)
    return _unbounded(np.maximum(apart, -0.5 / (m - 1)))


def _neighbour_start(correlation: Floats) -> Floats:
    return _unbounded(np.diag(correlation, 1).mean(keepdims=True))


def _neighbours_start(correlation: Floats) -> Floats:
    return _unbounded(np.diag(correlation, 1))


def _toeplitz_start(correlation: Floats) -> Floats:
    """Means over each lag, drawn towards zero until some visits can have them."""
    rho = _lag_means(correlation)
    visits = correlation.shape[0]
    while np.linalg.eigvalsh(_toeplitz(_unbounded(rho), visits).value)[0] < 0.01:
        rho = 0.8 * rho
    return _unbounded(rho)


def _pairs(visits: int) -> int:
    return visits * (visits - 1) // 2


def _one(visits: int) -> int:
    return 1


def _neighbours(visits: int) -> int:
    return visits - 1


STRUCTURES: dict[CovarianceStructure, Structure] = {
    each.name: each
    for each in (
        Structure("unstructured", "unstructured", True, _pairs, _unit_lower, _unit_lower_start),
        Structure("heterogeneous_toeplitz", "heterogeneous Toeplitz", True, _neighbours, _toeplitz, _toeplitz_start),
        Structure("toeplitz", "Toeplitz", False, _neighbours, _toeplitz, _toeplitz_start),
        Structure(
            "heterogeneous_ante_dependence",
            "heterogeneous ante-dependence",
            True,
            _neighbours,
            _ante_dependence,
            _neighbours_start,
        ),
        Structure("ante_dependence", "ante-dependence", False, _neighbours, _ante_dependence, _neighbours_start),
        Structure("heterogeneous_autoregressive", "heterogeneous AR(1)", True, _one, _autoregressive, _neighbour_start),
        Structure("autoregressive", "AR(1)", False, _one, _autoregressive, _neighbour_start),
        Structure(
            "heterogeneous_compound_symmetry",
            "heterogeneous compound symmetry",
            True,
            _one,
            _compound_symmetry,
            _one_start,
        ),
        Structure("compound_symmetry", "compound symmetry", False, _one, _compound_symmetry, _one_start),
    )
}
