"""Baseline and visits of the participants of a trial as one table with holes, for the imputation model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class IncompleteVisits:
    """n participants in the order of their names, p columns: covariates (complete), baseline, visits up to the one
    that is compared.

    participants (n,). arm (n,): number of the arm in `arms`, the reference arm first. values (n, p): NaN where missing.
    lead: how many columns come before the first visit, the baseline the last of them. last (n,): column of the last
    value before a participant was seen no more; p - 1 for whoever was seen at the compared visit or later.
    """

    participants: tuple[str, ...]
    arm: NDArray[np.intp]
    arms: tuple[str | None, ...]
    values: Floats
    lead: int
    last: NDArray[np.intp]

    @property
    def baseline(self) -> int:
        """The column of the baseline."""
        return self.lead - 1

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Where nothing was observed (n, p)."""
        return np.isnan(self.values)

    @property
    def dropped(self) -> NDArray[np.bool_]:
        """Who (n,) was not seen at the compared visit and never after it."""
        return np.asarray(self.last < self.values.shape[1] - 1, dtype=np.bool_)

    def arm_key(self, number: int) -> str:
        """The name of an arm's draws: that of its first participant, so that draws do not depend on what arms are
        called."""
        return self.participants[int(np.flatnonzero(self.arm == number)[0])]


def patterns(flags: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """The different rows of flags (n, k), and the number of the one that each row (n,) has."""
    found, index = np.unique(flags, axis=0, return_inverse=True)
    return found, index.reshape(-1)
