"""The optimum of the REML deviance over lme4's theta of two random effects, and Satterthwaite's degrees of freedom.

W = Lambda Lambda' is the covariance of the random effects in units of the residual variance, Lambda = [[a, 0], [b, c]]
and theta = (a, b, c). A model puts its deviance and the derivatives over w11, w12, w22 into `at`; `advance` carries
them over to theta and says where to look next. The deviance does not change with the signs of (a, b) and of c, so that
theta need not be kept within bounds: an optimum at the edge, c = 0, is an ordinary stationary point.

References: Bates, Maechler, Bolker & Walker (2015), J Stat Softw 67(1), doi:10.18637/jss.v067.i01; Giesbrecht & Burns
(1985), Biometrics 41:477-486.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.small_matrices import cholesky, jacobi, solve

Floats = NDArray[np.float64]

VALUE, SLOPE, CURVE, R2, R2_1 = 0, 1, 4, 13, 14
"""Within `at`: the profiled deviance, its gradient (3) and Hessian (3 x 3) over w11, w12, w22; the weighted residual
sum of squares and its gradient (3)."""
AT = 17

TRIAL, POINT, BEST, RADIUS, PROMISED, DECREMENT = 0, 3, 6, 7, 8, 9
NEAR, STEPS, GRADIENT, HESSIAN, MOVE = 10, 11, 12, 15, 24
"""Within `state`: theta to evaluate next, the point reached, the deviance there, how far a step may go, what the step
should gain, the Newton decrement, whether the gradient alone leads, steps made, gradient, Hessian, last step."""
RUN, ENOUGH, LOWEST, END, LOST = 27, 28, 29, 30, 33
"""The number of the run, whether its first optimum will do, the lowest optimum so far and its theta, the lowest
deviance of a run that found none."""
STATE = 34

GO_ON, DONE, FAILED = 0, 1, 2
LAST_RUN = 4
SAME_OPTIMUM = 1e-7
"""Two optima whose deviances differ by less are one and the same."""

MAX_STEPS = 200
RUNAWAY = 1e6
"""A parameter beyond this is taken to be on its way to infinity."""
LEADS = 1e-6
"""Newton decrement below which the decrease left is too small to be seen in the deviance, and the gradient leads."""
OPTIMUM = 1e-10
"""Newton decrement below which a point is an optimum, if it cannot be made smaller."""
ROUNDING = 1e-19
"""Newton decrement at which nothing but rounding is left."""
SINGULAR_BELOW = 1e-4
"""A fit is singular when a or c is below this (lme4's isSingular)."""
SMALLEST_EIGENVALUE = 1e-8
"""Directions in which the deviance is flatter than this are left out of the inverse of its Hessian."""
VANISHED = 1e-6
"""A diagonal entry of Lambda below this share of its largest is zero."""


@kernel
def begin(state: Floats, a: float, b: float, c: float) -> None:
    """Sets out from theta = (a, b, c)."""
    state[TRIAL], state[TRIAL + 1], state[TRIAL + 2] = a, b, c
    state[RADIUS], state[STEPS] = 1.0, 0.0


@kernel
def first_run(state: Floats, enough: bool) -> None:
    """Before the first start; enough: its optimum will do, if it finds one."""
    state[RUN], state[ENOUGH] = 0.0, 1.0 if enough else 0.0
    state[LOWEST] = state[LOST] = math.inf


@kernel
def next_run(state: Floats, told: int) -> int:
    """After a run ended with `told`: GO_ON from the next start, DONE at the lowest optimum, or FAILED.

    The starts are those of the plain method; the last run begins at the lowest optimum, so that all stands there.
    """
    run = state[RUN]
    if told == DONE and (run == LAST_RUN or (run == 0.0 and state[ENOUGH] > 0.0)):
        return DONE
    if told != DONE:
        state[LOST] = state[BEST] if state[BEST] < state[LOST] else state[LOST]
    elif state[BEST] < state[LOWEST] - SAME_OPTIMUM:
        state[LOWEST] = state[BEST]
        for k in range(3):
            state[END + k] = state[POINT + k]
    state[RUN] = run + 1.0
    if run == 3.0 and state[LOWEST] < math.inf and state[LOWEST] - SAME_OPTIMUM <= state[LOST]:
        begin(state, state[END], state[END + 1], state[END + 2])
    elif run < 3.0:
        size = 1.0 if run == 0.0 else (0.2 if run == 1.0 else 3.0)
        begin(state, size, -size if run == 2.0 else 0.0, size)
    else:
        return FAILED
    return GO_ON


@kernel
def begin_at_covariance(state: Floats, s11: float, s12: float, s22: float) -> None:
    """Sets out from the covariance (s11, s12, s22) of the random effects, eigenvalues below 0.01 raised to it."""
    middle, half = 0.5 * (s11 + s22), 0.5 * (s11 - s22)
    spread = math.sqrt(half * half + s12 * s12)
    high, low = max(middle + spread, 0.01), max(middle - spread, 0.01)
    # S = low I + (high - low) u u', u the eigenvector of the larger eigenvalue
    cosine, sine = (half / spread, s12 / spread) if spread > 0.0 else (1.0, 0.0)
    s11 = low + (high - low) * 0.5 * (1.0 + cosine)
    s12 = (high - low) * 0.5 * sine
    a = math.sqrt(s11)
    begin(state, a, s12 / a, math.sqrt(high * low / s11))


@kernel
def advance(state: Floats, at: Floats, small: Floats) -> int:
    """Takes in what `at` says of the trial theta; GO_ON with the next trial theta, or DONE or FAILED.

    small: scratch (at least 2, at least 4, at least 4). Newton steps within a trusted radius; saddle points are left
    along their most negative curvature.
    """
    state[STEPS] += 1.0
    before = state[DECREMENT]
    if state[STEPS] > 1.0 and state[NEAR] == 0.0:
        gained = state[BEST] - at[VALUE]
        if not (state[PROMISED] > 0.0 and gained > 1e-4 * state[PROMISED]):
            return _shorten(state)
    if not math.isfinite(at[VALUE]):
        return FAILED
    if state[STEPS] > 1.0:
        grown = 2.0 * _length(state)
        state[RADIUS] = grown if grown > state[RADIUS] else state[RADIUS]
    leading = state[STEPS] > 1.0 and state[NEAR] == 1.0
    state[BEST] = at[VALUE]
    for k in range(3):
        state[POINT + k] = state[TRIAL + k]
    over_theta(state[POINT:RADIUS], at, state[GRADIENT:HESSIAN], state[HESSIAN:MOVE])
    _newton_step(state, small)
    now = state[DECREMENT]
    if state[NEAR] == 1.0 and (now < ROUNDING or (now < OPTIMUM and leading and not now < 0.5 * before)):
        return DONE
    for k in range(3):
        if not abs(state[POINT + k]) < RUNAWAY:
            return FAILED
    if state[STEPS] >= MAX_STEPS:
        return FAILED
    for k in range(3):
        state[TRIAL + k] = state[POINT + k] + state[MOVE + k]
    return GO_ON


@kernel
def _shorten(state: Floats) -> int:
    """A quarter of a step that did not gain what it should."""
    state[RADIUS] = _length(state) / 4.0
    if not state[RADIUS] > 1e-12 or state[STEPS] >= MAX_STEPS:
        return FAILED
    for k in range(3):
        state[MOVE + k] /= 4.0
        state[TRIAL + k] = state[POINT + k] + state[MOVE + k]
    _promise(state)
    return GO_ON


@kernel
def complete(p: int, share: float, scale: float, directions: Floats, at: Floats) -> None:
    """Completes gradient and Hessian over w11, w12, w22 in `at`, with times in units of `scale`.

    In `at` are the parts that are sums over units, and R2_1; share: freedom / r2. directions (5, m, m), for each of the
    three directions U of W: X' V^-1 dV V^-1 (y - X beta) in [0, j], that times the covariance of the p fixed effects in
    [1, j], the covariance times X' V^-1 dV V^-1 X in [2 + j].
    """
    for j in range(3):
        for x in range(p):
            at[SLOPE + j] -= directions[2 + j, x, x]
        at[SLOPE + j] += share * at[R2_1 + j]
        for k in range(j, 3):
            left, right = directions[2 + j], directions[2 + k]
            crossed = share * at[R2_1 + j] * at[R2_1 + k] / at[R2]
            for x in range(p):
                crossed += 2.0 * share * directions[0, j, x] * directions[1, k, x]
                for y in range(p):
                    crossed += left[x, y] * right[y, x]
            at[CURVE + 3 * j + k] -= crossed
    power = 1.0
    for j in range(3):
        at[SLOPE + j] *= power
        at[R2_1 + j] *= power
        for k in range(j, 3):
            at[CURVE + 3 * j + k] *= power
        for k in range(j + 1):
            at[CURVE + 3 * k + j] *= power
        for k in range(j):
            at[CURVE + 3 * j + k] = at[CURVE + 3 * k + j]
        power /= scale


@kernel
def over_theta(theta: Floats, at: Floats, gradient: Floats, hessian: Floats) -> None:
    """Gradient (3,) and Hessian (9,), row by row, of the deviance over theta from those over w11, w12, w22 in `at`."""
    a, b, c = theta[0], theta[1], theta[2]
    s11, s12, s22 = at[SLOPE], at[SLOPE + 1], at[SLOPE + 2]
    gradient[0] = 2.0 * a * s11 + b * s12
    gradient[1] = a * s12 + 2.0 * b * s22
    gradient[2] = 2.0 * c * s22
    q11, q12, q13 = at[CURVE], at[CURVE + 1], at[CURVE + 2]
    q22, q23, q33 = at[CURVE + 4], at[CURVE + 5], at[CURVE + 8]
    # rows of the Hessian over W times the columns (2a, b, 0), (0, a, 2b), (0, 0, 2c) of the Jacobian
    a1, a2, a3 = 2.0 * a * q11 + b * q12, 2.0 * a * q12 + b * q22, 2.0 * a * q13 + b * q23
    b2, b3 = a * q22 + 2.0 * b * q23, a * q23 + 2.0 * b * q33
    hessian[0] = 2.0 * a * a1 + b * a2 + 2.0 * s11
    hessian[1] = a * a2 + 2.0 * b * a3 + s12
    hessian[2] = 2.0 * c * a3
    hessian[4] = a * b2 + 2.0 * b * b3 + 2.0 * s22
    hessian[5] = 2.0 * c * b3
    hessian[8] = 4.0 * c * c * q33 + 2.0 * s22
    hessian[3], hessian[6], hessian[7] = hessian[1], hessian[2], hessian[5]


@kernel
def _newton_step(state: Floats, small: Floats) -> None:
    """Puts step, promise, decrement and whether the gradient leads into `state`, from its gradient and Hessian."""
    h, lower = small[0], small[1]
    for i in range(3):
        state[MOVE + i] = -state[GRADIENT + i]
        for j in range(3):
            h[i, j] = state[HESSIAN + 3 * i + j]
    move = state[MOVE:RUN]
    n = np.int64(3)
    if cholesky(h, n, 1e-11, lower):
        solve(lower, n, move)
        decrement = 0.0
        for i in range(3):
            decrement -= state[GRADIENT + i] * move[i]
        state[DECREMENT] = decrement
        state[NEAR] = 1.0 if decrement < LEADS else 0.0
    else:
        _step_in_axes(state, h, lower)
    length = _length(state)
    if state[NEAR] == 0.0 and length > state[RADIUS]:
        for i in range(3):
            move[i] *= state[RADIUS] / length
    _promise(state)


@kernel
def _length(state: Floats) -> float:
    """Of the last step."""
    return math.sqrt(state[MOVE] * state[MOVE] + state[MOVE + 1] * state[MOVE + 1] + state[MOVE + 2] * state[MOVE + 2])


@kernel
def _step_in_axes(state: Floats, h: Floats, axes: Floats) -> None:
    """The step where the Hessian h is not positive definite: as if all its curvatures were."""
    jacobi(h, np.int64(3), axes)
    largest = max(abs(h[0, 0]), abs(h[1, 1]), abs(h[2, 2]))
    flat = 1e-9 * max(largest, 1e-6)
    lowest = 0
    decrement = 0.0
    move = state[MOVE:RUN]
    move[0], move[1], move[2] = 0.0, 0.0, 0.0
    for k in range(3):
        if h[k, k] < h[lowest, lowest]:
            lowest = k
        slope = 0.0
        for i in range(3):
            slope += axes[i, k] * state[GRADIENT + i]
        curvature = max(abs(h[k, k]), flat)
        decrement += slope * slope / curvature
        for i in range(3):
            move[i] -= axes[i, k] * slope / curvature
    curved = h[lowest, lowest] > -flat
    state[DECREMENT] = decrement
    state[NEAR] = 1.0 if decrement < LEADS and curved else 0.0
    if decrement < OPTIMUM and not curved:
        for i in range(3):
            move[i] = axes[i, lowest] * state[RADIUS]


@kernel
def _promise(state: Floats) -> None:
    """What the step should gain by the quadratic model."""
    total = 0.0
    for i in range(3):
        total -= state[GRADIENT + i] * state[MOVE + i]
        for j in range(3):
            total -= 0.5 * state[MOVE + i] * state[HESSIAN + 3 * i + j] * state[MOVE + j]
    state[PROMISED] = total


@kernel
def settle(theta: Floats, scale: float) -> bool:
    """Turns theta into the one with a and c not negative, and zeros where a column vanishes; whether it is singular.

    scale: times were divided by it, so that lme4's theta is (a, b / scale, c / scale).
    """
    a, b, c = abs(theta[0]), theta[1] if theta[0] >= 0.0 else -theta[1], abs(theta[2])
    none = VANISHED * max(1.0, a, abs(b), c)
    if a < none <= abs(b):
        a, b, c = 0.0, 0.0, math.sqrt(b * b + c * c)
    theta[0], theta[1], theta[2] = a, b, c
    return bool(a < SINGULAR_BELOW or c < SINGULAR_BELOW * scale)


@kernel
def uncertainty(theta: Floats, at: Floats, scale: float, freedom: float, state: Floats, small: Floats) -> None:
    """Puts the inverse of the Hessian of the REML deviance over lme4's theta and log sigma into small[0] (4, 4).

    Only eigenvalues above 1e-8 are inverted. `at` at an optimum, where sigma^2 = r2 / freedom; `at`, `state` and
    small[1] and small[2] (at least 4, at least 4) are used up.
    """
    inverted, h, lower = small[0], small[1], small[2]
    for i in range(3):
        for j in range(3):  # sigma stands by itself now: what profiling it out took away comes back
            at[CURVE + 3 * i + j] += freedom * at[R2_1 + i] * at[R2_1 + j] / (at[R2] * at[R2])
    over_theta(theta, at, state[GRADIENT:HESSIAN], state[HESSIAN:MOVE])
    a, b, c = theta[0], theta[1], theta[2]
    s11, s12, s22 = at[R2_1], at[R2_1 + 1], at[R2_1 + 2]
    share = -2.0 * freedom / at[R2]
    h[3, 0] = share * (2.0 * a * s11 + b * s12)
    h[3, 1] = share * (a * s12 + 2.0 * b * s22) * scale
    h[3, 2] = share * 2.0 * c * s22 * scale
    h[3, 3] = 4.0 * freedom
    for i in range(3):
        h[i, 3] = h[3, i]
        for j in range(3):
            h[i, j] = state[HESSIAN + 3 * i + j] * (scale if i > 0 else 1.0) * (scale if j > 0 else 1.0)
    n = np.int64(4)
    if cholesky(h, n, 1e-11, lower):
        for i in range(4):
            for j in range(4):
                inverted[i, j] = 1.0 if i == j else 0.0
            solve(lower, n, inverted[i])
        if inverted[0, 0] + inverted[1, 1] + inverted[2, 2] + inverted[3, 3] < 1.0 / SMALLEST_EIGENVALUE:
            return  # the smallest eigenvalue is above the inverse of the trace
    jacobi(h, n, lower)
    for i in range(4):
        for j in range(4):
            inverted[i, j] = 0.0
            for k in range(4):
                if h[k, k] > SMALLEST_EIGENVALUE:
                    inverted[i, j] += lower[i, k] * lower[j, k] / h[k, k]


@kernel
def degrees_of_freedom(theta: Floats, scale: float, inverted: Floats, g11: float, g12: float, g22: float) -> float:
    """Satterthwaite's, for a contrast the log of whose variance has derivatives g11, g12, g22 over w11, w12, w22.

    inverted: what `uncertainty` made. Infinite where the variance does not depend on what was estimated.
    """
    a, b, c = theta[0], theta[1], theta[2]
    g0 = 2.0 * a * g11 + b * g12
    g1 = (a * g12 + 2.0 * b * g22) * scale
    g2 = 2.0 * c * g22 * scale
    g3 = 2.0
    i = inverted
    spread = g0 * (g0 * i[0, 0] + 2.0 * (g1 * i[0, 1] + g2 * i[0, 2] + g3 * i[0, 3]))
    spread += g1 * (g1 * i[1, 1] + 2.0 * (g2 * i[1, 2] + g3 * i[1, 3]))
    spread += g2 * (g2 * i[2, 2] + 2.0 * g3 * i[2, 3]) + g3 * g3 * i[3, 3]
    return 1.0 / spread if spread > 0.0 else math.inf
