"""What an effect does to one participant's steps; the plain twin is `leadin.disease.effect`.

Rows of `effect`: on function, on the strength of the left and of the right side. Columns: steps of the path.
"""

from __future__ import annotations

import math

from leadin.designs.kernels.plan import Record
from leadin.disease.kernels.exposure import mean_effect
from leadin.engine.kernels.compiled import kernel

FUNCTION, LEFT, RIGHT = range(3)
BODY_SHARE, LEFT_SHARE, RIGHT_SHARE, EITHER_SHARE = range(4)


@kernel(inline=True)
def share_on(scratch: Record, dose: int, side: int, left_treated: bool) -> float:
    """Of the cells of a dose, the share that acts on FUNCTION, or on the strength of LEFT or RIGHT."""
    share = scratch.side[dose, BODY_SHARE]
    if side == LEFT:
        share += scratch.side[dose, LEFT_SHARE] + (scratch.side[dose, EITHER_SHARE] if left_treated else 0.0)
    elif side == RIGHT:
        share += scratch.side[dose, RIGHT_SHARE] + (0.0 if left_treated else scratch.side[dose, EITHER_SHARE])
    return share


@kernel
def constant_effect(cure: Record, plan: Record, scratch: Record, left_treated: bool) -> None:
    """The constant slowing of somebody dosed, from his own time zero on; a side that no usable dose is for loses its
    strength as untreated."""
    for side in range(3):
        treated = side == FUNCTION
        for d in range(plan.doses):
            on_it = not math.isnan(scratch.dose_day[d]) and share_on(scratch, d, side, left_treated) > 0.0
            treated = treated or on_it
        for s in range(scratch.steps):
            scratch.effect[side, s] = cure.slowing if treated and s >= scratch.waiting else 0.0


@kernel
def effect_of_doses(cure: Record, plan: Record, scratch: Record, left_treated: bool) -> None:
    """The effect of the doses given (NaN: not given) over each step."""
    at_work, day = scratch.at_work, scratch.day
    for side in range(3):
        for d in range(plan.doses):
            given = scratch.given[d] > 0.0
            at_work[d] = scratch.given[d] * share_on(scratch, d, side, left_treated) if given else 0.0
        for s in range(scratch.steps):
            scratch.effect[side, s] = mean_effect(
                day[s],
                day[s + 1],
                scratch.dose_day,
                at_work,
                plan.doses,
                cure.maximum_effect,
                cure.onset_days,
                cure.lifetime_days,
            )
