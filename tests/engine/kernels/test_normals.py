"""Normals as statistics, on fixed seeds; the paths through the ziggurat; a number depends on its place alone."""

import math

import numba
import numpy as np
import pytest
from scipy import stats

from leadin.engine.kernels.normals import CENTRE, across, decided, normals
from leadin.engine.kernels.philox import fill_words, philox
from leadin.engine.kernels.ziggurat import INNER, WIDTH, R

SEED = (np.uint32(20_260_301), np.uint32(7))
N = 2_000_000
ADDRESS = (np.uint32(5), np.uint32(6), np.uint32(7), *SEED)


@pytest.fixture(scope="module")
def sample(drawn):
    return drawn(normals, N, row=5, replicate=6, purpose=7)


@pytest.fixture(scope="module")
def first_words():
    words = np.empty(N, dtype=np.uint64)
    fill_words(words, N, *ADDRESS)
    return words


@pytest.fixture(scope="module")
def first_try(first_words):
    """The layer and the point that the first word of each place chooses."""
    layer = (first_words & np.uint64(255)).astype(int)
    return layer, ((first_words >> np.uint64(11)).astype(float) - CENTRE) * WIDTH[layer]


def test_the_distribution_is_normal(sample):
    assert stats.kstest(sample, "norm").pvalue > 0.01
    counts, _ = np.histogram(sample, bins=stats.norm.ppf(np.linspace(0, 1, 1001)))
    assert stats.chisquare(counts).pvalue > 0.01


@pytest.mark.parametrize("order", range(1, 7))
def test_moments(sample, order):
    def moment(k):
        return 0 if k % 2 else math.prod(range(1, k, 2))

    error = math.sqrt((moment(2 * order) - moment(order) ** 2) / N)
    assert abs(np.mean(sample**order) - moment(order)) < 4 * error


@pytest.mark.parametrize("beyond", [1.0, 2.0, 3.0, R, 4.0])
@pytest.mark.parametrize("side", [-1, 1])
def test_tails(sample, beyond, side):
    share = stats.norm.sf(beyond)
    assert abs(np.sum(side * sample > beyond) - N * share) < 4 * math.sqrt(N * share) + 1


def test_a_sure_first_word_is_the_number_itself(sample, first_try):
    layer, x = first_try
    sure = np.abs(x) < INNER[layer]
    assert set(layer) == set(range(256))
    assert np.array_equal(sample[sure], x[sure])
    share = 1 - np.mean(INNER / (WIDTH * 2.0**52))
    assert abs(np.sum(~sure) - N * share) < 4 * math.sqrt(N * share)


def test_what_the_first_word_leaves_open_has_exactly_the_density_that_is_left(sample, first_try):
    layer, x = first_try
    left = sample[np.abs(x) >= INNER[layer]]
    width = WIDTH * 2.0**52

    def distribution(at):
        sure = np.zeros_like(at)
        for inner, whole in zip(INNER, width, strict=True):
            sure += (np.clip(at, -inner, inner) + inner) / (2 * whole) / 256
        return (stats.norm.cdf(at) - sure) / (1 - np.mean(INNER / width))

    assert left.size > 20_000
    assert stats.kstest(left, distribution).pvalue > 0.01


def test_the_base_gives_the_tail(sample, first_try):
    layer, x = first_try
    opened = (np.abs(x) >= INNER[layer]) & (layer == 0)
    tail = sample[opened]
    assert np.all(np.abs(tail) > R)
    assert np.array_equal(np.sign(tail), np.sign(x[opened]))
    assert np.sum(np.abs(sample) > R) >= tail.size > 0.9 * N * 2 * stats.norm.sf(R)
    assert stats.kstest(np.abs(tail), lambda at: 1 - stats.norm.sf(at) / stats.norm.sf(R)).pvalue > 0.01


def test_every_layer_has_a_wedge_and_the_right_share_of_its_points_is_kept(sample, first_try):
    layer, x = first_try
    wedge = (np.abs(x) >= INNER[layer]) & (layer > 0)
    assert set(layer[wedge]) == set(range(1, 256))
    outer, inner = WIDTH[1:] * 2.0**52, INNER[1:]
    low, high = np.exp(-0.5 * outer**2), np.exp(-0.5 * inner**2)
    under = math.sqrt(2 * math.pi) * (stats.norm.cdf(outer) - stats.norm.cdf(inner)) - low * (outer - inner)
    share = np.sum(under / (high - low) / outer) / np.sum((outer - inner) / outer)
    assert share == pytest.approx(0.5, abs=0.05)
    kept = np.mean(sample[wedge] == x[wedge])
    assert abs(kept - share) < 4 * math.sqrt(share * (1 - share) / wedge.sum())


@numba.njit
def all_decided(word, out, row, replicate, purpose, key_0, key_1):
    """What becomes of one word at every place."""
    for place in range(out.size):
        out[place] = decided(word, np.uint32(place), row, replicate, purpose, key_0, key_1)


def word_of(layer, high):
    """A word that chooses this layer, and the point of these high 53 bits."""
    return np.uint64(high << 11 | layer)


def test_points_lie_evenly_about_zero():
    for layer in (0, 1, 255):
        low, high = (across(word_of(layer, bits)) for bits in (0, 2**53 - 1))
        assert -low == high == (2.0**52 - 0.5) * WIDTH[layer]
        low, high = (across(word_of(layer, bits)) for bits in (2**52 - 1, 2**52))
        assert -low == high == 0.5 * WIDTH[layer]


@pytest.mark.parametrize("side", [-1, 1])
def test_a_million_draws_from_the_tail(side):
    out = np.empty(1_000_000)
    all_decided(word_of(0, 0 if side < 0 else 2**53 - 1), out, *ADDRESS)
    assert (side * out).min() > R
    share = stats.norm.sf(R)
    assert stats.kstest(side * out, lambda at: 1 - stats.norm.sf(at) / share).pvalue > 0.01
    for beyond in (4.0, 4.5, 5.0, 5.5):
        expected = out.size * stats.norm.sf(beyond) / share
        assert abs(np.sum(side * out > beyond) - expected) < 4 * math.sqrt(expected) + 1


def test_what_a_refused_point_of_a_wedge_is_replaced_by_is_normal_tails_included():
    out = np.empty(2_000_000)
    word = word_of(128, 2**53 - 1)
    all_decided(word, out, *ADDRESS)
    replaced = out[out != across(word)]
    assert replaced.size > 0.99 * out.size
    assert stats.kstest(replaced, "norm").pvalue > 0.01
    for beyond in (3.0, R, 4.0):
        expected = replaced.size * 2 * stats.norm.sf(beyond)
        assert abs(np.sum(np.abs(replaced) > beyond) - expected) < 4 * math.sqrt(expected) + 1


def test_a_number_depends_on_its_place_alone(sample, drawn):
    for n in (1, 2, 3, 500, 4_001):
        assert np.array_equal(drawn(normals, n, row=5, replicate=6, purpose=7), sample[:n])
    assert np.array_equal(drawn(normals, N, row=5, replicate=6, purpose=7), sample)


def test_an_open_place_is_decided_from_its_own_word_and_address_alone(sample, first_words, first_try):
    layer, x = first_try
    for place in np.flatnonzero(np.abs(x) >= INNER[layer])[:200]:
        assert decided(first_words[place], np.uint32(place), *ADDRESS) == sample[place]


def test_an_open_place_is_decided_by_words_of_a_stream_of_its_own(sample, first_try):
    layer, x = first_try
    row, replicate, purpose, *key = ADDRESS
    for place in np.flatnonzero((np.abs(x) >= INNER[layer]) & (layer > 0))[:300]:
        a, b, *_ = (int(word) for word in philox(np.uint32(place), row, replicate, purpose | np.uint32(1 << 16), *key))
        u = ((a << 32 | b) >> 11) / 2**53
        low = math.exp(-0.5 * (WIDTH[layer[place]] * 2.0**52) ** 2)
        high = math.exp(-0.5 * INNER[layer[place]] ** 2)
        under = low + u * (high - low) < math.exp(-0.5 * x[place] ** 2)
        assert (sample[place] == x[place]) == under


def test_no_place_past_the_last_is_written():
    out, words = np.full(10, -9.0), np.zeros(20, dtype=np.uint64)
    normals(out, words, 7, *ADDRESS)
    assert np.all(out[7:] == -9.0)
    assert np.all(words[16:] == 0)
    words[:] = 0
    normals(out, words, 0, *ADDRESS)
    assert np.all(words == 0)


def test_places_do_not_depend_on_each_other(sample, largest_correlation):
    for lag in (1, 2, 3, 4, 7, 16, 128, 1_000):
        assert largest_correlation(sample[:-lag], sample[lag:]) < 5 / math.sqrt(N)


@pytest.mark.parametrize(
    "other",
    [{"row": 1}, {"replicate": 1}, {"purpose": 1}, {"seed": (SEED[0] + np.uint32(1), SEED[1])}, {"seed": SEED[::-1]}],
)
def test_neighbouring_streams_do_not_depend_on_each_other(other, drawn, largest_correlation):
    n = 400_000
    assert largest_correlation(drawn(normals, n), drawn(normals, n, **other)) < 5 / math.sqrt(n)


def test_one_place_in_many_rows_or_replicates_is_normal_too(drawn, largest_correlation):
    for name in ("row", "replicate"):
        across = np.array([drawn(normals, 3, **{name: at}) for at in range(20_000)])
        assert stats.kstest(across[:, 0], "norm").pvalue > 0.01
        assert largest_correlation(across[:-1, 0], across[1:, 0]) < 5 / math.sqrt(20_000)
        assert largest_correlation(across[:, 0], across[:, 2]) < 5 / math.sqrt(20_000)


def test_addresses_may_be_plain_whole_numbers(drawn):
    out, words = np.empty(1_000), np.empty(1_008, dtype=np.uint64)
    normals(out, words, 1_000, 5, 6, 7, int(SEED[0]), int(SEED[1]))
    assert np.array_equal(out, drawn(normals, 1_000, row=5, replicate=6, purpose=7))


@pytest.mark.slow
def test_far_tails_of_fifty_million(drawn):
    n = 2_500_000
    sides = np.zeros((2, 6))
    sums = np.zeros(6)
    for row in range(20):
        some = drawn(normals, n, row=row, purpose=1)
        sides += [[np.sum(side * some > k) for k in range(6)] for side in (1, -1)]
        sums += [np.sum(some**k) for k in range(1, 7)]
    expected = 20 * n * stats.norm.sf(np.arange(6))
    assert np.all(np.abs(sides - expected) < 4 * np.sqrt(expected) + 1)
    moments, twice = np.array([0, 1, 0, 3, 0, 15]), np.array([1, 3, 15, 105, 945, 10_395])
    assert np.all(np.abs(sums / (20 * n) - moments) < 4 * np.sqrt((twice - moments**2) / (20 * n)))
