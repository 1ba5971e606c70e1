"""MiToS stages, against the rules written out in R."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leadin.als.mitos import independence_lost, mitos_stages
from leadin.errors import DataError


def lost(**items):
    """Twelve items at 4, but for those named, such as item3=1."""
    scores = np.full(12, 4.0)
    for name, value in items.items():
        scores[int(name.removeprefix("item")) - 1] = value
    return scores


def test_agrees_with_r(from_r):
    table = from_r("stages")
    items = table.select([f"item{i:02d}" for i in range(1, 13)]).to_numpy()
    assert mitos_stages(items).tolist() == table["mitos"].to_list()
    assert set(table["mitos"]) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("items", "domains"),
    [
        (lost(), [0, 0, 0, 0]),
        (lost(item8=2, item6=2), [0, 0, 0, 0]),
        (lost(item8=1), [1, 0, 0, 0]),
        (lost(item6=1), [1, 0, 0, 0]),
        (lost(item3=2), [0, 0, 0, 0]),
        (lost(item3=1), [0, 1, 0, 0]),
        (lost(item1=0), [0, 0, 0, 0]),
        (lost(item4=0), [0, 0, 0, 0]),
        (lost(item1=1, item4=1), [0, 0, 1, 0]),
        (lost(item10=2, item12=3), [0, 0, 0, 0]),
        (lost(item10=1), [0, 0, 0, 1]),
        (lost(item12=2), [0, 0, 0, 1]),
        (np.zeros(12), [1, 1, 1, 1]),
    ],
)
def test_each_rule(items, domains):
    assert independence_lost(items).tolist() == domains
    assert mitos_stages(items) == sum(domains)


@given(arrays(np.float64, (6, 12), elements=st.sampled_from([0.0, 1, 2, 3, 4])), st.integers(0, 11))
def test_losing_a_point_never_lowers_the_stage(items, item):
    worse = items.copy()
    worse[:, item] = np.maximum(worse[:, item] - 1, 0)
    assert (mitos_stages(worse) >= mitos_stages(items)).all()


@pytest.mark.parametrize("item", range(1, 13))
def test_an_item_that_the_rule_reads_must_be_there(item):
    items = lost(**{f"item{item}": np.nan})
    assert np.isnan(mitos_stages(items)) == (item in (1, 3, 4, 6, 8, 10, 12))
    assert np.isnan(independence_lost(items)).sum() == (item in (1, 3, 4, 6, 8, 10, 12))


def test_impossible_input():
    with pytest.raises(DataError, match="got -1 for item 8"):
        mitos_stages(lost(item8=-1))
