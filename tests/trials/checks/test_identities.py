from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from leadin.trials.finding import Finding


def test_rows_of_nobody_are_left_out_and_the_nearest_id_named(trial, add, find):
    last = trial.assessments.height
    row = {"day": 30.0, "measure": "alsfrs_r", "value": 40.0}
    faulty = add(trial, "assessments", row | {"participant_id": "p1 "}, row | {"participant_id": "Anna"})
    assert find(faulty) == [
        Finding(
            "unknown-participant",
            "error",
            "assessments",
            (last, last + 1),
            "2 rows of assessments belong to no participant of this trial ('p1 '; did you mean 'P1'?; 'Anna'). "
            "Left out; add the participant or correct the id.",
        )
    ]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("lots", {"lot_id": "L9", "participant_id": "X", "outcome": "released"}),
        ("administrations", {"participant_id": "X", "day": 0.0, "route": "intrathecal", "lot_id": "L8"}),
        ("events", {"participant_id": "X", "day": 0.0, "kind": "withdrawal"}),
        ("adverse_events", {"participant_id": "X", "start_day": 0.0, "term": "fever"}),
    ],
)
def test_every_table_is_held_against_the_participants(trial, add, find, table, row):
    last = trial.table(table).height
    found = [f for f in find(add(trial, table, row)) if f.id == "unknown-participant"]
    assert [(f.severity, f.table, f.rows) for f in found] == [("error", table, (last,))]
    assert f"1 row of {table} belong" in found[0].message


def test_a_lot_of_nobody_is_stock(trial, change, find):
    assert find(change(trial, "lots", 0, participant_id=None)) == []


def test_unknown_ids_are_told_once_each_and_no_more_than_five(trial, add, find):
    rows = [{"participant_id": f"X{i % 7}", "day": float(i), "kind": "gastrostomy"} for i in range(9)]
    (finding,) = find(add(trial, "events", *rows))
    assert finding.rows == tuple(range(12, 21))
    assert finding.message == (
        "9 rows of events belong to no participant of this trial ('X0'; 'X1'; 'X2'; 'X3'; 'X4'; and 2 more). Left out; "
        "add the participant or correct the id."
    )


def test_an_arm_that_the_protocol_lacks(trial, change, find):
    assert find(change(trial, "participants", 2, arm="Contrl")) == [
        Finding(
            "unknown-arm",
            "error",
            "participants",
            (2,),
            "1 participant of arm 'Contrl' (P3). Protocol small has cells, control; did you mean 'control'? Left out; "
            "correct the arm or give the protocol of this trial.",
        )
    ]


def test_an_arm_unlike_any_other_and_one_finding_an_arm(trial, change, find):
    found = find(
        change(
            change(change(trial, "participants", 0, arm="zzz"), "participants", 1, arm="yyy"),
            "participants",
            3,
            arm="zzz",
        )
    )
    assert [(f.id, f.rows) for f in found if f.id == "unknown-arm"] == [("unknown-arm", (0, 3)), ("unknown-arm", (1,))]
    assert found[0].message == (
        "2 participants of arm 'zzz' (P1; P4). Protocol small has cells, control. Left out; correct the arm or give "
        "the protocol of this trial."
    )


def test_any_arm_goes_without_a_protocol(trial, change, find):
    assert find(replace(change(trial, "participants", 2, arm="Contrl"), protocol=None)) == []


def test_a_participant_without_an_arm_where_others_have_one(trial, change, find):
    assert find(change(trial, "participants", 3, arm=None)) == [
        Finding(
            "missing-arm",
            "warning",
            "participants",
            (3,),
            "1 participant without an arm (P4). Used only where arms are not compared; fill in arm.",
        )
    ]


def test_screen_failures_need_no_arm_and_no_assessment(trial, change, add, find):
    screened = add(trial, "participants", {"participant_id": "P5"})
    assert [f.id for f in find(screened)] == ["missing-arm", "no-assessment"]
    assert find(add(screened, "events", {"participant_id": "P5", "day": -95.0, "kind": "screen_failure"})) == []


def test_who_left_before_randomisation_needs_no_arm(trial, add, find):
    without = add(trial, "participants", {"participant_id": "P5"})
    without = add(without, "assessments", {"participant_id": "P5", "day": -90.0, "measure": "alsfrs_r", "value": 40.0})
    assert [f.id for f in find(without)] == ["missing-arm"]
    for kind in ("death", "withdrawal", "lost_to_follow_up"):
        assert find(add(without, "events", {"participant_id": "P5", "day": -20.0, "kind": kind})) == []
    left = add(without, "events", {"participant_id": "P5", "day": -20.0, "kind": "withdrawal"})
    randomised = add(left, "events", {"participant_id": "P5", "day": -30.0, "kind": "randomised"})
    assert [f.id for f in find(randomised)] == ["missing-arm"]
    nobody = left.with_tables({"events": left.events.filter(pl.col("kind") != "randomised")})
    assert [f.id for f in find(nobody)] == ["missing-arm"]


def test_a_trial_without_arms_is_fine(trial, find):
    bare = trial.with_tables({"participants": trial.participants.with_columns(arm=pl.lit(None, dtype=pl.String))})
    assert find(bare) == []


def test_a_participant_whom_nobody_assessed_is_noted(trial, change, find):
    unseen = change(
        change(change(trial, "assessments", 0, value=None), "assessments", 1, value=None), "assessments", 2, value=None
    )
    assert find(unseen) == [
        Finding(
            "no-assessment",
            "note",
            "participants",
            (0,),
            "1 participant without any assessment (P1). Counted, but in no analysis of function.",
        )
    ]
    assert find(change(unseen, "assessments", 2, value=30.0)) == []
