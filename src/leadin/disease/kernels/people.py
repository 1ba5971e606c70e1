"""The traits of one candidate from his random numbers; the plain twins are `leadin.disease.people`, `decline` and
`since_onset`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leadin.disease.kernels.measurement import going_with
from leadin.disease.kernels.nature import Record
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.quantile_table import from_table

Floats = NDArray[np.float64]

Z_RATE, Z_SCORE, Z_DRIFT, Z_ONSET, Z_CAPACITY, Z_CAPACITY_LOSS, Z_AGE, Z_HEIGHT, Z_MASS = range(9)
Z_WEIGHT_LOSS, Z_STRENGTH, Z_SIDE = range(9, 12)
NORMALS = 12
"""Places of a candidate's normals; who needs few traits draws the first of them only."""
U_BULBAR, U_DEATH, U_DROP_OUT, U_MALE, U_RILUZOLE, U_SITE, U_SIDE, U_RESPONDS = range(8)
UNIFORMS = 8

BULBAR, MALE, RILUZOLE, RATE, SCORE, ONSET, AGE, CAPACITY, CAPACITY_LOSS = range(9)
WEIGHT, WEIGHT_LOSS, STRENGTH_LEFT, STRENGTH_RIGHT = range(9, 13)
TRAITS = 13
"""Places of a candidate's traits."""

NEEDS_DECLINE, NEEDS_ONSET, NEEDS_CAPACITY, NEEDS_AGE, NEEDS_WEIGHT, NEEDS_STRENGTH = 3, 4, 6, 7, 10, 12
"""How many of the normals must be drawn to know the traits up to that one."""


@kernel
def draw_traits(nature: Record, z: Floats, drawn: int, u: Floats, traits: Floats) -> None:
    """Fills `traits` (13,) from the first `drawn` normals; those that need later ones are NaN."""
    bulbar = u[U_BULBAR] < nature.bulbar_share
    traits[BULBAR] = 1.0 if bulbar else 0.0
    traits[MALE] = 1.0 if u[U_MALE] < nature.male_share else 0.0
    traits[RILUZOLE] = 1.0 if u[U_RILUZOLE] < nature.riluzole_share else 0.0
    mean = nature.rate_bulbar if bulbar else nature.rate_other
    rate = mean * from_table(z[Z_RATE], nature.rate_table)
    traits[RATE] = rate
    traits[SCORE] = from_table(z[Z_SCORE], nature.score_table)
    for place in range(ONSET, TRAITS):
        traits[place] = math.nan
    if drawn >= NEEDS_ONSET:
        traits[ONSET] = months_since_onset(nature, z)
    if drawn >= NEEDS_CAPACITY:
        traits[CAPACITY] = nature.capacity_mean + nature.capacity_sd * z[Z_CAPACITY]
        traits[CAPACITY_LOSS] = going_with(
            (rate - nature.rate_mean) / nature.rate_sd,
            nature.capacity_loss_correlation,
            nature.capacity_loss_mean,
            nature.capacity_loss_sd,
            z[Z_CAPACITY_LOSS],
        )
    if drawn >= NEEDS_AGE:
        traits[AGE] = from_table(z[Z_AGE], nature.age_table)
    if drawn >= NEEDS_WEIGHT:
        draw_weight(nature, z, traits)
    if drawn >= NEEDS_STRENGTH:
        level = nature.strength_mean + nature.strength_sd * z[Z_STRENGTH]
        side = nature.strength_side_sd * z[Z_SIDE]
        traits[STRENGTH_LEFT], traits[STRENGTH_RIGHT] = level + side, level - side


@kernel
def months_since_onset(nature: Record, z: Floats) -> float:
    """Longer who has lost more points, and who loses them more slowly."""
    lost_slowly = -(z[Z_SCORE] + z[Z_RATE]) / math.sqrt(2.0)
    link = nature.onset_link
    return from_table(link * lost_slowly + math.sqrt(1.0 - link * link) * z[Z_ONSET], nature.onset_table)


@kernel
def draw_weight(nature: Record, z: Floats, traits: Floats) -> None:
    """Weight at time zero and its loss per month."""
    height = nature.height_men if traits[MALE] > 0.0 else nature.height_women
    metres = (height + nature.height_sd * z[Z_HEIGHT]) / 100.0
    traits[WEIGHT] = from_table(z[Z_MASS], nature.mass_table) * metres * metres
    traits[WEIGHT_LOSS] = going_with(
        (traits[RATE] - nature.rate_mean) / nature.rate_sd,
        nature.weight_loss_correlation,
        nature.weight_loss_mean,
        nature.weight_loss_sd,
        z[Z_WEIGHT_LOSS],
    )
