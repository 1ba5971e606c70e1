"""Do the visits lie within lead-in and follow-up, and apart from each other?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from leadin.months import DAYS_PER_MONTH
from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.protocol import Protocol

_GAP_DAYS = 31
"""A follow-up that goes on for more than a month after its last visit is looked at."""


def visit_findings(protocol: Protocol) -> Iterator[ProtocolFinding]:
    """Findings on the days and windows of visits. Months are rounded up to whole days."""
    start = -math.ceil(protocol.lead_in_months * DAYS_PER_MONTH)
    end = math.ceil(protocol.follow_up_months * DAYS_PER_MONTH)
    for visit in protocol.visits:
        field = f"visits.{visit.name}.day"
        if visit.day < start:
            yield ProtocolFinding(
                "visit-before-lead-in",
                "warning",
                field,
                f"{visit.name} on day {visit.day} lies before the lead-in of {protocol.lead_in_months:g} months, which "
                f"begins on day {start}. Move it, or write a longer lead_in_months.",
            )
        if visit.day > end:
            yield ProtocolFinding(
                "visit-beyond-follow-up",
                "warning",
                field,
                f"{visit.name} on day {visit.day} lies beyond the follow-up of {protocol.follow_up_months:g} months, "
                f"which ends on day {end}. Move it, or write a longer follow_up_months.",
            )
    yield from _ends(protocol, start, end)
    yield from _overlaps(protocol)


def _ends(protocol: Protocol, start: int, end: int) -> Iterator[ProtocolFinding]:
    first, last = protocol.visits[0], protocol.visits[-1]
    if protocol.baseline_visit is None:
        yield ProtocolFinding(
            "no-baseline-visit",
            "warning",
            "visits",
            f"The first visit is on day {first.day}, so nothing is measured before the first injection. Add a visit on "
            "day 0 or before.",
        )
    elif first.day - start > _GAP_DAYS:
        yield ProtocolFinding(
            "lead-in-without-visit",
            "warning",
            "lead_in_months",
            f"The lead-in begins on day {start}, but the first visit is on day {first.day}. Add a visit, or write a "
            "shorter lead_in_months.",
        )
    if end - last.day > _GAP_DAYS:
        yield ProtocolFinding(
            "follow-up-without-visit",
            "note",
            "follow_up_months",
            f"The follow-up ends on day {end}, but the last visit is on day {last.day}.",
        )


def _overlaps(protocol: Protocol) -> Iterator[ProtocolFinding]:
    for one, other in pairwise(protocol.visits):
        closes, opens = one.day + one.days_late, other.day - other.days_early
        if closes >= opens:
            yield ProtocolFinding(
                "windows-overlap",
                "warning",
                f"visits.{other.name}",
                f"The window of {one.name} closes on day {closes}, that of {other.name} opens on day {opens}: an "
                "assessment in between could be either. Narrow the windows.",
            )
