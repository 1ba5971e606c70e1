"""What assessors see of a participant after time zero; the plain twin is `leadin.simulation.follow_up`."""

from __future__ import annotations

import numpy as np

from leadin.designs.kernels.effects import FUNCTION, LEFT, RIGHT
from leadin.designs.kernels.observe import observe
from leadin.designs.kernels.plan import Record
from leadin.designs.kernels.purposes import FIRST_DOSE
from leadin.disease.kernels.people import SCORE
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.normals import normals
from leadin.months import DAYS_PER_MONTH

Word = np.uint32


@kernel
def observe_follow_up(
    nature: Record, plan: Record, cure: Record, scratch: Record, row: Word, replicate: Word, k0: Word, k1: Word
) -> None:
    """Values at visits after time zero, and at the visit on time zero of who waited for his first dose."""
    traits, lost, effect, z = scratch.traits, scratch.lost, scratch.effect, scratch.normals
    m, after = plan.measures, plan.visits - plan.lead_in
    at = (after if plan.jittered else 0) + 2 * (scratch.steps - scratch.waiting)
    column, before = scratch.waiting, 0
    spared_left = spared_right = spared_months = 0.0
    for j in range(after):
        column += plan.follow_up_parts[j]
        if scratch.acts:
            for s in range(before, column):
                spared_left += (lost[s + 1] - lost[s]) * effect[LEFT, s]
                spared_right += (lost[s + 1] - lost[s]) * effect[RIGHT, s]
                if cure.by_doses != 0:
                    share = cure.breathing_share * effect[FUNCTION, s]
                    spared_months += share * (scratch.day[s + 1] - scratch.day[s]) / DAYS_PER_MONTH
            before = column
        months, score = scratch.visit_day[plan.lead_in + j] / DAYS_PER_MONTH, scratch.score[column]
        left, right = lost[column] - spared_left, lost[column] - spared_right
        for i in range(m):
            error = plan.error_sd[i] * z[at + j * m + i]
            scratch.value[i, plan.lead_in + j] = observe(
                nature, plan.measure[i], error, traits, months, spared_months, score, left, right
            )
    wait = scratch.wait
    if wait > 0.0 and scratch.dosed and plan.baseline_at_zero:
        v, column = plan.baseline_visit, scratch.waiting
        normals(z, scratch.words, m, row, replicate, FIRST_DOSE, k0, k1)
        scratch.visit_day[v] = wait
        for i in range(m):
            error, points = plan.error_sd[i] * z[i], traits[SCORE] - scratch.score[column]
            scratch.value[i, v] = observe(
                nature,
                plan.measure[i],
                error,
                traits,
                wait / DAYS_PER_MONTH,
                0.0,
                scratch.score[column],
                points,
                points,
            )
