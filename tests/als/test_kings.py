"""King's stages, against the rules written out in R."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leadin.als.kings import kings_stages
from leadin.errors import DataError

WELL = np.full(12, 4.0)


def lost(**items):
    """Twelve items at 4, but for those named, such as item3=1."""
    scores = WELL.copy()
    for name, value in items.items():
        scores[int(name.removeprefix("item")) - 1] = value
    return scores


def test_agrees_with_r(from_r):
    table = from_r("stages")
    items = table.select([f"item{i:02d}" for i in range(1, 13)]).to_numpy()
    stages = kings_stages(items, table["gastrostomy"].to_numpy(), table["ventilation"].to_numpy())
    assert stages.labels().tolist() == table["kings"].to_list()
    assert set(table["kings"]) == {"0", "1", "2", "3", "4A", "4B"}


@pytest.mark.parametrize(
    ("items", "label"),
    [
        (lost(), "0"),
        (lost(item1=3), "1"),
        (lost(item2=3), "1"),
        (lost(item3=0), "1"),
        (lost(item4=3), "1"),
        (lost(item5=3), "1"),
        (lost(item8=3), "1"),
        (lost(item1=0, item4=3, item5=0), "2"),
        (lost(item1=0, item4=3, item8=3), "3"),
        (lost(item10=1), "0"),
        (lost(item10=0), "4B"),
        (lost(item12=3), "4B"),
        (lost(item6=0, item7=0, item9=0, item11=0), "0"),
    ],
)
def test_each_rule(items, label):
    assert kings_stages(items).labels() == label


def test_gastrostomy_and_ventilation_from_elsewhere():
    stages = kings_stages(np.tile(WELL, (4, 1)), gastrostomy=[0, 1, 0, 1], ventilation=[0, 0, 1, 1])
    assert stages.labels().tolist() == ["0", "4A", "4B", "4B"]
    assert stages.stage.tolist() == [0, 4, 4, 4]
    assert stages.nutrition.tolist() == [False, True, False, True]
    assert stages.breathing.tolist() == [False, False, True, True]


@given(arrays(np.float64, (6, 12), elements=st.sampled_from([0.0, 1, 2, 3, 4])), st.integers(0, 11))
def test_losing_a_point_never_lowers_the_stage(items, item):
    worse = items.copy()
    worse[:, item] = np.maximum(worse[:, item] - 1, 0)
    assert (kings_stages(worse).stage >= kings_stages(items).stage).all()


@pytest.mark.parametrize("item", range(1, 13))
def test_an_item_that_the_rule_reads_must_be_there(item):
    stages = kings_stages(lost(**{f"item{item}": np.nan, "item10": 0.0} if item != 10 else {"item10": np.nan}))
    read = item not in (6, 7, 9, 11)  # dressing, turning in bed, stairs and orthopnoea
    assert np.isnan(stages.stage) == read
    assert (stages.labels() == "") == read
    assert bool(stages.breathing) != read


def test_impossible_input():
    with pytest.raises(DataError, match="got 5 for item 2"):
        kings_stages(lost(item2=5))
    with pytest.raises(DataError, match=r"^gastrostomy: expected yes \(1\), no \(0\) or NaN if missing; got 2\.$"):
        kings_stages(WELL, gastrostomy=2)
