"""A day of allocation of its own: what may be judged then, what waits for it, and how it is shown."""

from __future__ import annotations

import datetime

import pytest

from leadin.errors import ProtocolError
from leadin.protocols.activities import schedule_of_activities
from leadin.protocols.check import check_protocol
from leadin.protocols.coverage import uncovered
from leadin.protocols.entry import registry_entry
from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol
from leadin.protocols.schedule import dated_schedule


def allocated(small, day=-45, **criterion) -> Protocol:
    small["randomisation"]["day"] = day
    if criterion:
        small["eligibility"] = {"criteria": [{"minimum": 1, "at": "allocation", **criterion}]}
    return Protocol.model_validate(small)


def findings(protocol):
    return [finding for finding in check_protocol(protocol) if finding.id != "no-sources"]


def marks(protocol, label):
    table = schedule_of_activities(protocol)
    row = next(row for row in table.rows if row.label == label)
    return {column.day: mark for column, mark in zip(table.columns, row.marks, strict=True) if mark}


def test_the_visit_of_allocation_is_the_last_at_or_before_its_day(small):
    names = {day: allocated(small, day).allocation_visit for day in (-92, -91, -46, -45, -1, 0)}
    assert [visit and visit.name for visit in names.values()] == [
        None,
        "screening",
        "screening",
        "lead-in",
        "lead-in",
        "baseline",
    ]
    del small["randomisation"]["day"]
    assert Protocol.model_validate(small).allocation_visit is None


def test_isolations_after_allocation_are_fine(small):
    assert findings(allocated(small, -28)) == []
    assert findings(allocated(small, -45)) == []


def test_isolations_before_allocation_wait(small):
    assert findings(allocated(small, -20)) == [
        ProtocolFinding(
            "isolation-before-randomisation",
            "note",
            "randomisation.day",
            "Arm cells: cells are to be isolated on day -28, before randomisation on day -20: the isolation waits for "
            "it, and the cells come late.",
        )
    ]


def test_allocation_before_the_first_visit(small):
    assert findings(allocated(small, -92)) == [
        ProtocolFinding(
            "allocation-before-first-visit",
            "warning",
            "randomisation.day",
            "Allocation on day -92 lies before the first visit (screening, day -91). Move it into the lead-in.",
        )
    ]
    assert findings(allocated(small, -91)) == []


def test_a_criterion_at_allocation_needs_its_day(small, yaml_file):
    small["eligibility"] = {"criteria": [{"variable": "alsfrs_r", "at": "allocation", "minimum": 30}]}
    with pytest.raises(ValueError, match=r"eligibility\.criteria\[0\]\.at: expected a day of allocation"):
        Protocol.model_validate(small)
    small.pop("randomisation")
    with pytest.raises(ValueError, match=r"randomisation\.day, at which to judge it; got none"):
        Protocol.model_validate(small)


def test_the_error_is_one_sentence_with_its_line(yaml_file):
    text = (
        "name: t\ntitle: t\nsummary: s\nmasking: unknown\nlead_in_months: 1\nfollow_up_months: 1\n"
        "arms: [{name: a, label: A, role: treatment, planned: 1}]\n"
        "visits: [{name: v, day: 0, measures: [alsfrs_r]}]\n"
        "eligibility:\n  criteria:\n    - {variable: alsfrs_r, at: allocation, minimum: 30}\n"
    )
    with pytest.raises(ProtocolError) as caught:
        load_protocol(yaml_file(text))
    assert str(caught.value) == (
        "eligibility.criteria[0].at: expected a day of allocation in randomisation.day, at which to judge it; got none "
        "(trial.yaml, line 11). Write randomisation.day, or 'at: screening' or 'at: baseline'."
    )


def test_criteria_at_allocation_are_checked_against_its_visit(small):
    assert findings(allocated(small, variable="alsfrs_r")) == []
    (finding,) = findings(allocated(small, variable="weight_kg"))
    assert (
        finding.message == "weight_kg is judged at allocation, but lead-in does not measure it. Add it to that visit."
    )
    assert "there is no allocation visit" in findings(allocated(small, -92, variable="alsfrs_r"))[1].message


def test_a_loss_up_to_allocation_needs_two_visits(small):
    assert findings(allocated(small, variable="alsfrs_r_lost_in_lead_in")) == []
    (finding,) = findings(allocated(small, -60, variable="alsfrs_r_lost_in_lead_in"))
    assert finding.message == (
        "A loss in the lead-in needs two visits up to allocation. Add one, or remove the criterion."
    )


def test_allocation_in_the_schedule_of_activities(small):
    assert marks(allocated(small), "Randomisation") == {-45: "X"}
    between = allocated(small, -30, variable="alsfrs_r")
    assert marks(between, "Randomisation") == {-30: "X"}
    assert marks(between, "Eligibility") == {-91: "X", -45: "X"}
    columns = {column.day: column for column in schedule_of_activities(between).columns}
    assert (columns[-30].name, columns[-30].window()) == ("allocation", "")


def test_allocation_in_the_dated_schedule(small):
    activities = dated_schedule(allocated(small, -30), datetime.date(2026, 1, 12))
    (it,) = [activity for activity in activities if activity.kind == "randomisation"]
    assert (it.day, it.date, it.arm, it.key) == (-30, datetime.date(2026, 3, 14), None, "day of allocation")


def test_allocation_as_people_read_it(small):
    design = dict(next(section.rows for section in registry_entry(allocated(small)) if section.heading == "Design"))
    assert design["Allocation"] == "randomised 1:1 (cells:control), on day -45"


def test_a_day_takes_the_place_of_at(small):
    small["sources"] = [{"id": "s", "citation": "Someone"}]
    assert "randomisation.at" in uncovered(Protocol.model_validate(small))
    found = uncovered(allocated(small))
    assert "randomisation.day" in found
    assert "randomisation.at" not in found
