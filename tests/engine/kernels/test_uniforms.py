"""Uniform and exponential numbers as statistics, on fixed seeds; a number depends on its place alone."""

import math

import numpy as np
import pytest
from scipy import stats

from leadin.engine.kernels.philox import fill_words
from leadin.engine.kernels.uniforms import exponentials, uniforms

SEED = (np.uint32(20_260_301), np.uint32(7))
N = 1_000_000


@pytest.fixture(scope="module")
def flat(drawn):
    return drawn(uniforms, N, row=3, replicate=9, purpose=2)


@pytest.fixture(scope="module")
def waits(drawn):
    return drawn(exponentials, N, row=3, replicate=9, purpose=2)


def test_a_uniform_is_the_high_53_bits_of_its_word(flat):
    words = np.empty(N, dtype=np.uint64)
    fill_words(words, N, np.uint32(3), np.uint32(9), np.uint32(2), *SEED)
    assert np.array_equal(flat, (words >> np.uint64(11)).astype(float) / 2.0**53)
    assert flat.min() >= 0
    assert flat.max() < 1


def test_uniforms_are_uniform(flat):
    assert stats.kstest(flat, "uniform").pvalue > 0.01
    assert stats.chisquare(np.histogram(flat, bins=4096, range=(0, 1))[0]).pvalue > 0.01


@pytest.mark.parametrize("order", range(1, 7))
def test_moments(flat, waits, order):
    def bound(moment):
        return 4 * math.sqrt((moment(2 * order) - moment(order) ** 2) / N)

    assert abs(np.mean(flat**order) - 1 / (order + 1)) < bound(lambda k: 1 / (k + 1))
    assert abs(np.mean(waits**order) - math.factorial(order)) < bound(math.factorial)


def test_an_exponential_is_a_function_of_the_uniform_at_its_place(flat, waits):
    assert np.allclose(waits, -np.log1p(-flat), rtol=1e-15, atol=2e-16)
    assert waits.min() >= 0
    assert stats.kstest(waits, "expon").pvalue > 0.01


@pytest.mark.parametrize("beyond", [1, 3, 6, 9])
def test_tails_of_exponentials(waits, beyond):
    assert abs(np.sum(waits > beyond) - N * math.exp(-beyond)) < 4 * math.sqrt(N * math.exp(-beyond)) + 1


@pytest.mark.parametrize("kind", [uniforms, exponentials])
def test_a_number_depends_on_its_place_alone(kind, drawn):
    whole = drawn(kind, 1_001, row=4)
    for n in (1, 2, 77):
        assert np.array_equal(drawn(kind, n, row=4), whole[:n])
    out, words = np.full(10, -9.0), np.zeros(16, dtype=np.uint64)
    kind(out, words, 7, np.uint32(4), np.uint32(0), np.uint32(0), *SEED)
    assert np.array_equal(out[:7], whole[:7])
    assert np.all(out[7:] == -9.0)


def test_neighbours_do_not_depend_on_each_other(flat, drawn, largest_correlation):
    for lag in (1, 2, 3, 8, 100):
        assert largest_correlation(flat[:-lag], flat[lag:]) < 5 / math.sqrt(N)
    for other in ({"row": 1}, {"replicate": 1}, {"purpose": 1}, {"seed": SEED[::-1]}):
        assert largest_correlation(drawn(uniforms, 200_000), drawn(uniforms, 200_000, **other)) < 5 / math.sqrt(2e5)
