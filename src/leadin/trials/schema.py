"""The columns of each table: key first, with their types. More columns are allowed; these mean what they say."""

from __future__ import annotations

from typing import TypeAlias

import polars as pl

from leadin.errors import DataError

Columns: TypeAlias = dict[str, type[pl.DataType]]

SCHEMAS: dict[str, Columns] = {
    "participants": {
        "participant_id": pl.String,
        "arm": pl.String,
        "stratum": pl.String,
        "site": pl.String,
        "sex": pl.String,
        "weight_kg": pl.Float64,
        "age_years": pl.Float64,
        "onset_region": pl.String,
        "months_since_onset": pl.Float64,
        "diagnostic_delay_months": pl.Float64,
        "riluzole": pl.Boolean,
        "onset_site": pl.String,
        "definite_el_escorial": pl.Boolean,
        "frontotemporal_dementia": pl.Boolean,
        "c9orf72": pl.Boolean,
        "encals_linear_predictor": pl.Float64,
        "tricals_risk_profile": pl.Float64,
    },
    "assessments": {
        "participant_id": pl.String,
        "day": pl.Float64,
        "measure": pl.String,
        "value": pl.Float64,
        "visit": pl.String,
    },
    "lots": {
        "lot_id": pl.String,
        "participant_id": pl.String,
        "isolated_day": pl.Float64,
        "harvested_day": pl.Float64,
        "released_day": pl.Float64,
        "cells": pl.Float64,
        "viability_percent": pl.Float64,
        "secretion_before": pl.Float64,
        "secretion_after": pl.Float64,
        "outcome": pl.String,
    },
    "administrations": {
        "participant_id": pl.String,
        "day": pl.Float64,
        "lot_id": pl.String,
        "route": pl.String,
        "cells": pl.Float64,
        "site_of_injection": pl.String,
    },
    "events": {
        "participant_id": pl.String,
        "day": pl.Float64,
        "kind": pl.String,
        "detail": pl.String,
    },
    "adverse_events": {
        "participant_id": pl.String,
        "start_day": pl.Float64,
        "term": pl.String,
        "end_day": pl.Float64,
        "system_organ_class": pl.String,
        "ctcae_grade": pl.Int64,
        "serious": pl.Boolean,
        "relatedness": pl.String,
    },
}

KEYS: dict[str, tuple[str, ...]] = {
    "participants": ("participant_id",),
    "assessments": ("participant_id", "day", "measure"),
    "lots": ("lot_id",),
    # Two routes on one day from one lot are two administrations, so the route belongs to the key.
    "administrations": ("participant_id", "day", "lot_id", "route"),
    "events": ("participant_id", "day", "kind"),
    "adverse_events": ("participant_id", "start_day", "term"),
}

REQUIRED: dict[str, tuple[str, ...]] = {
    "participants": ("participant_id",),
    "assessments": ("participant_id", "day", "measure", "value"),
    "lots": ("lot_id",),
    "administrations": ("participant_id", "day"),
    "events": ("participant_id", "day", "kind"),
    "adverse_events": ("participant_id", "start_day", "term"),
}
"""Columns without which a table says nothing: their absence from a file is refused."""

NEVER_EMPTY: dict[str, tuple[str, ...]] = {
    "participants": ("participant_id",),
    "assessments": ("participant_id", "day", "measure"),
    "lots": ("lot_id",),
    "administrations": ("participant_id", "day"),
    "events": ("participant_id", "day", "kind"),
    "adverse_events": ("participant_id", "start_day", "term"),
}
"""Columns whose empty cells make a row unusable. A value may be missing; a lot or route that nobody noted, too."""

EVENT_KINDS = (
    "screened",
    "screen_failure",
    "enrolled",
    "randomised",
    "not_dosed",
    "death",
    "tracheostomy",
    "permanent_ventilation",
    "non_invasive_ventilation",
    "gastrostomy",
    "other_therapy",
    "withdrawal",
    "lost_to_follow_up",
    "end_of_follow_up",
)
"""Kinds of event, in the order they are told when several fall on one day."""


def empty_table(name: str) -> pl.DataFrame:
    """The table of that name with its columns and no rows."""
    return pl.DataFrame(schema=SCHEMAS[name])


def conform(name: str, table: pl.DataFrame) -> pl.DataFrame:
    """`table` with the known columns of table `name` first, in their order and types, and further columns after them.

    A known column that is absent is added, empty. DataError when a column cannot be turned into its type.
    """
    schema = SCHEMAS[name]
    if all(table.schema.get(column) == dtype for column, dtype in schema.items()) and table.columns[: len(schema)] == [
        *schema
    ]:
        return table
    columns = []
    for column, dtype in schema.items():
        if column not in table.columns:
            columns.append(pl.lit(None, dtype=dtype).alias(column))
            continue
        try:
            columns.append(pl.lit(table[column].cast(dtype)).alias(column))
        except pl.exceptions.PolarsError as error:
            raise DataError(
                f"{name}.{column}: expected values of type {dtype.__name__}; got {table[column].dtype} "
                "that do not convert. Convert the column first."
            ) from error
    further = [column for column in table.columns if column not in schema]
    return table.select(*columns, *further) if table.width else empty_table(name)
