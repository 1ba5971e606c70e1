"""What a batch of fits gives: figures and a code for each trial and contrast; nothing is dropped without a reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

ESTIMATE, STANDARD_ERROR, DF, STATISTIC, P = range(5)
"""Columns of `figures`."""
FIGURES = 5

CONVERGED = 0
SINGULAR = 1
NOT_CONVERGED = 2
TOO_FEW = 3
NO_VARIATION = 4
RANK_DEFICIENT = 5
NO_EVENTS = 6
MONOTONE = 7
NOT_FILLED = 8

REASONS = {
    CONVERGED: "converged",
    SINGULAR: "converged with a variance of zero or effects tied together (singular)",
    NOT_CONVERGED: "the iterations found no optimum",
    TOO_FEW: "too few units or values for the model",
    NO_VARIATION: "no variation left for a standard error",
    RANK_DEFICIENT: "effects that the data cannot tell apart",
    NO_EVENTS: "no events",
    MONOTONE: "all events in one group: no finite estimate",
    NOT_FILLED: "the planned number could not be found",
}
"""What each code means; those above SINGULAR are not evaluable."""


@dataclass(frozen=True)
class Fits:
    """R trials, C contrasts (each group but the reference against it, in the order of the groups; one group: itself).

    figures (R, C, 5): estimate, standard error, degrees of freedom (infinite: normal), statistic and two-sided p; p is
    NaN where it follows from statistic and degrees of freedom. All are NaN where the code is above SINGULAR.
    codes (R, C): see REASONS.
    """

    figures: Floats
    codes: Codes

    @property
    def evaluable(self) -> NDArray[np.bool_]:
        """Which fits gave an estimate (R, C)."""
        usable: NDArray[np.bool_] = self.codes <= SINGULAR
        return usable
