"""The tails of the normal distribution."""

from __future__ import annotations

import math

from leadin.engine.kernels.compiled import kernel

ROOT_2 = math.sqrt(2.0)


@kernel
def two_sided_p(z: float) -> float:
    """The probability of a standard normal number at least as far from 0 as z."""
    return math.erfc(abs(z) / ROOT_2)
