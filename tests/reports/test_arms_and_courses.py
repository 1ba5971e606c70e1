"""Who is in which arm, and what happened to each participant."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from leadin.protocols.load import load_protocol
from leadin.reports.arms import arm_called, reference_arm, report_arms, treated_arms
from leadin.reports.courses import Course, LotMade, courses
from leadin.reports.palette import look


def test_the_reference_is_as_asked_else_the_first_in_the_table(two_arms):
    trial = two_arms()
    assert [(arm.name, arm.reference) for arm in report_arms(trial)] == [("cells", True), ("control", False)]
    arms = report_arms(trial, "control")
    assert [(arm.name, arm.reference, arm.look) for arm in arms] == [
        ("cells", False, look(0)),
        ("control", True, look(1)),
    ]
    assert reference_arm(arms) == arms[1]
    assert treated_arms(arms) == arms[:1]
    assert [(arm.reference) for arm in report_arms(trial, "nobody")] == [True, False]


def test_a_protocol_gives_order_labels_and_control(phase1):
    (arm,) = report_arms(phase1)
    assert (arm.name, arm.label, arm.n, arm.reference) == ("cells", "two injections of cells", 8, False)
    failures = phase1.events.filter(pl.col("kind") == "screen_failure")["participant_id"]
    assert not failures.is_empty()  # who fails the screening is in no arm
    assert phase1.participants.height == 8 + failures.len()


def test_a_protocol_of_one_arm_names_those_of_whom_the_table_names_none(phase1, one_arm):
    (arm,) = report_arms(replace(one_arm(), protocol=phase1.protocol))
    assert (arm.name, arm.label) == (None, "two injections of cells")
    (arm,) = report_arms(replace(one_arm(), protocol=load_protocol("hanyang-phase2")))
    assert arm.label == "All participants"


def test_a_trial_without_arms_is_one_arm(one_arm):
    (arm,) = report_arms(one_arm())
    assert (arm.name, arm.label, arm.n, arm.reference) == (None, "All participants", 5, False)
    assert arm_called((arm,), "anything") == arm


def test_a_third_arm_keeps_its_own_look(build):
    trial = build(participants=[{"participant_id": str(k), "arm": arm} for k, arm in enumerate("abca")])
    arms = report_arms(trial, "b")
    assert [(arm.name, arm.look) for arm in arms] == [("a", look(0)), ("b", look(1)), ("c", look(2))]
    assert arm_called(arms, "c") == arms[2]
    assert arm_called(arms, "d") is None
    assert arms[0].members == {"0", "3"}


def test_a_course_holds_what_the_tables_say(build):
    trial = build(
        participants=[{"participant_id": "a", "arm": "cells"}],
        assessments=[{"participant_id": "a", "day": -90.0, "measure": "alsfrs_r", "value": 40.0}],
        lots=[
            {
                "lot_id": "1",
                "participant_id": "a",
                "isolated_day": -30.0,
                "harvested_day": -2.0,
                "released_day": 0.0,
                "outcome": "released",
            },
            {
                "lot_id": "2",
                "participant_id": "a",
                "isolated_day": 0.0,
                "harvested_day": 20.0,
                "outcome": "rejected: sterility",
            },
        ],
        administrations=[
            {"participant_id": "a", "day": 0.0, "lot_id": "1", "route": r} for r in ("intrathecal", "intravenous")
        ],
        events=[
            {"participant_id": "a", "day": -95.0, "kind": "screened"},
            {"participant_id": "a", "day": 80.0, "kind": "withdrawal", "detail": "moved"},
        ],
    )
    (course,) = courses(trial)
    assert course == Course(
        participant_id="a",
        arm="cells",
        first=-95.0,
        last=80.0,
        end="withdrawal",
        injections=(0.0,),
        lots=(LotMade(-30.0, 0.0, True, "released"), LotMade(0.0, 20.0, False, "rejected: sterility")),
        screened=True,
        screen_failure=None,
        enrolled=False,
        randomised=False,
        not_dosed=None,
    )
    assert course.dosed
    assert not course.died


@pytest.mark.parametrize(
    ("events", "end", "last"),
    [
        ([("death", 100.0), ("withdrawal", 50.0)], "death", 100.0),
        ([("death", 500.0), ("end_of_follow_up", 365.0)], "end_of_follow_up", 365.0),
        ([("death", 365.0), ("end_of_follow_up", 365.0)], "death", 365.0),
        ([("lost_to_follow_up", 90.0)], "lost_to_follow_up", 90.0),
        ([("gastrostomy", 90.0)], None, 90.0),
        ([("death", None)], None, 0.0),
        ([], None, 0.0),
    ],
)
def test_how_a_course_ends(build, events, end, last):
    rows = [{"participant_id": "a", "day": day, "kind": kind} for kind, day in events]
    (course,) = courses(build(participants=[{"participant_id": "a"}], events=rows))
    assert (course.end, course.last) == (end, last)
    assert course.died == (end == "death")


def test_reasons_are_told_as_recorded(build):
    rows = [
        {"participant_id": "a", "day": 0.0, "kind": "screen_failure", "detail": "FVC too low"},
        {"participant_id": "b", "day": 0.0, "kind": "not_dosed"},
    ]
    first, second = courses(build(participants=[{"participant_id": "a"}, {"participant_id": "b"}], events=rows))
    assert (first.screen_failure, first.not_dosed) == ("FVC too low", None)
    assert (second.screen_failure, second.not_dosed) == (None, "reason not recorded")
