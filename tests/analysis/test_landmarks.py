"""Months at which survival is told: as far as anybody was followed, and the end of the protocol's follow-up."""

from __future__ import annotations

import polars as pl
import pytest

from leadin.analysis.landmarks import landmarks
from leadin.protocols.load import load_protocol


@pytest.fixture(scope="module")
def trial(build):
    return build({"a": "x", "b": "y"})


def times(*months):
    return pl.DataFrame({"months": months}, schema={"months": pl.Float64})


@pytest.mark.parametrize(
    ("longest", "told"),
    [
        (61.0, (6.0, 12.0, 18.0, 24.0, 36.0, 48.0, 60.0)),
        (12.0, (6.0, 12.0)),
        (12.0 - 1e-10, (6.0, 12.0)),
        (12.0 - 1e-8, (6.0,)),
        (5.5, (5.5,)),
    ],
)
def test_as_far_as_anybody_was_followed(trial, longest, told):
    assert landmarks(trial, times(1.0, longest)) == told


def test_nobody_followed(trial):
    assert landmarks(trial, times()) == (0.0,)


def test_the_end_of_the_protocol_is_one_more(build):
    protocol = load_protocol("hanyang-phase1")
    end = protocol.follow_up_months
    told = landmarks(build({"a": "x"}, protocol=protocol), times(end + 30.0))
    assert end in told
    assert list(told) == sorted(set(told))
