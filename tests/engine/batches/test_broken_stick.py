"""`broken_stick` in batches: against lme4 and lmerTest, its properties, and every code it can give."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from leadin.engine.batches.broken_stick import broken_stick
from leadin.engine.fits import (
    CONVERGED,
    NO_VARIATION,
    NOT_FILLED,
    RANK_DEFICIENT,
    SINGULAR,
    TOO_FEW,
)

REFERENCE = Path(__file__).parents[3] / "validation" / "mixed-models"
ENTRIES = json.loads((REFERENCE / "golden_C.json").read_text())
ARMS_ENTRIES = [e for e in json.loads((REFERENCE / "golden_arms.json").read_text()) if e["model"] == "C"]


def collapsed(unit, group, time, value, groups):
    """Sums (16, n) of one trial from one row a value, and the sizes of its groups."""
    units, index = np.unique(unit, return_inverse=True)
    of_unit = np.zeros(len(units), dtype=int)
    of_unit[index] = group
    place = np.empty(len(units), dtype=int)
    place[np.argsort(of_unit, kind="stable")] = np.arange(len(units))
    sums = np.zeros((16, len(units)))
    sums[14:] = np.nan
    at = place[index]
    for base, seen in ((0, time < 0), (6, time > 0)):
        for row, term in enumerate((np.ones_like(time), time, time**2, value, time * value, value**2)):
            np.add.at(sums[base + row], at[seen], term[seen])
    sums[12, at[time == 0]] = 1.0
    sums[13, at[time == 0]] = value[time == 0]
    return sums, np.bincount(of_unit, minlength=groups)


def dataset(name, groups=2):
    data = np.genfromtxt(REFERENCE / "data" / f"{name}_long.csv", delimiter=",", names=True)
    group = {1: np.zeros(len(data), dtype=int), 2: data["arm"].astype(int), 3: data["id"].astype(int) % 3}[groups]
    return collapsed(data["id"].astype(int), group, data["time"], data["y"], groups)


def fit(sums, sizes, reference=0):
    fits = broken_stick(sums[None, None], sizes, reference)
    return fits.figures[0], fits.codes[0].tolist()


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["dataset"] for entry in ENTRIES])
def test_equals_lme4_and_lmertest(entry):
    """Reference: validation/mixed-models, model C; the reference itself is known to no more than this."""
    (row,), (code,) = fit(*dataset(entry["dataset"]))
    assert row[0] == pytest.approx(entry["est"], abs=2e-7 * max(abs(entry["est"]), entry["se"]))
    assert row[1] == pytest.approx(entry["se"], rel=2e-7)
    assert row[2] == pytest.approx(entry["df"], rel=2e-5)
    assert row[3] == pytest.approx(row[0] / row[1], rel=1e-15)
    assert np.isnan(row[4])
    assert code == (SINGULAR if entry["singular"] else CONVERGED)


@pytest.mark.parametrize("entry", ARMS_ENTRIES, ids=[f"{e['dataset']}-{e['arms']}" for e in ARMS_ENTRIES])
def test_one_and_three_groups_equal_lme4_and_lmertest(entry):
    """Reference: validation/mixed-models, golden_arms.json."""
    figures, codes = fit(*dataset(entry["dataset"], entry["arms"]))
    assert len(figures) == len(entry["coefficients"])
    for row, expected in zip(figures, entry["coefficients"], strict=True):
        assert row[0] == pytest.approx(expected["est"], abs=2e-7 * max(abs(expected["est"]), expected["se"]))
        assert row[1] == pytest.approx(expected["se"], rel=2e-7)
        assert row[2] == pytest.approx(expected["df"], rel=2e-5)
    assert codes == [SINGULAR if entry["singular"] else CONVERGED] * len(figures)


def test_another_reference_turns_the_sign():
    sums, sizes = dataset("w1_02", 3)
    against_0, _ = fit(sums, sizes, 0)
    against_1, _ = fit(sums, sizes, 1)
    assert against_1[0] == pytest.approx(against_0[0] * [-1, 1, 1, -1, np.nan], rel=1e-9, nan_ok=True)
    assert against_1[1, 0] == pytest.approx(against_0[1, 0] - against_0[0, 0], rel=1e-9)


def test_the_order_of_units_does_not_matter():
    sums, sizes = dataset("e02_small")
    order = np.concatenate([np.arange(sizes[0])[::-1], sizes[0] + np.roll(np.arange(sizes[1]), 3)])
    assert fit(sums[:, order], sizes)[0][0, :4] == pytest.approx(fit(sums, sizes)[0][0, :4], rel=1e-9)


@pytest.mark.parametrize(("shift", "scale", "months"), [(-38.0, 1.0, 1.0), (5.0, 0.01, 1.0), (0.0, 1.0, 30.4)])
def test_follows_the_units_of_value_and_time(shift, scale, months):
    data = np.genfromtxt(REFERENCE / "data" / "w1_03_long.csv", delimiter=",", names=True)
    where = (data["id"].astype(int), data["arm"].astype(int))
    plain, _ = fit(*collapsed(*where, data["time"], data["y"], 2))
    other, codes = fit(*collapsed(*where, data["time"] * months, (data["y"] + shift) * scale, 2))
    assert codes == [CONVERGED]
    assert other[0, :2] * months / scale == pytest.approx(plain[0, :2], rel=1e-8)
    assert other[0, 2:4] == pytest.approx(plain[0, 2:4], rel=1e-8)


def test_a_batch_is_as_its_trials_one_by_one_and_on_two_threads():
    trials = [dataset(f"w1_{k:02d}") for k in range(1, 5)]
    sizes = trials[0][1]
    sums = np.stack([sums for sums, _ in trials])[:, None]
    whole = broken_stick(sums, sizes)
    with ThreadPoolExecutor(2) as pool:
        threads = list(pool.map(lambda part: broken_stick(part, sizes), (sums[:2], sums[2:])))
    for k in range(4):
        alone = broken_stick(sums[k : k + 1], sizes)
        assert np.array_equal(alone.figures[0], whole.figures[k], equal_nan=True)
        assert np.array_equal(threads[k // 2].figures[k % 2], whole.figures[k], equal_nan=True)
        assert threads[k // 2].codes[k % 2, 0] == alone.codes[0, 0] == whole.codes[k, 0]


def test_takes_the_measure_asked_for_and_leaves_out_what_was_not_filled():
    (one, sizes), (two, _) = dataset("w1_01"), dataset("w1_02")
    both = broken_stick(np.stack([[one, two], [two, one]]), sizes, measure=1, filled=np.array([True, False]))
    assert np.array_equal(both.figures[0], fit(two, sizes)[0], equal_nan=True)
    assert np.isnan(both.figures[1]).all()
    assert both.codes.tolist() == [[SINGULAR], [NOT_FILLED]]


def test_a_group_of_more_than_one_segment_is_fitted_whole():
    sums, sizes = dataset("e06_large")
    assert sizes.tolist() == [400, 400]
    short, few = np.concatenate([sums[:, :120], sums[:, 400:520]], axis=1), np.array([120, 120])
    assert fit(sums, sizes)[0][0, 1] < 0.7 * fit(short, few)[0][0, 1]


GRID = np.array([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0])


def small(times=GRID, units=8, noise=1.0, groups=2):
    """One trial of `units` in each group seen at `times`, without missing values."""
    rng = np.random.default_rng(20261128)
    n = units * groups
    unit, group = np.repeat(np.arange(n), len(times)), np.repeat(np.arange(n) // units, len(times))
    time = np.tile(times, n)
    value = 40.0 - time + noise * (np.repeat(3 * rng.normal(size=n), len(times)) + rng.normal(size=len(time)))
    return unit, group, time, value


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (small(GRID[2:]), TOO_FEW),
        (small(GRID[:3]), TOO_FEW),
        (small(units=1, groups=1), TOO_FEW),
        (small(np.array([-1.0, 0.0, 1.0])), TOO_FEW),
        (small(np.array([-1.0, 1.0]), units=1), TOO_FEW),
        (small(np.array([-1.0, 1.0])), RANK_DEFICIENT),
        (small(noise=0.0), NO_VARIATION),
        ((*small()[:3], np.full(96, 7.0)), NO_VARIATION),
        ((*small()[:3], np.zeros(96)), NO_VARIATION),
        (small(), SINGULAR),
    ],
    ids=[
        "none_before",
        "none_after",
        "one_unit",
        "as_effects",
        "four_values",
        "two_times",
        "line",
        "constant",
        "zero",
        "usable",
    ],
)
def test_says_why_not(rows, code):
    groups = int(rows[1].max()) + 1
    figures, codes = fit(*collapsed(*rows, groups))
    assert codes == [code]
    assert np.isfinite(figures[:, :4]).all() == (code == SINGULAR)
    assert np.isnan(figures[:, 4]).all()


def test_a_group_not_seen_after_time_zero_is_left_out_whole():
    unit, group, time, value = small(groups=3)
    seen = (group != 1) | (time <= 0)
    figures, codes = fit(*collapsed(unit[seen], group[seen], time[seen], value[seen], 3))
    assert codes[0] == TOO_FEW
    assert np.isnan(figures[0]).all()
    kept = group != 1
    alone, (code,) = fit(*collapsed(unit[kept], group[kept] // 2, time[kept], value[kept], 2))
    assert figures[1, :4] == pytest.approx(alone[0, :4], rel=1e-12)
    assert codes[1] == code
    _, codes = fit(*collapsed(unit[seen], group[seen], time[seen], value[seen], 3), reference=1)
    assert codes == [TOO_FEW, TOO_FEW]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sums": np.zeros((16, 4))}, r"sums: expected shape \(R, M, 16, 4\); got \(16, 4\)"),
        ({"sums": np.zeros((1, 1, 16, 5))}, r"sums: expected shape \(R, M, 16, 4\); got \(1, 1, 16, 5\)"),
        ({"sums": np.zeros((1, 1, 15, 4))}, r"sums: expected shape \(R, M, 16, 4\); got \(1, 1, 15, 4\)"),
        ({"sizes": np.array([], dtype=int), "sums": np.zeros((1, 1, 16, 0))}, "sizes: expected 1 to 8 groups; got 0"),
        ({"sizes": np.ones(9, dtype=int), "sums": np.zeros((1, 1, 16, 9))}, "sizes: expected 1 to 8 groups; got 9"),
        ({"reference": 2}, "reference: expected a group from 0 to 1; got 2"),
        ({"reference": -1}, "reference: expected a group from 0 to 1; got -1"),
        ({"measure": 1}, "measure: expected 0 to 0; got 1"),
        ({"measure": -1}, "measure: expected 0 to 0; got -1"),
        ({"filled": np.ones(2, dtype=bool)}, r"filled: expected shape \(1,\); got \(2,\)"),
    ],
)
def test_refuses_arrays_of_other_shapes(change, message):
    given = {"sums": np.zeros((1, 1, 16, 4)), "sizes": np.array([2, 2]), **change}
    with pytest.raises(ValueError, match=f"^{message}$"):
        broken_stick(given.pop("sums"), given.pop("sizes"), given.pop("reference", 0), **given)
