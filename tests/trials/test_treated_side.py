"""The treated side is what every administration of a participant names, and nothing else."""

from __future__ import annotations

import polars as pl
import pytest

from leadin.trials.schema import SCHEMAS, empty_table
from leadin.trials.treated_side import treated_sides
from leadin.trials.trial import TABLES, Manifest, Trial


def trial_with(*places: tuple[str, str | None]) -> Trial:
    tables = {name: empty_table(name) for name in TABLES}
    row = dict.fromkeys(SCHEMAS["administrations"])
    rows = [
        {**row, "participant_id": who, "day": float(day), "site_of_injection": place}
        for day, (who, place) in enumerate(places)
    ]
    tables["administrations"] = pl.DataFrame(rows, schema=SCHEMAS["administrations"])
    return Trial(manifest=Manifest(origin="imported"), **tables)


@pytest.mark.parametrize(
    ("places", "side"),
    [
        (["lumbar cord, left"], "left"),
        (["Right motor cortex"], "right"),
        (["lumbar cord, left", "lumbar cord, left"], "left"),
        (["lumbar cord, left", "lumbar cord, right"], None),
        (["lumbar cord, left and right"], None),
        (["lumbar cord, left", "L3-L4"], None),
        (["what is leftover"], None),
        ([None], None),
    ],
)
def test_the_side_that_all_places_name(places: list[str | None], side: str | None) -> None:
    sides = treated_sides(trial_with(*(("P1", place) for place in places)))
    assert sides == ({"P1": side} if side else {})


def test_participants_are_told_apart() -> None:
    trial = trial_with(("P1", "cord, left"), ("P2", "cord, right"), ("P3", "vein"))
    assert treated_sides(trial) == {"P1": "left", "P2": "right"}
    assert treated_sides(trial_with()) == {}
