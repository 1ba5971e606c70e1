"""How cells grow in culture, how often a lot fails, and how much it secretes: the numbers behind manufacturing."""

from __future__ import annotations

from pydantic import Field

from leadin.protocols.statement import Statement


class ReleaseFailures(Statement):
    """The probability that a lot fails each release test; only the tests that the protocol lists are made."""

    cell_count: float = Field(ge=0, le=1)
    viability: float = Field(ge=0, le=1)
    sterility: float = Field(ge=0, le=1)
    endotoxin: float = Field(ge=0, le=1)
    mycoplasma: float = Field(ge=0, le=1)
    identity: float = Field(ge=0, le=1)
    karyotype: float = Field(ge=0, le=1)
    secretion: float = Field(ge=0, le=1)


class Cells(Statement):
    """Growth, release, repetition and secretion of cultures; see `leadin.disease.manufacturing`.

    Growth is relative to what the protocol plans: a typical sample that grows at the typical pace (one doubling in
    `doubling_days`) holds `reserve` times the cells needed on the planned day of harvest. seeded_person_sd,
    seeded_sample_sd: SD, in doublings, of the number of cells that start a culture, between people and between samples
    of one person. doubling_person_cv, doubling_passage_cv: coefficient of variation of the doubling time between people
    and between the passages of one lot. passages: where the protocol does not say. longest_extension_days: a culture
    that has too few cells on the planned day goes on for so long at most; with less than `fewest_share` of the cells
    needed it is then given up. inadequate_share: samples from which no culture starts, known after `first_look_days`.

    viability, %: normal, held within minimum and 100. A failed culture is repeated `repeats` times at most (where the
    protocol does not say), from a new sample `repeat_wait_days` after the failure. A dose that is not ready
    `longest_wait_days` after its planned day is not given at all. secretion, relative to the mean lot before
    differentiation: its variation between people, and the fold change by differentiation.
    """

    seeded_person_sd: float = Field(ge=0, le=10)
    seeded_sample_sd: float = Field(ge=0, le=10)
    doubling_days: float = Field(gt=0, le=60)
    doubling_person_cv: float = Field(ge=0, le=1)
    doubling_passage_cv: float = Field(ge=0, le=1)
    passages: int = Field(ge=0, le=50)
    reserve: float = Field(ge=1, le=1000)
    longest_extension_days: int = Field(ge=0, le=365)
    fewest_share: float = Field(gt=0, le=1)
    inadequate_share: float = Field(ge=0, le=1)
    first_look_days: int = Field(ge=1, le=60)
    viability_mean: float = Field(gt=0, le=100)
    viability_sd: float = Field(ge=0, le=50)
    viability_minimum: float = Field(ge=0, le=100)
    release_failures: ReleaseFailures
    repeats: int = Field(ge=0, le=10)
    repeat_wait_days: int = Field(ge=0, le=365)
    longest_wait_days: int = Field(ge=0, le=1000)
    secretion_cv: float = Field(ge=0, le=5)
    fold_mean: float = Field(gt=0, le=1000)
    fold_cv: float = Field(ge=0, le=5)
