"""One participant from time zero on: doses, decline under them, death; the plain twin is `leadin.simulation.courses`.

Days are counted from the SCHEDULED time zero; who waits for his first dose has his own time zero later.
"""

from __future__ import annotations

import math

import numpy as np

from leadin.designs.kernels.effects import FUNCTION, constant_effect, effect_of_doses
from leadin.designs.kernels.path import AFTER_ZERO, OF_A_WAIT, day_of_death, jittered_day, safe, untreated
from leadin.designs.kernels.plan import Record
from leadin.designs.kernels.purposes import FOLLOW_UP, WAITING
from leadin.disease.kernels.people import SCORE, U_RESPONDS, U_SIDE, UNIFORMS
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.normals import normals, normals_of_words
from leadin.engine.kernels.philox import fill_words
from leadin.engine.kernels.uniforms import uniforms_of_words

Word = np.uint32

JUST_AFTER = 0.01


@kernel
def draw_course(nature: Record, plan: Record, scratch: Record, row: Word, replicate: Word, k0: Word, k1: Word) -> None:
    """Draws visits and the untreated path after time zero, with scratch.wait days before the participant's own."""
    z, words, after = scratch.normals, scratch.words, plan.visits - plan.lead_in
    drift = scratch.drift
    scratch.day[0], scratch.lost[0], scratch.waiting = 0.0, 0.0, 0
    if scratch.wait > 0.0:
        scratch.waiting = math.ceil(scratch.wait / plan.longest_step)
        normals(z, words, 2 * scratch.waiting, row, replicate, WAITING, k0, k1)
        for s in range(scratch.waiting):
            scratch.nodes[0], scratch.nodes[1] = scratch.day[s], min((s + 1) * plan.longest_step, scratch.wait)
            drift = untreated(nature, plan, scratch, OF_A_WAIT, 1, s, 2 * s, drift)
    fill_words(words, after + plan.follow_up_normals, row, replicate, FOLLOW_UP, k0, k1)
    uniforms_of_words(scratch.uniforms[UNIFORMS + plan.lead_in :], words, after)
    normals_of_words(z, words, after, plan.follow_up_normals, row, replicate, FOLLOW_UP, k0, k1)
    at = place_visits(nature, plan, scratch)
    untreated(nature, plan, scratch, AFTER_ZERO, after + 1, scratch.waiting, at, drift)
    steps = scratch.waiting
    for j in range(after + 1):
        steps += plan.follow_up_parts[j]
    scratch.steps = steps


@kernel
def place_visits(nature: Record, plan: Record, scratch: Record) -> int:
    """Days of the visits after time zero, as nodes of the path; gives the place of the next normal."""
    nodes, z, after, wait = scratch.nodes, scratch.normals, plan.visits - plan.lead_in, scratch.wait
    nodes[0] = wait
    for j in range(after):
        v = plan.lead_in + j
        day = plan.days[v]
        if plan.jittered:
            day = jittered_day(day, plan.early[v], plan.late[v], nature.visit_jitter_days, z[j])
        nodes[j + 1] = day + wait
        scratch.visit_day[v] = day + wait
    nodes[after + 1] = plan.latest + wait
    return after if plan.jittered else 0


@kernel
def under_effect(nature: Record, plan: Record, scratch: Record, acts: bool, until: float) -> float:
    """Fills the score along the path, under the effect if it `acts`; gives the day of death, up to `until`."""
    score, lost, effect, steps = scratch.score, scratch.lost, scratch.effect, scratch.steps
    start, spared, lowest = scratch.traits[SCORE], 0.0, scratch.lowest
    score[0] = start
    for s in range(steps):
        if acts:
            spared += (lost[s + 1] - lost[s]) * effect[FUNCTION, s]
        score[s + 1] = start - lost[s + 1] + spared
        lowest = min(lowest, score[s + 1])
    if safe(nature, plan, scratch, scratch.day[steps], lowest):
        return math.inf
    if not scratch.hazard_known:
        day_of_death(nature, plan, scratch, scratch.lead_day, scratch.lead_score, scratch.lead_steps, 0.0, 0.0)
        scratch.hazard_known, scratch.hazard_at_zero = 1, scratch.hazard[0]
    return day_of_death(nature, plan, scratch, scratch.day, score, steps, scratch.hazard_at_zero, until)


@kernel
def live(nature: Record, plan: Record, cure: Record, scratch: Record) -> None:
    """What becomes of a participant under the doses that come: the score along the path, death, doses given.

    Who is dosed is decided without effect, which nothing given later can undo. A later dose is given to who lives to it
    under the doses before.
    """
    stays, first, usable = scratch.drop_out, math.inf, scratch.dose_day
    for d in range(plan.doses):
        if not usable[d] <= plan.latest + scratch.wait:
            usable[d] = math.nan
        elif usable[d] < first:
            first = usable[d]
    may_act = (cure.by_doses != 0 or cure.slowing > 0.0) and first < math.inf
    death = under_effect(nature, plan, scratch, False, first if may_act else math.inf)
    dosed = first < min(death, stays)
    scratch.first_dose, scratch.dosed = first, 1 if dosed else 0
    acts, left_treated = may_act and dosed, scratch.uniforms[U_SIDE] < 0.5
    for d in range(plan.doses):
        scratch.given[d] = scratch.dose[d] if dosed and usable[d] < stays else math.nan
    if acts and cure.by_doses == 0:
        constant_effect(cure, plan, scratch, left_treated)
        death = max(under_effect(nature, plan, scratch, True, math.inf), first + JUST_AFTER)
    elif acts:
        death = live_by_doses(nature, plan, cure, scratch, left_treated)
    elif may_act:
        death = under_effect(nature, plan, scratch, False, math.inf)
    scratch.last_dose = 0.0
    for d in range(plan.doses):
        if usable[d] < death and not math.isnan(scratch.given[d]):
            scratch.last_dose = max(scratch.last_dose, usable[d])
    scratch.death, scratch.acts = death, 1 if acts else 0


@kernel
def live_by_doses(nature: Record, plan: Record, cure: Record, scratch: Record, left_treated: bool) -> float:
    """The day of death under a therapy. Doses after the death that those before lead to are taken away, until none is
    left; scratch.given is NaN for those."""
    usable, given, missed = scratch.dose_day, scratch.given, math.inf
    if scratch.uniforms[U_RESPONDS] >= cure.responder_share:
        for d in range(plan.doses):
            given[d] *= 0.0
    while True:
        effect_of_doses(cure, plan, scratch, left_treated)
        death = under_effect(nature, plan, scratch, True, math.inf)
        too_late, last = False, -math.inf
        for d in range(plan.doses):
            if math.isnan(given[d]):
                continue
            if usable[d] >= death and usable[d] > scratch.first_dose:
                missed, given[d], too_late = min(missed, usable[d]), math.nan, True
            else:
                last = max(last, usable[d])
        if not too_late:
            # Within the step of a dose the hazard knows of it a little early: death keeps on its side of each.
            return max(min(death, missed), last + JUST_AFTER)
