from __future__ import annotations

from dataclasses import replace

from leadin.trials.finding import Finding
from leadin.trials.trial import TABLES
from leadin.trials.usable import LeftOut, all_findings, left_out, usable_trial


def test_a_trial_without_a_fault_is_used_whole(trial):
    used = usable_trial(trial)
    assert all(used.table(name).equals(trial.table(name)) for name in TABLES)
    assert used.findings == ()
    assert left_out(trial) == ()


def test_rows_with_an_error_are_left_out_and_those_with_a_warning_used(trial, change):
    faulty = change(change(trial, "assessments", 2, value=49.0), "assessments", 5, day=120.0)
    used = usable_trial(faulty)
    assert used.assessments.equals(faulty.assessments.filter(faulty.assessments["value"] <= 48))
    assert [f.id for f in used.findings] == ["score-out-of-range", "visit-outside-window"]
    assert left_out(faulty) == (LeftOut("assessments", 1, 12, 0),)


def test_whoever_is_left_out_takes_all_his_rows_with_him(trial, add):
    faulty = add(trial, "participants", {"participant_id": "P1", "arm": "control"})
    used = usable_trial(faulty)
    assert used.participants["participant_id"].to_list() == ["P2", "P3", "P4"]
    for name in TABLES:
        assert "P1" not in used.table(name)["participant_id"]
        assert "P2" in used.table(name)["participant_id"] or name == "adverse_events"
    assert left_out(faulty) == (
        LeftOut("participants", 2, 5, 0),
        LeftOut("assessments", 3, 12, 3),
        LeftOut("lots", 1, 2, 1),
        LeftOut("administrations", 1, 2, 1),
        LeftOut("events", 3, 12, 3),
        LeftOut("adverse_events", 1, 2, 1),
    )


def test_stock_lots_stay(trial, change):
    assert usable_trial(change(trial, "lots", 0, participant_id=None)).lots.height == 2


def test_rows_of_nobody_are_left_out_by_their_own_error(trial, add):
    faulty = add(trial, "events", {"participant_id": "X", "day": 5.0, "kind": "gastrostomy"})
    assert left_out(faulty) == (LeftOut("events", 1, 13, 0),)
    assert usable_trial(faulty).events.equals(trial.events)


def test_findings_of_reading_count_too(trial):
    unread = Finding("unreadable-cell", "error", "events", (0, 1), "two cells")
    noted = Finding("missing-word", "note", "events", (2,), "one cell")
    warned = Finding("changed-since-written", "warning", "events", (3,), "changed")
    used = usable_trial(replace(trial, findings=(unread, noted, warned)))
    assert used.events.equals(trial.events[2:])
    assert used.findings == tuple(replace(f, rows=()) for f in (unread, noted, warned))


def test_using_again_changes_nothing(trial, change, add):
    faulty = add(
        change(trial, "assessments", 2, value=49.0), "participants", {"participant_id": "P1", "arm": "control"}
    )
    faulty = add(
        faulty, "events", faulty.events.row(11, named=True), {"participant_id": "P4", "day": 130.0, "kind": "death"}
    )
    once = usable_trial(faulty)
    twice = usable_trial(once)
    assert all(once.table(name).equals(twice.table(name)) for name in TABLES)
    assert left_out(once) == ()
    assert twice.findings == once.findings


def test_a_finding_is_told_once_by_whoever_found_it(trial, change):
    faulty = change(trial, "assessments", 2, value=49.0)
    found = all_findings(faulty)
    assert [f.id for f in found] == ["score-out-of-range"]
    assert all_findings(replace(faulty, findings=found)) == found
