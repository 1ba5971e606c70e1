"""Survival at one time by Kaplan and Meier, with Greenwood's standard error, from an event table.

Reference: Kaplan & Meier (1958), Nonparametric estimation from incomplete observations, J Am Stat Assoc 53:457-481,
doi:10.1080/01621459.1958.10501452.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.engine.fits import CONVERGED, DF, ESTIMATE, SINGULAR, STANDARD_ERROR, TOO_FEW
from leadin.engine.kernels.compiled import kernel

Floats = NDArray[np.float64]

SAME_TIME = 1e-9
"""Times closer than this to the one asked for are equal to it."""


@kernel
def fit_kaplan_meier(
    at: Floats, risk: Floats, events: Floats, m: int, last: float, until: float, figures: Floats
) -> int:
    """Survival of one group at the time `until`, from its rows of the event table: fills figures (5,), gives the code.

    TOO_FEW where nobody of the group is followed so far, unless everybody has had the event. SINGULAR, with a standard
    error of 0, where nobody or everybody at risk has. There is no statistic and no p.
    """
    for f in range(figures.size):
        figures[f] = math.nan
    survival, relative = 1.0, 0.0
    for u in range(m):
        if at[u] > until + SAME_TIME:
            break
        if events[u] > 0.0:
            left = risk[u] - events[u]
            survival *= 1.0 - events[u] / risk[u]
            if left == 0.0:
                survival = relative = 0.0
                break
            relative += events[u] / (risk[u] * left)
    if last < 0.0 or (until > last + SAME_TIME and survival > 0.0):
        return TOO_FEW
    figures[ESTIMATE] = survival
    figures[STANDARD_ERROR] = survival * math.sqrt(relative)
    figures[DF] = math.inf
    return SINGULAR if survival == 0.0 or survival == 1.0 else CONVERGED
