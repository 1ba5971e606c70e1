"""Which lots of cells a protocol plans, when each is isolated, harvested and released, and which doses it serves."""

from __future__ import annotations

from dataclasses import dataclass

from leadin.protocols.product import Administration, Manufacturing
from leadin.protocols.protocol import Arm, Protocol


@dataclass(frozen=True)
class PlannedLot:
    """One lot planned for each participant of an arm; days are whole days from time zero.

    number: 1, 2, ... within the arm, in order of release. isolated_day and harvested_day are None for cells that are
    not made for the participant (off-the-shelf, or a source that does not say how they were made). released_day: the
    day of the first dose that the lot serves. administrations: positions in `arm.administrations` that it serves.
    """

    number: int
    product: str
    isolated_day: int | None
    harvested_day: int | None
    released_day: int
    administrations: tuple[int, ...]


def planned_lots(arm: Arm, protocol: Protocol) -> tuple[PlannedLot, ...]:
    """The lots that one participant of `arm` needs, in order of release; none when the arm is given no cells.

    All administrations of a product on one day share a lot. Made cells: isolated so that expansion, differentiation and
    release tests end on the dosing day; with as many isolations as dosing days each day has its own lot, with fewer the
    last lot serves the remaining days. Cells from stock: one lot a dosing day.
    """
    manufacturing = {product.name: product.manufacturing for product in protocol.products}
    drafts: list[tuple[int, str, tuple[int, ...]]] = []
    for product in dict.fromkeys(dose.product for dose in arm.administrations):
        for day, doses in _served(arm.administrations, product, manufacturing.get(product)):
            drafts.append((day, product, doses))
    drafts.sort(key=lambda draft: (draft[0], draft[2]))
    return tuple(
        _lot(number, product, day, doses, manufacturing.get(product))
        for number, (day, product, doses) in enumerate(drafts, start=1)
    )


def _served(
    administrations: tuple[Administration, ...], product: str, made: Manufacturing | None
) -> list[tuple[int, tuple[int, ...]]]:
    """The day of the first dose and the positions of all doses of each lot of `product`."""
    by_day: dict[int, tuple[int, ...]] = {}
    for position, dose in enumerate(administrations):
        if dose.product == product:
            by_day[dose.day] = (*by_day.get(dose.day, ()), position)
    days = sorted(by_day)
    lots = len(days) if made is None else min(made.isolations, len(days))
    served = [(day, by_day[day]) for day in days[:lots]]
    first, doses = served[-1]
    served[-1] = (first, doses + tuple(position for day in days[lots:] for position in by_day[day]))
    return served


def _lot(number: int, product: str, day: int, doses: tuple[int, ...], made: Manufacturing | None) -> PlannedLot:
    harvested = None if made is None else day - made.release_days - made.differentiation_days
    isolated = None if made is None or harvested is None else harvested - made.expansion_days
    return PlannedLot(number, product, isolated, harvested, day, doses)
