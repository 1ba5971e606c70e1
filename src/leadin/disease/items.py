"""The twelve items behind an ALSFRS-R total: which of the 48 points are lost first.

Each item has four points to lose, one level each. Level l of item j of participant i is lost at the place

    place(i, j, l) = l + lag of the item's domain, given the region of onset
                       + lag of the item
                       + the participant's own part: of the region, of arms or legs, of the item

A participant with a total of Y has lost the 48 - Y points whose places come first. So the items always add up to the
total, an item is never below 0 or above 4, decline spreads from the region of onset, a domain comes to its floor while
others still stand, and everything about the total stays as the disease model has it. At each visit every item's place
moves a little: the noise of a single item, on top of that of the total.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.als.alsfrs_r import DOMAINS, ITEM_MAXIMUM, ITEMS, TOTAL_MAXIMUM
from leadin.disease.item_order import Items
from leadin.engine.draws import Draws

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEVELS = np.arange(1.0, ITEM_MAXIMUM + 1)
REGION_OF_DOMAIN = {"bulbar": 0, "fine_motor": 1, "gross_motor": 1, "respiratory": 2}
"""Column of the participant's own part of the region; arms and legs share the limbs'."""
LIMB_OF_DOMAIN = {"fine_motor": 3, "gross_motor": 4}
OWN_PARTS = 5


@dataclass(frozen=True)
class ItemPlaces:
    """arm_onset (n,): the arms were first (False after bulbar and leg onset). places (n, 12): of the first point of
    each item, less one level; the smaller, the earlier it is lost."""

    arm_onset: Flags
    places: Floats


def draw_item_places(items: Items, bulbar: Flags, draws: Draws) -> ItemPlaces:
    """The order of loss of the next people, of whom `bulbar` (n,) had bulbar onset."""
    n = bulbar.size
    arm = ~bulbar & (draws.uniform("items/arm_onset", n) < items.arm_onset_share)
    own = draws.normal("items/person", n, OWN_PARTS + ITEMS)
    places = np.empty((n, ITEMS))
    item_sd = {
        "bulbar": items.item_sd_bulbar,
        "fine_motor": items.item_sd_motor,
        "gross_motor": items.item_sd_motor,
        "respiratory": items.item_sd_respiratory,
    }
    for domain, numbers in DOMAINS.items():
        shared = _domain_lag(domain, items, bulbar, arm) + items.region_sd * own[:, REGION_OF_DOMAIN[domain]]
        if domain in LIMB_OF_DOMAIN:
            shared = shared + items.arm_leg_sd * own[:, LIMB_OF_DOMAIN[domain]]
        for number in numbers:
            alone = items.item_lag[number - 1] + item_sd[domain] * own[:, OWN_PARTS + number - 1]
            places[:, number - 1] = shared + alone
    return ItemPlaces(arm, places)


def _domain_lag(domain: str, items: Items, bulbar: Flags, arm: Flags) -> Floats:
    if domain == "bulbar":
        return np.where(bulbar, -items.bulbar_lead, items.bulbar_lag)
    if domain == "respiratory":
        return np.full(bulbar.shape, items.respiratory_lag)
    first = arm if domain == "fine_motor" else ~(arm | bulbar)
    return np.where(bulbar, items.limb_lag, np.where(first, -items.limb_lead, 0.0))


def items_of_totals(places: Floats, totals: Floats, visit_sd: float, normals: Floats) -> Floats:
    """Items (n, k, 12) that add up to totals (n, k), whole points from 0 to 48; a NaN total gives NaN items.

    places (n, 12): see `ItemPlaces`. normals (n, k, 12): by which each item's place moves at a visit, in units of
    `visit_sd`. Of points at the same place, those of the earlier item go first.
    """
    items = np.full((*totals.shape, ITEMS), np.nan)
    rows, visits = np.nonzero(np.isfinite(totals))
    at_visit = places[rows] + visit_sd * normals[rows, visits]
    points = (at_visit[:, :, None] + LEVELS).reshape(rows.size, TOTAL_MAXIMUM)
    order = np.argsort(points, axis=1, kind="stable")
    lost = np.zeros(points.shape, dtype=np.int8)
    gone = (np.arange(TOTAL_MAXIMUM) < TOTAL_MAXIMUM - totals[rows, visits][:, None]).astype(np.int8)
    np.put_along_axis(lost, order, gone, axis=1)
    items[rows, visits] = ITEM_MAXIMUM - lost.reshape(rows.size, ITEMS, ITEM_MAXIMUM).sum(axis=2)
    return items
