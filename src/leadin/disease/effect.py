"""What a therapy does to decline, step by step of a path.

With effect E in a step, the step takes (1 - E) times what the untreated rate would have taken. Two kinds: a constant
slowing from time zero on, as textbooks have it, and a therapy whose effect follows from the doses given
(`exposure.py`). Cells given to one side of the body act on the strength of that side; under a therapy they do nothing
else, under a constant slowing function is slowed besides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.exposure import mean_effect
from leadin.disease.therapy import Therapy

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class ConstantSlowing:
    """Every dosed participant's decline is slowed by `share` (0 to below 1) from time zero on; 0: no effect."""

    share: float


Effect = ConstantSlowing | Therapy

BODY, LEFT, RIGHT = range(3)
"""Where the cells of a dose act: on the whole body, or on one side alone; positions in `sides` below."""


@dataclass(frozen=True)
class StepEffects:
    """E of each step (n, k): on function (ALSFRS-R), on the strength of either side, on the loss of vital capacity."""

    function: Floats
    left: Floats
    right: Floats
    breathing: Floats


def constant_effects(slowing: ConstantSlowing, dosed: Flags, after: Flags, sides: Floats | None) -> StepEffects:
    """`slowing` for those dosed (n,) in the steps (k,) after their time zero.

    sides (n, d, 3): shares of the cells of each dose that act on BODY, LEFT and RIGHT, 0 where there is no dose; None:
    all act on the whole body. A side that no dose was for loses its strength as untreated.
    """
    function: Floats = slowing.share * (dosed[:, None] & after).astype(np.float64)
    if sides is None:
        return StepEffects(function, function, function, np.zeros_like(function))
    treated: Flags = np.any(sides > 0.0, axis=1)
    return StepEffects(
        function=function,
        left=function * (treated[:, BODY] | treated[:, LEFT])[:, None],
        right=function * (treated[:, BODY] | treated[:, RIGHT])[:, None],
        breathing=np.zeros_like(function),
    )


def therapy_effects(
    therapy: Therapy, days: Floats, dose_days: Floats, doses: Floats, responds: Flags, sides: Floats | None
) -> StepEffects:
    """The mean effect of the doses given, over the steps between days (n, k + 1).

    dose_days (n, d): NaN for doses not given. doses (n, d): in doses of half effect. responds (n,): all others have
    no effect. sides: as in `constant_effects`.
    """
    at_work = doses * responds[:, None]
    if sides is None:
        function = mean_effect(days, dose_days, at_work, therapy)
        return StepEffects(function, function, function, therapy.breathing_share * function)
    function, left, right = (
        mean_effect(days, dose_days, at_work * (sides[:, :, BODY] + aside), therapy)
        for aside in (0.0, sides[:, :, LEFT], sides[:, :, RIGHT])
    )
    return StepEffects(function, left, right, therapy.breathing_share * function)


def spared_loss(steps: Floats, effect: Floats) -> Floats:
    """What an effect has spared since the first day of the path (n, k + 1), from the untreated loss of each step (n, k)
    and the effect (n, k) in it; exactly 0 for whoever has none."""
    spared = np.zeros((steps.shape[0], steps.shape[1] + 1))
    np.cumsum(steps * effect, axis=1, out=spared[:, 1:])
    return spared
