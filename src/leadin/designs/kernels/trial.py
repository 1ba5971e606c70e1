"""Whole trials, one replicate after the other: screening, places, doses, courses, and what is kept of each.

A replicate is a function of (seed, replicate) alone. The plain twin is `leadin.simulation.participants`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadin.designs.kernels.allocation import arm_by_criteria, arm_by_turn
from leadin.designs.kernels.candidate import draw_candidate
from leadin.designs.kernels.collapse import collapse
from leadin.designs.kernels.course import draw_course, live
from leadin.designs.kernels.entry import belongs_to_population, fills_place
from leadin.designs.kernels.follow_up import observe_follow_up
from leadin.designs.kernels.plan import BY_CRITERIA, NONE, Record
from leadin.designs.kernels.purposes import ARMS, EVERYBODY
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.uniforms import uniforms

Word = np.uint32
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Records = Any
"""An array of one record: a kernel of a GPU takes no record by itself."""


@kernel
def simulate_trials(
    first: int,
    last: int,
    first_replicate: int,
    k0: Word,
    k1: Word,
    nature: Records,
    plan: Records,
    cure: Records,
    dose_days: Floats,
    doses: Floats,
    waits: Floats,
    sides: Floats,
    turns: Floats,
    words: Words,
    blocks: Ints,
    scratch: Records,
    sums: Floats,
    seen: Floats,
    survival: Floats,
    screened: Ints,
) -> None:
    """Trials first to last - 1 of R: sums (R, m, 16, n), seen (R, m, k, n), survival (R, 2, n), screened (R,). Trial r
    is replicate first_replicate + r.

    nature, plan, cure (1,): one record each. dose_days, doses (q, n, d), waits (q, n), sides (n, d, 4): see
    `leadin.designs.manufacturing_runs.Runs`. Scratch of one thread: turns, words (n + 1, words with room for more, see
    `fill_words`), blocks (s, a), scratch (1,), a record. screened: candidates seen, negative where screening gave up
    before all places were filled; sums and survival of such a trial are 0, seen NaN.
    """
    for r in range(first, last):
        screened[r] = simulate_trial(
            np.uint32(first_replicate + r),
            k0,
            k1,
            nature[0],
            plan[0],
            cure[0],
            dose_days,
            doses,
            waits,
            sides,
            turns,
            words,
            blocks,
            scratch[0],
            sums[r],
            seen[r],
            survival[r],
        )
        if screened[r] <= 0:
            blank(sums[r], seen[r], survival[r])


@kernel
def blank(sums: Floats, seen: Floats, survival: Floats) -> None:
    """Takes away what was begun of a trial."""
    sums[:], seen[:], survival[:] = 0.0, math.nan, 0.0


@kernel
def simulate_trial(
    replicate: Word,
    k0: Word,
    k1: Word,
    nature: Record,
    plan: Record,
    cure: Record,
    dose_days: Floats,
    doses: Floats,
    waits: Floats,
    sides: Floats,
    turns: Floats,
    words: Words,
    blocks: Ints,
    scratch: Record,
    sums: Floats,
    seen: Floats,
    survival: Floats,
) -> int:
    """One trial; gives the candidates seen, negative where screening gave up."""
    total = plan.starts[plan.arms]
    for arm in range(plan.arms):
        scratch.left[arm] = plan.sizes[arm]
    blocks[:] = 0
    uniforms(turns, words, total + 1, EVERYBODY, replicate, ARMS, k0, k1)
    run = int(turns[total] * waits.shape[0])
    entered, candidate = 0, 0
    while entered < total:
        if candidate >= plan.most_candidates:
            return -candidate
        row = np.uint32(candidate)
        candidate += 1
        draw_candidate(nature, plan, scratch, row, replicate, k0, k1)
        if plan.population_bounds > 0 and not belongs_to_population(plan, scratch):
            continue
        arm = NONE
        if plan.sharing == BY_CRITERIA:
            arm = arm_by_criteria(plan, scratch)
        elif fills_place(plan, scratch, NONE):
            arm = arm_by_turn(plan, scratch, blocks, turns[entered])
        if arm == NONE:
            continue
        slot = plan.starts[arm + 1] - scratch.left[arm]
        scratch.left[arm] -= 1
        entered += 1
        followed = min(scratch.death, scratch.drop_out) > 0.0
        if followed:
            take_doses(plan, scratch, dose_days[run, slot], doses[run, slot], waits[run, slot], sides[slot])
            draw_course(nature, plan, scratch, row, replicate, k0, k1)
            live(nature, plan, cure, scratch)
            observe_follow_up(nature, plan, cure, scratch, row, replicate, k0, k1)
        collapse(nature, plan, scratch, followed, slot, sums, seen, survival)
    return candidate


@kernel
def take_doses(plan: Record, scratch: Record, days: Floats, doses: Floats, wait: float, sides: Floats) -> None:
    """The doses that come for a participant, from the run that the replicate took."""
    scratch.wait = wait
    for d in range(plan.doses):
        scratch.dose_day[d], scratch.dose[d] = days[d], doses[d]
        for side in range(4):
            scratch.side[d, side] = sides[d, side]
