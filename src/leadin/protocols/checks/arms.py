"""Do arms, control and randomisation fit together?"""

from __future__ import annotations

from collections.abc import Iterator

from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.protocol import Protocol


def arm_findings(protocol: Protocol) -> Iterator[ProtocolFinding]:
    """Findings on arms and how participants reach them."""
    if sum(arm.planned for arm in protocol.arms) == 0:
        message = "No arm has participants. Write planned: with a number above 0."
        yield ProtocolFinding("nobody-planned", "warning", "arms", message)
    if protocol.control_arm is None:
        yield ProtocolFinding(
            "no-control",
            "note",
            "arms",
            "No arm is a control: a change after the injection holds regression to the mean beside any effect.",
        )
    if protocol.randomisation is None and len(protocol.arms) > 1:
        message = "Participants are not randomised: differences between arms hold differences between people."
        yield ProtocolFinding("not-randomised", "note", "randomisation", message)
    if protocol.randomisation is not None:
        for arm in protocol.arms:
            if arm.name not in protocol.randomisation.ratio:
                yield ProtocolFinding(
                    "arm-without-ratio",
                    "warning",
                    "randomisation.ratio",
                    f"Arm {arm.name} has no share in the allocation ratio, so nobody reaches it by randomisation. Add "
                    f"'{arm.name}:' to the ratio.",
                )
        yield from _allocation_day(protocol)
        if protocol.masking == "unknown":
            yield ProtocolFinding("masking-unknown", "note", "masking", "Who knew the arms is not said.")


def _allocation_day(protocol: Protocol) -> Iterator[ProtocolFinding]:
    day = None if protocol.randomisation is None else protocol.randomisation.day
    first = protocol.visits[0]
    if day is not None and day < min(first.day, 0):
        yield ProtocolFinding(
            "allocation-before-first-visit",
            "warning",
            "randomisation.day",
            f"Allocation on day {day} lies before the first visit ({first.name}, day {first.day}). Move it into the "
            "lead-in.",
        )
