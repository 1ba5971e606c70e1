from __future__ import annotations

from dataclasses import replace

import pytest

from leadin.trials.finding import Finding

AFTER = [
    (
        "assessments",
        {"day": 120.6, "measure": "alsfrs_r", "value": 3.0},
        "assessment",
        "1 assessment after death (P4 day 120.6",
    ),
    (
        "administrations",
        {"day": 120.6, "route": "intravenous"},
        "administration",
        "1 administration after death (P4 day 120.6",
    ),
    ("events", {"day": 120.6, "kind": "gastrostomy"}, "event", "1 event after death (P4 gastrostomy day 120.6"),
    (
        "adverse_events",
        {"start_day": 120.6, "term": "fever"},
        "adverse-event",
        "1 adverse event after death (P4 fever day 120.6",
    ),
]


@pytest.mark.parametrize(("table", "row", "what", "words"), AFTER)
def test_nothing_happens_to_the_dead(trial, add, find, table, row, what, words):
    last = trial.table(table).height
    found = [f for f in find(add(trial, table, {"participant_id": "P4"} | row)) if "death" in f.id]
    assert found == [
        Finding(
            f"{what}-after-death",
            "error",
            table,
            (last,),
            f"{words}, died day 120.5). Left out; correct the day here or the day of death.",
        )
    ]


@pytest.mark.parametrize(("table", "row", "what", "words"), AFTER)
def test_the_day_of_death_is_allowed(trial, add, find, table, row, what, words):
    day = "start_day" if table == "adverse_events" else "day"
    found = find(add(trial, table, {"participant_id": "P4"} | row | {day: 120.5}))
    assert [f for f in found if "death" in f.id] == []


def test_the_first_death_counts(trial, add, find):
    earlier = add(trial, "events", {"participant_id": "P4", "day": 100.0, "kind": "death"})
    found = find(
        add(earlier, "assessments", {"participant_id": "P4", "day": 110.0, "measure": "alsfrs_r", "value": 20.0})
    )
    assert [(f.id, f.rows) for f in found] == [
        ("two-deaths", (11,)),
        ("assessment-after-death", (12,)),
        ("adverse-event-after-death", (1,)),
    ]


def test_registers_that_close_on_one_day_for_all_bring_a_warning(trial, add, find):
    assert find(add(trial, "events", {"participant_id": "P4", "day": 183.0, "kind": "end_of_follow_up"})) == [
        Finding(
            "event-after-death",
            "warning",
            "events",
            (12,),
            "1 event after death (P4 end_of_follow_up day 183, died day 120.5). Follow-up ended with the death; "
            "correct whichever day is wrong.",
        )
    ]


def test_what_else_the_protocol_counts_as_fatal_can_be_survived(trial, add, find):
    ventilated = add(trial, "events", {"participant_id": "P1", "day": 60.0, "kind": "tracheostomy"})
    expected = Finding(
        "assessment-after-fatal-event",
        "warning",
        "assessments",
        (2,),
        "1 assessment after an event that the protocol counts as fatal (P1 day 91, tracheostomy day 60). Used in "
        "analyses of function; survival ends at the event.",
    )
    assert find(ventilated) == [expected]
    assert find(replace(ventilated, protocol=None)) == []
    assert find(add(trial, "events", {"participant_id": "P1", "day": 91.0, "kind": "tracheostomy"})) == []
    assert find(add(trial, "events", {"participant_id": "P1", "day": 60.0, "kind": "permanent_ventilation"})) == []
