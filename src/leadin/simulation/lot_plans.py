"""The lots of an arm as the laboratory plans them: how each is made, which dosing days it is for, how long it keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.protocols.lots import planned_lots
from leadin.protocols.product import Manufacturing, Product
from leadin.protocols.protocol import Arm, Protocol

Floats = NDArray[np.float64]

HOURS_PER_DAY = 24.0


@dataclass(frozen=True)
class LotPlan:
    """One lot planned for each participant of an arm.

    number: 1, 2, ... within the arm; its place among the arm's lots is one less. lead_days: from isolation to release
    as planned, 0 for cells from stock. places: positions, among the arm's dosing days, of those that it is for.
    """

    number: int
    lead_days: int
    places: tuple[int, ...]


@dataclass(frozen=True)
class ProductPlan:
    """One product in one arm.

    made: how, None for cells from stock. lots: in order of release. cells (2, d): cells of each dosing day, those
    fixed and those per kg, NaN when the protocol does not say, 0 on days without this product. kept_days: whole days
    that a released lot keeps, infinite when nothing is said. fresh: not frozen, so that a lot waits for its day in
    culture and is released on it. exchangeable: every lot is made for one dosing day, so that the first released
    serves the first of them, whichever it was planned for. alike: every dosing day has the same cells.
    """

    name: str
    made: Manufacturing | None
    lots: tuple[LotPlan, ...]
    cells: Floats
    kept_days: float
    fresh: bool
    exchangeable: bool
    alike: bool

    @property
    def differentiated(self) -> bool:
        """Whether secretion before and after differentiation tells the potency of a lot."""
        return self.made is not None and self.made.differentiation_days > 0


def product_plans(arm: Arm, protocol: Protocol) -> tuple[ProductPlan, ...]:
    """The products of `arm` with their lots, in order of first administration."""
    products = {product.name: product for product in protocol.products}
    days = sorted({dose.day for dose in arm.administrations})
    lots = planned_lots(arm, protocol)
    plans = []
    for name in dict.fromkeys(dose.product for dose in arm.administrations):
        mine = tuple(
            LotPlan(
                number=lot.number,
                lead_days=0 if lot.isolated_day is None else lot.released_day - lot.isolated_day,
                places=tuple(sorted({days.index(arm.administrations[i].day) for i in lot.administrations})),
            )
            for lot in lots
            if lot.product == name
        )
        kept, fresh = _keeping(products[name])
        cells = _cells(arm, name, days)
        plans.append(
            ProductPlan(
                name=name,
                made=products[name].manufacturing,
                lots=mine,
                cells=cells,
                kept_days=kept,
                fresh=fresh,
                exchangeable=products[name].manufacturing is not None and all(len(lot.places) == 1 for lot in mine),
                alike=bool(np.all(cells == cells[:, :1])) or bool(np.isnan(cells).all()),
            )
        )
    return tuple(plans)


def _cells(arm: Arm, product: str, days: list[int]) -> Floats:
    cells = np.zeros((2, len(days)))
    for dose in arm.administrations:
        if dose.product == product:
            place = days.index(dose.day)
            if dose.cells is None:
                cells[:, place] = np.nan
            else:
                cells[int(dose.cells.per == "kg"), place] += dose.cells.amount
    return cells


def _keeping(product: Product) -> tuple[float, bool]:
    """Whole days that a lot keeps, and whether it is given fresh. Where nothing is said, a lot keeps for all the days
    that it is planned for, as the protocol must mean it."""
    made = product.manufacturing
    if made is None:
        return float("inf"), True
    hours = made.shelf_life_hours
    return float("inf") if hours is None else hours // HOURS_PER_DAY, made.cryopreserved is not True
