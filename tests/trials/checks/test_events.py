from __future__ import annotations

import pytest

from leadin.trials.finding import Finding


def test_a_kind_that_nobody_defined(trial, add, find):
    assert find(add(trial, "events", {"participant_id": "P1", "day": 5.0, "kind": "Other therapy"})) == [
        Finding(
            "unknown-event-kind",
            "error",
            "events",
            (12,),
            "1 event of kind 'Other therapy' (P1 day 5). No such kind is known; did you mean 'other_therapy'? Left "
            "out; write one of screened, screen_failure, enrolled, randomised, not_dosed, death, tracheostomy, "
            "permanent_ventilation, non_invasive_ventilation, gastrostomy, other_therapy, withdrawal, "
            "lost_to_follow_up, end_of_follow_up.",
        )
    ]


def test_kinds_unlike_any_other_one_finding_each(trial, add, find):
    rows = [
        {"participant_id": "P1", "day": float(day), "kind": kind} for day, kind in ((5, "qq"), (6, "zz"), (7, "qq"))
    ]
    found = find(add(trial, "events", *rows))
    assert [(f.id, f.rows) for f in found] == [("unknown-event-kind", (12, 14)), ("unknown-event-kind", (13,))]
    assert found[0].message.startswith("2 events of kind 'qq' (P1 day 5; P1 day 7). No such kind is known. Left out;")


def test_nobody_dies_twice(trial, add, find):
    assert find(add(trial, "events", {"participant_id": "P4", "day": 130.0, "kind": "death"})) == [
        Finding(
            "two-deaths",
            "error",
            "events",
            (12,),
            "1 second death of one participant (P4 day 120.5 and day 130). Left out, the earliest is used; keep the "
            "right one.",
        )
    ]


@pytest.mark.parametrize("kind", ["enrolled", "randomised", "end_of_follow_up", "permanent_ventilation"])
def test_what_happens_once_happens_once(trial, add, find, kind):
    rows = [{"participant_id": "P1", "day": day, "kind": kind} for day in (183.0, 184.0)]
    found = find(add(trial, "events", *rows))
    late = {"enrolled": (12, 13), "randomised": (12, 13)}.get(kind, (13,))
    assert ("event-twice", "error", "events", late) in [(f.id, f.severity, f.table, f.rows) for f in found]


def test_events_of_nobody_or_without_a_day_are_no_second_ones(trial, add, find):
    nobody = [{"participant_id": None, "day": day, "kind": "death"} for day in (5.0, 6.0)]
    assert [f.id for f in find(add(trial, "events", *nobody))] == ["missing-key"]
    endless = {"participant_id": "P4", "day": float("inf"), "kind": "death"}
    assert [f.id for f in find(add(trial, "events", endless))] == ["not-a-number"]


def test_what_may_happen_again_may(trial, add, find):
    rows = [{"participant_id": "P1", "day": day, "kind": "other_therapy"} for day in (10.0, 20.0)]
    assert find(add(trial, "events", *rows)) == []


def test_a_participant_in_an_arm_who_was_never_randomised(trial, find):
    fewer = trial.with_tables(
        {
            "events": trial.events.filter(
                ~(trial.events["kind"].eq("randomised") & trial.events["participant_id"].eq("P2"))
            )
        }
    )
    assert find(fewer) == [
        Finding(
            "not-randomised",
            "warning",
            "participants",
            (1,),
            "1 participant in an arm without a randomised event (P2). In no survival analysis, whose clock starts at "
            "randomisation; add the event or empty the arm.",
        )
    ]


def test_a_trial_without_any_randomisation_is_fine(trial, find):
    assert find(trial.with_tables({"events": trial.events.filter(trial.events["kind"] != "randomised")})) == []
