"""What `leadin schedule` prints and writes."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from leadin.cli.text_table import table
from leadin.errors import UsageError
from leadin.protocols.calendar_export import schedule_calendar
from leadin.protocols.problems import shown
from leadin.protocols.protocol import Protocol
from leadin.protocols.schedule import ScheduledActivity


def parse_date(text: str) -> datetime.date:
    """The day written as 2026-01-12; UsageError for anything else."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) is None:
            raise ValueError(text)
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"--start: expected a date that exists, as year-month-day; got {shown(text)}. Write it like 2026-01-12."
        ) from error


def schedule_lines(protocol: Protocol, activities: Sequence[ScheduledActivity], width: int) -> list[str]:
    """A heading and one row an activity; the same activity of several arms stands once."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for it in activities:
        row = (f"{it.date:%a} {it.date}", _until(it), _window(it), str(it.day), it.label)
        rows.setdefault(row, []).append(it.arm or "")
    several = len(protocol.arms) > 1
    listed = [
        (*row[:4], f"{row[4]} [{', '.join(arms)}]" if several and arms[0] else row[4]) for row, arms in rows.items()
    ]
    header = ("Date", "Until", "Window", "Day", "What" + (" [arm]" if several else ""))
    return [protocol.title, "", *table(header, listed, width)]


def _until(it: ScheduledActivity) -> str:
    return "" if it.last_date == it.date else str(it.last_date)


def _window(it: ScheduledActivity) -> str:
    if it.earliest == it.latest:
        return ""
    return (
        f"{it.earliest} to {it.latest:%m-%d}" if it.earliest.year == it.latest.year else f"{it.earliest} to {it.latest}"
    )


def calendar_text(protocol: Protocol, activities: Sequence[ScheduledActivity], first: datetime.date) -> str:
    """The iCalendar file. It is stamped with the start, so that the same schedule is the same file."""
    stamp = datetime.datetime.combine(first, datetime.time(), tzinfo=datetime.UTC)
    return schedule_calendar(protocol, activities, stamp).decode()
