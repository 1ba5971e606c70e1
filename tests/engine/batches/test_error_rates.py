"""How often least-squares batches reject where nothing differs, and how often their intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.engine.batches.ancova import ancova
from leadin.engine.batches.completion import completed
from leadin.engine.batches.responders import differences, relative, responders
from leadin.engine.batches.slope_change import slope_changes

TRIALS, SIZES = 100_000, (20, 20)


def null_trials(draw, trials):
    """Sums, values seen and survival of units that fall by random slopes, the same before and after time 0."""
    t, n = np.arange(-3.0, 5.0), sum(SIZES)
    rate = draw.normal(-1.0, 0.5, (trials, n, 1))
    y = 38.0 + draw.normal(0.0, 5.0, (trials, n, 1)) + rate * t + draw.normal(0.0, 1.6, (trials, n, t.size))
    sums = np.zeros((trials, 1, 16, n))
    for row, side in ((0, t < 0), (6, t > 0)):
        a, b = t[side], y[..., side]
        for place, each in enumerate((np.ones_like(a), a, a * a)):
            sums[:, 0, row + place] = each.sum()
        for place, each in enumerate((b, a * b, b * b)):
            sums[:, 0, row + 3 + place] = each.sum(axis=-1)
    sums[:, 0, 12] = 1.0
    sums[:, 0, 13] = sums[:, 0, 15] = y[..., 3]
    seen = np.ascontiguousarray(np.moveaxis(y[..., 4:], 2, 1))[:, None]
    return sums, seen, np.concatenate([np.full((trials, 1, n), 4.0), np.zeros((trials, 1, n))], axis=1)


@pytest.mark.slow
def test_rejections_and_coverage_without_a_difference():
    draw = np.random.default_rng(20261128)
    found = {"slope_change": [], "within": [], "ancova": [], "responders": []}
    for _ in range(TRIALS // 1000):
        sums, seen, survival = null_trials(draw, 1000)
        changes = slope_changes(sums, SIZES)
        made = {
            "slope_change": completed(changes.between),
            "within": completed(changes.within),
            "ancova": completed(ancova(sums, seen, survival, SIZES)),
            "responders": differences(responders(sums, survival, SIZES, [relative(50.0)])),
        }
        for name, each in made.items():
            assert each.evaluable.all()
            first = (slice(None), 0)
            found[name].append(np.stack([each.rejected[first].ravel(), each.covers(0.0)[first].ravel()], axis=1))
    rates = {name: np.concatenate(each).mean(axis=0) for name, each in found.items()}
    print(rates)
    error = np.sqrt(0.05 * 0.95 / TRIALS)
    for name in ("slope_change", "within", "ancova"):
        assert rates[name] == pytest.approx([0.05, 0.95], abs=3.5 * error), name
    assert rates["responders"][0] < 0.05  # Fisher's test never exceeds its level
    assert rates["responders"][1] == pytest.approx(0.95, abs=0.01)  # Newcombe's interval is close to it
