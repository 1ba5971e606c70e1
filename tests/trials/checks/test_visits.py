from __future__ import annotations

import dataclasses

import pytest

from leadin.protocols.protocol import Randomisation
from leadin.trials.finding import Finding


def test_a_visit_that_the_protocol_does_not_schedule(trial, change, find):
    assert find(change(trial, "assessments", 2, visit="Month-3")) == [
        Finding(
            "unknown-visit",
            "warning",
            "assessments",
            (2,),
            "1 assessment at visit 'Month-3' (P1 day 91). Protocol small schedules no such visit; did you mean 'month "
            "3'? Used by its day; correct the name or leave it empty.",
        )
    ]


def test_visits_unlike_any_scheduled_one_finding_each(trial, change, find):
    faulty = change(
        change(change(trial, "assessments", 2, visit="x"), "assessments", 5, visit="y"), "assessments", 8, visit="x"
    )
    assert [(f.id, f.rows) for f in find(faulty)] == [("unknown-visit", (2, 8)), ("unknown-visit", (5,))]
    assert find(faulty)[0].message == (
        "2 assessments at visit 'x' (P1 day 91; P3 day 91). Protocol small schedules no such visit. Used by its day; "
        "correct the name or leave it empty."
    )


def test_an_unscheduled_visit_is_fine(trial, change, find):
    assert find(change(trial, "assessments", 2, visit=None, day=50.0)) == []


@pytest.mark.parametrize(("day", "inside"), [(85.9, False), (86.0, True), (101.0, True), (101.1, False)])
def test_both_ends_of_a_window_belong_to_it(trial, change, find, day, inside):
    found = find(change(trial, "assessments", 2, day=day))
    assert found == (
        []
        if inside
        else [
            Finding(
                "visit-outside-window",
                "warning",
                "assessments",
                (2,),
                f"1 assessment of visit 'month 3' outside days 86 to 101 (P1 day {day:g}). Used by the actual day; "
                "correct the day or the visit.",
            )
        ]
    )


def test_several_assessments_outside_one_window(trial, change, find):
    (finding,) = find(change(change(trial, "assessments", 0, day=-80.0), "assessments", 6, day=-99.0))
    assert finding.rows == (0, 6)
    assert finding.message.startswith(
        "2 assessments of visit 'screening' outside days -98 to -84 (P1 day -80; P3 day -99)."
    )


def test_visits_before_a_late_first_dose_lie_further_back(trial, change, find):
    """P2 was given cells 12 days late, so that his screening lies on day -103; a time zero that comes early is none."""
    assert find(change(trial, "assessments", 3, day=-103.0)) == []
    (finding,) = find(change(trial, "assessments", 3, day=-83.0))
    assert finding.id == "visit-outside-window"


def test_one_delay_must_explain_all_visits_before_the_first_dose(trial, change, add, find):
    visits = (*trial.protocol.visits[:1], trial.protocol.visits[0].model_copy(update={"name": "lead-in", "day": -30}))
    protocol = trial.protocol.model_copy(update={"visits": (*visits, *trial.protocol.visits[1:])})
    trial = dataclasses.replace(trial, protocol=protocol)
    row = {"participant_id": "P2", "measure": "alsfrs_r", "value": 39.0, "visit": "lead-in"}
    late = change(trial, "assessments", 3, day=-103.0)
    assert find(add(late, "assessments", row | {"day": -44.0})) == []
    (finding,) = find(add(late, "assessments", row | {"day": -24.0}))
    assert finding.message.startswith("1 assessment of visit 'lead-in' outside days -37 to -23 (P2 day -24).")


def test_in_a_randomised_trial_visits_stay_where_they_are(trial, change, find):
    how = Randomisation(ratio={"cells": 1, "control": 1})
    trial = dataclasses.replace(trial, protocol=trial.protocol.model_copy(update={"randomisation": how}))
    (finding,) = find(change(trial, "assessments", 3, day=-103.0))
    assert finding.rows == (3,)


def test_one_visit_on_several_days(trial, add, find):
    row = {"participant_id": "P1", "day": 93.0, "measure": "alsfrs_r", "value": 36.0, "visit": "month 3"}
    assert find(add(trial, "assessments", row)) == [
        Finding(
            "visit-twice",
            "warning",
            "assessments",
            (2, 12),
            "2 assessments of a visit recorded on several days (P1 month 3 alsfrs_r day 91; P1 month 3 alsfrs_r day "
            "93). All are used by their day; name the visit once.",
        )
    ]
    assert find(add(trial, "assessments", row | {"measure": "svc_percent"})) == []
    assert find(add(trial, "assessments", row | {"value": None})) == []
    assert find(add(trial, "assessments", row | {"visit": None})) == []
