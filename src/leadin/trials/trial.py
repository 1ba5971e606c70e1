"""A trial: one set of tidy tables, whether simulated, conducted or imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from leadin.protocols.protocol import Protocol
from leadin.trials.clinical_formats.data_set import DataSet
from leadin.trials.finding import Finding
from leadin.trials.schema import empty_table

Origin = Literal["simulated", "conducted", "imported"]


@dataclass(frozen=True)
class Manifest:
    """What a trial folder says of itself. `tables`: sha256 of each table file, empty for a trial that was never
    written.

    `simulation` holds what a simulated trial was made with (population, its file's hash, slowing, numbers per arm),
    else None.
    """

    origin: Origin
    schema_version: int = 1
    protocol: str | None = None
    protocol_sha256: str | None = None
    seed: int | None = None
    leadin_version: str | None = None
    tables: tuple[tuple[str, str], ...] = ()
    simulation: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True)
class Trial:
    """Tables keyed as in the documentation; days counted from time zero, fractions allowed; missing is null.

    participants: participant_id; arm, stratum, site, sex, weight_kg, age_years, onset_region, months_since_onset,
        diagnostic_delay_months, riluzole, onset_site (bulbar, arm, leg), definite_el_escorial,
        frontotemporal_dementia, c9orf72, encals_linear_predictor, tricals_risk_profile, and any further columns.
    assessments: participant_id, day, measure; value, visit.
    lots: lot_id; participant_id, isolated_day, harvested_day, released_day, cells, viability_percent, secretion_before,
        secretion_after, outcome.
    administrations: participant_id, day, lot_id, route; cells, site_of_injection.
    events: participant_id, day, kind; detail.
    adverse_events: participant_id, start_day, term; end_day, system_organ_class, ctcae_grade, serious, relatedness.

    A table that a trial does not carry is present with no rows. `findings` are those of the checks that made or read
    this trial. `outside`: for each data set that the trial was imported from, its variables and the rows that no table
    holds.
    """

    manifest: Manifest
    participants: pl.DataFrame
    assessments: pl.DataFrame
    lots: pl.DataFrame
    administrations: pl.DataFrame
    events: pl.DataFrame
    adverse_events: pl.DataFrame
    protocol: Protocol | None = None
    findings: tuple[Finding, ...] = ()
    outside: tuple[DataSet, ...] = ()

    def table(self, name: str) -> pl.DataFrame:
        """The table of that name; KeyError when there is no such table."""
        if name not in TABLES:
            raise KeyError(name)
        table: pl.DataFrame = getattr(self, name)
        return table

    def with_tables(self, tables: Mapping[str, pl.DataFrame]) -> Trial:
        """This trial with some tables replaced, by name; all else stays. KeyError when there is no such table."""
        for name in tables:
            self.table(name)
        chosen = {name: tables.get(name, self.table(name)) for name in TABLES}
        return replace(
            self,
            participants=chosen["participants"],
            assessments=chosen["assessments"],
            lots=chosen["lots"],
            administrations=chosen["administrations"],
            events=chosen["events"],
            adverse_events=chosen["adverse_events"],
        )


TABLES = ("participants", "assessments", "lots", "administrations", "events", "adverse_events")
"""The names of the tables of a trial, in the order they are written."""


def empty_trial(manifest: Manifest, protocol: Protocol | None = None) -> Trial:
    """A trial whose tables have their columns and no rows, to be filled by `with_tables`."""
    return Trial(
        manifest=manifest,
        participants=empty_table("participants"),
        assessments=empty_table("assessments"),
        lots=empty_table("lots"),
        administrations=empty_table("administrations"),
        events=empty_table("events"),
        adverse_events=empty_table("adverse_events"),
        protocol=protocol,
    )
