"""One participant from time zero on: doses, decline under them, death; the plain twin is `leadin.simulation.courses`.

Days are counted from the SCHEDULED time zero; who waits for his first dose has his own time zero later.
"""

from __future__ import annotations

import math

import numpy as np

from leadin.designs.kernels.effects import FUNCTION, constant_effect, effect_of_doses
from leadin.designs.kernels.path import day_of_death, jittered_day, untreated
from leadin.designs.kernels.plan import Record
from leadin.designs.kernels.purposes import FOLLOW_UP_NORMALS, FOLLOW_UP_UNIFORMS, WAITING_NORMALS
from leadin.disease.kernels.people import RATE, SCORE, U_RESPONDS, U_SIDE, UNIFORMS
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.normals import normals
from leadin.engine.kernels.uniforms import uniforms

Word = np.uint32

JUST_AFTER = 0.01
ONE_STEP = np.ones(1, dtype=np.int64)


@kernel
def draw_course(nature: Record, plan: Record, scratch: Record, row: Word, replicate: Word, k0: Word, k1: Word) -> None:
    """Draws visits and the untreated path after time zero, with scratch.wait days before the participant's own."""
    z, day, lost = scratch.normals, scratch.day, scratch.lost
    after = plan.visits - plan.lead_in
    missed = scratch.uniforms[UNIFORMS + plan.lead_in :]
    uniforms(missed, scratch.words, after, row, replicate, FOLLOW_UP_UNIFORMS, k0, k1)
    wait, rate, drift = scratch.wait, scratch.traits[RATE], scratch.drift
    scratch.waiting = 0
    day[0], lost[0] = 0.0, 0.0
    if wait > 0.0:
        scratch.waiting = int(math.ceil(wait / plan.longest_step))
        normals(z, scratch.words, 2 * scratch.waiting, row, replicate, WAITING_NORMALS, k0, k1)
        drift = wait_untreated(nature, plan, scratch, rate, drift)
    normals(z, scratch.words, plan.follow_up_normals, row, replicate, FOLLOW_UP_NORMALS, k0, k1)
    at = place_visits(nature, plan, scratch, wait)
    steps = 0
    for j in range(after + 1):
        steps += plan.follow_up_parts[j]
    first = scratch.waiting
    untreated(
        nature,
        plan,
        scratch.nodes,
        plan.follow_up_parts,
        after + 1,
        rate,
        drift,
        z[at:],
        day[first:],
        lost[first:],
        scratch.step,
    )
    scratch.steps = first + steps


@kernel
def place_visits(nature: Record, plan: Record, scratch: Record, wait: float) -> int:
    """Days of the visits after time zero, as nodes of the path; gives the place of the next normal."""
    nodes, z, after = scratch.nodes, scratch.normals, plan.visits - plan.lead_in
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
def wait_untreated(nature: Record, plan: Record, scratch: Record, rate: float, drift: float) -> float:
    """The path from the scheduled time zero to the participant's own; gives the drift then."""
    nodes = scratch.nodes
    for s in range(scratch.waiting):
        nodes[0], nodes[1] = scratch.day[s], min((s + 1) * plan.longest_step, scratch.wait)
        drift = untreated(
            nature,
            plan,
            nodes,
            ONE_STEP,
            1,
            rate,
            drift,
            scratch.normals[2 * s :],
            scratch.day[s:],
            scratch.lost[s:],
            scratch.step,
        )
    return drift


@kernel
def under_effect(nature: Record, plan: Record, scratch: Record, acts: bool, until: float) -> float:
    """Fills the score along the path, under the effect if it `acts`; gives the day of death, up to `until`."""
    score, lost, effect = scratch.score, scratch.lost, scratch.effect
    start, spared = scratch.traits[SCORE], 0.0
    score[0] = start
    for s in range(scratch.steps):
        if acts:
            spared += (lost[s + 1] - lost[s]) * effect[FUNCTION, s]
        score[s + 1] = start - lost[s + 1] + spared
    hazard = scratch.step[:1]
    hazard[0] = scratch.hazard[0]
    return day_of_death(
        nature, plan, scratch.day, score, scratch.steps, scratch.enrolment, hazard, scratch.threshold, until
    )


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
