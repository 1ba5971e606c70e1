"""Are there clean-room slots enough for the cultures of one participant, and of all who are enrolled?"""

from __future__ import annotations

from collections.abc import Iterator

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
            at_once = max((sum(begin <= day < end for begin, end in cultures) for day, _ in cultures), default=0)
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
