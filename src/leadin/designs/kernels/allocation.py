"""Which arm a participant belongs to; the plain twin is `leadin.engine.permuted_blocks.allocate`.

What is left of a permuted block is drawn without order, so each open arm is as likely as its places among those left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.designs.kernels.entry import fills_place
from leadin.designs.kernels.plan import (
    BY_ONSET,
    BY_SEX,
    BY_SITE,
    IN_ONE_BLOCK,
    NONE,
    ONE_AFTER_THE_OTHER,
    Record,
)
from leadin.disease.kernels.people import BULBAR, MALE, RILUZOLE, U_SITE
from leadin.engine.kernels.compiled import kernel

Ints = NDArray[np.int64]


@kernel
def stratum_of(plan: Record, scratch: Record) -> int:
    """The stratum of the candidate, from 0."""
    stratum = 0
    for s in range(plan.strata):
        which = plan.stratum[s]
        if which == BY_SITE:
            stratum = stratum * plan.sites + int(scratch.uniforms[U_SITE] * plan.sites)
        else:
            place = BULBAR if which == BY_ONSET else MALE if which == BY_SEX else RILUZOLE
            stratum = stratum * 2 + int(scratch.traits[place])
    return stratum


@kernel
def arm_by_criteria(plan: Record, scratch: Record) -> int:
    """The first arm with a place left whose criteria he meets; NONE where there is none."""
    for arm in range(plan.arms):
        if scratch.left[arm] > 0 and fills_place(plan, scratch, arm):
            return arm
    return NONE


@kernel
def drawn(chances: Ints, closed: Ints, arms: int, uniform: float) -> int:
    """An arm by its chances, those without a place left (`closed` 0) passed over; NONE where nothing is left."""
    total = 0
    for arm in range(arms):
        if closed[arm] > 0:
            total += chances[arm]
    if total == 0:
        return NONE
    at = int(uniform * total)
    for arm in range(arms):
        if closed[arm] > 0:
            at -= chances[arm]
            if at < 0:
                return arm
    return NONE


@kernel
def arm_by_turn(plan: Record, scratch: Record, blocks: Ints, uniform: float) -> int:
    """The arm of the next who takes a place, where criteria are the same for all.

    blocks (s, a): what is left of the block of each stratum.
    """
    left = scratch.left
    if plan.sharing == ONE_AFTER_THE_OTHER:
        for arm in range(plan.arms):
            if left[arm] > 0:
                return arm
    if plan.sharing == IN_ONE_BLOCK:
        return drawn(left, left, plan.arms, uniform)
    in_blocks = False
    for arm in range(plan.arms):
        in_blocks = in_blocks or (left[arm] > 0 and plan.ratio[arm] > 0)
    if not in_blocks:
        return drawn(left, left, plan.arms, uniform)
    block = blocks[stratum_of(plan, scratch)]
    arm = drawn(block, left, plan.arms, uniform)
    if arm == NONE:
        for each in range(plan.arms):
            block[each] = plan.ratio[each]
        arm = drawn(block, left, plan.arms, uniform)
    block[arm] -= 1
    return arm
