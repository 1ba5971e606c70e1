"""Checks on numbers outside the assessments: finite, possible, plausible."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from leadin.trials.checks.places import find_rows, say
from leadin.trials.finding import Finding
from leadin.trials.schema import SCHEMAS
from leadin.trials.trial import TABLES, Trial

POSSIBLE: dict[str, dict[str, tuple[float, float | None]]] = {
    "lots": {
        "cells": (0.0, None),
        "viability_percent": (0.0, 100.0),
        "secretion_before": (0.0, None),
        "secretion_after": (0.0, None),
    },
    "administrations": {"cells": (0.0, None)},
}
"""Lowest and highest possible value by table and column; outside, the row is left out."""

PLAUSIBLE: dict[str, dict[str, tuple[float, float]]] = {
    "participants": {
        "weight_kg": (25.0, 250.0),
        "age_years": (16.0, 100.0),
        "months_since_onset": (0.0, 360.0),
        "diagnostic_delay_months": (0.0, 240.0),
    },
    "assessments": {"day": (-3650.0, 7300.0)},
    "administrations": {"day": (-3650.0, 7300.0)},
    "events": {"day": (-3650.0, 7300.0)},
    "adverse_events": {"start_day": (-3650.0, 7300.0)},
}
"""Range in which nearly every value lies; outside, the row is kept with a warning: a wrong unit shows here."""


def check_finite(trial: Trial) -> Iterator[Finding]:
    """Cells that hold NaN or infinity: a missing value is an empty cell."""
    for name in TABLES:
        table = trial.table(name).with_row_index("row")
        if table.is_empty():
            continue
        for column, dtype in SCHEMAS[name].items():
            if dtype is not pl.Float64:
                continue
            hits = table.filter(pl.col(column).is_not_null() & ~pl.col(column).is_finite())
            if not hits.is_empty():
                yield find_rows(
                    "not-a-number",
                    "error",
                    name,
                    hits,
                    (
                        f"row of {name} whose {column} is not a finite number",
                        f"rows of {name} whose {column} is not a finite number",
                    ),
                    _place(name, column),
                    "Left out; correct the value or leave the cell empty.",
                )


def check_ranges(trial: Trial) -> Iterator[Finding]:
    """Impossible numbers of cells, viability and secretion."""
    for name, ranges in POSSIBLE.items():
        table = trial.table(name).with_row_index("row")
        if table.is_empty():
            continue
        for column, (low, high) in ranges.items():
            outside = pl.col(column) < low
            if high is not None:
                outside |= pl.col(column) > high
            hits = table.filter(pl.col(column).is_finite() & outside)
            bounds = f"below {say(low)}" if high is None else f"outside {say(low)} to {say(high)}"
            if not hits.is_empty():
                yield find_rows(
                    "impossible-value",
                    "error",
                    name,
                    hits,
                    (f"row of {name} with {column} {bounds}", f"rows of {name} with {column} {bounds}"),
                    _place(name, column),
                    "Left out; correct the value or leave the cell empty.",
                )


def check_plausible(trial: Trial) -> Iterator[Finding]:
    """Ages, weights, durations and days so far out that a unit or a digit is probably wrong."""
    for name, ranges in PLAUSIBLE.items():
        table = trial.table(name).with_row_index("row")
        if table.is_empty():
            continue
        for column, (low, high) in ranges.items():
            hits = table.filter(pl.col(column).is_finite() & ~pl.col(column).is_between(low, high))
            if not hits.is_empty():
                bounds = f"outside {say(low)} to {say(high)}"
                yield find_rows(
                    "implausible-value",
                    "warning",
                    name,
                    hits,
                    (f"row of {name} with {column} {bounds}", f"rows of {name} with {column} {bounds}"),
                    _place(name, column),
                    "Used as it is; check the unit and the digits.",
                )


def _place(name: str, column: str) -> str:
    who = "{lot_id}" if name == "lots" else "{participant_id}"
    return f"{who}: {{{column}}}"
