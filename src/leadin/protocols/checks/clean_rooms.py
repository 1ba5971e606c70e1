"""Are there clean-room slots enough for the cultures of one participant, and of all who are enrolled?"""

from __future__ import annotations

from collections.abc import Iterator

from leadin.errors import UsageError
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.lots import planned_lots
from leadin.protocols.protocol import Arm, Protocol

Spans = list[tuple[int, int]]


def clean_room_findings(protocol: Protocol) -> Iterator[ProtocolFinding]:
    """Findings on products that are made in a limited number of slots."""
    for product in protocol.products:
        slots = None if product.manufacturing is None else product.manufacturing.clean_room_slots
        if slots is None:
            continue
        field = f"products.{product.name}.manufacturing.clean_room_slots"
        there = f"there {'is 1 slot' if slots == 1 else f'are {slots} slots'}"
        spans = {arm.name: _spans(arm, product.name, protocol) for arm in protocol.arms}
        for name, cultures in spans.items():
            at_once = _most_at_once(cultures)
            if at_once > slots:
                yield ProtocolFinding(
                    "too-few-clean-room-slots",
                    "warning",
                    field,
                    f"Arm {name}: {at_once} cultures of one participant run at one time, but {there}, so doses come "
                    "late. Plan more slots, or longer intervals.",
                )
        busy = _busy(spans, protocol)
        if busy > slots:
            yield ProtocolFinding(
                "clean-room-overbooked",
                "warning",
                field,
                f"At {protocol.accrual_per_month:g} participants enrolled per month, {busy:.1f} cultures run at one "
                f"time, but {there}, so participants wait ever longer. Plan more slots, or enrol more slowly.",
            )


def refuse_too_few_slots(protocol: Protocol) -> None:
    """Raises UsageError where one participant's own cultures need more clean-room slots at one time than there are:
    with doses closer to one another than a culture takes, not even the first participant could be given them as
    planned."""
    for product in protocol.products:
        made = product.manufacturing
        if made is None or made.clean_room_slots is None:
            continue
        for arm in protocol.arms:
            needed = _most_at_once(_spans(arm, product.name, protocol))
            if needed > made.clean_room_slots:
                days = made.expansion_days + made.differentiation_days + made.release_days
                raise UsageError(
                    f"products.{product.name}.manufacturing.clean_room_slots: expected at least {needed}, the cultures "
                    f"that one participant of arm {arm.name} has at one time, because doses are planned closer to one "
                    f"another than the {days} days a culture takes; got {made.clean_room_slots}. Plan more slots, or "
                    "longer intervals."
                )


def _most_at_once(cultures: Spans) -> int:
    return max((sum(begin <= day < end for begin, end in cultures) for day, _ in cultures), default=0)


def _spans(arm: Arm, product: str, protocol: Protocol) -> Spans:
    """First and last day in culture of each lot of one participant."""
    return [
        (lot.isolated_day, lot.released_day)
        for lot in planned_lots(arm, protocol)
        if lot.product == product and lot.isolated_day is not None
    ]


def _busy(spans: dict[str, Spans], protocol: Protocol) -> float:
    """Cultures that run at one time on average; 0 where the protocol does not say how many are enrolled per month."""
    planned = sum(arm.planned for arm in protocol.arms)
    if protocol.accrual_per_month is None or not planned:
        return 0.0
    days = sum(arm.planned * sum(end - begin for begin, end in spans[arm.name]) for arm in protocol.arms) / planned
    return protocol.accrual_per_month * days / DAYS_PER_MONTH
