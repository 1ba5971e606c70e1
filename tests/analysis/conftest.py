"""Small trials built by hand, and reference data with what R says of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from leadin.months import DAYS_PER_MONTH
from leadin.trials.schema import SCHEMAS, empty_table
from leadin.trials.trial import Manifest, Trial

VALIDATION = Path(__file__).resolve().parents[2] / "validation"
SHARED = Path(__file__).resolve().parents[2].parent / "shared"

Build = Callable[..., Trial]


def build_trial(
    arms: Mapping[str, str | None],
    scores: Mapping[str, Mapping[float, float | None]] | None = None,
    events: Sequence[tuple[str, float, str]] = (),
    *,
    measure: str = "alsfrs_r",
    more: Sequence[tuple[str, float, str, float | None]] = (),
    adverse_events: Sequence[Mapping[str, Any]] = (),
    doses: Sequence[tuple[str, float]] = (),
    origin: str = "imported",
    protocol: Any = None,
) -> Trial:
    """A trial from arm by participant, {participant: {month: value}} of one measure, and events (participant, month,
    kind). more: assessments of other measures (participant, month, measure, value). adverse_events: rows with
    `start_month` instead of `start_day`. doses: (participant, month)."""
    rows = [(who, month, measure, value) for who, visits in (scores or {}).items() for month, value in visits.items()]
    rows += list(more)
    assessments = {
        "participant_id": [r[0] for r in rows],
        "day": [r[1] * DAYS_PER_MONTH for r in rows],
        "measure": [r[2] for r in rows],
        "value": [None if r[3] is None else float(r[3]) for r in rows],
        "visit": [None for _ in rows],
    }
    told = {
        "participant_id": [e[0] for e in events],
        "day": [e[1] * DAYS_PER_MONTH for e in events],
        "kind": [e[2] for e in events],
        "detail": [None for _ in events],
    }
    harm = [
        {
            **dict.fromkeys(SCHEMAS["adverse_events"]),
            **{k: v for k, v in row.items() if k != "start_month"},
            "start_day": row["start_month"] * DAYS_PER_MONTH,
        }
        for row in adverse_events
    ]
    people = [{**dict.fromkeys(SCHEMAS["participants"]), "participant_id": w, "arm": a} for w, a in arms.items()]
    given = [
        {**dict.fromkeys(SCHEMAS["administrations"]), "participant_id": w, "day": m * DAYS_PER_MONTH} for w, m in doses
    ]
    return Trial(
        manifest=Manifest(origin=origin),  # type: ignore[arg-type]
        participants=pl.DataFrame(people, schema=SCHEMAS["participants"]),
        assessments=pl.DataFrame(assessments, schema=SCHEMAS["assessments"]),
        lots=empty_table("lots"),
        administrations=pl.DataFrame(given, schema=SCHEMAS["administrations"]),
        events=pl.DataFrame(told, schema=SCHEMAS["events"]),
        adverse_events=pl.DataFrame(harm, schema=SCHEMAS["adverse_events"]),
        protocol=protocol,
    )


@pytest.fixture(scope="session", name="build")
def _build() -> Build:
    return build_trial


@pytest.fixture(scope="session")
def from_r() -> Callable[[str], Any]:
    """What an R program wrote: the parsed JSON of a file in validation/."""

    def read(path: str) -> Any:
        return json.loads((VALIDATION / path).read_text())

    return read


@pytest.fixture(scope="session")
def survival_trial() -> Callable[[str], Trial]:
    """The trial in a file validation/survival/data/<name>_surv.csv: arms as numbers, months, event 0 or 1."""

    def read(name: str) -> Trial:
        with (VALIDATION / "survival" / "data" / f"{name}_surv.csv").open() as file:
            rows = list(csv.DictReader(file))
        arms = {row["id"]: row["arm"] for row in rows}
        kinds = {"1": "death", "0": "end_of_follow_up"}
        return build_trial(arms, events=[(row["id"], float(row["time"]), kinds[row["event"]]) for row in rows])

    return read
