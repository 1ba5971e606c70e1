"""Who the patients are: the traits that they bring along, drawn from a population."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.decline import decline_z, draw_rates
from leadin.disease.population import Demographics, Population
from leadin.disease.since_onset import months_since_onset
from leadin.disease.truncated import beta_share, truncated_normal
from leadin.engine.draws import Draws

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LARGEST_MASS_INDEX = 60.0


@dataclass(frozen=True)
class People:
    """Traits of n candidates, each (n,), as they are when enrolled unless said otherwise.

    rate: long-run loss of ALSFRS-R, points per month. score: true ALSFRS-R at time zero, before any selection.
    capacity: true vital capacity at time zero, % predicted, and capacity_loss per month. weight_kg at time zero, and
    weight_loss per month. strength_left and strength_right at time zero, % of normal.
    """

    bulbar: Flags
    male: Flags
    riluzole: Flags
    age_years: Floats
    months_since_onset: Floats
    diagnostic_delay_months: Floats
    rate: Floats
    score: Floats
    capacity: Floats
    capacity_loss: Floats
    weight_kg: Floats
    weight_loss: Floats
    strength_left: Floats
    strength_right: Floats


def draw_people(population: Population, draws: Draws, n: int) -> People:
    """The next n candidates of the population."""
    who = population.demographics
    bulbar = draws.uniform("people/bulbar", n) < who.bulbar_share
    male = draws.uniform("people/male", n) < who.male_share
    delay = draws.uniform("people/diagnostic_delay", n)
    age = truncated_normal(draws.uniform("people/age", n), who.age_mean, who.age_sd, who.age_minimum, who.age_maximum)
    rates = draw_rates(population, bulbar, draws)
    rate = rates.per_month
    z = decline_z(rate, population)
    score, breathing, weight = population.score, population.breathing, population.weight
    place = draws.uniform("people/score", n)
    function = truncated_normal(place, score.mean, score.sd, score.minimum, score.maximum)
    onset = months_since_onset(who, place, rates.place, draws.uniform("people/months_since_onset", n))
    strength = population.strength
    level = strength.mean + strength.sd * draws.normal("people/strength", n)
    side = strength.side_sd * draws.normal("people/strength_side", n)
    return People(
        bulbar=bulbar,
        male=male,
        riluzole=draws.uniform("people/riluzole", n) < who.riluzole_share,
        age_years=age,
        months_since_onset=onset,
        diagnostic_delay_months=onset
        * beta_share(delay, who.diagnostic_delay_share, who.diagnostic_delay_concentration),
        rate=rate,
        score=function,
        capacity=breathing.mean + breathing.sd * draws.normal("people/capacity", n),
        capacity_loss=_going_with(
            z,
            breathing.correlation_with_decline,
            breathing.loss_mean,
            breathing.loss_sd,
            draws.normal("people/capacity_loss", n),
        ),
        weight_kg=_weight(who, male, draws, n),
        weight_loss=_going_with(
            z,
            weight.correlation_with_decline,
            weight.loss_mean,
            weight.loss_sd,
            draws.normal("people/weight_loss", n),
        ),
        strength_left=level + side,
        strength_right=level - side,
    )


def _going_with(z: Floats, correlation: float, mean: float, sd: float, normals: Floats) -> Floats:
    """Values of that mean and SD whose correlation with the standardised rate of decline z is as stated."""
    values: Floats = mean + sd * (correlation * z + np.sqrt(1.0 - correlation**2) * normals)
    return values


def _weight(who: Demographics, male: Flags, draws: Draws, n: int) -> Floats:
    height_cm = np.where(male, who.height_cm_men, who.height_cm_women) + who.height_cm_sd * draws.normal(
        "people/height", n
    )
    mass_index = truncated_normal(
        draws.uniform("people/body_mass_index", n),
        who.body_mass_index_mean,
        who.body_mass_index_sd,
        who.body_mass_index_minimum,
        LARGEST_MASS_INDEX,
    )
    weight: Floats = mass_index * (height_cm / 100.0) ** 2
    return weight
