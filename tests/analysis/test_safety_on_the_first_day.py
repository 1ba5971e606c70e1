"""Whoever was last known on the day of the first administration is counted, and so is what happened then."""

from __future__ import annotations

import polars as pl
import pytest

from leadin.analysis.adverse_event_table import adverse_events_of, safety_table
from leadin.trials.schema import SCHEMAS
from leadin.trials.trial import Manifest, empty_trial


def table(name, rows):
    return pl.DataFrame(rows, schema=SCHEMAS[name])


@pytest.fixture
def trial():
    """A is given cells and dies on that day; B is given cells and followed; C and D are in an arm without cells, C
    never known of after time zero.
    """
    arms = {"A": "cells", "B": "cells", "C": "none", "D": "none"}
    return empty_trial(Manifest(origin="conducted")).with_tables(
        {
            "participants": table("participants", [{"participant_id": who, "arm": arm} for who, arm in arms.items()]),
            "administrations": table("administrations", [{"participant_id": who, "day": 0.0} for who in "AB"]),
            "events": table(
                "events",
                [
                    {"participant_id": "A", "day": 0.0, "kind": "death"},
                    {"participant_id": "B", "day": 30.4375, "kind": "end_of_follow_up"},
                    {"participant_id": "C", "day": 0.0, "kind": "withdrawal"},
                    {"participant_id": "D", "day": 30.4375, "kind": "end_of_follow_up"},
                ],
            ),
            "adverse_events": table(
                "adverse_events", [{"participant_id": "A", "start_day": 0.0, "term": "cardiac arrest", "serious": True}]
            ),
        }
    )


def test_a_death_on_the_day_of_the_injection_is_counted(trial):
    people = adverse_events_of(trial).people
    assert people["participant_id"].to_list() == ["A", "B", "D"]
    assert people["months"].to_list() == [0.0, 1.0, 1.0]
    everything = safety_table(trial).filter(pl.col("term").is_null() & pl.col("system_organ_class").is_null())
    assert everything.select("arm", "n", "participants", "events", "serious").rows() == [
        ("cells", 2, 1, 1, 1),
        ("none", 1, 0, 0, 0),
    ]
