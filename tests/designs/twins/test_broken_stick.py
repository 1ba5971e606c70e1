"""`broken_stick` of the engine and of the analysis: the same answers on the same trials, singular ones included."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.broken_stick import stick
from leadin.analysis.mixed_model import fit_mixed_model
from leadin.engine.batches.broken_stick import broken_stick
from leadin.errors import ConvergenceError, DataError

MONTHS = np.arange(-3.0, 7.0)


def random_trial(seed):
    """A trial of 1 to 3 groups: variances and correlations at random, often zero, 5 to 60 % missing, days on or off."""
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(1, 4))
    sizes = np.maximum(rng.multinomial(int(rng.integers(3, 40)) * groups, np.ones(groups) / groups), 2)
    n = int(sizes.sum())
    spread = np.array([5 * rng.random(), rng.choice([0, 0.5 * rng.random()]), rng.choice([0, 0, 0.6 * rng.random()])])
    tied = rng.normal(size=(3, 3)) * spread[:, None]
    effects = rng.normal(size=(n, 3)) @ tied.T
    off = rng.choice([0.0, 0.1])
    missing = rng.choice([0.05, 0.3, 0.6])
    time = np.where(MONTHS == 0, 0.0, MONTHS + off * rng.normal(size=(n, 10)))
    group = np.repeat(np.arange(groups), sizes)
    after = np.maximum(time, 0.0)
    mean = 38 + effects[:, :1] + (effects[:, 1:2] - 1) * time + (effects[:, 2:] + 0.2 * group[:, None]) * after
    value = np.rint(mean + 1.6 * rng.normal(size=mean.shape))
    return time, value, rng.random(time.shape) > missing, sizes


def collapse(time, value, seen, sizes):
    sums = np.zeros((16, len(time)))
    sums[14:] = np.nan
    for base, where in ((0, seen & (time < 0)), (6, seen & (time > 0))):
        for row, term in enumerate((np.ones_like(time), time, time**2, value, time * value, value**2)):
            sums[base + row] = (term * where).sum(axis=1)
    sums[12] = (seen & (time == 0)).sum(axis=1)
    sums[13] = (value * (seen & (time == 0))).sum(axis=1)
    return sums


def plain(time, value, seen, sizes):
    """Rows of estimate, standard error and degrees of freedom, and whether singular; None where it refuses."""
    group = np.repeat(np.arange(len(sizes)), sizes)[:, None] * np.ones(10, dtype=int)
    columns = stick(time[seen])
    terms = columns[:, 2:] * (group[seen][:, None] == np.arange(1, len(sizes)))
    unit = (np.arange(len(time))[:, None] * np.ones(10, dtype=int))[seen]
    try:
        fit = fit_mixed_model(value[seen], np.column_stack([columns, terms]), columns, unit)
    except (DataError, ConvergenceError):
        return None
    tests = [fit.test(name) for name in (fit.names[3:] or fit.names[2:])]
    return np.array([(test.estimate, test.standard_error, test.df) for test in tests]), fit.singular


def both_agree(trial, tolerance):
    fits = broken_stick(collapse(*trial)[None, None], trial[3])
    expected = plain(*trial)
    if expected is None:
        assert (fits.codes[0] > 1).all()
        assert np.isnan(fits.figures).all()
        return
    rows, singular = expected
    assert fits.codes[0].tolist() == [int(singular)] * len(rows)
    assert np.isfinite(fits.figures[0, :, :2]).all()
    assert fits.figures[0, :, :3] == pytest.approx(rows, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("seed", range(120))
def test_the_same_answers_on_random_trials(seed):
    both_agree(random_trial(seed), 1e-8)


def followed(kind):
    time, value, seen, sizes = random_trial(3)
    rng = np.random.default_rng(5)
    n = 12
    sizes = np.array([n])
    if kind == "unequal groups":
        sizes = np.array([3, n - 3])
    time = np.tile(MONTHS, (n, 1))
    value = np.rint(38 - time + 4 * rng.normal(size=(n, 1)) + rng.normal(size=time.shape))
    seen = np.ones(time.shape, dtype=bool)
    if kind == "no random effects":
        value = 38 - time + rng.normal(size=time.shape)
    elif kind == "one visit left after":
        seen[:, 5:] = False
    elif kind == "six units":
        time, value, seen, sizes = time[:6], value[:6], seen[:6], np.array([3, 3])
    elif kind == "most have one value":
        seen[4:, 1:] = False
    elif kind == "some without any":
        seen[::3] = False
    return time, value, seen, sizes


KINDS = (
    "complete",
    "unequal groups",
    "no random effects",
    "one visit left after",
    "six units",
    "most have one value",
    "some without any",
)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_answers_at_the_edge(kind):
    both_agree(followed(kind), 1e-8)
