"""The scratch space of an mmrm fit: one array of rows, and which rows hold what.

What is kept of each pattern of missing values lies with the pattern along the row, so that loops over patterns run in
vector registers. A symmetric matrix of m times is kept as m (m + 1) / 2 pairs, the lower triangle row by row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.engine.kernels.compiled import kernel

Ints = NDArray[np.int64]

(
    TABLE,
    UNITS,
    RESIDUAL,
    ORDINARY,
    SEEN,
    SXX,
    SXY,
    SYY,
    LOWER,
    W,
    MOMENTS,
    HALF,
    INFORMATION,
    FACTORS,
    COVARIANCE,
    VECTORS,
    TENSOR,
    HESSIAN,
    BENT,
    FORMS,
    TURNED,
    END,
) = range(22)
"""Blocks of rows, in their order."""

PATTERN, X, MEANS = range(3)
"""Rows of UNITS."""
COUNT, LOG_DET, SHARE = range(3)
"""Rows after those of the times in SEEN."""
SIGMA, CANDIDATE, STEP, GRADIENT, XY, GAMMA, ALONG, WEIGHTS, BACK, SLOPE, STATE, BEST = range(12)
"""Rows of VECTORS."""

LONGEST_STATE = 16
"""Numbers that a row must have at least, for the state of a search."""


@kernel
def pairs_of(times: int) -> int:
    """How many pairs so many times have, each with itself too."""
    return times * (times + 1) // 2


@kernel
def pair(s: int, t: int) -> int:
    """The place of the pair of times s and t, in any order."""
    return s * (s + 1) // 2 + t if s >= t else t * (t + 1) // 2 + s


def layout(units: int, times: int, groups: int) -> tuple[Ints, tuple[int, int]]:
    """The first row of each block, and of END how many rows there are; the shape of the array.

    Rows are an odd number of lines of 64 bytes, so that they do not compete for one place of the processor's cache.
    """
    pairs, effects = times * (times + 1) // 2, (groups + 1) * times
    entries = (groups + 1) * pairs + groups * times * times + effects
    longest = max(units, entries, LONGEST_STATE)
    width = 8 * (longest // 16 * 2 + 1)
    width += 16 if width < longest else 0
    combined = 2 * groups + 1
    sizes = {
        TABLE: -(-(1 << times) // width),
        UNITS: 3,
        RESIDUAL: times,
        ORDINARY: times,
        SEEN: times + 3,
        SXX: combined,
        SXY: effects,
        SYY: pairs,
        LOWER: pairs,
        W: pairs,
        MOMENTS: pairs,
        HALF: max(times, groups + 1) * times,
        INFORMATION: combined,
        FACTORS: combined,
        COVARIANCE: combined,
        VECTORS: 12,
        TENSOR: pairs,
        HESSIAN: pairs,
        BENT: combined * pairs,
        FORMS: entries,
        TURNED: pairs,
    }
    first = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum([sizes[block] for block in range(END)])))
    return first.astype(np.int64), (int(first[END]), width)
