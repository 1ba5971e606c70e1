"""Arrays of the twelve items: checked, and added up by domain."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.als.alsfrs_r import DOMAINS, ITEM_MAXIMUM, ITEMS
from leadin.errors import DataError

Floats = NDArray[np.float64]


def checked_items(items: ArrayLike) -> Floats:
    """Items (..., 12), in the order of the scale, as an array of numbers.

    Each is a whole number from 0 to 4, or NaN where it is missing. DataError for another last axis or another value.
    """
    scores = np.asarray(items, dtype=np.float64)
    if scores.ndim == 0 or scores.shape[-1] != ITEMS:
        raise DataError(f"items: expected twelve along the last axis; got shape {scores.shape}.")
    wrong = ~(np.isnan(scores) | ((scores >= 0) & (scores <= ITEM_MAXIMUM) & (scores == np.floor(scores))))
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise DataError(
            f"items: expected whole numbers from 0 to {ITEM_MAXIMUM}, or NaN where missing; got {scores[place]:g} for "
            f"item {place[-1] + 1}. Correct it."
        )
    return scores


def domain_scores(items: ArrayLike) -> Floats:
    """Domain scores (..., 4), 0 to 12 each: bulbar, fine motor, gross motor, respiratory, from items (..., 12).

    NaN where an item of the domain is missing. DataError for impossible items. References: Cedarbaum et al. 1999,
    doi:10.1016/s0022-510x(99)00210-5; four domains fit best: Bakker et al. 2017, doi:10.1007/s00415-017-8538-4.
    """
    scores = checked_items(items)
    return np.stack([scores[..., [n - 1 for n in numbers]].sum(axis=-1) for numbers in DOMAINS.values()], axis=-1)


def total_score(items: ArrayLike) -> Floats:
    """Totals (...), 0 to 48, from items (..., 12); NaN where an item is missing. DataError for impossible items."""
    total: Floats = checked_items(items).sum(axis=-1)
    return total
