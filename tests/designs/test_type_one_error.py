"""Under no effect the planned models reject at their nominal level, even where entry asked for a loss in the lead-in.

Such a rule makes everybody's decline look slower after time zero. The comparison of randomised arms must not notice.
"""

from __future__ import annotations

import pytest
from scipy.special import bdtr

from leadin.analysis.broken_stick import broken_stick
from leadin.analysis.random_slope import random_slope
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol
from leadin.simulation.simulate import simulate_trial
from leadin.trials.usable import usable_trial

TRIALS = 400
ALPHA = 0.05
METHODS = {"broken_stick": broken_stick, "random_slope": random_slope}


@pytest.fixture(scope="module")
def results():
    """The rows of each method in 400 trials of hanyang-phase2 with an entry rule of 3 points lost in the lead-in."""
    said = load_protocol("hanyang-phase2").model_dump()
    rule = {"variable": "alsfrs_r_lost_in_lead_in", "at": "baseline", "minimum": 3}
    said["eligibility"]["criteria"] = (*said["eligibility"]["criteria"], rule)
    protocol = Protocol.model_validate(said)
    rows = {name: [] for name in METHODS}
    for replicate in range(TRIALS):
        trial = usable_trial(simulate_trial(protocol, seed=20261122, replicate=replicate))
        for name, method in METHODS.items():
            (row,) = method(trial)
            rows[name].append(row)
    return rows


@pytest.mark.evidence("random_slope", "simulation")
@pytest.mark.evidence("broken_stick", "simulation")
@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_rejects_at_its_nominal_level(results, name):
    rejected = sum(row.p is not None and row.p < ALPHA for row in results[name])
    # Both tails of the binomial distribution of 400 trials at 5 %, half a per cent each.
    assert bdtr(rejected, TRIALS, ALPHA) > 0.005, f"{rejected} of {TRIALS} rejected"
    assert 1 - bdtr(rejected - 1, TRIALS, ALPHA) > 0.005, f"{rejected} of {TRIALS} rejected"


@pytest.mark.evidence("random_slope", "simulation")
@pytest.mark.evidence("broken_stick", "simulation")
@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_is_evaluable_and_covers_no_difference(results, name):
    evaluable = [row for row in results[name] if row.estimate is not None]
    assert len(evaluable) == TRIALS
    covered = sum(row.ci_low <= 0 <= row.ci_high for row in evaluable)
    assert bdtr(TRIALS - covered, TRIALS, ALPHA) > 0.005
    assert 1 - bdtr(TRIALS - covered - 1, TRIALS, ALPHA) > 0.005


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_is_not_biased(results, name):
    estimates = [row.estimate for row in results[name]]
    mean = sum(estimates) / TRIALS
    error = (sum((value - mean) ** 2 for value in estimates) / TRIALS**2) ** 0.5
    assert abs(mean) < 4 * error
