"""What was found at diagnosis."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from leadin.disease.diagnosis import Diagnosis, draw_findings
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams


def test_shares_are_as_stated(pro_act):
    n = 40_000
    found = draw_findings(pro_act.diagnosis, Draws(Streams(4)), n)
    for flags, share in (
        (found.definite, 0.444),
        (found.frontotemporal_dementia, 0.047),
        (found.c9orf72, 0.088),
    ):
        assert flags.mean() == pytest.approx(share, abs=4 * (share * (1 - share) / n) ** 0.5)
    assert abs(np.corrcoef(found.definite, found.c9orf72)[0, 1]) < 4 / n**0.5


def test_findings_do_not_depend_on_batches():
    shares = Diagnosis(definite_share=0.5, frontotemporal_dementia_share=0.5, c9orf72_share=0.5)
    whole, draws = draw_findings(shares, Draws(Streams(1)), 30), Draws(Streams(1))
    parts = [draw_findings(shares, draws, 10), draw_findings(shares, draws, 20)]
    for field in dataclasses.fields(whole):
        joined = np.concatenate([getattr(part, field.name) for part in parts])
        assert np.array_equal(getattr(whole, field.name), joined)


def test_none_and_all():
    none = draw_findings(
        Diagnosis(definite_share=0, frontotemporal_dementia_share=0, c9orf72_share=0), Draws(Streams(1)), 100
    )
    every = draw_findings(
        Diagnosis(definite_share=1, frontotemporal_dementia_share=1, c9orf72_share=1), Draws(Streams(1)), 100
    )
    assert not (none.definite | none.frontotemporal_dementia | none.c9orf72).any()
    assert (every.definite & every.frontotemporal_dementia & every.c9orf72).all()
