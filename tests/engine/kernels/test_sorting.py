"""Places in order of their keys, whatever the keys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine.kernels.sorting import FEW, MOVES, _insert, _into_buckets, _shell, sort_places


def order_of(keys, places=None, buckets=None):
    keys = np.asarray(keys, dtype=np.float64)
    order = np.arange(keys.size) if places is None else np.array(places, dtype=np.int64)
    m = order.size
    counts = np.empty(keys.size + 1 if buckets is None else buckets, dtype=np.int64)
    sort_places(keys, order, m, np.empty(m, dtype=np.int64), counts)
    return order


SHAPES = {
    "normal": lambda rng, n: rng.normal(size=n),
    "whole": lambda rng, n: rng.integers(-20, 5, n).astype(float),
    "one far away": lambda rng, n: np.append(rng.normal(size=n - 1), 1e12),
    "two far apart": lambda rng, n: np.where(rng.random(n) < 0.5, rng.normal(size=n), 1e9 + rng.normal(size=n)),
    "all equal": lambda rng, n: np.full(n, 3.5),
    "ascending": lambda rng, n: np.arange(n, dtype=float),
    "descending": lambda rng, n: -np.arange(n, dtype=float),
    "lognormal": lambda rng, n: np.exp(rng.normal(0.0, 4.0, n)),
    "close": lambda rng, n: 1e15 + rng.integers(0, 9, n),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [1, 2, FEW, FEW + 1, 200, 1000])
def test_any_shape_and_size(shape, n):
    keys = SHAPES[shape](np.random.default_rng(n), n)
    order = order_of(keys)
    assert sorted(order.tolist()) == list(range(n))
    assert keys[order].tolist() == sorted(keys.tolist())


def test_nothing_to_sort():
    assert order_of([]).tolist() == []


def test_only_the_first_m_places_are_touched():
    keys = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    order = np.array([0, 2, 1, 4, 3])
    sort_places(keys, order, 3, np.empty(3, dtype=np.int64), np.empty(9, dtype=np.int64))
    assert order.tolist() == [2, 1, 0, 4, 3]


def test_some_places_of_many():
    keys = np.random.default_rng(1).normal(size=300)
    places = np.arange(0, 300, 3)
    assert order_of(keys, places).tolist() == sorted(places.tolist(), key=lambda i: keys[i])


@given(st.lists(st.floats(-1e9, 1e9) | st.integers(-3, 3).map(float), max_size=120), st.integers(1, 300))
def test_any_numbers_and_any_number_of_buckets(keys, buckets):
    keys = np.array(keys)
    order = order_of(keys, buckets=buckets)
    assert keys[order].tolist() == sorted(keys.tolist())


def test_infinities_are_sorted_too():
    keys = np.array([np.inf, 1.0, -np.inf, 0.0] * 10)
    assert keys[order_of(keys)].tolist() == sorted(keys.tolist())


def test_buckets_alone_leave_neighbours_only_out_of_order():
    keys = np.random.default_rng(2).normal(size=400)
    order = np.arange(400)
    _into_buckets(keys, order, 400, np.empty(400, dtype=np.int64), np.empty(800, dtype=np.int64))
    assert sorted(order.tolist()) == list(range(400))
    width = np.ptp(keys) / 799
    assert np.all(np.diff(keys[order]) > -1.01 * width)
    assert np.any(np.diff(keys[order]) < 0.0)


def test_insertion_gives_up_after_so_many_moves():
    keys = np.array([4.0, 3.0, 2.0, 1.0])
    assert _insert(keys, np.arange(4), 4, 6)
    assert not _insert(keys, np.arange(4), 4, 5)
    # One number far away puts all others into one bucket, out of order: then Shell's sort does the work.
    far = np.append(-np.arange(300.0), 1e12)
    order = np.arange(301)
    _into_buckets(far, order, 301, np.empty(301, dtype=np.int64), np.empty(301, dtype=np.int64))
    assert not _insert(far, order.copy(), 301, MOVES * 301 + FEW * FEW)
    _shell(far, order, 301)
    assert far[order].tolist() == sorted(far.tolist())
