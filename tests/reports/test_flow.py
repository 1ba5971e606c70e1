"""The CONSORT diagram counts everybody once and says why people left."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from leadin.reports.arms import report_arms
from leadin.reports.courses import courses
from leadin.reports.drawing import PAGE_WIDTH
from leadin.reports.flow import Box, flow_figure, flow_finding, participant_flow


def flow_of(trial, reference=None, **known):
    return participant_flow(report_arms(trial, reference), courses(trial), **known)


def test_every_stage_is_counted(two_arms):
    flow = flow_of(
        two_arms(),
        "control",
        cells_planned={"cells": 2, "control": 0},
        analysed={"cells": 5, "control": 6},
        analysis="broken-stick model",
    )
    assert flow.before == ((Box("Screened", 12), None), (Box("Enrolled", 12), None), (Box("Randomised", 12), None))
    (cells, treated), (control, untreated) = flow.columns
    assert (cells.name, control.name) == ("cells", "control")
    assert treated == (
        Box("cells", 6),
        Box("Cells released for", 6, ("lots started: 12",)),
        Box("Given cells", 6, ("all 2: 6",)),
        Box("Followed to the end", 5, ("died: 1",)),
        Box("In the broken-stick model", 5),
    )
    assert untreated == (
        Box("control", 6),
        None,
        Box("Given cells", 0, ("none planned",)),
        Box("Followed to the end", 5, ("withdrew: 1",)),
        Box("In the broken-stick model", 6),
    )


def test_those_who_never_entered_and_those_who_left_before_allocation(build):
    people = {"a": "x", "b": "y", "c": None, "d": None, "e": None}
    events = [
        *({"participant_id": p, "day": -90.0, "kind": "screened"} for p in people),
        *({"participant_id": p, "day": -90.0, "kind": "enrolled"} for p in "abd"),
        {"participant_id": "c", "day": -90.0, "kind": "screen_failure", "detail": "not met: age_years at most 75"},
        {"participant_id": "d", "day": -10.0, "kind": "death"},
        {"participant_id": "e", "day": -80.0, "kind": "screen_failure"},
    ]
    flow = flow_of(
        build(participants=[{"participant_id": p, "arm": a} for p, a in people.items()], events=events),
    )
    assert flow.before == (
        (Box("Screened", 5), Box("Not enrolled", 2, ("age (years) at most 75: 1", "reason not recorded: 1"))),
        (Box("Enrolled", 3), Box("Left before allocation", 1, ("died: 1",))),
        (Box("Allocated to an arm", 2), None),
    )


def test_doses_that_were_not_given_say_why(build):
    doses = {"a": (0.0, 26.0), "b": (0.0,), "c": (), "d": (), "e": ()}
    trial = build(
        participants=[{"participant_id": p, "arm": "cells"} for p in doses],
        lots=[
            {"lot_id": "1", "participant_id": "a", "outcome": "released"},
            {"lot_id": "2", "participant_id": "c", "outcome": "rejected: sterility"},
        ],
        administrations=[
            {"participant_id": p, "day": day, "route": "iv", "lot_id": "1"} for p, days in doses.items() for day in days
        ],
        events=[
            {"participant_id": "c", "day": 0.0, "kind": "not_dosed", "detail": "no lot released"},
            {"participant_id": "d", "day": -5.0, "kind": "death"},
            {"participant_id": "b", "day": 20.0, "kind": "death"},
        ],
    )
    (_, boxes), *_ = flow_of(trial, cells_planned={"cells": 2}).columns
    assert boxes[1] == Box("Cells released for", 1, ("lots started: 2", "rejected: sterility: 1"))
    assert boxes[2] == Box(
        "Given cells",
        2,
        ("all 2: 1", "1 of 2: 1", "not dosed: 3", "no lot released: 1", "died before: 1", "reason not recorded: 1"),
    )
    assert boxes[3] == Box("Followed to the end", 0, ("died: 2, 1 of them before dosing", "end not recorded: 3"))


def test_an_arm_that_the_analysis_could_not_use_counts_nobody(two_arms):
    flow = flow_of(two_arms(), "control", analysed={"control": 6})
    assert [boxes[-1].n for _, boxes in flow.columns] == [0, 6]
    assert all(boxes[-1].title != "In the main analysis" for _, boxes in flow_of(two_arms()).columns)


def test_a_trial_that_gives_no_cells_has_no_such_stage(build):
    people = [{"participant_id": p, "arm": p} for p in "ab"]
    flow = flow_of(build(participants=people), cells_planned={"a": 0, "b": 0})
    assert [[box.title for box in boxes] for _, boxes in flow.columns] == [["a", "Followed"], ["b", "Followed"]]


def test_a_trial_that_records_nothing_says_so(one_arm):
    flow = flow_of(one_arm())
    assert flow.before == ((Box("In the tables", 5), None),)
    assert flow.columns[0][1] == (Box("All participants", 5), Box("Followed", 5, ("end of follow-up not recorded",)))


def test_at_most_six_reasons_and_the_rest_together(build):
    people = [{"participant_id": str(k)} for k in range(20)]
    events = [
        {"participant_id": str(k), "day": 0.0, "kind": "screen_failure", "detail": f"reason {k % 9}"} for k in range(19)
    ]
    out = flow_of(build(participants=people, events=[])).before[0][1]
    assert out is None
    trial = build(
        participants=[{**p, "arm": "x" if p["participant_id"] == "19" else None} for p in people], events=events
    )
    box = flow_of(trial).before[0][1]
    assert box.n == 19
    assert box.lines[-1] == "other reasons: 6"
    assert len(box.lines) == 7


def test_the_finding_holds_every_count(two_arms):
    flow = flow_of(two_arms(), "control", analysed={"cells": 5, "control": 6}, analysis="random-slope model")
    assert flow_finding(flow) == (
        "Screened 12; Enrolled 12; Randomised 12. "
        "cells: 6; cells released for 6 (lots started: 12); given cells 6 (all 2: 6); followed to the end 5 (died: 1); "
        "in the random-slope model 5. "
        "control: 6; followed to the end 5 (withdrew: 1); in the random-slope model 6."
    )


def test_the_picture_stays_on_the_page_with_one_to_six_arms(two_arms, build):
    for n in (1, 2, 3, 6):
        people = [{"participant_id": f"{k}", "arm": f"arm with a long name {k % n}"} for k in range(12)]
        picture = flow_figure(flow_of(build(participants=people)))
        root = ElementTree.fromstring(picture.svg)
        paths = [e.get("d") for e in root.iter("{http://www.w3.org/2000/svg}path") if e.get("d")]
        xs = [
            float(x) for d in paths for x in d.replace("L", "M").replace("z", "").split("M")[1:] for x in x.split()[:1]
        ]
        assert min(xs) >= 0
        assert max(xs) <= PAGE_WIDTH
        assert picture.finding in root.find("{http://www.w3.org/2000/svg}desc").text


def test_a_name_that_looks_like_markup_is_a_name(two_arms):
    picture = flow_figure(flow_of(two_arms(cells='<b onclick="x">&', control="$a$")))
    ElementTree.fromstring(picture.svg)
    assert "<b onclick" not in picture.svg
    assert replace(picture, svg="").title == "Participant flow"
