"""Wilcoxon's rank-sum test against R at the border of the exact p, by counting, and van Elteren's by hand."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import ndtr

from leadin.engine.rank_sum import EXACT_BELOW, mid_ranks, rank_sum_test, stratified_rank_sum_test
from leadin.errors import DataError

CASES = json.loads((Path(__file__).resolve().parents[2] / "validation" / "joint-rank" / "rank_sum.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
@pytest.mark.evidence("joint_rank", "reference")
def test_r_finds_the_same(case):
    test = rank_sum_test(case["first"], case["second"])
    assert (test.statistic, test.exact) == (case["statistic"], case["exact"])
    assert test.p == pytest.approx(case["p"], rel=1e-9 if test.exact else 1e-7)


def test_the_cases_hold_the_border():
    sizes = {(len(c["first"]), len(c["second"]), c["exact"]) for c in CASES}
    assert any(max(n, m) == EXACT_BELOW - 1 and exact for n, m, exact in sizes)
    assert any(max(n, m) == EXACT_BELOW and not exact for n, m, exact in sizes)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (4, 2), (3, 5)])
def test_the_exact_p_is_a_share_of_all_choices(n, m):
    sums = [sum(choice) - n * (n + 1) / 2 for choice in combinations(range(1, n + m + 1), n)]
    for choice in combinations(range(n + m), n):
        others = [i for i in range(n + m) if i not in choice]
        test = rank_sum_test(choice, others)
        low = sum(s <= test.statistic for s in sums) / len(sums)
        high = sum(s >= test.statistic for s in sums) / len(sums)
        assert test.exact
        assert test.p == pytest.approx(min(1.0, 2 * min(low, high)), rel=1e-12)


samples = st.lists(st.integers(0, 9), min_size=1, max_size=15)


@given(samples, samples)
def test_exchanging_the_samples_mirrors_the_statistic(x, y):
    assume(len(set(x + y)) > 1)
    there, back = rank_sum_test(x, y), rank_sum_test(y, x)
    assert there.statistic + back.statistic == len(x) * len(y)
    assert there.p == pytest.approx(back.p, rel=1e-12)
    assert there.statistic == sum((a > b) + (a == b) / 2 for a in x for b in y)
    assert 0 < there.p <= 1


def test_equal_values_share_their_mean_rank():
    assert mid_ranks([30, 10, 20, 10]).tolist() == [4, 1.5, 3, 1.5]
    assert mid_ranks([]).tolist() == []


def test_in_the_middle_nothing_is_corrected():
    test = rank_sum_test([1, 4], [2, 3, 2, 3])
    assert (test.statistic, test.p, test.exact) == (4.0, 1.0, False)


def test_van_elteren_by_hand():
    # Stratum a: 3, 5 against 1, 4; b: 2 against 2, 7, 9; c holds one sample only.
    values = [3, 5, 1, 4, 2, 2, 7, 9, 8]
    first = [True, True, False, False, True, False, False, False, True]
    test = stratified_rank_sum_test(values, first, list("aaaabbbbc"))
    # Ranks in a 2, 4 against 1, 3; in b 1.5 against 1.5, 3, 4: sums beyond their mean 1 and -1, weights 1/5.
    a, b = (6 - 5) / 5, (1.5 - 2.5) / 5
    spread_a = (2 * 2 / (4 * 3)) * 5 / 25
    spread_b = (1 * 3 / (4 * 3)) * (1 + 1 + 0.25 + 2.25) / 25
    assert test.z == pytest.approx((a + b) / (spread_a + spread_b) ** 0.5, abs=1e-12)
    assert (test.used, test.strata) == (8, 2)
    assert test.difference == pytest.approx((a + b) / (2 * 2 / 4 + 1 * 3 / 4), abs=1e-12)
    alone = stratified_rank_sum_test(values[:4], first[:4], list("aaaa"))
    assert alone.difference == pytest.approx((6 / 2 - 4 / 2) / 5)
    assert alone.z == pytest.approx(a / spread_a**0.5)
    assert alone.p == pytest.approx(2 * ndtr(-a / spread_a**0.5))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.sampled_from("ab")), min_size=4, max_size=25))
def test_strata_named_otherwise_and_values_stretched_change_nothing(rows):
    values, first, stratum = (list(column) for column in zip(*rows, strict=True))
    try:
        usual = stratified_rank_sum_test(values, first, stratum)
    except DataError:
        with pytest.raises(DataError):
            stratified_rank_sum_test([v * 2 for v in values], first, stratum)
        return
    other = stratified_rank_sum_test([v**3 + v for v in values], first, [{"a": 9, "b": 3}[s] for s in stratum])
    assert (other.z, other.used) == (pytest.approx(usual.z, abs=1e-9), usual.used)
    turned = stratified_rank_sum_test(values, [not f for f in first], stratum)
    assert turned.z == pytest.approx(-usual.z, abs=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ([], [1.0], "first: expected one row of finite numbers, at least one. Leave missing ones out."),
        ([1.0], [float("nan")], "second: expected one row of finite numbers, at least one. Leave missing ones out."),
        ([1.0], [float("inf")], "second: expected one row of finite numbers, at least one. Leave missing ones out."),
        ([[1.0]], [1.0], "first: expected one row of finite numbers, at least one. Leave missing ones out."),
        ([2.0, 2.0], [2.0], "first, second: expected values that vary; all 3 are 2."),
    ],
)
def test_what_cannot_be_ranked_is_refused(first, second, said):
    with pytest.raises(DataError) as caught:
        rank_sum_test(first, second)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("values", "first", "stratum"),
    [([1, 2, 3], [True] * 3, "aaa"), ([1, 2], [True, False], "ab"), ([4, 4, 4], [True, False, True], "aaa")],
)
def test_strata_that_tell_nothing_are_refused(values, first, stratum):
    said = "values: expected a stratum that holds both samples and values that vary; got none."
    with pytest.raises(DataError) as caught:
        stratified_rank_sum_test(values, first, list(stratum))
    assert str(caught.value) == said


def test_large_samples_take_the_normal_approximation():
    draw = np.random.Generator(np.random.PCG64(4))
    test = rank_sum_test(draw.normal(size=2000) + 0.05, draw.normal(size=2000))
    assert not test.exact
    assert 0 < test.p < 1
