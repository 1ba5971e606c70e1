"""Delta-FS and its groups."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.als.progression_rate import CUT_OFFS, GROUPS, delta_fs, progression_group
from leadin.errors import DataError


def test_agrees_with_r(from_r):
    table = from_r("predictors")
    assert delta_fs(table["score"].to_numpy(), table["months"].to_numpy()) == pytest.approx(
        table["delta_fs"].to_numpy(), rel=1e-12
    )


def test_missing_is_missing():
    rate = delta_fs([np.nan, 38, 48], [10, np.nan, 10])
    assert np.isnan(rate).tolist() == [True, True, False]
    assert rate[2] == 0
    assert np.isnan(progression_group(rate)).tolist() == [True, True, False]


@given(st.integers(0, 48), st.floats(0.1, 200), st.floats(1.1, 5))
def test_more_time_for_the_same_loss_is_slower(score, months, times):
    rate = delta_fs(score, months)
    assert rate >= 0
    assert delta_fs(score, months * times) == pytest.approx(rate / times)


def test_groups_at_their_edges():
    assert GROUPS == ("slow", "intermediate", "fast")
    assert CUT_OFFS == {"labra2016": (0.47, 1.11), "kimura2006": (0.5, 1.0)}
    rates = [0, 0.469, 0.47, 1.11, 1.111]
    assert progression_group(rates).tolist() == [0, 0, 1, 1, 2]
    assert progression_group(rates, "kimura2006").tolist() == [0, 0, 0, 2, 2]
    assert progression_group([0.5, 1.0], "kimura2006").tolist() == [1, 1]


@pytest.mark.parametrize(
    ("score", "months", "message"),
    [
        (49, 10, "score: expected an ALSFRS-R from 0 to 48; got 49. Correct it, or give NaN if missing."),
        (-1, 10, "score: expected an ALSFRS-R from 0 to 48; got -1. Correct it, or give NaN if missing."),
        (40, 0, "months_since_onset: expected months above 0; got 0. Correct it, or give NaN if missing."),
        (40, np.inf, "months_since_onset: expected months above 0; got inf. Correct it, or give NaN if missing."),
    ],
)
def test_impossible_input(score, months, message):
    with pytest.raises(DataError) as caught:
        delta_fs([40, score], [10, months])
    assert str(caught.value) == message


def test_impossible_groups():
    with pytest.raises(DataError, match=r"^cut_offs: expected one of labra2016, kimura2006; got 'labra'\.$"):
        progression_group(1, "labra")
    with pytest.raises(DataError, match=r"^rate: expected points per month, 0 or more; got -0\.1"):
        progression_group([0.2, -0.1])
