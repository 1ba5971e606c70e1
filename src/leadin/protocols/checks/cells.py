"""Can the cells be made, and kept, for the days on which they are to be given?"""

from __future__ import annotations

from collections.abc import Iterator

from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.lots import PlannedLot, planned_lots
from leadin.protocols.product import Product
from leadin.protocols.protocol import Arm, Protocol


def cell_findings(protocol: Protocol) -> Iterator[ProtocolFinding]:
    """Findings on isolations, shelf life and doses."""
    products = {product.name: product for product in protocol.products}
    given = {dose.product for arm in protocol.arms for dose in arm.administrations}
    for product in protocol.products:
        field = f"products.{product.name}"
        if product.name not in given:
            yield ProtocolFinding("product-not-given", "warning", field, f"No arm is given {product.name}.")
        elif product.manufacturing is None and product.origin == "autologous":
            message = f"How {product.name} is made is not said, so the schedule shows no isolation."
            yield ProtocolFinding("manufacturing-not-said", "note", field, message)
    for arm in protocol.arms:
        lots = planned_lots(arm, protocol)
        for lot in lots:
            yield from _isolation(lot, arm, protocol)
            yield from _keeping(lot, arm, products[lot.product])
        yield from _before_allocation(lots, arm, protocol)
        yield from _spare_isolations(lots, arm, products)
        yield from _unsaid_doses(arm)


def _isolation(lot: PlannedLot, arm: Arm, protocol: Protocol) -> Iterator[ProtocolFinding]:
    first = protocol.visits[0]
    if lot.isolated_day is not None and lot.isolated_day < first.day:
        yield ProtocolFinding(
            "isolation-before-first-visit",
            "warning",
            f"products.{lot.product}.manufacturing",
            f"Arm {arm.name}: the isolation for lot {lot.number} would be on day {lot.isolated_day}, "
            f"{_count(first.day - lot.isolated_day, 'day')} before the first visit ({first.name}, day {first.day}). "
            "Shorten the culture or lengthen the lead-in.",
        )


def _before_allocation(lots: tuple[PlannedLot, ...], arm: Arm, protocol: Protocol) -> Iterator[ProtocolFinding]:
    """Cells isolated before it is known who will get them."""
    baseline, how = protocol.baseline_visit, protocol.randomisation
    if how is not None and how.day is not None:
        yield from _waiting_for_allocation(lots, arm, how.day)
        return
    if how is None or how.at != "baseline" or baseline is None:
        return
    early = [str(lot.isolated_day) for lot in lots if lot.isolated_day is not None and lot.isolated_day < baseline.day]
    if early:
        yield ProtocolFinding(
            "isolation-before-randomisation",
            "note",
            "randomisation.at",
            f"Arm {arm.name}: cells are isolated on day {' and '.join(early)}, before randomisation at baseline (day "
            f"{baseline.day}), so every participant would have to undergo it.",
        )


def _waiting_for_allocation(lots: tuple[PlannedLot, ...], arm: Arm, day: int) -> Iterator[ProtocolFinding]:
    early = [str(lot.isolated_day) for lot in lots if lot.isolated_day is not None and lot.isolated_day < day]
    if early:
        yield ProtocolFinding(
            "isolation-before-randomisation",
            "note",
            "randomisation.day",
            f"Arm {arm.name}: cells are to be isolated on day {' and '.join(early)}, before randomisation on day "
            f"{day}: the isolation waits for it, and the cells come late.",
        )


def _keeping(lot: PlannedLot, arm: Arm, product: Product) -> Iterator[ProtocolFinding]:
    """Does a lot keep until the last dose that it serves?"""
    made = product.manufacturing
    kept = max(arm.administrations[position].day for position in lot.administrations) - lot.released_day
    if made is None or kept == 0:
        return
    start = f"Arm {arm.name}: lot {lot.number} is given until {_count(kept, 'day')} after its release"
    field = f"products.{product.name}.manufacturing.shelf_life_hours"
    if made.shelf_life_hours is not None and kept * 24 > made.shelf_life_hours:
        yield ProtocolFinding(
            "lot-outlives-shelf-life",
            "warning",
            field,
            f"{start}, but keeps for {made.shelf_life_hours:g} hours. Plan more isolations, or freeze the cells.",
        )
    elif made.shelf_life_hours is None and made.cryopreserved is not True:
        yield ProtocolFinding(
            "shelf-life-not-said",
            "warning",
            field,
            f"{start}, and nothing says that it keeps so long. Write shelf_life_hours or cryopreserved: true, or plan "
            "more isolations.",
        )


def _spare_isolations(
    lots: tuple[PlannedLot, ...], arm: Arm, products: dict[str, Product]
) -> Iterator[ProtocolFinding]:
    for name in dict.fromkeys(lot.product for lot in lots):
        made = products[name].manufacturing
        used = sum(lot.product == name for lot in lots)
        if made is not None and made.isolations > used:
            yield ProtocolFinding(
                "more-isolations-than-doses",
                "note",
                f"products.{name}.manufacturing.isolations",
                f"Arm {arm.name}: {made.isolations} isolations are planned for {_count(used, 'dosing day')}; the "
                f"schedule shows {used}.",
            )


def _unsaid_doses(arm: Arm) -> Iterator[ProtocolFinding]:
    unsaid = [str(dose.day) for dose in arm.administrations if dose.cells is None]
    if unsaid:
        yield ProtocolFinding(
            "dose-not-said",
            "note",
            f"arms.{arm.name}.administrations",
            f"Arm {arm.name}: the number of cells is not said on day {', '.join(unsaid)}.",
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
