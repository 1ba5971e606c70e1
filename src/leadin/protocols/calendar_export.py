"""A dated schedule as an iCalendar file (RFC 5545), which calendars on desks and phones read."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from leadin.protocols.protocol import Protocol
from leadin.protocols.schedule import ScheduledActivity


def schedule_calendar(protocol: Protocol, activities: Sequence[ScheduledActivity], stamp: datetime.datetime) -> bytes:
    """The activities as all-day events; same arguments, same bytes.

    stamp: when the calendar was made, in UTC; the format wants it on every event. An event keeps its identifier when
    its day changes, so that importing again moves it instead of doubling it.
    """
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//leadin//schedule//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", protocol.title)
    start = min((activity.date for activity in activities), default=stamp.date())
    for activity in activities:
        event = Event()
        event.add("uid", f"{_plain(protocol.name)}.{start:%Y%m%d}.{_plain(activity.key)}@leadin")
        event.add("dtstamp", stamp)
        event.add("dtstart", activity.date)
        # The end of an all-day event is the first day after it.
        event.add("dtend", activity.last_date + datetime.timedelta(days=1))
        event.add("summary", _summary(activity))
        event.add("description", _description(protocol, activity))
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _summary(activity: ScheduledActivity) -> str:
    label = f"Visit: {activity.label}" if activity.kind == "visit" else activity.label.capitalize()
    return label if activity.arm is None else f"{label} (arm {activity.arm})"


def _description(protocol: Protocol, activity: ScheduledActivity) -> str:
    window = "on this day only"
    if activity.earliest != activity.latest:
        window = f"window {activity.earliest:%Y-%m-%d} to {activity.latest:%Y-%m-%d}"
    return f"{protocol.title}\nDay {activity.day} from time zero; {window}."


def _plain(text: str) -> str:
    """Letters, digits and dashes only; a sign is spelled, or months -3 and 3 would be one event."""
    signed = re.sub(r"(?<![a-z0-9])-(?=[0-9])", "minus ", text.lower())
    return re.sub(r"[^a-z0-9]+", "-", signed).strip("-")
