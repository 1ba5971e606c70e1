"""The invented trials of validation/joint-rank, and what R says of them."""

from __future__ import annotations

import csv
import json
from functools import cache
from typing import Any

import polars as pl

from leadin.months import DAYS_PER_MONTH
from leadin.trials.trial import Trial

from .conftest import VALIDATION, build_trial

FOLDER = VALIDATION / "joint-rank"


def rows_of(name: str) -> list[dict[str, str]]:
    with (FOLDER / "data" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


@cache
def trial_of(name: str) -> Trial:
    """The data set as a trial: days as they stand, site, onset and age in the table of participants."""
    people = rows_of(f"{name}_people")
    kinds = {"1": "death", "0": "end_of_follow_up"}
    events = [(row["id"], int(row["last_day"]) / DAYS_PER_MONTH, kinds[row["fatal"]]) for row in people]
    events += [
        (row["id"], int(row["randomised_day"]) / DAYS_PER_MONTH, "randomised")
        for row in people
        if "randomised_day" in row
    ]
    scores: dict[str, dict[float, float | None]] = {}
    for row in rows_of(f"{name}_visits"):
        scores.setdefault(row["id"], {})[int(row["day"]) / DAYS_PER_MONTH] = float(row["value"])
    trial = build_trial({row["id"]: row["arm"] for row in people}, scores, events)
    told = trial.participants.with_columns(
        site=pl.Series([row["site"] for row in people]),
        onset_region=pl.Series([row["onset"] for row in people]),
        age_years=pl.Series([float(row["age"]) for row in people]),
    )
    return trial.with_tables({"participants": told})


@cache
def expected() -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text())
    return told


JOINT = [(e["dataset"], e["reference"], joint) for e in expected() for joint in e["joint"]]
CHANGES = [(e["dataset"], e["reference"], change) for e in expected() for change in e["change"]]
