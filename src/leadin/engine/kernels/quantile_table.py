"""The quantile of a distribution for a normal score, looked up: one polynomial of degree 5.

So a variate of any distribution costs one normal and a few multiplications, and it rises with its normal, which may be
correlated with others. Tables come from `engine/quantile_table.py`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]

LIMIT = 8.3
"""Tables reach from normal score -8.3 to 8.3; one normal in 10^16 lies beyond."""
COEFFICIENTS = 6
PER_SCORE = 0.5 / LIMIT


@kernel(inline=True)
def from_table(z: float, table: Floats) -> float:
    """The quantile for normal score z; that of the end of the table beyond it; NaN for NaN.

    table (m, 6): for each of m equal steps, coefficients of 1, t, ... t^5, where t rises from 0 to 1 across the step.
    """
    steps = table.shape[0]
    t = (z + LIMIT) * (PER_SCORE * steps)
    k = 0
    if t > 0.0:
        k = min(int(min(t, 1e9)), steps - 1)
        t = min(t - k, 1.0)
    elif t < 0.0:
        t = 0.0
    value: float = table[k, 5]
    for degree in range(4, -1, -1):
        value = value * t + table[k, degree]
    return value
