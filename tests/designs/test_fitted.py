"""The fast fits of collapsed trials answer as the plain analyses of the very same trials do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadin.designs.carried import chosen
from leadin.designs.engines import fast_trials, trials_of
from leadin.designs.grid import split
from leadin.designs.plain_generator import PlainGenerator
from leadin.designs.questions import questions
from leadin.disease.load import load_population
from leadin.engine.fits import SINGULAR
from leadin.protocols.load import load_protocol

pytest.importorskip("leadin.engine.batches", reason="needs the batches of the engine")

CASES = [
    ("hanyang-phase2", None, None),
    ("nurown-us-phase3", 60, None),
    ("alsummit-phase3", 40, None),
    ("nurown-endurance", 60, None),
    ("hanyang-phase1", None, None),
    ("karussis-2010", None, ["random_slope", "broken_stick", "mmrm", "ancova", "responders"]),
    ("barczewska-2020", 30, None),
    ("nurown-phase2a", 30, None),
    ("nabavi-2018", None, None),
]
NEAR = {"random_slope": 1e-7, "broken_stick": 1e-6, "mmrm": 1e-6}
"""Where the plain fit stops short of its optimum: the twin tests of the batches say why."""


QUICK = ("hanyang-phase2", "hanyang-phase1")
PARAMETERS = [pytest.param(*case, id=case[0], marks=() if case[0] in QUICK else (pytest.mark.slow,)) for case in CASES]


@pytest.mark.parametrize(("name", "n", "analysis"), PARAMETERS)
def test_fast_answers_are_the_plain_ones(name, n, analysis):
    protocol = load_protocol(name)
    sizes = tuple(arm.planned for arm in protocol.arms) if n is None else split(protocol, n)
    asked = questions(protocol, chosen(protocol, analysis, fast=True).analyses)
    nature = load_population("pro-act")
    made = fast_trials(protocol, nature, sizes, 0.3, 5, asked)
    fast = replace(made, generator=PlainGenerator(protocol, nature, sizes, made.generator.measures, 5, 0.3)).figures(
        1, 2
    )
    plain = trials_of(protocol, nature, sizes, 0.3, 5, asked, "plain").figures(1, 2)
    for question, quick, slow in zip(asked, fast, plain, strict=True):
        near = NEAR.get(question.planned.method, 1e-9)
        what = f"{question.called} {question.rule or ''}"
        np.testing.assert_array_equal(quick.codes <= SINGULAR, slow.codes <= SINGULAR, what)
        for field in ("estimate", "standard_error", "p", "low", "high"):
            mine, other = getattr(quick, field), getattr(slow, field)
            if question.planned.method == "log_rank" and field != "p":
                continue  # the fast one has a direction, the plain one only its chi-square
            if question.reference is None and question.planned.method == "responders" and field == "p":
                assert np.isnan(mine).all()
                continue
            assert mine == pytest.approx(other, rel=near, abs=near, nan_ok=True), f"{what}: {field}"
