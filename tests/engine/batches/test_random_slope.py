"""`random_slope` of batches: against lme4 and lmerTest, what must not change it, every code, one and two threads."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from leadin.engine.batches.random_slope import random_slope
from leadin.engine.collapsed import AFTER, ZERO
from leadin.engine.fits import CONVERGED, NOT_FILLED, SINGULAR, TOO_FEW

REFERENCE = Path(__file__).parents[3] / "validation" / "mixed-models"
FOLLOWED = [entry | {"model": "D"} for entry in json.loads((REFERENCE / "golden_D.json").read_text())]
ALL_TIMES = [entry for entry in json.loads((REFERENCE / "golden_A.json").read_text()) if entry["model"] == "A"]
GROUPS = [entry for entry in json.loads((REFERENCE / "golden_arms.json").read_text()) if entry["model"] == "D"]


def collapsed(dataset, *, all_times=False, group_of=lambda unit, group: group):
    """A reference data set as (16, n), and its groups' sizes. all_times: those before zero too, as if after it."""
    data = np.genfromtxt(REFERENCE / "data" / f"{dataset}_long.csv", delimiter=",", names=True)
    groups = {
        int(unit): int(group_of(int(unit), int(group))) for unit, group in zip(data["id"], data["arm"], strict=True)
    }
    order = sorted(groups, key=lambda unit: (groups[unit], unit))
    sums = np.zeros((16, len(order)))
    for unit, time, value in zip(data["id"], data["time"], data["y"], strict=True):
        place = order.index(int(unit))
        if time > 0.0 or all_times:
            sums[AFTER : AFTER + 6, place] += (1.0, time, time * time, value, time * value, value * value)
        elif time == 0.0:
            sums[ZERO : ZERO + 2, place] += (1.0, value)
    return sums, np.bincount([groups[unit] for unit in order])


def assert_agrees(figures, expected):
    """The attainable agreement with lmerTest: 2e-7 of estimate (or its error) and standard error, 2e-5 of df."""
    assert abs(figures[0] - expected["est"]) <= 2e-7 * max(abs(expected["est"]), expected["se"])
    assert figures[1] == pytest.approx(expected["se"], rel=2e-7)
    assert figures[2] == pytest.approx(expected["df"], rel=2e-5)
    assert figures[3] == figures[0] / figures[1]
    assert np.isnan(figures[4])


@pytest.mark.evidence("random_slope", "reference")
@pytest.mark.parametrize("entry", FOLLOWED + ALL_TIMES, ids=lambda entry: f"{entry['model']}-{entry['dataset']}")
def test_equals_lme4_and_lmertest(entry):
    """Reference: validation/mixed-models, models D and A: the same model from time zero on and over all times."""
    sums, sizes = collapsed(entry["dataset"], all_times=entry["model"] == "A")
    fits = random_slope(sums[None, None], sizes)
    assert fits.codes.tolist() == [[SINGULAR if entry["singular"] else CONVERGED]]
    assert_agrees(fits.figures[0, 0], entry)


@pytest.mark.evidence("random_slope", "reference")
@pytest.mark.parametrize("entry", GROUPS, ids=lambda entry: f"{entry['dataset']}-{entry['arms']}")
def test_one_group_and_three_equal_lme4_and_lmertest(entry):
    groups = entry["arms"]
    sums, sizes = collapsed(entry["dataset"], group_of=lambda unit, _: unit % groups)
    fits = random_slope(sums[None, None], sizes)
    assert fits.codes.tolist() == [[CONVERGED] * max(groups - 1, 1)]
    for figures, expected in zip(fits.figures[0], entry["coefficients"], strict=True):
        assert_agrees(figures, expected)


@pytest.fixture(scope="module")
def batch():
    """64 trials of three groups of 10, days that differ, some missing; the second of two measures."""
    rng = np.random.default_rng(11)
    trials, units, visits = 64, 30, 6
    times = np.abs(np.arange(visits) + rng.normal(0.0, 0.1, (trials, units, visits)) * (np.arange(visits) > 0))
    level, slope = rng.normal(38.0, 5.0, (trials, units, 1)), rng.normal(-1.0, 0.6, (trials, units, 1))
    value = np.round(level + slope * times + rng.normal(0.0, 1.6, times.shape))
    seen = rng.random(times.shape) > 0.15
    sums = np.full((trials, 2, 16, units), 1e9)
    sums[:, 1] = 0.0
    for k, term in enumerate((1.0, times, times**2, value, times * value, value**2)):
        sums[:, 1, AFTER + k] = (term * seen)[:, :, 1:].sum(axis=2) if k else seen[:, :, 1:].sum(axis=2)
    sums[:, 1, ZERO], sums[:, 1, ZERO + 1] = seen[:, :, 0], seen[:, :, 0] * value[:, :, 0]
    return sums


SIZES = np.array([10, 10, 10])


def same(one, other):
    return np.array_equal(one.figures, other.figures, equal_nan=True) and np.array_equal(one.codes, other.codes)


def test_a_batch_of_one_gives_the_same_bits_and_so_do_two_threads(batch):
    whole = random_slope(batch, SIZES, 1, measure=1)
    assert whole.figures.shape == (64, 2, 5)
    assert whole.evaluable.all()
    alone = [random_slope(batch[r : r + 1], SIZES, 1, measure=1) for r in range(64)]
    assert np.array_equal(np.concatenate([fits.figures for fits in alone]), whole.figures, equal_nan=True)
    with ThreadPoolExecutor(2) as pool:
        threads = list(pool.map(lambda _: random_slope(batch, SIZES, 1, measure=1), range(4)))
    assert all(same(fits, whole) for fits in threads)


def test_other_reference_same_differences(batch):
    first, second = (random_slope(batch, SIZES, reference, measure=1).figures for reference in (0, 1))
    assert second[:, 0, 0] == pytest.approx(-first[:, 0, 0], abs=1e-9)
    assert second[:, 0, 1:3] == pytest.approx(first[:, 0, 1:3], rel=1e-7)
    assert second[:, 1, 0] == pytest.approx(first[:, 1, 0] - first[:, 0, 0], abs=1e-9)


def test_order_of_units_within_a_group_does_not_matter(batch):
    order = np.concatenate([np.random.default_rng(1).permutation(10) + 10 * g for g in range(3)])
    expected = random_slope(batch, SIZES, measure=1)
    found = random_slope(batch[..., order], SIZES, measure=1)
    assert found.figures[..., :4] == pytest.approx(expected.figures[..., :4], rel=1e-7)


def test_shift_scale_and_unit_of_time(batch):
    """y -> 3 y + 10 and months -> days: estimates and errors follow, df and statistic stay."""
    moved = batch.copy()
    n, t, tt, y, ty, yy = (batch[:, 1, AFTER + k] for k in range(6))
    moved[:, 1, AFTER + 1], moved[:, 1, AFTER + 2] = 30.0 * t, 900.0 * tt
    moved[:, 1, AFTER + 3], moved[:, 1, AFTER + 4] = 3.0 * y + 10.0 * n, 30.0 * (3.0 * ty + 10.0 * t)
    moved[:, 1, AFTER + 5] = 9.0 * yy + 60.0 * y + 100.0 * n
    moved[:, 1, ZERO + 1] = 3.0 * batch[:, 1, ZERO + 1] + 10.0 * batch[:, 1, ZERO]
    expected, found = random_slope(batch, SIZES, measure=1), random_slope(moved, SIZES, measure=1)
    regular = (expected.codes == CONVERGED) & (found.codes == CONVERGED)  # lme4's rule looks at theta in its unit
    assert regular.mean() > 0.9
    assert found.figures[regular][:, :2] == pytest.approx(expected.figures[regular][:, :2] * 0.1, rel=1e-6, abs=1e-9)
    assert found.figures[regular][:, 2] == pytest.approx(expected.figures[regular][:, 2], rel=1e-6)


def test_trials_that_were_not_filled_are_not_fitted(batch):
    filled = np.arange(64) % 2 == 0
    fits = random_slope(batch, SIZES, measure=1, filled=filled)
    assert (fits.codes[~filled] == NOT_FILLED).all()
    assert np.isnan(fits.figures[~filled]).all()
    whole = random_slope(batch, SIZES, measure=1)
    assert np.array_equal(fits.figures[filled], whole.figures[filled], equal_nan=True)


def test_nobody_seen():
    fits = random_slope(np.zeros((1, 1, 16, 6)), np.array([3, 3]))
    assert fits.codes.tolist() == [[TOO_FEW]]
    assert np.isnan(fits.figures).all()


def test_shapes_that_do_not_match_are_refused(batch):
    with pytest.raises(ValueError, match=r"sums: expected shape \(trials, more than 0 measures, 16, 29\); got \(64, 2"):
        random_slope(batch, np.array([10, 19]))
    with pytest.raises(ValueError, match=r"sums: expected shape .trials, more than 2 measures"):
        random_slope(batch, SIZES, measure=2)
    with pytest.raises(ValueError, match="reference: expected one of the 3 groups, counted from 0; got 3"):
        random_slope(batch, SIZES, 3)
    with pytest.raises(ValueError, match=r"filled: expected one for each of the 64 trials; got shape \(2,\)"):
        random_slope(batch, SIZES, filled=np.ones(2, dtype=bool))
