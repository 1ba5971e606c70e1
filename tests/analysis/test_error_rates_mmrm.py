"""Type I error and coverage of `mmrm` in a small trial, unstructured, by simulation with Monte Carlo bounds (slow)."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.mmrm.fit import fit_mmrm
from leadin.engine.streams import Streams

pytestmark = [pytest.mark.slow, pytest.mark.evidence("mmrm", "simulation")]
VISITS, PER_ARM, EFFECT = 5, 20, 2.0
ARM = np.repeat([0, 1], PER_ARM)
TIME = np.arange(1, VISITS + 1)
WAYS = ("satterthwaite", "kenward_roger_linear")


def one_trial(draw, effect):
    """Value and columns of a trial of 2 x 20: random slopes and noise, the arm's effect growing to `effect`; whoever is
    low at a visit is more likely to be gone at the next: about 10 % by the end, missing at random."""
    people = ARM.size
    base = 38.0 + 5.0 * draw.normal(size=people)
    rate = 1.0 + 0.6 * draw.normal(size=people)
    y = base[:, None] - rate[:, None] * TIME + effect * ARM[:, None] * TIME / VISITS
    y = y + 1.6 * draw.normal(size=y.shape)
    leave = 0.05 / (1.0 + np.exp((y[:, :-1] - 35.0) / 3.0))
    gone = np.cumsum(draw.random(size=leave.shape) < leave, axis=1) > 0
    there = np.column_stack([np.ones(people, dtype=bool), ~gone])
    who, visit = np.nonzero(there)
    at = (visit[:, None] == np.arange(VISITS)).astype(float)
    observed = (base + 1.6 * draw.normal(size=people))[who] - 38.0
    columns = np.column_stack([at, at * ARM[who][:, None], at * observed[:, None]])
    return y[who, visit], columns, visit, who, 1.0 - there[:, -1].mean()


def rates(trials, draw, ways=WAYS):
    """Rejected without an effect, and covered with one, by each way; how many left on average."""
    rejected, covered, left = dict.fromkeys(ways, 0), dict.fromkeys(ways, 0), 0.0
    contrast = np.eye(3 * VISITS)[2 * VISITS - 1]
    for _ in range(trials):
        for effect in (0.0, EFFECT):
            *given, gone = one_trial(draw, effect)
            left += gone / (2 * trials)
            fit = fit_mmrm(*given)
            for way in ways:
                test = fit.test(contrast, way)
                if effect:
                    covered[way] += test.ci_low <= EFFECT <= test.ci_high
                else:
                    rejected[way] += test.p < 0.05
    return rejected, covered, left


def test_a_small_unstructured_mmrm_rejects_and_covers_as_it_says():
    trials = 500
    rejected, covered, left = rates(trials, Streams(20260601).named("mmrm"))
    assert 0.07 < left < 0.13
    for way in WAYS:
        for hits, share in ((rejected[way], 0.05), (covered[way], 0.95)):
            assert abs(hits / trials - share) < 3.5 * (share * (1 - share) / trials) ** 0.5, (way, hits / trials)
