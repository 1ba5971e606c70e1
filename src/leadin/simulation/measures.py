"""What a participant would show at a visit, measure by measure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.body import true_strength, true_weight
from leadin.disease.breathing import true_capacity
from leadin.disease.measurement import observed_score, observed_value
from leadin.disease.people import People
from leadin.disease.population import Population
from leadin.engine.draws import Draws
from leadin.protocols.eligibility import Criterion
from leadin.protocols.protocol import Protocol

Floats = NDArray[np.float64]

ENTRY_MEASURES = {
    "alsfrs_r": "alsfrs_r",
    "alsfrs_r_lost_in_lead_in": "alsfrs_r",
    "svc_percent": "svc_percent",
    "fvc_percent": "fvc_percent",
    "weight_kg": "weight_kg",
}
"""The measure behind each entry variable that is measured; the others are known of the person."""


@dataclass(frozen=True)
class UnderEffect:
    """What an effect has done by each visit (n, k) besides slowing the ALSFRS-R. spared_months: of the loss of vital
    capacity. left_lost, right_lost: points of ALSFRS-R lost since the scheduled time zero that the loss of strength on
    that side goes with."""

    spared_months: Floats
    left_lost: Floats
    right_lost: Floats


def measures_of(protocol: Protocol) -> tuple[str, ...]:
    """Every measure that a visit lists or an entry criterion needs, the ALSFRS-R always, in a fixed order."""
    needed = {"alsfrs_r"} | {measure for visit in protocol.visits for measure in visit.measures}
    needed |= {ENTRY_MEASURES[c.variable] for c in protocol.eligibility.criteria if c.variable in ENTRY_MEASURES}
    return tuple(sorted(needed))


def measured_at_entry(criteria: Iterable[Criterion]) -> tuple[str, ...]:
    """The measures that entry criteria need."""
    return tuple(sorted({ENTRY_MEASURES[c.variable] for c in criteria if c.variable in ENTRY_MEASURES}))


def observe(
    measure: str,
    stream: str,
    people: People,
    months: Floats,
    true_score: Floats,
    population: Population,
    draws: Draws,
    effect: UnderEffect | None = None,
) -> Floats:
    """Values (n, k) as recorded at months (n, k) from time zero, given the true score (n, k) there.

    stream: names the occasions, so that each kind of occasion has random numbers of its own. effect: None where
    strength goes with the score and vital capacity is lost as untreated.
    """
    normals = draws.normal(f"measurement/{measure}/{stream}", *months.shape)
    if measure == "alsfrs_r":
        return observed_score(true_score, population.score.measurement_sd, normals)
    if measure in ("svc_percent", "fvc_percent"):
        losing = months if effect is None else months - effect.spared_months
        capacity = true_capacity(people.capacity, people.capacity_loss, losing)
        return observed_value(capacity, population.breathing.measurement_sd, normals)
    if measure == "weight_kg":
        weight = true_weight(people.weight_kg, people.weight_loss, months)
        return observed_value(weight, population.weight.measurement_sd, normals)
    lost = people.score[:, None] - true_score
    if measure == "strength.left":
        side, lost = people.strength_left, lost if effect is None else effect.left_lost
    else:
        side, lost = people.strength_right, lost if effect is None else effect.right_lost
    strength = true_strength(side, population.strength.loss_per_point, lost)
    return observed_value(strength, population.strength.measurement_sd, normals)
