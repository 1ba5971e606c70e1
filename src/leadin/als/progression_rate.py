"""Delta-FS, the progression rate: points of ALSFRS-R lost per month since the first symptom."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.als.alsfrs_r import TOTAL_MAXIMUM
from leadin.als.within import numbers_within
from leadin.errors import DataError

Floats = NDArray[np.float64]

CUT_OFFS: dict[str, tuple[float, float]] = {"labra2016": (0.47, 1.11), "kimura2006": (0.5, 1.0)}
"""Where slow ends and fast begins, points per month. labra2016: Labra et al. 2016, doi:10.1136/jnnp-2015-310998.
kimura2006: Kimura et al. 2006, doi:10.1212/01.wnl.0000194316.91908.8a, as a later table tells them."""
GROUPS = ("slow", "intermediate", "fast")


def delta_fs(score: ArrayLike, months_since_onset: ArrayLike) -> Floats:
    """(48 - score) / months since onset, points per month; positive: lost.

    score: ALSFRS-R, 0 to 48; months_since_onset: above 0; any shapes that go together. NaN where one is missing.
    DataError for values out of range. It takes the score at onset as 48.
    """
    total = numbers_within("score", score, "an ALSFRS-R from 0 to 48", 0.0, TOTAL_MAXIMUM)
    months = numbers_within("months_since_onset", months_since_onset, "months above 0", 0.0, above=True)
    rate: Floats = np.asarray((TOTAL_MAXIMUM - total) / months)
    return rate


def progression_group(rate: ArrayLike, cut_offs: str = "labra2016") -> NDArray[np.float64]:
    """Group of each delta-FS: 0 slow (below the lower cut-off), 1 intermediate (from it to the upper one), 2 fast.

    cut_offs: a name in `CUT_OFFS`; the names of the groups are `GROUPS`. NaN where the rate is missing. DataError for
    other names and for negative rates.
    """
    if cut_offs not in CUT_OFFS:
        raise DataError(f"cut_offs: expected one of {', '.join(CUT_OFFS)}; got {cut_offs!r}.")
    rates = numbers_within("rate", rate, "points per month, 0 or more", 0.0)
    low, high = CUT_OFFS[cut_offs]
    return np.where(np.isnan(rates), np.nan, (rates >= low).astype(np.float64) + (rates > high))
