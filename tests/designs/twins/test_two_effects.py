"""The fast model with any fixed effects against the plain one, and `random_slope` with covariates against the plain."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadin.analysis.mixed_model import fit_mixed_model
from leadin.analysis.random_slope import random_slope as plain_random_slope
from leadin.engine.batches.random_slope import random_slope
from leadin.engine.batches.two_effects import random_slope_adjusted, two_effects
from leadin.engine.collapsed import AFTER, ZERO
from leadin.engine.fits import CONVERGED, NO_VARIATION, NOT_CONVERGED, RANK_DEFICIENT, SINGULAR, TOO_FEW
from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH
from leadin.trials.schema import conform, empty_table
from leadin.trials.trial import Manifest, Trial

REFERENCE = Path(__file__).parents[3] / "validation" / "mixed-models"
ENTRIES = json.loads((REFERENCE / "golden_A.json").read_text())
COVARIATES = [
    entry for entry in json.loads((REFERENCE / "golden_covariates.json").read_text()) if entry["model"] == "D"
]


def read(dataset):
    data = np.genfromtxt(REFERENCE / "data" / f"{dataset}_long.csv", delimiter=",", names=True)
    return (data[name] for name in ("id", "arm", "time", "y"))


def fast(unit, fixed, time, value, contrasts):
    """One trial from its rows."""
    labels, place = np.unique(unit, return_inverse=True)
    columns = np.column_stack([fixed, value])
    zz, zw = np.zeros((3, labels.size)), np.zeros((2, columns.shape[1], labels.size))
    for i, t, row in zip(place, time, columns, strict=True):
        zz[:, i] += (1.0, t, t * t)
        zw[:, :, i] += (row, t * row)
    products = (zz[None], zw[None], (columns.T @ columns)[None], np.array([float(value.size)]))
    return two_effects(*products, np.atleast_2d(contrasts))


@pytest.mark.evidence("random_slope", "reference")
@pytest.mark.parametrize("entry", ENTRIES, ids=[f"{e['model']}-{e['dataset']}" for e in ENTRIES])
def test_equals_lme4_and_lmertest(entry):
    """Reference: validation/mixed-models; the last column of A2, max(time, 0) of one arm, is no combination of 1, t."""
    unit, arm, time, value = read(entry["dataset"])
    last = arm * (np.maximum(time, 0.0) if entry["model"] == "A2" else time)
    fits = fast(unit, np.column_stack([np.ones_like(time), time, last]), time, value, [0.0, 0.0, 1.0])
    assert fits.codes.tolist() == [[SINGULAR if entry["singular"] else CONVERGED]]
    figures = fits.figures[0, 0]
    assert abs(figures[0] - entry["est"]) <= 2e-7 * max(abs(entry["est"]), entry["se"])
    assert figures[1] == pytest.approx(entry["se"], rel=2e-7)
    assert figures[2] == pytest.approx(entry["df"], rel=2e-5)
    assert figures[3] == figures[0] / figures[1]
    assert np.isnan(figures[4])


def rows(seed, units=36, columns=3, slope_sd=0.6):
    """Unit, fixed effects (1, t, `columns` that differ from value to value), time and outcome."""
    rng = np.random.default_rng([seed, columns])
    unit, time = np.repeat(np.arange(units), 6), np.tile(np.arange(6.0), units) + rng.uniform(0.0, 0.3, 6 * units)
    kept = rng.random(unit.size) > 0.25
    unit, time = unit[kept], time[kept]
    extra = rng.normal(size=(unit.size, columns)) + rng.normal(size=(units, columns))[unit]
    level, slope = rng.normal(38.0, 4.0, units)[unit], rng.normal(-1.0, slope_sd, units)[unit]
    value = level + slope * time + extra @ rng.normal(size=columns) + rng.normal(0.0, 1.5, unit.size)
    return unit, np.column_stack([np.ones_like(time), time, extra]), time, value


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("units", "columns", "slope_sd"), [(36, 1, 0.6), (36, 10, 0.6), (36, 3, 0.0), (8, 2, 0.3)])
def test_equals_the_plain_model(seed, units, columns, slope_sd):
    unit, fixed, time, value = rows(seed, units, columns, slope_sd)
    p = fixed.shape[1]
    contrasts = np.vstack([np.eye(p)[-1], np.eye(p)[1], np.arange(1.0, p + 1.0)])
    plain = fit_mixed_model(value, fixed, fixed[:, :2], unit)
    fits = fast(unit, fixed, time, value, contrasts)
    assert fits.codes.tolist() == [[SINGULAR if plain.singular else CONVERGED] * 3]
    for figures, contrast in zip(fits.figures[0], contrasts, strict=True):
        test = plain.test(contrast)
        assert figures[:4] == pytest.approx([test.estimate, test.standard_error, test.df, test.t], rel=1e-8, abs=1e-8)


def refused():
    unit, fixed, time, value = rows(1)
    line = fixed[:, :2]
    few = unit < 3
    alone = unit == 0
    first = np.r_[True, unit[1:] != unit[:-1]]
    yield "twice the same column", RANK_DEFICIENT, (unit, np.column_stack([line, line[:, 1]]), time, value)
    yield "a fitted outcome", NO_VARIATION, (unit, line, time, 30.0 - time)
    yield "one unit", TOO_FEW, (unit[alone], line[alone], time[alone], value[alone])
    yield "one value each", TOO_FEW, (unit[first], line[first], time[first], value[first])
    wide = np.column_stack([line[few], np.random.default_rng(1).normal(size=(few.sum(), 13))])
    yield (
        "no more values than columns",
        TOO_FEW,
        tuple(a[: wide.shape[1]] for a in (unit[few], wide, time[few], value[few])),
    )


@pytest.mark.parametrize(("kind", "code", "data"), list(refused()), ids=[kind for kind, *_ in refused()])
def test_what_the_plain_one_refuses(kind, code, data):
    unit, fixed, time, value = data
    with pytest.raises(DataError):
        fit_mixed_model(value, fixed, np.column_stack([np.ones_like(time), time]), unit)
    fits = fast(unit, fixed, time, value, np.eye(fixed.shape[1])[:2])
    assert fits.codes.tolist() == [[code, code]]
    assert np.isnan(fits.figures).all()


def test_a_residual_that_vanishes_has_no_optimum():
    rng = np.random.default_rng(4)
    unit, time = np.repeat(np.arange(8), 4), np.tile(np.arange(4.0), 8)
    value = 30.0 + rng.integers(-3, 4, 8)[unit] + rng.integers(-3, 4, 8)[unit] * time
    line = np.column_stack([np.ones_like(time), time])
    fits = fast(unit, line, time, value, [0.0, 1.0])
    assert fits.codes.tolist() == [[NOT_CONVERGED]]
    assert np.isnan(fits.figures).all()


def adjusted(dataset, arms=2):
    """A reference trial with the covariates of its R program, plain and collapsed."""
    data = [row for row in zip(*read(dataset), strict=True) if row[2] >= 0.0]
    arm_of = {int(unit): int(arm) if arms == 2 else int(unit) % arms for unit, arm, *_ in data}
    order = sorted(arm_of, key=lambda unit: (arm_of[unit], unit))
    age = {unit: None if unit % 10 == 9 else 40.0 + (7 * unit) % 30 for unit in order}
    sums = np.zeros((16, len(order)))
    for unit, _, time, value in data:
        place = order.index(int(unit))
        if time > 0.0:
            sums[AFTER : AFTER + 6, place] += (1.0, time, time * time, value, time * value, value * value)
        else:
            sums[ZERO : ZERO + 2, place] += (1.0, value)
    columns = np.array([[np.nan if age[u] is None else age[u], u % 3 == 1, u % 3 == 2] for u in order], dtype=float).T
    people = pl.DataFrame(
        {
            "participant_id": [f"p{u}" for u in order],
            "arm": ["abc"[arm_of[u]] for u in order],
            "age": [age[u] for u in order],
            "site": ["xyz"[u % 3] for u in order],
        }
    )
    visits = pl.DataFrame(
        {
            "participant_id": [f"p{int(row[0])}" for row in data],
            "day": [row[2] * DAYS_PER_MONTH for row in data],
            "measure": ["alsfrs_r"] * len(data),
            "value": [float(row[3]) for row in data],
        }
    )
    tables = {name: empty_table(name) for name in ("lots", "administrations", "events", "adverse_events")}
    trial = Trial(
        Manifest(origin="imported"), conform("participants", people), conform("assessments", visits), **tables
    )
    return trial, sums, np.bincount([arm_of[u] for u in order]), columns


@pytest.mark.evidence("random_slope", "reference")
@pytest.mark.parametrize("entry", COVARIATES, ids=[entry["dataset"] for entry in COVARIATES])
def test_random_slope_with_covariates_equals_lme4_and_lmertest(entry):
    """Reference: validation/mixed-models, golden_covariates.json."""
    _, sums, sizes, columns = adjusted(entry["dataset"])
    fits = random_slope_adjusted(sums[None, None], sizes, columns)
    assert fits.codes.tolist() == [[CONVERGED]]
    assert abs(fits.figures[0, 0, 0] - entry["est"]) <= 2e-7 * max(abs(entry["est"]), entry["se"])
    assert fits.figures[0, 0, 1:3] == pytest.approx([entry["se"], entry["df"]], rel=2e-7, abs=2e-5)


@pytest.mark.parametrize(("arms", "reference"), [(2, "a"), (3, "b")])
def test_random_slope_with_covariates_equals_the_plain_one(arms, reference):
    trial, sums, sizes, columns = adjusted("e04_heavy_missing", arms)
    plain = plain_random_slope(trial, "alsfrs_r", reference, ("age", "site"))
    fits = random_slope_adjusted(sums[None, None], sizes, columns, "abc".index(reference))
    for result, figures in zip(plain, fits.figures[0], strict=True):
        expected = [result.estimate, result.standard_error, result.df, result.statistic]
        assert figures[:4] == pytest.approx(expected, rel=1e-8)


def test_without_covariates_it_is_random_slope():
    """One group, three, one of them without values after zero, and trials of which some lack a group."""
    _, sums, sizes, _ = adjusted("e04_heavy_missing", 3)
    lacking = sums.copy()
    lacking[AFTER : AFTER + 6, : sizes[0]] = 0.0
    both = np.stack([sums, lacking])[:, None]
    for reference, groups in ((1, sizes), (0, sizes), (0, np.array([sizes.sum()]))):
        fast_one = random_slope(both, groups, reference)
        general = random_slope_adjusted(both, groups, np.zeros((0, sizes.sum())), reference)
        assert general.codes.tolist() == fast_one.codes.tolist()
        assert general.figures == pytest.approx(fast_one.figures, rel=1e-8, nan_ok=True)


def test_a_covariate_that_is_the_same_in_everybody_is_refused():
    _, sums, sizes, columns = adjusted("e02_small")
    columns[0] = 7.0
    assert random_slope_adjusted(sums[None, None], sizes, columns).codes.tolist() == [[RANK_DEFICIENT]]


def test_nobody_with_all_covariates():
    _, sums, sizes, columns = adjusted("e02_small")
    fits = random_slope_adjusted(sums[None, None], sizes, columns * np.nan)
    assert fits.codes.tolist() == [[TOO_FEW]]
    assert np.isnan(fits.figures).all()


def test_shapes_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="zz, zw, ww, counts, contrasts: expected shapes"):
        two_effects(np.ones((1, 3, 5)), np.ones((1, 2, 4, 5)), np.ones((1, 4, 4)), np.ones(1), np.eye(4))
    with pytest.raises(ValueError, match="k from 2 to 16; got"):
        two_effects(np.ones((1, 3, 5)), np.ones((1, 2, 17, 5)), np.ones((1, 17, 17)), np.ones(1), np.eye(16))
    with pytest.raises(ValueError, match="sums: expected shape"):
        random_slope_adjusted(np.ones((1, 1, 16, 5)), np.array([2, 2]), np.ones((1, 5)))
    with pytest.raises(ValueError, match="reference: expected one of the 2 groups, counted from 0; got 2"):
        random_slope_adjusted(np.ones((1, 1, 16, 4)), np.array([2, 2]), np.ones((1, 4)), 2)
