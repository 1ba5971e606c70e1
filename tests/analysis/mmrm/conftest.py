"""Trials of the reference data."""

from __future__ import annotations

import polars as pl
import pytest

from .reference import table


@pytest.fixture(scope="session")
def reference_trial(build):
    """Visits at or after month 0 of a reference data set; age and site as the R programs make them from the number."""

    def make(dataset, arms=("placebo", "cells"), since=0, **more):
        rows = [row for row in table(dataset) if row["time"] >= since]
        who = {f"p{int(row['id'])}": (arms[int(row["arm"])] if arms else None) for row in rows}
        scores = {name: {} for name in who}
        for row in rows:
            scores[f"p{int(row['id'])}"][row["time"]] = row["y"]
        trial = build(who, scores, **more)
        number = pl.col("participant_id").str.slice(1).cast(pl.Int64)
        people = trial.participants.with_columns(
            age=40 + (7 * number) % 30, region=number.map_elements(lambda i: "abc"[i % 3], return_dtype=pl.String)
        )
        return trial.with_tables({"participants": people})

    return make
