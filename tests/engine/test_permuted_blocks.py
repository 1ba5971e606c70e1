"""Permuted blocks: planned numbers kept, blocks and strata balanced, nothing predictable, all enumerated."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine.permuted_blocks import allocate, every_allocation, log_probability, stratum_numbers


def arms(planned, ratio, block_size, strata=None, seed=1):
    n = sum(planned)
    strata = np.zeros(n, dtype=np.int64) if strata is None else strata
    return allocate(strata, planned, ratio, block_size, np.random.default_rng(seed))


@given(
    st.lists(st.integers(0, 30), min_size=2, max_size=4),
    st.integers(0, 3),
    st.sampled_from([None, 4, 6]),
    st.integers(0, 1_000),
)
def test_every_arm_gets_its_planned_number(planned, strata, block_size, seed):
    which = np.random.default_rng(seed).integers(0, strata + 1, sum(planned))
    found = arms(planned, [1, 2, 0, 1][: len(planned)], block_size, which, seed)
    assert np.bincount(found, minlength=len(planned)).tolist() == planned


def test_each_block_is_balanced():
    found = arms([40, 40], [1, 1], 4).reshape(20, 4)
    assert (found.sum(axis=1) == 2).all()
    assert len({tuple(block) for block in found.tolist()}) == 6  # every order occurs


def test_each_block_keeps_the_ratio():
    found = arms([40, 20], [2, 1], 6).reshape(10, 6)
    assert (found.sum(axis=1) == 2).all()


def test_a_block_smaller_than_the_ratio_is_the_ratio():
    found = arms([6, 3], [2, 1], 2).reshape(3, 3)
    assert (found.sum(axis=1) == 1).all()


def test_strata_are_balanced_one_by_one():
    strata = np.random.default_rng(3).integers(0, 4, 400)
    found = arms([200, 200], [1, 1], 4, strata)
    for stratum in range(4):
        inside = found[strata == stratum]
        assert abs(inside.sum() - inside.size / 2) <= 2 + 2  # two of an open block, two where an arm was full


def test_an_arm_that_is_full_is_passed_over():
    assert sorted(arms([1, 5], [1, 1], 2).tolist()) == [0, 1, 1, 1, 1, 1]
    assert sorted(arms([0, 3], [1, 0], 2).tolist()) == [1, 1, 1]


def test_one_block_of_everybody_is_a_random_order():
    first = [arms([10, 10], [1, 1], None, seed=seed)[0] for seed in range(400)]
    assert abs(np.mean(first) - 0.5) < 4 * 0.5 / np.sqrt(400)


@pytest.mark.parametrize("block_size", [None, 2, 4])
def test_no_place_in_the_sequence_favours_an_arm(block_size):
    found = np.array([arms([12, 12], [1, 1], block_size, seed=seed) for seed in range(1_000)])
    assert np.abs(found.mean(axis=0) - 0.5).max() < 4.5 * 0.5 / np.sqrt(1_000)


def test_strata_are_numbered_by_combination():
    numbers = stratum_numbers({"a": np.array([True, False, True, True]), "b": np.array([7, 7, 9, 7])}, 4)
    assert numbers[0] == numbers[3]
    assert len(set(numbers.tolist())) == 3
    assert stratum_numbers({}, 3).tolist() == [0, 0, 0]


RULES = [
    ([3, 3], [1, 1], None, [0] * 6),
    ([2, 2, 1], [1, 1, 1], None, [0] * 5),
    ([4, 4], [1, 1], 4, [0] * 8),
    ([4, 3], [1, 1], 2, [0, 1, 1, 0, 1, 0, 0]),
    ([2, 5], [1, 1], 4, [0, 0, 1, 0, 1, 1, 1]),  # an arm is full early
    ([2, 3, 2], [1, 2, 0], 3, [0, 1, 0, 0, 1, 1, 0]),  # the third gets none from blocks
]


@pytest.mark.parametrize(("planned", "ratio", "block_size", "strata"), RULES)
def test_every_allocation_has_the_probability_with_which_it_is_drawn(planned, ratio, block_size, strata):
    found, weights = every_allocation(strata, planned, ratio, block_size, 10_000)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert len({tuple(one) for one in found.tolist()}) == len(found)
    for one, weight in zip(found.tolist(), weights, strict=True):
        assert np.bincount(one, minlength=len(planned)).tolist() == planned
        assert log_probability(one, strata, planned, ratio, block_size) == pytest.approx(np.log(weight), abs=1e-12)
    generator, draws = np.random.default_rng(5), 4_000
    seen = Counter(
        tuple(allocate(np.array(strata), planned, ratio, block_size, generator).tolist()) for _ in range(draws)
    )
    assert set(seen) <= {tuple(one) for one in found.tolist()}
    for one, weight in zip(found.tolist(), weights, strict=True):
        assert abs(seen[tuple(one)] - draws * weight) < 5 * np.sqrt(draws * weight * (1 - weight)) + 1


def test_every_allocation_is_counted():
    assert len(every_allocation([0] * 6, [3, 3], [1, 1], None, 20)[0]) == 20
    assert every_allocation([0] * 6, [3, 3], [1, 1], None, 19) is None
    found, weights = every_allocation([0] * 8, [4, 4], [1, 1], 4, 36)
    assert found.shape == (36, 8)
    assert weights == pytest.approx(np.full(36, 1 / 36))
    assert found[0].tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert found[-1].tolist() == [1, 1, 0, 0, 1, 1, 0, 0]
    assert every_allocation([], [0, 0], [1, 1], None, 1)[0].shape == (1, 0)


def test_what_blocks_cannot_give_has_no_probability():
    assert log_probability([0, 0, 1, 1], [0] * 4, [2, 2], [1, 1], 2) == float("-inf")
    assert log_probability([0, 1, 0, 1], [0] * 4, [2, 2], [1, 1], 2) == pytest.approx(np.log(0.25))
    assert log_probability([0, 0, 1, 1], [0, 1, 0, 1], [2, 2], [1, 1], 2) == pytest.approx(np.log(0.25))
    assert log_probability([0, 0, 1, 1], [0] * 4, [2, 2], [1, 1], None) == pytest.approx(np.log(1 / 6))
