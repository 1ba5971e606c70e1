"""A population: every number that nature and conduct need to simulate a participant, each with its source.

A population file is data, like a protocol. Rates of decline are points of ALSFRS-R per month (positive: losing);
breathing in % predicted; a month is 30.4375 days.
"""

from __future__ import annotations

import hashlib
import json
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from leadin.disease.cell_rates import Cells
from leadin.disease.consistency import inconsistencies
from leadin.disease.diagnosis import Diagnosis
from leadin.disease.entry_bounds import EntryBound
from leadin.disease.harm_rates import Harm
from leadin.disease.item_order import Items
from leadin.protocols.provenance import Assumption, Provenance, Source
from leadin.protocols.statement import Slug, Statement


class Decline(Statement):
    """How fast function is lost, and how that rate drifts.

    rate_mean, rate_sd: the long-run rate over all participants (gamma). bulbar_extra: by how much the mean rate of
    bulbar onset exceeds the others'. drift_sd: stationary SD of the drift of a participant whose rate is 1; it grows
    with the square root of the rate. drift_months: correlation time of the drift. steady_at_enrolment: by how many
    stationary SDs the drift at enrolment lies, on average, on the side of slower decline, because trials enrol people
    in a steady spell and first assessments are practice; it wears off as the drift does; 0: not at all.
    """

    rate_mean: float = Field(gt=0, le=10)
    rate_sd: float = Field(gt=0, le=10)
    bulbar_extra: float = Field(ge=0, le=5)
    drift_sd: float = Field(ge=0, le=10)
    drift_months: float = Field(gt=0, le=120)
    steady_at_enrolment: float = Field(ge=-5, le=5)


class Score(Statement):
    """The ALSFRS-R: the true score at time zero before any selection (normal, held within bounds by redrawing), and
    the SD of the error of one assessment."""

    mean: float = Field(ge=0, le=48)
    sd: float = Field(gt=0, le=20)
    minimum: float = Field(ge=0, le=48)
    maximum: float = Field(ge=0, le=48)
    measurement_sd: float = Field(ge=0, le=20)


class Breathing(Statement):
    """Vital capacity, slow and forced alike, % predicted: level at time zero, loss per month, error of one
    assessment, and the correlation of its loss with the long-run rate of ALSFRS-R decline."""

    mean: float = Field(gt=0, le=200)
    sd: float = Field(ge=0, le=100)
    loss_mean: float = Field(ge=-20, le=20)
    loss_sd: float = Field(ge=0, le=20)
    measurement_sd: float = Field(ge=0, le=50)
    correlation_with_decline: float = Field(ge=-1, le=1)


class Survival(Statement):
    """Death: Weibull clock from enrolment times exp(-hazard_per_point (F - reference_score)) times
    exp(hazard_per_rate (R - mean rate)), with R the long-run rate.

    hazard_per_rate: log hazard per point/month, over and above what the score itself brings; 0: none.
    scale_months is solved (`leadin.disease.solve_scale`) so that `alive_at_12_months` of the population live 12 months
    without effect and without entry criteria; it is stored, never solved per protocol.
    """

    weibull_shape: float = Field(gt=0, le=10)
    hazard_per_point: float = Field(ge=0, le=1)
    hazard_per_rate: float = Field(ge=0, le=5)
    reference_score: float = Field(ge=0, le=48)
    alive_at_12_months: float = Field(gt=0, lt=1)
    scale_months: float = Field(gt=0, le=10_000)


class Demographics(Statement):
    """Who they are when enrolled. Normal values are held within their bounds by redrawing.

    months_since_onset: gamma, held within bounds. onset_goes_with_loss: correlation of normal scores by which those
    who lost more points, or lose them more slowly, have been ill for longer; 0: not at all. It never changes how
    months_since_onset is distributed. diagnostic_delay_share: mean share of that time that passed before
    diagnosis (beta distributed; the larger `diagnostic_delay_concentration`, the less it varies).
    """

    bulbar_share: float = Field(ge=0, le=1)
    male_share: float = Field(ge=0, le=1)
    riluzole_share: float = Field(ge=0, le=1)
    age_mean: float = Field(gt=0, le=110)
    age_sd: float = Field(gt=0, le=50)
    age_minimum: float = Field(ge=0, le=110)
    age_maximum: float = Field(ge=0, le=110)
    months_since_onset_mean: float = Field(gt=0, le=600)
    months_since_onset_sd: float = Field(gt=0, le=600)
    months_since_onset_minimum: float = Field(ge=0, le=600)
    months_since_onset_maximum: float = Field(ge=0, le=600)
    onset_goes_with_loss: float = Field(ge=0, lt=1)
    diagnostic_delay_share: float = Field(gt=0, lt=1)
    diagnostic_delay_concentration: float = Field(gt=0, le=1000)
    body_mass_index_mean: float = Field(gt=0, le=60)
    body_mass_index_sd: float = Field(gt=0, le=20)
    body_mass_index_minimum: float = Field(gt=0, le=60)
    height_cm_men: float = Field(gt=0, le=250)
    height_cm_women: float = Field(gt=0, le=250)
    height_cm_sd: float = Field(ge=0, le=30)


class Weight(Statement):
    """Loss of body weight, kg per month, its error of measurement, and its correlation with the rate of decline."""

    loss_mean: float = Field(ge=-10, le=10)
    loss_sd: float = Field(ge=0, le=10)
    measurement_sd: float = Field(ge=0, le=10)
    correlation_with_decline: float = Field(ge=-1, le=1)


class Strength(Statement):
    """Limb strength, % of normal: level at time zero, SD of half the difference between the sides, loss per point of
    ALSFRS-R lost, and the error of one assessment of one side."""

    mean: float = Field(ge=0, le=200)
    sd: float = Field(ge=0, le=100)
    side_sd: float = Field(ge=0, le=100)
    loss_per_point: float = Field(ge=0, le=50)
    measurement_sd: float = Field(ge=0, le=50)


class Attendance(Statement):
    """Who stays, who comes, and when.

    drop_out_per_month: hazard of leaving for other reasons than death; `_intrathecal`: in designs with intrathecal
    injections. lost_share: of those who leave, the share lost to follow-up instead of withdrawing. missed_visit_share:
    of visits other than the first and the baseline visit. Jitter: SD of the days between the planned and the actual
    day, before both are held within the protocol's window. accrual_per_site_month: participants enrolled by one site in
    a month, where the protocol does not say how many it enrols.
    """

    drop_out_per_month: float = Field(ge=0, le=1)
    drop_out_per_month_intrathecal: float = Field(ge=0, le=1)
    lost_share: float = Field(ge=0, le=1)
    missed_visit_share: float = Field(ge=0, lt=1)
    visit_jitter_days: float = Field(ge=0, le=60)
    administration_jitter_days: float = Field(ge=0, le=60)
    participants_per_site: int = Field(ge=1, le=10_000)
    accrual_per_site_month: float = Field(gt=0, le=1000)


class Population(Statement):
    """A population file. Every value is covered by an entry of `provenance` or `assumed`: none stands on nothing.

    based_on: the population whose values stand wherever this one says nothing else (see `based_on.py`). entry: of whom
    it consists; none: everybody.
    """

    schema_version: Literal[1] = 1
    name: Slug
    title: str
    description: str
    decline: Decline
    score: Score
    breathing: Breathing
    survival: Survival
    demographics: Demographics
    weight: Weight
    strength: Strength
    attendance: Attendance
    cells: Cells
    diagnosis: Diagnosis
    items: Items
    harm: Harm
    based_on: str | None = None
    entry: tuple[EntryBound, ...] = ()
    sources: tuple[Source, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    assumed: tuple[Assumption, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = inconsistencies(self.model_dump())
        if problems:
            text = "\n".join(problem.told() for problem in problems)
            raise PydanticCustomError("inconsistent", "{text}", {"text": text, "problems": problems})
        return self


def population_sha256(population: Population) -> str:
    """SHA-256 of what the population says, 64 hexadecimal digits: every value, with its grounds, in canonical JSON."""
    text = json.dumps(
        population.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()
