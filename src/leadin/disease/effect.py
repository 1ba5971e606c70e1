"""What a therapy does to decline. For now one form: a constant slowing from time zero.

With slowing E, the score lost after time zero is (1 - E) times what the untreated rate would have taken. It acts on
function alone; breathing is touched only by effects that say so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def constant_slowing(dosed: NDArray[np.bool_], slowing: float) -> Floats:
    """E of each participant (n,): `slowing` for those who were given cells, 0 for all others."""
    return np.where(dosed, slowing, 0.0)


def slowed_loss(loss: Floats, effect: Floats) -> Floats:
    """The loss since time zero (n, k) under effect E (n,), from the loss without it."""
    return loss * (1.0 - effect)[:, None]
