"""Draws: streams that go on where they stopped, whatever the batches."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.engine.draws import Draws
from leadin.engine.streams import Streams

KINDS = {
    "normal": lambda draws, n: draws.normal("a", n, 3, 2),
    "uniform": lambda draws, n: draws.uniform("a", n, 2),
    "exponential": lambda draws, n: draws.exponential("a", n),
    "gamma": lambda draws, n: draws.gamma("a", 2.7, n),
}


@pytest.mark.parametrize("kind", KINDS)
def test_batches_never_change_what_a_row_gets(kind):
    draw = KINDS[kind]
    whole = draw(Draws(Streams(5)), 100)
    pieces = Draws(Streams(5))
    joined = np.concatenate([draw(pieces, n) for n in (1, 0, 32, 67)])
    assert np.array_equal(whole, joined)


def test_a_stream_goes_on_and_never_repeats_itself():
    draws = Draws(Streams(5))
    first, second = draws.uniform("a", 1000), draws.uniform("a", 1000)
    assert not np.intersect1d(first, second).size


def test_a_stream_does_not_move_when_others_are_drawn_from():
    alone = Draws(Streams(5)).normal("a", 10)
    among = Draws(Streams(5))
    among.normal("b", 7)
    among.generator("c").poisson(3.0, 11)
    assert np.array_equal(among.normal("a", 10), alone)


def test_streams_differ_by_name_seed_and_replicate():
    draws = [
        Draws(Streams(1)).normal("a", 2_000),
        Draws(Streams(1)).normal("b", 2_000),
        Draws(Streams(2)).normal("a", 2_000),
        Draws(Streams(1, 1)).normal("a", 2_000),
    ]
    correlations = np.corrcoef(draws)[np.triu_indices(4, 1)]
    assert np.abs(correlations).max() < 4 / np.sqrt(2_000)


def test_the_numbers_have_their_distributions():
    draws, n = Draws(Streams(3)), 40_000
    for values, mean, sd in (
        (draws.normal("n", n), 0.0, 1.0),
        (draws.uniform("u", n), 0.5, 12**-0.5),
        (draws.exponential("e", n), 1.0, 1.0),
        (draws.gamma("g", 4.0, n), 4.0, 2.0),
    ):
        assert abs(values.mean() - mean) < 4 * sd / np.sqrt(n)
        assert values.std() == pytest.approx(sd, rel=0.03)
