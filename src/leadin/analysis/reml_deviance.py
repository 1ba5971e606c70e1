"""The REML deviance of a linear mixed model and its exact derivatives, from cross-products per group.

The model is y = X beta + Z_i b_i + e, b_i ~ N(0, sigma^2 S), e ~ N(0, sigma^2 I): S is the covariance of the random
effects relative to the residual variance. With V = I + Z S Z' and C = [X y]' V^-1 [X y], minus twice the REML
log-likelihood is

    log det V + log det C_xx + r2 / sigma^2 + (n - p) log(2 pi sigma^2)

with r2 the smallest (y - X beta)' V^-1 (y - X beta) over beta. V is linear in S, so all derivatives with respect to S
are short: dV^-1 = -V^-1 Z dS Z' V^-1. They are carried over by the chain rule to the entries of a factor F, S = F F',
of which S is a quadratic form. lme4's parameter theta is the lower triangle of the triangular factor L; the optimum
is looked for over all entries of a square F, where no covariance is far from its neighbours.

Reference: Bates, Maechler, Bolker & Walker (2015), Fitting linear mixed-effects models using lme4, J Stat Softw
67(1), doi:10.18637/jss.v067.i01.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GroupSums:
    """What the deviance needs of the data: g groups, q random effects, p fixed effects, n observations.

    The fixed effects enter as an orthonormal basis Q of their columns (X = Q R) and the outcome as its least-squares
    residual, which keeps the cross-products well conditioned. zz: (g, q, q) of Z'Z; zw: (g, q, p + 1) of Z'[Q,
    residual]; ww: (p + 1, p + 1) of [Q, residual]'[Q, residual] over all groups; r: (p, p) upper triangular R;
    least_squares: (p,) coefficients on Q.
    """

    zz: Floats
    zw: Floats
    ww: Floats
    r: Floats
    least_squares: Floats
    n: int

    @property
    def p(self) -> int:
        """Number of fixed effects."""
        return int(self.r.shape[0])

    @property
    def q(self) -> int:
        """Number of random effects."""
        return int(self.zz.shape[1])

    def rescaled(self, scale: Floats) -> GroupSums:
        """The sums for random-effect columns divided by `scale` (q,)."""
        zz = self.zz / np.multiply.outer(scale, scale)
        return GroupSums(zz, self.zw / scale[:, None], self.ww, self.r, self.least_squares, self.n)


def group_sums(y: Floats, fixed: Floats, random: Floats, index: NDArray[np.intp], groups: int) -> GroupSums:
    """Cross-products of outcome (n,), fixed (n, p) and random (n, q) columns; `index` (n,) numbers the groups
    0..groups - 1.
    """
    basis, r = np.linalg.qr(fixed)
    least_squares = basis.T @ y
    rows = np.column_stack([random, basis, y - basis @ least_squares])
    q = random.shape[1]
    order = np.argsort(index, kind="stable")
    starts = np.searchsorted(index[order], np.arange(groups))
    products = np.add.reduceat((random[:, :, None] * rows[:, None, :])[order], starts, axis=0)
    w = rows[:, q:]
    return GroupSums(products[:, :, :q], products[:, :, q:], w.T @ w, r, least_squares, int(y.size))


def theta_size(q: int) -> int:
    """Number of entries of theta for q random effects."""
    return q * (q + 1) // 2


def lower_triangle(q: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the lower triangle, column by column: the order of lme4's theta."""
    columns, rows = np.triu_indices(q)
    return rows, columns


def factor_of(theta: Floats, q: int) -> Floats:
    """Theta as the lower triangular factor L (q, q)."""
    factor = np.zeros((q, q))
    factor[lower_triangle(q)] = theta
    return factor


@cache
def quadratic_forms(q: int) -> Floats:
    """T (k, q^2, q^2) with S_j = f' T_j f / 2 for each entry j of the lower triangle of S = F F', f the entries of F
    row by row.
    """
    rows, columns = lower_triangle(q)
    products = np.zeros((rows.size, q, q, q, q))
    for j, (row, column) in enumerate(zip(rows, columns, strict=True)):
        for shared in range(q):
            products[j, row, shared, column, shared] += 1.0
            products[j, column, shared, row, shared] += 1.0
    forms = products.reshape(rows.size, q * q, q * q)
    forms.flags.writeable = False  # shared by every call
    return forms


@cache
def symmetric_units(q: int) -> Floats:
    """The directions (k, q, q) in which the entries of the lower triangle of a symmetric matrix move."""
    rows, columns = lower_triangle(q)
    units = np.zeros((rows.size, q, q))
    entries = np.arange(rows.size)
    units[entries, rows, columns] = 1.0
    units[entries, columns, rows] = 1.0
    units.flags.writeable = False  # shared by every call
    return units


@dataclass(frozen=True)
class Pieces:
    """The parts of the deviance at one S, with derivatives over the k entries of S (j, l below).

    log_det: log det V + log det C_xx on the basis Q; log_det_1 (k,), log_det_2 (k, k). r2, r2_1 (k,), r2_2 (k, k):
    the weighted residual sum of squares. gamma (p,): coefficients on Q beyond least squares; c_inverse (p, p); c_1
    (k, p, p): derivatives of C_xx. modes (g, q): conditional modes of the random effects. p = 0 fixed effects are not
    allowed.
    """

    log_det: float
    log_det_1: Floats
    log_det_2: Floats
    r2: float
    r2_1: Floats
    r2_2: Floats
    gamma: Floats
    c_inverse: Floats
    c_1: Floats
    modes: Floats


def pieces(sums: GroupSums, factor: Floats) -> Pieces:
    """The parts of the deviance at S = F F' for any square factor F (q, q)."""
    p, q = sums.p, sums.q
    # Woodbury: V^-1 = I - Z F (I + F'Z'Z F)^-1 F'Z', halved by Cholesky so that little is lost where S is large.
    root = np.linalg.cholesky(np.eye(q) + factor.T @ sums.zz @ factor)
    half = np.linalg.solve(root, factor.T @ np.concatenate([sums.zz, sums.zw], axis=2))
    half_z, half_w = half[:, :, :q], half[:, :, q:]
    d = sums.zz - half_z.transpose(0, 2, 1) @ half_z  # Z' V^-1 Z
    e = sums.zw - half_z.transpose(0, 2, 1) @ half_w  # Z' V^-1 [Q, residual]
    c = sums.ww - _over_groups(half_w, half_w).trace(axis1=0, axis2=2)
    c_inverse = np.linalg.inv(c[:p, :p])
    gamma = c_inverse @ c[:p, p]
    contrast = np.append(-gamma, 1.0)
    log_det = 2.0 * np.log(np.einsum("gaa->ga", root)).sum() + np.linalg.slogdet(c[:p, :p])[1]

    units = symmetric_units(q)
    c_1 = -np.einsum("jab,axby->jxy", units, _over_groups(e, e))
    ratio = c_inverse @ c_1[:, :p, :p]
    moved = c_1 @ contrast
    e_x, weighted = e[:, :, :p], e @ contrast
    known = e_x @ c_inverse @ e_x.transpose(0, 2, 1)
    squared = weighted[:, :, None] * weighted[:, None, :]
    return Pieces(
        log_det=float(log_det),
        log_det_1=np.einsum("jab,ab->j", units, d.sum(axis=0)) + np.einsum("jxx->j", ratio),
        log_det_2=_second(units, d, 2.0 * known - d) - np.einsum("jxy,lyx->jl", ratio, ratio),
        r2=float(contrast @ c @ contrast),
        r2_1=moved @ contrast,
        r2_2=2.0 * (_second(units, d, squared) - moved[:, :p] @ c_inverse @ moved[:, :p].T),
        gamma=gamma,
        c_inverse=c_inverse,
        c_1=c_1[:, :p, :p],
        modes=np.asarray(weighted @ factor @ factor.T),
    )


def _over_groups(left: Floats, right: Floats) -> Floats:
    """Sum over groups g of left[g, a, x] right[g, b, y], as (a, x, b, y)."""
    flat = left.reshape(left.shape[0], -1).T @ right.reshape(right.shape[0], -1)
    return flat.reshape(*left.shape[1:], *right.shape[1:])


def _second(units: Floats, left: Floats, right: Floats) -> Floats:
    """Sum over groups of tr(U_j left U_l right) for the directions U, as (j, l); left, right (g, q, q) symmetric."""
    return np.asarray(np.einsum("jab,bcda,lcd->jl", units, _over_groups(left, right), units))


@dataclass(frozen=True)
class Deviance:
    """The profiled REML deviance at a factor F of S = F F', with gradient (q^2,) and Hessian (q^2, q^2) over F row by
    row.
    """

    value: float
    gradient: Floats
    hessian: Floats


def profiled_deviance(sums: GroupSums, factor: Floats) -> Deviance:
    """Minus twice the REML log-likelihood at any square factor (q, q) of S, with beta and sigma at their best.

    Raises FloatingPointError where the residual sum of squares is not positive in floating point.
    """
    at = pieces(sums, factor)
    freedom = sums.n - sums.p
    if not at.r2 > 0.0:
        raise FloatingPointError("the residual sum of squares is zero in floating point")
    log_det_r = 2.0 * float(np.log(np.abs(np.diag(sums.r))).sum())
    value = at.log_det + log_det_r + freedom * (1.0 + float(np.log(2.0 * np.pi * at.r2 / freedom)))
    slope = at.log_det_1 + freedom * at.r2_1 / at.r2
    curve = at.log_det_2 + freedom * (at.r2_2 / at.r2 - np.outer(at.r2_1, at.r2_1) / at.r2**2)
    gradient, hessian = along_factor(factor, slope, curve)
    return Deviance(value, gradient, hessian)


def along_factor(factor: Floats, slope: Floats, curve: Floats) -> tuple[Floats, Floats]:
    """Gradient (k,) and Hessian (k, k) over the entries of S, carried over to the entries of F row by row."""
    forms = quadratic_forms(factor.shape[0])
    jacobian = forms @ factor.ravel()
    return jacobian.T @ slope, jacobian.T @ curve @ jacobian + np.einsum("j,jab->ab", slope, forms)


def turning_directions(factor: Floats) -> Floats:
    """The directions (q^2, q(q - 1)/2) in which F turns into F times a rotation, row by row: S, and so the deviance,
    stays as it is.
    """
    q = factor.shape[0]
    turns = []
    for a in range(q):
        for b in range(a):
            turn = np.zeros((q, q))
            turn[:, a], turn[:, b] = factor[:, b], -factor[:, a]
            turns.append(turn.ravel())
    return np.array(turns).reshape(-1, q * q).T
