from __future__ import annotations

from dataclasses import replace

from leadin.trials.checks import check_trial
from leadin.trials.finding import Finding
from leadin.trials.under_protocol import under_protocol

NOTE = Finding("no-protocol", "note", "", (), "The folder has no protocol.json.")
CHANGED = Finding("changed-since-written", "warning", "events", (), "events.csv is not as it was written.")


def test_the_findings_are_those_under_the_new_protocol(trial, change, protocol):
    late = change(change(trial, "assessments", 2, day=110.0), "assessments", 0, value=49.0)
    read = replace(late, findings=(CHANGED, *check_trial(late)))
    assert [f.id for f in read.findings] == ["changed-since-written", "score-out-of-range", "visit-outside-window"]
    wide = protocol.model_copy(
        update={"visits": tuple(visit.model_copy(update={"days_late": 60}) for visit in protocol.visits)}
    )
    held = under_protocol(read, wide)
    assert held.protocol is wide
    assert [f.id for f in held.findings] == ["changed-since-written", "score-out-of-range"]
    assert held.findings[0] is CHANGED
    assert under_protocol(held, protocol).findings == read.findings
    assert held.manifest == read.manifest


def test_a_trial_without_a_protocol_gets_one(trial, change, protocol):
    bare = replace(change(trial, "assessments", 2, day=110.0), protocol=None, findings=(NOTE,))
    held = under_protocol(bare, protocol)
    assert [f.id for f in held.findings] == ["visit-outside-window"]
