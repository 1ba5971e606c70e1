"""iCalendar files."""

from __future__ import annotations

import datetime
from datetime import date

import pytest
from icalendar import Calendar

from leadin.protocols.calendar_export import schedule_calendar
from leadin.protocols.library import library_names
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol
from leadin.protocols.schedule import dated_schedule

START = date(2026, 1, 12)
STAMP = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


def calendar(protocol, **kwargs):
    return schedule_calendar(protocol, dated_schedule(protocol, START, **kwargs), STAMP)


def events(protocol, **kwargs):
    return Calendar.from_ical(calendar(protocol, **kwargs)).walk("VEVENT")


@pytest.mark.parametrize("name", library_names())
def test_every_activity_is_an_event_of_its_own(name):
    protocol = load_protocol(name)
    found = events(protocol)
    assert len(found) == len(dated_schedule(protocol, START))
    assert len({str(event["uid"]) for event in found}) == len(found)


def test_an_event_says_what_when_and_within_which_window(protocol):
    lead_in = events(protocol)[1]
    assert str(lead_in["summary"]) == "Visit: lead-in"
    assert lead_in["dtstart"].dt == date(2026, 2, 27)
    assert lead_in["dtend"].dt == date(2026, 2, 28)
    assert lead_in["dtstamp"].dt == STAMP
    assert str(lead_in["uid"]) == "small.20260112.lead-in@leadin"
    assert str(lead_in["description"]) == ("A small trial\nDay -45 from time zero; window 2026-02-20 to 2026-03-06.")
    assert str(lead_in["transp"]) == "TRANSPARENT"


def test_expansion_lasts_until_the_day_after_its_last(protocol):
    expansion = next(event for event in events(protocol) if "Expansion, lot 1" in str(event["summary"]))
    assert (expansion["dtstart"].dt, expansion["dtend"].dt) == (date(2026, 3, 16), date(2026, 4, 14))
    assert str(expansion["summary"]) == "Expansion, lot 1 (arm cells)"
    assert str(expansion["uid"]) == "small.20260112.cells-expansion-1@leadin"


def test_a_day_without_a_window_says_so(protocol):
    injection = next(event for event in events(protocol) if "Injection 1" in str(event["summary"]))
    assert str(injection["description"]).endswith("Day 0 from time zero; on this day only.")


def test_the_calendar_names_itself(protocol):
    head = Calendar.from_ical(calendar(protocol))
    assert (str(head["version"]), str(head["prodid"])) == ("2.0", "-//leadin//schedule//EN")
    assert str(head["calscale"]) == "GREGORIAN"
    assert str(head["x-wr-calname"]) == "A small trial"


def test_the_same_schedule_is_the_same_file(protocol):
    assert calendar(protocol) == calendar(protocol)
    assert b"\r\n" in calendar(protocol)
    assert max(len(line) for line in calendar(protocol).split(b"\r\n")) <= 75


def test_an_event_keeps_its_identifier_when_its_day_changes(small):
    before = {str(event["uid"]) for event in events(Protocol.model_validate(small))}
    small["visits"][3]["day"] = 33
    small["arms"][0]["administrations"][1]["day"] = 28
    assert {str(event["uid"]) for event in events(Protocol.model_validate(small))} == before


def test_no_activities_make_an_empty_calendar(protocol):
    assert Calendar.from_ical(schedule_calendar(protocol, (), STAMP)).walk("VEVENT") == []


def test_visits_that_differ_by_a_sign_are_events_of_their_own(small):
    visits = [{**visit, "name": f"day {visit['day']}"} for visit in small["visits"]]
    uids = [str(event["uid"]) for event in events(Protocol.model_validate({**small, "visits": visits}))]
    assert len(set(uids)) == len(uids)
    assert {"small.20260112.day-minus-91@leadin", "small.20260112.day-91@leadin"} <= set(uids)
