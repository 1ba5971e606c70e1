"""The listing of serious events."""

from __future__ import annotations

from leadin.analysis.serious_events import serious_events
from leadin.months import DAYS_PER_MONTH


def event(who, day, serious=True, **more):
    row = {"participant_id": who, "start_month": day / DAYS_PER_MONTH, "term": "Fall", "serious": serious}
    return {**row, "relatedness": "Related", "ctcae_grade": 3, **more}


def test_one_row_each_with_the_latest_injection(build):
    doses = [("a", 0.0), ("a", 1.0), ("a", 1.0)]
    told = [
        event("a", 40.0, system_organ_class="Injury"),
        event("b", 3.0, relatedness=None, ctcae_grade=None),
        event("a", -4.0, relatedness="unlikely"),
        event("a", 0.0),
        event("a", 5.0, serious=False),
        event("a", 6.0, serious=None),
        event("z", 2.0),
    ]
    trial = build({"b": "control", "a": "cells", "z": None}, {"a": {1: 40}}, doses=doses, adverse_events=told)
    rows = serious_events(trial).rows(named=True)
    keys = ("participant_id", "arm", "injection", "grade", "related", "system_organ_class")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("b", "control", None, None, False, "Not classified"),
        ("a", "cells", None, 3, False, "Not classified"),
        ("a", "cells", 1, 3, True, "Not classified"),
        ("a", "cells", 2, 3, True, "Injury"),
        ("z", None, None, 3, True, "Not classified"),
    ]
    assert [None if row["since_injection"] is None else round(row["since_injection"], 6) for row in rows] == [
        None, None, 0.0, round(40 - DAYS_PER_MONTH, 6), None,
    ]  # fmt: skip
    assert [row["start_day"] for row in rows] == [3.0, -4.0, 0.0, 40.0, 2.0]


def test_none_is_an_empty_table(build):
    trial = build({"a": "x"}, {"a": {1: 40}}, adverse_events=[event("a", 1.0, serious=False)])
    assert serious_events(trial).height == 0
    assert "since_injection" in serious_events(trial).columns
