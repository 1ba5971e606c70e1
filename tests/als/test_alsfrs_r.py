from __future__ import annotations

import pytest

from leadin.als.alsfrs_r import DOMAINS, ITEM_MAXIMUM, ITEMS, TOTAL_MAXIMUM, item_measure


def test_twelve_items_of_four_points_make_forty_eight():
    assert (ITEMS, ITEM_MAXIMUM, TOTAL_MAXIMUM) == (12, 4, 48)


def test_domains_hold_every_item_once():
    assert sorted(item for items in DOMAINS.values() for item in items) == list(range(1, 13))
    assert list(DOMAINS) == ["bulbar", "fine_motor", "gross_motor", "respiratory"]


def test_item_measures_are_named_with_two_digits():
    assert item_measure(1) == "alsfrs_r.01"
    assert item_measure(12) == "alsfrs_r.12"


@pytest.mark.parametrize("item", [0, 13])
def test_no_item_beyond_twelve(item):
    with pytest.raises(ValueError, match=f"^item: expected a number from 1 to 12; got {item}.$"):
        item_measure(item)
