"""Rubin's rules against mice (validation/missing-data), and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from leadin.analysis.missing_data.rubin import pool
from leadin.errors import DataError

HERE = Path(__file__).resolve().parents[3] / "validation" / "missing-data"


@pytest.mark.evidence("ancova", "reference")
@pytest.mark.parametrize("theirs", json.loads((HERE / "pooled.json").read_text()), ids=lambda each: f"m {each['m']}")
def test_pooling_equals_mice(theirs):
    pooled = pool(theirs["estimates"], theirs["variances"], theirs["complete_df"])
    test = pooled.test()
    ours = (test.estimate, test.standard_error, test.df, test.statistic, test.p, test.ci_low, test.ci_high)
    names = ("estimate", "standard_error", "df", "statistic", "p", "low", "high")
    assert ours == pytest.approx([theirs[name] for name in names], rel=1e-9, abs=1e-12)
    assert pooled.m == theirs["m"]


def test_by_hand():
    pooled = pool([1.0, 3.0], [2.0, 4.0], 10)
    # W = 3, B = 2, T = 3 + 1.5 * 2 = 6, lambda = 1/2; df: 1 / 0.25 = 4, and 11/13 * 10 / 2 = 55/13.
    assert (pooled.estimate, pooled.within, pooled.between, pooled.variance) == (2.0, 3.0, 2.0, 6.0)
    assert pooled.missing_share == pytest.approx(0.5)
    assert pooled.df == pytest.approx(1 / (1 / 4 + 13 / 55))
    assert pooled.monte_carlo_error == pytest.approx(1.0)
    assert pool([1.0, 3.0], [2.0, 4.0], np.inf).df == pytest.approx(4.0)


def test_nothing_missing_leaves_the_complete_df():
    pooled = pool([0.1] * 3, [2.0] * 3, 17)
    assert (pooled.estimate, pooled.between, pooled.variance, pooled.df) == pytest.approx((0.1, 0.0, 2.0, 17.0))
    assert pooled.between == 0.0
    assert pooled.test(0.9).ci_high - 0.1 == pytest.approx(1.7396067 * 2**0.5)


@pytest.mark.evidence("ancova", "property")
def test_scale_and_shift():
    q, u = (1.0, 2.5, 2.0, 0.5), (1.0, 1.5, 1.2, 0.9)
    plain, scaled = pool(q, u, 30), pool(np.multiply(q, -3) + 7, np.multiply(u, 9), 30)
    assert scaled.estimate == pytest.approx(7 - 3 * plain.estimate)
    assert scaled.variance == pytest.approx(9 * plain.variance)
    assert scaled.df == pytest.approx(plain.df)


@pytest.mark.evidence("ancova", "bad_input")
def test_bad_input():
    with pytest.raises(
        DataError, match=r"^estimates: expected one estimate and variance from each of at least 2 tables"
    ):
        pool([1.0], [1.0], 10)
    for q, u in (([1.0, 2.0], [1.0, 0.0]), ([1.0, np.nan], [1.0, 1.0]), ([1.0, 2.0], [1.0, np.nan])):
        with pytest.raises(DataError, match=r"^variances: expected finite estimates with variances above zero.$"):
            pool(q, u, 10)
