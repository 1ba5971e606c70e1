"""Named random streams: a function of (seed, replicate, name) alone, and random as statistics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine.streams import Streams

SEED = 20261122


def test_same_name_gives_the_same_numbers_twice():
    streams = Streams(SEED, 3)
    first, second = streams.named("deaths").random(5), streams.named("deaths").random(5)
    assert first.tolist() == second.tolist()


@pytest.mark.parametrize(
    ("other", "name"), [(Streams(SEED + 1, 3), "deaths"), (Streams(SEED, 4), "deaths"), (Streams(SEED, 3), "visits")]
)
def test_seed_replicate_and_name_each_change_the_numbers(other, name):
    assert Streams(SEED, 3).named("deaths").random(5).tolist() != other.named(name).random(5).tolist()


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_seed_and_replicate_are_not_run_together(seed, replicate):
    joined = Streams(int(f"{seed}{replicate}"), 0) if seed else Streams(replicate, seed + 1)
    if (joined.seed, joined.replicate) != (seed, replicate):
        assert Streams(seed, replicate).named("a").random() != joined.named("a").random()


def test_replicates_are_uniform_and_uncorrelated():
    first = np.array([Streams(SEED, k).named("a").random(2) for k in range(4000)])
    assert abs(first.mean() - 0.5) < 4 * np.sqrt(1 / 12 / first.size)
    assert abs(np.corrcoef(first.T)[0, 1]) < 4 / np.sqrt(len(first))
    assert abs(np.corrcoef(first[1:, 0], first[:-1, 0])[0, 1]) < 4 / np.sqrt(len(first))
