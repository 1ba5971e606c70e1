"""A small trial without a fault, and what tests plant faults with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from leadin.protocols.protocol import Protocol
from leadin.trials.checks import check_trial
from leadin.trials.finding import Finding
from leadin.trials.schema import SCHEMAS
from leadin.trials.trial import Manifest, Trial, empty_trial

PROTOCOL = {
    "name": "small",
    "title": "A small trial",
    "summary": "Two injections against none.",
    "masking": "open_label",
    "lead_in_months": 3,
    "follow_up_months": 6,
    "products": [
        {
            "name": "cells",
            "label": "cells",
            "cell_type": "stem cells",
            "origin": "autologous",
            "manufacturing": {"expansion_days": 28, "shelf_life_hours": 24},
        }
    ],
    "arms": [
        {
            "name": "cells",
            "label": "cells",
            "role": "treatment",
            "planned": 2,
            "administrations": [{"day": 0, "product": "cells", "route": "intrathecal"}],
        },
        {"name": "control", "label": "no cells", "role": "control", "planned": 2},
    ],
    "visits": [
        {"name": "screening", "day": -91, "measures": ["alsfrs_r"]},
        {"name": "baseline", "day": 0, "measures": ["alsfrs_r", "svc_percent"]},
        {"name": "month 3", "day": 91, "days_early": 5, "days_late": 10, "measures": ["alsfrs_r"]},
    ],
    "fatal_events": ["death", "tracheostomy"],
}


@pytest.fixture
def protocol() -> Protocol:
    return Protocol.model_validate(PROTOCOL)


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMAS[name])


@pytest.fixture
def trial(protocol: Protocol) -> Trial:
    """Four participants, P1 and P2 with cells, P3 and P4 without; P4 dies on day 120.5. No check finds anything."""
    arms = {"P1": "cells", "P2": "cells", "P3": "control", "P4": "control"}
    visits = ((-91.0, "screening", 40.0), (0.0, "baseline", 38.0), (91.0, "month 3", 36.0))
    return empty_trial(Manifest(origin="conducted"), protocol).with_tables(
        {
            "participants": table(
                "participants",
                [
                    {"participant_id": who, "arm": arm, "age_years": 60.0, "weight_kg": 70.0}
                    for who, arm in arms.items()
                ],
            ),
            "assessments": table(
                "assessments",
                [
                    {"participant_id": who, "day": day, "measure": "alsfrs_r", "value": value, "visit": visit}
                    for who in arms
                    for day, visit, value in visits
                ],
            ),
            "lots": table(
                "lots",
                [
                    {
                        "lot_id": f"L{who[1]}",
                        "participant_id": who,
                        "isolated_day": -28.0,
                        "harvested_day": 0.0,
                        "released_day": 0.0,
                        "cells": 7e7,
                        "viability_percent": 95.0,
                        "outcome": "released",
                    }
                    for who in ("P1", "P2")
                ],
            ),
            "administrations": table(
                "administrations",
                [
                    {"participant_id": who, "day": 0.0, "lot_id": f"L{who[1]}", "route": "intrathecal", "cells": 7e7}
                    for who in ("P1", "P2")
                ],
            ),
            "events": table(
                "events",
                [
                    *({"participant_id": who, "day": -91.0, "kind": "enrolled"} for who in arms),
                    *({"participant_id": who, "day": -1.0, "kind": "randomised"} for who in arms),
                    *({"participant_id": who, "day": 183.0, "kind": "end_of_follow_up"} for who in ("P1", "P2", "P3")),
                    {"participant_id": "P4", "day": 120.5, "kind": "death"},
                ],
            ),
            "adverse_events": table(
                "adverse_events",
                [
                    {"participant_id": "P1", "start_day": 1.0, "end_day": 3.0, "term": "headache", "ctcae_grade": 1},
                    {"participant_id": "P4", "start_day": 118.0, "term": "respiratory failure", "ctcae_grade": 5},
                ],
            ),
        }
    )


Add = Callable[..., Trial]
Change = Callable[..., Trial]
Find = Callable[[Trial], list[Finding]]


@pytest.fixture
def add() -> Add:
    """add(trial, table, row, ...): the trial with further rows at the end of a table."""

    def added(trial: Trial, name: str, *rows: dict[str, Any]) -> Trial:
        more = pl.DataFrame(list(rows), schema={column: SCHEMAS[name][column] for column in rows[0]})
        return trial.with_tables({name: pl.concat([trial.table(name), more], how="diagonal")})

    return added


@pytest.fixture
def change() -> Change:
    """change(trial, table, row, column=value, ...): the trial with cells of one row changed."""

    def changed(trial: Trial, name: str, row: int, **cells: Any) -> Trial:
        here = pl.int_range(pl.len()) == row
        return trial.with_tables(
            {
                name: trial.table(name).with_columns(
                    pl.when(here)
                    .then(pl.lit(value, dtype=SCHEMAS[name][column]))
                    .otherwise(pl.col(column))
                    .alias(column)
                    for column, value in cells.items()
                )
            }
        )

    return changed


@pytest.fixture
def find() -> Find:
    """find(trial): what the checks say that they do not say of the trial without a fault (nothing)."""
    return lambda trial: list(check_trial(trial))
