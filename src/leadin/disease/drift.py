"""The rate of decline drifts: a stationary Ornstein-Uhlenbeck process and its integral, drawn exactly.

With correlation time tau and stationary SD s, over a step h and with a = exp(-h / tau), given u at its start,

    u(h)          = a u + e1
    integral of u = tau (1 - a) u + e2
    Var(e1) = s^2 (1 - a^2)
    Var(e2) = s^2 (2 tau h - tau^2 (1 - a)(3 - a))
    Cov     = s^2 tau (1 - a)^2

so that no step, however long, makes an error. Reference: Gillespie 1996, doi:10.1103/PhysRevE.54.2084.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def drift_path(
    months: Floats, sd: Floats, correlation_months: float, start: Floats, normals: Floats
) -> tuple[Floats, Floats]:
    """The integral of the drift from the first month of the path to each later one, and the drift at its end.

    months (n, k + 1): the path's own months, not decreasing; equal ones make a step of no length. sd (n,): stationary
    SD of the drift, points per month. start (n,): drift at the first month. normals (n, k, 2): standard normal. Gives
    the integrals (n, k + 1) in points, 0 at the first month, and the drift (n,) at the last month, from which a later
    path can go on.
    """
    step = np.diff(months, axis=1)
    kept = np.exp(-step / correlation_months)
    lost = -np.expm1(-step / correlation_months)
    tau = correlation_months
    # e2 = along * z1 + across * z2 with z1 the normal behind e1; written so that a step of no length gives zeros.
    along = tau * lost * np.sqrt(lost / (1.0 + kept))
    variance = 2.0 * tau * step - tau**2 * lost * (3.0 - kept)
    across = np.sqrt(np.maximum(variance - along**2, 0.0))
    shock = sd[:, None] * np.sqrt(lost * (1.0 + kept)) * normals[:, :, 0]
    area = sd[:, None] * (along * normals[:, :, 0] + across * normals[:, :, 1])
    drift = start
    for j in range(step.shape[1]):
        area[:, j] += tau * lost[:, j] * drift
        drift = kept[:, j] * drift + shock[:, j]
    integral = np.zeros_like(months)
    np.cumsum(area, axis=1, out=integral[:, 1:])
    return integral, drift
