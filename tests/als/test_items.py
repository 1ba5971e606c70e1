"""Arrays of items: refused when impossible, added up by domain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leadin.als.items import checked_items, domain_scores, total_score
from leadin.errors import DataError

NAN = float("nan")
ITEMS = arrays(np.float64, (5, 12), elements=st.sampled_from([0.0, 1, 2, 3, 4, NAN]))


def test_domains_by_hand():
    items = [4, 3, 2, 1, 0, 1, 2, 3, 4, 4, 4, 0]
    assert domain_scores(items).tolist() == [9, 2, 9, 8]
    assert total_score(items) == 28


@given(ITEMS)
def test_domains_add_up_to_the_total_and_miss_what_is_missing(items):
    scores, total = domain_scores(items), total_score(items)
    assert np.array_equal(scores.sum(axis=1), total, equal_nan=True)
    missing = np.isnan(items).reshape(5, 4, 3).any(axis=2)
    assert np.array_equal(np.isnan(scores), missing)
    assert np.nanmin(scores, initial=0) >= 0
    assert np.nanmax(scores, initial=0) <= 12


def test_any_shape_with_twelve_last():
    assert domain_scores(np.full((2, 3, 12), 4)).shape == (2, 3, 4)
    assert domain_scores(np.empty((0, 12))).shape == (0, 4)
    assert total_score(np.full((2, 3, 12), 4)).tolist() == [[48, 48, 48], [48, 48, 48]]


@pytest.mark.parametrize("shape", [(), (11,), (12, 3)])
def test_without_twelve_last(shape):
    with pytest.raises(DataError) as caught:
        checked_items(np.zeros(shape))
    assert str(caught.value) == f"items: expected twelve along the last axis; got shape {shape}."


@pytest.mark.parametrize(("value", "told"), [(5, "5"), (-1, "-1"), (2.5, "2.5"), (np.inf, "inf")])
def test_impossible_items(value, told):
    items = np.full((2, 12), 4.0)
    items[1, 6] = value
    with pytest.raises(DataError) as caught:
        domain_scores(items)
    assert str(caught.value) == (
        f"items: expected whole numbers from 0 to 4, or NaN where missing; got {told} for item 7. Correct it."
    )
