"""The ALSFRS-R: twelve items of 0 to 4 points, total 0 to 48, higher is better (Cedarbaum et al. 1999).

doi:10.1016/s0022-510x(99)00210-5
"""

from __future__ import annotations

ITEM_MAXIMUM = 4
ITEMS = 12
TOTAL_MAXIMUM = ITEM_MAXIMUM * ITEMS

DOMAINS: dict[str, tuple[int, ...]] = {
    "bulbar": (1, 2, 3),
    "fine_motor": (4, 5, 6),
    "gross_motor": (7, 8, 9),
    "respiratory": (10, 11, 12),
}
"""Item numbers of the four domains."""


def item_measure(item: int) -> str:
    """The name of an item in the assessments table: `alsfrs_r.01` to `alsfrs_r.12`."""
    if not 1 <= item <= ITEMS:
        raise ValueError(f"item: expected a number from 1 to {ITEMS}; got {item}.")
    return f"alsfrs_r.{item:02d}"
