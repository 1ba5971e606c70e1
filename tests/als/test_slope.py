"""Least-squares slopes, against lm of R; their properties are tested with the analyses that use them."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.als.slope import ols_slopes
from leadin.errors import DataError


def test_slopes_agree_with_r(from_r):
    table = from_r("slopes")
    month = table["month"].to_numpy().reshape(12, 8)
    score = table["score"].cast(float).to_numpy().reshape(12, 8)
    slope, count = ols_slopes(month, score)
    assert slope == pytest.approx(table["slope"].to_numpy().reshape(12, 8)[:, 0], rel=1e-11)
    assert count.tolist() == np.isfinite(score).sum(axis=1).tolist()
    assert count.min() < 8


def test_shapes_that_do_not_fit():
    with pytest.raises(DataError, match=r"^values: expected one row per participant .* got shape \(3,\)\.$"):
        ols_slopes([0, 1, 2], [40, 39, 38])
    with pytest.raises(DataError, match=r"^months: expected shape \(1, 3\) or \(3,\), as the values; got \(2,\)\.$"):
        ols_slopes([0, 1], [[40, 39, 38]])
