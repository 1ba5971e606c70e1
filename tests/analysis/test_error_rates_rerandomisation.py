"""Type I error of the re-randomisation test by simulation with Monte Carlo bounds (slow)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from leadin.analysis.rerandomisation import rerandomised
from leadin.analysis.result import Result
from leadin.engine.permuted_blocks import allocate
from leadin.engine.streams import Streams
from leadin.protocols.load import load_protocol
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.protocol import Randomisation
from leadin.trials.trial import Manifest, empty_trial

pytestmark = pytest.mark.slow
PLANNED = PlannedAnalysis(method="slope_change", rerandomisations=99)


@pytest.mark.evidence("rerandomisation", "simulation")
@pytest.mark.parametrize(
    ("block_size", "strata", "numbers"), [(None, 1, (8, 8)), (4, 1, (9, 9)), (4, 3, (10, 10)), (None, 1, (6, 12))]
)
def test_the_level_is_held_whatever_the_outcome_looks_like(block_size, strata, numbers):
    """Outcomes of heavy tails and, where blocks are there to balance it, a drift with the order of entry."""
    protocol = load_protocol("hanyang-phase2")
    how = Randomisation(ratio={"cells": 1, "control": 1}, block_size=block_size, strata=("site",) if strata > 1 else ())
    protocol = protocol.model_copy(update={"randomisation": how})
    n, trials, rejected = sum(numbers), 300, 0
    draw = Streams(20260614).named(f"rerandomisation {block_size} {strata} {numbers}")
    empty = empty_trial(Manifest(origin="imported"), protocol)
    for _ in range(trials):
        site = draw.integers(0, strata, n)
        arm = allocate(site, numbers, (1, 1), block_size, draw)
        people = pl.DataFrame(
            {
                "participant_id": [f"p{i:02d}" for i in range(n)],
                "arm": np.array(["cells", "control"])[arm],
                "site": [f"s{s}" for s in site],
            }
        )
        outcome = draw.standard_t(2, n) + 0.1 * np.arange(n) + site
        trial = empty.with_tables({"participants": people})

        def run(other, outcome=outcome):
            cells = (other.participants["arm"] == "cells").to_numpy()
            row = Result("slope_change", "alsfrs_r", arm="cells", contrast="cells - control")
            return (replace(row, estimate=float(outcome[cells].mean() - outcome[~cells].mean())),)

        (test,) = rerandomised(trial, PLANNED, "control", run(trial), run)
        rejected += test.p <= 0.05
    # 99 drawn: p takes the values 0.01 to 1 in steps of 0.01, each as likely, but for ties.
    assert abs(rejected / trials - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / trials), rejected / trials
