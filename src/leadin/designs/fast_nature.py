"""A population and an effect in the form that kernels take."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from leadin.disease.decline import rate_groups
from leadin.disease.effect import ConstantSlowing, Effect
from leadin.disease.kernels.nature import CURE, NATURE, STEPS, Record
from leadin.disease.leaving import drop_out_hazard
from leadin.disease.people import LARGEST_MASS_INDEX
from leadin.disease.population import Population
from leadin.engine.quantile_table import gamma_table, normal_table

Floats = NDArray[np.float64]


def _tables(population: Population) -> dict[str, Floats]:
    who, score = population.demographics, population.score
    shape = 1.0 / rate_groups(population).variation ** 2
    onset, onset_sd = who.months_since_onset_mean, who.months_since_onset_sd
    return {
        "rate_table": gamma_table(shape, 1.0 / shape, steps=STEPS),
        "score_table": normal_table(score.mean, score.sd, score.minimum, score.maximum, steps=STEPS),
        "onset_table": gamma_table(
            (onset / onset_sd) ** 2,
            onset_sd**2 / onset,
            who.months_since_onset_minimum,
            who.months_since_onset_maximum,
            steps=STEPS,
        ),
        "age_table": normal_table(who.age_mean, who.age_sd, who.age_minimum, who.age_maximum, steps=STEPS),
        "mass_table": normal_table(
            who.body_mass_index_mean,
            who.body_mass_index_sd,
            who.body_mass_index_minimum,
            LARGEST_MASS_INDEX,
            steps=STEPS,
        ),
    }


def fast_nature(population: Population, routes: Iterable[str], longest_months: float = math.inf) -> Record:
    """The population as an array of one record; routes: of all administrations, which decide how many leave.

    longest_months: for which anybody is observed; who would leave later never leaves.
    """
    leaving = float(drop_out_hazard(population.attendance, routes))
    decline, who, groups = population.decline, population.demographics, rate_groups(population)
    breathing, survival, weight = population.breathing, population.survival, population.weight
    strength, attendance = population.strength, population.attendance
    fields = dict(
        rate_bulbar=groups.bulbar,
        rate_other=groups.other,
        rate_mean=decline.rate_mean,
        rate_sd=decline.rate_sd,
        drift_sd=float(decline.drift_sd),
        drift_months=float(decline.drift_months),
        steady_at_enrolment=float(decline.steady_at_enrolment),
        capacity_mean=float(breathing.mean),
        capacity_sd=float(breathing.sd),
        capacity_loss_mean=float(breathing.loss_mean),
        capacity_loss_sd=float(breathing.loss_sd),
        capacity_loss_correlation=float(breathing.correlation_with_decline),
        weibull_shape=float(survival.weibull_shape),
        scale_months=float(survival.scale_months),
        hazard_per_point=float(survival.hazard_per_point),
        hazard_per_rate=float(survival.hazard_per_rate),
        reference_score=float(survival.reference_score),
        bulbar_share=float(who.bulbar_share),
        male_share=float(who.male_share),
        riluzole_share=float(who.riluzole_share),
        onset_link=float(who.onset_goes_with_loss),
        height_men=float(who.height_cm_men),
        height_women=float(who.height_cm_women),
        height_sd=float(who.height_cm_sd),
        weight_loss_mean=float(weight.loss_mean),
        weight_loss_sd=float(weight.loss_sd),
        weight_loss_correlation=float(weight.correlation_with_decline),
        strength_mean=float(strength.mean),
        strength_sd=float(strength.sd),
        strength_side_sd=float(strength.side_sd),
        strength_per_point=float(strength.loss_per_point),
        drop_out_per_month=leaving,
        leaves_at_all=-math.expm1(-leaving * longest_months) if leaving > 0.0 else 0.0,
        missed_visit_share=float(attendance.missed_visit_share),
        visit_jitter_days=float(attendance.visit_jitter_days),
        **_tables(population),
    )
    return _record(NATURE, fields)


def cure(effect: Effect) -> Record:
    """The effect as an array of one record."""
    if isinstance(effect, ConstantSlowing):
        return _record(CURE, {"slowing": effect.share, "lifetime_days": 1.0})
    names = [name for name in CURE.names or () if name not in ("slowing", "by_doses")]
    return _record(CURE, {"by_doses": 1, **{name: getattr(effect, name) for name in names}})


def _record(kind: np.dtype[np.void], fields: Mapping[str, object]) -> Record:
    record = np.zeros(1, dtype=kind).view(np.recarray)
    for name, value in fields.items():
        record[0][name] = value
    return record
