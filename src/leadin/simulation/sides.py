"""Which side of the body the cells of a dose are for, where a protocol treats one side alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from leadin.disease.effect import BODY, LEFT, RIGHT
from leadin.protocols.product import Administration
from leadin.protocols.protocol import Arm

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

EITHER = 3
PLACES = {None: BODY, "left": LEFT, "right": RIGHT, "either": EITHER}


def side_shares(arm: Arm) -> Floats:
    """Shares (d, 4) of the cells of each dosing day that are for the BODY, its LEFT, its RIGHT or EITHER side.

    The administrations of one day share it by their cells where all say them alike, else equally.
    """
    days = sorted({dose.day for dose in arm.administrations})
    shares = np.zeros((len(days), 4))
    for row, day in enumerate(days):
        together = [dose for dose in arm.administrations if dose.day == day]
        for dose, share in zip(together, _shares(together), strict=True):
            shares[row, PLACES[dose.side]] += share
    return shares


def _shares(together: Sequence[Administration]) -> list[float]:
    cells = [dose.cells for dose in together]
    amounts = [said.amount for said in cells if said is not None]
    if len(amounts) < len(cells) or len({said.per for said in cells if said is not None}) > 1:
        return [1.0 / len(cells)] * len(cells)
    return [amount / sum(amounts) for amount in amounts]


def sides_of_doses(arm: NDArray[np.int64], shares: Sequence[Floats], most_doses: int, left: Flags) -> Floats | None:
    """Shares (n, d, 3) of each participant's doses that act on BODY, LEFT and RIGHT; None when every dose is for the
    whole body. arm (n,): position of the arm; shares: of each arm; left (n,): whose EITHER side is the left."""
    if all((of_arm[:, BODY] == 1.0).all() for of_arm in shares):
        return None
    sides = np.zeros((arm.size, most_doses, 3))
    for position, of_arm in enumerate(shares):
        rows = np.flatnonzero(arm == position)
        sides[rows, : len(of_arm)] = of_arm[:, :3]
        for place, drawn in ((LEFT, left), (RIGHT, ~left)):
            sides[rows[drawn[rows]], : len(of_arm), place] += of_arm[:, EITHER]
    return sides
