"""Randomisation: planned numbers kept, blocks balanced, strata balanced, nothing predictable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine.permuted_blocks import allocate, stratum_numbers


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
