"""The REML deviance of a model of visits and its exact derivatives by the covariance of the visits.

y_i = X_i beta + e_i for participant i, where e_i varies as the rows and columns of Sigma (m, m) of the visits he was
seen at. With V the covariance of all observations, C = (X' V^-1 X)^-1 and r = y - X beta, minus twice the REML
log-likelihood is

    log det V + log det X' V^-1 X + r' V^-1 r + (n - p) log(2 pi)

V is linear in Sigma, so derivatives by Sigma are short; the chain rule takes them to the parameters of a structure.
W_i is the inverse of Sigma over the visits of participant i, zero elsewhere: those with the same visits share it. With
B_i = W_i [X_i F, r_i] and C = F F', the derivative along D is the sum over participants of tr(W_i D) - tr(B_i' D B_i),
and nothing but W_i and B_i comes into the second one either.

Reference: Jennrich & Schluchter (1986), Unbalanced repeated-measures models with structured covariance matrices,
Biometrics 42:805-820, doi:10.2307/2530695.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.analysis.mmrm.structures import Derivatives, Floats

SMALLEST_SHARE = 1e-6
"""A visit that the visits before it predict up to this share of its variance counts as predicted without error."""


@dataclass(frozen=True)
class VisitArrays:
    """s participants in order of their pattern, m visits, p fixed effects, n observations; zero where nobody was seen.

    The fixed effects enter as an orthonormal basis Q of their columns (X = Q R) and the outcome as its least-squares
    residual, both divided by nothing but `scale`, the root mean square of that residual. x (s, m, p); y (s, m).
    pattern (s,): which row of `seen` (g, m) says where a participant was seen; counts (g,), first (g,): how many have
    that pattern, and the first of them.
    """

    x: Floats
    y: Floats
    pattern: NDArray[np.intp]
    seen: NDArray[np.bool_]
    counts: NDArray[np.intp]
    first: NDArray[np.intp]
    r: Floats
    least_squares: Floats
    scale: float
    n: int

    @property
    def p(self) -> int:
        """Number of fixed effects."""
        return int(self.r.shape[0])

    @property
    def m(self) -> int:
        """Number of visits."""
        return int(self.seen.shape[1])


def visit_arrays(
    y: Floats, fixed: Floats, visit: NDArray[np.intp], participant: NDArray[np.intp], visits: int
) -> VisitArrays:
    """The arrays of outcome (n,) and fixed columns (n, p) at `visit` (n,) of `participant` (n,), counted from 0."""
    basis, r = np.linalg.qr(fixed)
    least_squares = basis.T @ y
    residual = y - basis @ least_squares
    scale = float(np.sqrt((residual**2).sum() / max(y.size - r.shape[0], 1)))
    people = int(participant.max()) + 1
    here = np.zeros((people, visits), dtype=np.bool_)
    here[participant, visit] = True
    seen, pattern, counts = np.unique(here, axis=0, return_inverse=True, return_counts=True)
    pattern = pattern.reshape(-1)
    order = np.argsort(pattern, kind="stable")
    place = np.empty(people, dtype=np.intp)
    place[order] = np.arange(people)
    x, outcome = np.zeros((people, visits, r.shape[0])), np.zeros((people, visits))
    x[place[participant], visit] = basis
    outcome[place[participant], visit] = residual / scale
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return VisitArrays(x, outcome, pattern[order], seen, counts, first, r, least_squares, scale, int(y.size))


@dataclass(frozen=True)
class AtCovariance:
    """The deviance at one Sigma, without the scale of the outcome, and what its derivatives are made of.

    value: the deviance. weights (g, m, m): W by pattern. b (s, m, p + 1): B. moments (g, m, m): sums of B_i B_i' over
    the participants of a pattern. root (p, p): F with C = F F'. gamma (p,): coefficients on the basis.
    """

    value: float
    weights: Floats
    b: Floats
    moments: Floats
    root: Floats
    gamma: Floats


def at_covariance(data: VisitArrays, sigma: Floats) -> AtCovariance:
    """Evaluate at Sigma (m, m), in units of the squared scale of the outcome.

    Raises LinAlgError where Sigma is not positive definite, FloatingPointError where it is as good as singular.
    """
    both = data.seen[:, :, None] & data.seen[:, None, :]
    factors = np.linalg.cholesky(np.where(both, sigma, np.eye(data.m)))
    pivots = np.diagonal(factors, axis1=1, axis2=2)
    own = np.where(data.seen, pivots**2 / np.diag(sigma), 1.0)
    if not own.min() > SMALLEST_SHARE:
        raise FloatingPointError("the visits predict one another without error")
    inverse = np.linalg.inv(factors)
    weights = np.where(both, inverse.swapaxes(1, 2) @ inverse, 0.0)
    wx = weights[data.pattern] @ data.x
    flat = data.x.reshape(-1, data.p)
    information = np.linalg.cholesky(flat.T @ wx.reshape(-1, data.p))
    root = np.linalg.inv(information).T
    gamma = root @ (root.T @ (wx.reshape(-1, data.p).T @ data.y.ravel()))
    residual = data.y - data.x @ gamma
    wr = (weights[data.pattern] @ residual[:, :, None])[:, :, 0]
    value = (
        2.0 * float(data.counts @ np.log(pivots).sum(axis=1))
        + 2.0 * float(np.log(np.diag(information)).sum())
        + float((residual * wr).sum())
        + (data.n - data.p) * float(np.log(2.0 * np.pi))
    )
    b = np.concatenate([wx @ root, wr[:, :, None]], axis=2)
    moments = np.add.reduceat(b @ b.swapaxes(1, 2), data.first, axis=0)
    return AtCovariance(value, weights, b, moments, root, gamma)


def along(at: AtCovariance, first: Floats) -> Floats:
    """The sums over participants of B_i' D B_i (k, p + 1, p + 1) for directions D (k, m, m)."""
    m, width = at.b.shape[1:]
    rows = at.b.reshape(-1, m * width)
    products = (rows.T @ rows).reshape(m, width, m, width).swapaxes(1, 2).reshape(m * m, width * width)
    return (first.reshape(-1, m * m) @ products).reshape(-1, width, width)


def slope_and_curvature(data: VisitArrays, at: AtCovariance, sigma: Derivatives) -> tuple[Floats, Floats]:
    """Gradient (k,) and Hessian (k, k) of the deviance by the parameters that Sigma has its derivatives by."""
    total = data.counts[:, None, None] * at.weights
    by_sigma = (total - at.moments).sum(axis=0).ravel()
    k, m = sigma.first.shape[:2]
    gradient = sigma.first.reshape(k, m * m) @ by_sigma
    forms = along(at, sigma.first)
    forms[:, -1, -1] = 0.0
    hessian = (
        _twice_along(at.weights, 2.0 * at.moments - total, sigma.first)
        - _inner(forms)
        + sigma.second.reshape(k, k, m * m) @ by_sigma
    )
    return gradient, hessian


def _twice_along(weights: Floats, inner: Floats, first: Floats) -> Floats:
    """The sums over patterns of tr(D_i W D_j Z) (k, k), for W `weights` and Z `inner` (g, m, m)."""
    m = weights.shape[1]
    tensor = (weights.reshape(-1, m * m).T @ inner.reshape(-1, m * m)).reshape(m, m, m, m)
    pairs = tensor.transpose(3, 0, 1, 2).reshape(m * m, m * m)
    rows = first.reshape(-1, m * m)
    return rows @ pairs @ rows.T


def _inner(forms: Floats) -> Floats:
    rows = forms.reshape(forms.shape[0], -1)
    return rows @ rows.T
