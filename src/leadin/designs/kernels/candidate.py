"""The next candidate and his lead-in, from enrolment to time zero; the plain twin is `leadin.simulation.candidates`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from leadin.designs.kernels.observe import observe
from leadin.designs.kernels.path import BEFORE_ZERO, day_of_death, jittered_day, safe, untreated
from leadin.designs.kernels.plan import ALLOCATION, BASELINE, NONE, SCREENING, Record
from leadin.designs.kernels.purposes import LEAD_IN
from leadin.disease.kernels.people import RATE, SCORE, U_DROP_OUT, UNIFORMS, Z_DRIFT, draw_traits
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.normals import normals_of_words
from leadin.engine.kernels.philox import fill_words
from leadin.engine.kernels.uniforms import uniforms_of_words
from leadin.months import DAYS_PER_MONTH

Word = np.uint32
START: Any = np.int64(0)


@kernel
def draw_candidate(
    nature: Record, plan: Record, scratch: Record, row: Word, replicate: Word, k0: Word, k1: Word
) -> None:
    """Draws the candidate of that row with his whole lead-in into `scratch`."""
    z, u, words = scratch.normals, scratch.uniforms, scratch.words
    k, at, uniforms = plan.lead_in, plan.traits, UNIFORMS + plan.lead_in
    fill_words(words, uniforms + plan.lead_in_normals, row, replicate, LEAD_IN, k0, k1)
    uniforms_of_words(u, words, uniforms)
    normals_of_words(z, words, uniforms, plan.lead_in_normals, row, replicate, LEAD_IN, k0, k1)
    draw_traits(nature, z, plan.traits, u, scratch.traits)
    nodes, days = scratch.nodes, scratch.visit_day
    for j in range(k):
        days[j] = plan.days[j]
    if plan.jittered:
        for j in range(k):
            days[j] = jittered_day(plan.days[j], plan.early[j], plan.late[j], nature.visit_jitter_days, z[at + j])
        at += k
    scratch.enrolment = plan.enrolment if plan.screening_visit == NONE else days[0]
    nodes[0] = scratch.enrolment
    for j in range(k):
        nodes[j + 1] = days[j]
    nodes[k + 1] = 0.0
    lead_in_path(nature, plan, scratch, at)
    scratch.drop_out = math.inf
    if u[U_DROP_OUT] < nature.leaves_at_all:  # else it would be after the end of everything
        stay = -math.log(1.0 - u[U_DROP_OUT]) * DAYS_PER_MONTH
        scratch.drop_out = scratch.enrolment + stay / nature.drop_out_per_month
    observe_lead_in(nature, plan, scratch, at + 2 * scratch.lead_steps)


@kernel
def lead_in_path(nature: Record, plan: Record, scratch: Record, at: int) -> None:
    """The score along the lead-in, with the true score at time zero, and whether he dies in it."""
    traits, day, lost, score = scratch.traits, scratch.day, scratch.lost, scratch.lead_score
    rate, gaps = traits[RATE], plan.lead_in + 1
    steps = 0
    for j in range(gaps):
        steps += plan.lead_in_parts[j]
    day[0], lost[0], scratch.lead_steps = scratch.enrolment, 0.0, steps
    scratch.drift_sd = nature.drift_sd * math.sqrt(rate)
    drift = scratch.drift_sd * (scratch.normals[Z_DRIFT] - nature.steady_at_enrolment)
    scratch.drift = untreated(nature, plan, scratch, BEFORE_ZERO, gaps, START, at, drift)
    lowest = math.inf
    for s in range(steps + 1):
        score[s], scratch.lead_day[s] = traits[SCORE] + lost[steps] - lost[s], day[s]
        lowest = min(lowest, score[s])
    scratch.lowest, scratch.hazard_known, scratch.death = lowest, 0, math.inf
    if not safe(nature, plan, scratch, 0.0, lowest):
        scratch.death = day_of_death(nature, plan, scratch, scratch.lead_day, score, steps, 0.0, 0.0)
        scratch.hazard_known, scratch.hazard_at_zero = 1, scratch.hazard[0]


@kernel
def observe_lead_in(nature: Record, plan: Record, scratch: Record, at: int) -> None:
    """Values at lead-in visits, and those that entry criteria judge by occasion and measure."""
    column, z = 0, scratch.normals
    traits, days, value, score = scratch.traits, scratch.visit_day, scratch.value, scratch.lead_score
    m = plan.measures
    for j in range(plan.lead_in):
        column += plan.lead_in_parts[j]
        months, lost = days[j] / DAYS_PER_MONTH, traits[SCORE] - score[column]
        for i in range(m):
            error = plan.error_sd[i] * z[at + j * m + i]
            value[i, j] = observe(nature, plan.measure[i], error, traits, months, 0.0, score[column], lost, lost)
    last = column + plan.lead_in_parts[plan.lead_in]
    for occasion in range(3):
        visit = plan.screening_visit
        if occasion == ALLOCATION:
            visit = plan.allocation_visit
        elif occasion == BASELINE:
            visit = plan.baseline_visit
        here = last if occasion == BASELINE else 0
        day = 0.0 if occasion == BASELINE else scratch.enrolment
        for i in range(m):
            if visit != NONE:
                scratch.entry[occasion, i] = value[i, visit]
            elif plan.entry_normal[occasion, i] != NONE:
                error = plan.error_sd[i] * z[plan.entry_normal[occasion, i]]
                lost = traits[SCORE] - score[here]
                scratch.entry[occasion, i] = observe(
                    nature, plan.measure[i], error, traits, day / DAYS_PER_MONTH, 0.0, score[here], lost, lost
                )
            elif occasion != SCREENING:
                scratch.entry[occasion, i] = scratch.entry[SCREENING, i]
