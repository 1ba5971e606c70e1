"""The twelve items behind every ALSFRS-R total that a simulated trial records."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.disease.items import ItemPlaces, items_of_totals
from leadin.disease.population import Population
from leadin.engine.draws import Draws

Floats = NDArray[np.float64]

BLOCK = 4096
"""Participants at a time, so that 100,000 of them need no more memory than the table itself."""


def item_scores(order: ItemPlaces, totals: Floats, population: Population, draws: Draws) -> Floats:
    """Items (m, 12) of the m totals recorded, those of totals (n, k) that are not NaN, row by row."""
    parts = [np.empty((0, 12))]
    for start in range(0, totals.shape[0], BLOCK):
        block = totals[start : start + BLOCK]
        normals = draws.normal("items/visit", *block.shape, 12)
        items = items_of_totals(order.places[start : start + BLOCK], block, population.items.visit_sd, normals)
        parts.append(items[np.isfinite(block)])
    return np.concatenate(parts)
