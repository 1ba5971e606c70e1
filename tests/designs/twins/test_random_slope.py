"""The fast `random_slope` against the plain one of `analysis`, on ordinary and on awkward trials."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.mixed_model import fit_mixed_model
from leadin.engine.batches.random_slope import random_slope
from leadin.engine.collapsed import AFTER, ZERO
from leadin.engine.fits import (
    CONVERGED,
    NO_VARIATION,
    NOT_CONVERGED,
    RANK_DEFICIENT,
    SINGULAR,
    TOO_FEW,
)
from leadin.errors import ConvergenceError, DataError

SHARE = 1e-8
"""Agreement asked for, relative to the larger of 1 and the number."""


def values(rng, units, *, slope_sd=0.7, noise=1.6, visits=7, missing=0.08, jitter=0.0, leaving=None, groups=2):
    """Rows of unit, group, time and value: group after group, the effect of group g on the slope 0.2 g."""
    rows = []
    for unit in range(units):
        group = unit * groups // units
        level, slope = 38.0 + 5.0 * rng.normal(), -1.0 + 0.2 * group + slope_sd * rng.normal()
        times = np.arange(visits) + np.r_[0.0, rng.normal(0.0, jitter, visits - 1)] if jitter else np.arange(visits)
        until = visits if leaving is None else rng.integers(1, leaving)
        for number, time in enumerate(np.abs(times)):
            if number < until and rng.random() >= missing:
                rows.append((unit, group, float(time), float(np.round(level + slope * time + noise * rng.normal()))))
    return rows


def collapsed(rows, units):
    """What the fast method is given: (16, n)."""
    sums = np.zeros((16, units))
    for unit, _, time, value in rows:
        if time > 0.0:
            sums[AFTER : AFTER + 6, unit] += (1.0, time, time * time, value, time * value, value * value)
        else:
            sums[ZERO : ZERO + 2, unit] += (1.0, value)
    return sums


def plain(rows, groups, reference=0):
    """Estimate, standard error, df and statistic of each contrast, and whether the fit is singular."""
    unit, group, time, value = (np.array(column) for column in zip(*rows, strict=True))
    here = [g for g in range(groups) if (time[group == g] > 0.0).any()]
    if reference not in here or len(here) < min(groups, 2):
        raise DataError("a group without values after zero")
    keep = np.isin(group, here)
    unit, group, time, value = unit[keep], group[keep], time[keep], value[keep]
    others = [g for g in range(groups) if g != reference]
    columns = [time * (group == g) for g in others if g in here]
    line = np.column_stack([np.ones_like(time), time])
    fit = fit_mixed_model(value, np.column_stack([line, *columns]), line, unit)
    tests = {g: fit.test(f"x{3 + i}") for i, g in enumerate(g for g in others if g in here)}
    if groups == 1:
        tests = {0: fit.test("x2")}
    found = [
        [tests[g].estimate, tests[g].standard_error, tests[g].df, tests[g].t] if g in tests else [np.nan] * 4
        for g in (others or [0])
    ]
    return np.array(found), fit.singular


def fast(rows, sizes, reference=0):
    fits = random_slope(collapsed(rows, sum(sizes))[None, None], np.array(sizes), reference)
    return fits.figures[0, :, :4], fits.codes[0]


def assert_twins(rows, sizes, reference=0, share=SHARE):
    expected, singular = plain(rows, len(sizes), reference)
    figures, codes = fast(rows, sizes, reference)
    code = SINGULAR if singular else CONVERGED
    assert codes.tolist() == [TOO_FEW if np.isnan(row[0]) else code for row in expected]
    error = np.abs(figures - expected) / np.maximum(np.abs(expected), 1.0)
    assert np.nanmax(error) < share, error
    assert (np.isnan(figures) == np.isnan(expected)).all()


ORDINARY = {
    "whole months": {},
    "days that differ": {"jitter": 0.1},
    "half missing": {"missing": 0.5},
    "leaving early": {"leaving": 9},
    "no variation of slopes": {"slope_sd": 0.0},
    "three visits": {"visits": 3},
    "steep": {"slope_sd": 3.0, "noise": 0.5},
}


@pytest.mark.parametrize("kind", ORDINARY)
@pytest.mark.parametrize("seed", range(3))
def test_two_groups(kind, seed):
    rows = values(np.random.default_rng([seed, 5]), 40, **ORDINARY[kind])
    assert_twins(rows, (20, 20))


@pytest.mark.parametrize(("sizes", "reference"), [((30,), 0), ((10, 10, 10), 1), ((6,) * 8, 7), ((31, 9), 1)])
def test_other_groups(sizes, reference):
    rng = np.random.default_rng(sizes)
    rows = values(rng, sum(sizes), jitter=0.1, missing=0.2)
    starts = np.cumsum(sizes)
    rows = [(unit, int(np.searchsorted(starts, unit, side="right")), time, value) for unit, _, time, value in rows]
    assert_twins(rows, sizes, reference)


@pytest.mark.parametrize("seed", range(25))
def test_six_units(seed):
    """The deviance of so few can have several minima: the lowest is asked for."""
    rows = values(np.random.default_rng([seed, 6]), 6, slope_sd=0.5, missing=0.1)
    assert_twins(rows, (3, 3), share=1e-7)


def test_a_group_without_values_after_zero_is_left_out():
    rows = [row for row in values(np.random.default_rng(8), 36, groups=3) if row[1] != 1 or row[2] == 0.0]
    assert_twins(rows, (12, 12, 12))
    figures, codes = fast(rows, (12, 12, 12), reference=1)
    assert codes.tolist() == [TOO_FEW, TOO_FEW]
    assert np.isnan(figures).all()


def test_units_without_a_value_are_absent():
    rows = values(np.random.default_rng(9), 40)
    left = [row for row in rows if row[0] % 4]
    renumbered = [(unit - unit // 4 - 1, *rest) for unit, *rest in left]
    expected, _ = fast(renumbered, (15, 15))
    found, _ = fast(left, (20, 20))
    assert found == pytest.approx(expected, rel=1e-12)


def one_line(rng, units=8):
    return [(u, u // 4, t, 30.0 - t) for u in range(units) for t in (0.0, 1.0, 2.0)]


REFUSED = {
    "constant": (lambda rng: [(u, u // 4, t, 40.0) for u in range(8) for t in (0.0, 1.0, 2.0)], NO_VARIATION),
    "on one line": (one_line, NO_VARIATION),
    "one time": (lambda rng: [(u, u // 4, 2.0, float(rng.integers(20, 40))) for u in range(8)], RANK_DEFICIENT),
    "one value each": (lambda rng: [(u, u // 4, 1.0 + u % 3, float(rng.integers(20, 40))) for u in range(8)], TOO_FEW),
    "two values each": (
        lambda rng: [(u, u // 4, t, float(rng.integers(20, 40))) for u in range(8) for t in (0.0, 1.0)],
        TOO_FEW,
    ),
    "one unit": (lambda rng: [(0, 0, float(t), float(rng.integers(20, 40))) for t in range(4)], TOO_FEW),
    "fewer values than coefficients": (lambda rng: [(0, 0, 0.0, 31.0), (0, 0, 1.0, 30.0), (4, 1, 1.0, 33.0)], TOO_FEW),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_the_plain_one_refuses(kind):
    make, code = REFUSED[kind]
    rows = make(np.random.default_rng(3))
    with pytest.raises(DataError):
        plain(rows, 2)
    figures, codes = fast(rows, (4, 4))
    assert codes.tolist() == [code]
    assert np.isnan(figures).all()


def test_a_residual_that_vanishes_has_no_optimum():
    """Values on a line of each unit's own: the residual variance is zero, and theta runs away."""
    rng = np.random.default_rng(4)
    lines = rng.integers(-3, 4, size=(8, 2))
    rows = [(u, u // 4, float(t), float(30 + lines[u, 0] + lines[u, 1] * t)) for u in range(8) for t in range(4)]
    with pytest.raises(ConvergenceError):
        plain(rows, 2)
    figures, codes = fast(rows, (4, 4))
    assert codes.tolist() == [NOT_CONVERGED]
    assert np.isnan(figures).all()
