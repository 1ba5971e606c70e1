"""`mmrm` in batches against the plain method, trial by trial."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from leadin.analysis.mmrm.mmrm import mmrm as plain_mmrm
from leadin.engine.batches.mmrm import mmrm
from leadin.engine.fits import CONVERGED, NOT_CONVERGED, TOO_FEW
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis

from ...analysis.conftest import build_trial
from ...engine.batches.repeated import Repeated, repeated

ARMS = ("control", "cells", "more_cells", "most_cells")


def plain(trial, reference, at, way):
    """The rows of the plain method at the time, unstructured covariance or none."""
    times, n = trial.seen.shape
    people = [f"P{unit:04d}" for unit in range(n)]
    months = [0.0, *(float(time + 1) for time in range(times))]
    rows = [
        (people[unit], months[row], "alsfrs_r", float(value))
        for row, values in enumerate(np.vstack([trial.baseline, trial.seen]))
        for unit, value in enumerate(values)
        if np.isfinite(value)
    ]
    visits = [
        SimpleNamespace(
            name=f"month {month:g}", day=month * DAYS_PER_MONTH, days_early=5, days_late=5, measures=("alsfrs_r",)
        )
        for month in months[1:]
    ]
    protocol: Any = SimpleNamespace(visits=visits, fatal_events=(), arms=(), control_arm=ARMS[0])
    arms = dict(zip(people, np.repeat(ARMS[: len(trial.sizes)], trial.sizes).tolist(), strict=True))
    planned = PlannedAnalysis(method="mmrm", month=months[1:][at], degrees_of_freedom=way, covariance_fallbacks=())
    found = plain_mmrm(build_trial(arms, more=rows, protocol=protocol), planned, ARMS[reference])
    return found[: max(1, len(trial.sizes) - 1)]


def same(trial, *, reference=0, at=-1, way="satterthwaite", within=1e-8):
    """Compares all contrasts; returns the codes."""
    fits = mmrm(*trial.given, reference, at=at, degrees_of_freedom=way)
    for row, figures, code in zip(
        plain(trial, reference, at, way), fits.figures[0], fits.codes[0].tolist(), strict=True
    ):
        assert row.converged == (code == CONVERGED), (row.warnings, code)
        if row.converged:
            expected = np.array([row.estimate, row.standard_error, row.df, row.statistic])
            assert np.abs(figures[:4] - expected).max() <= within * np.abs(expected).max(initial=1.0)
    return fits.codes[0].tolist()


@pytest.mark.parametrize("way", ["satterthwaite", "kenward_roger_linear"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "made",
    [
        {},
        {"missing": 0.5, "sizes": (30, 30)},
        {"drop": 0.2, "sizes": (30, 25)},
        {"sizes": (8, 12, 16)},
        {"without": 0.2},
        {"sizes": (30,), "times": 3},
        {"sizes": (20, 20), "times": 1},
    ],
    ids=["usual", "heavy missing", "lost", "three groups", "no baseline", "one group", "one time"],
)
def test_equals_the_plain_method(made, seed, way):
    assert set(same(repeated(seed=seed, **made), way=way)) == {CONVERGED}


@pytest.mark.parametrize(("reference", "at"), [(1, -1), (2, 0), (0, 1)])
def test_any_reference_and_any_time(reference, at):
    same(repeated((10, 12, 14), seed=4), reference=reference, at=at)


def test_seven_times_of_two_hundred():
    same(repeated((100, 100), 7, seed=1, missing=0.08))


def test_twelve_times():
    same(repeated((60, 60), 12, seed=1))


@pytest.mark.parametrize("seed", range(8))
def test_six_units(seed):
    same(repeated((3, 3), 2, seed=seed, missing=0.0, drop=0.0))


@pytest.mark.parametrize("seed", range(6))
def test_so_few_units_that_many_fits_fail(seed):
    same(repeated((20, 20), 6, seed=seed, missing=0.3))


def with_values(trial, value, times, units=slice(None)):
    seen = trial.seen.copy()
    seen[times, units] = value
    return Repeated(seen, trial.baseline, trial.sizes)


def test_times_and_groups_that_nobody_reached():
    trial = repeated((12, 12, 12), 4, seed=2)
    control, cells, more = slice(0, 12), slice(12, 24), slice(24, 36)
    both = [CONVERGED, CONVERGED]
    assert same(with_values(trial, np.nan, 3)) == [TOO_FEW, TOO_FEW]
    assert same(with_values(trial, np.nan, 1)) == both
    assert same(with_values(trial, np.nan, slice(0, 3))) == both
    assert same(with_values(trial, np.nan, 1, control)) == both
    assert same(with_values(trial, np.nan, 3, more)) == [CONVERGED, TOO_FEW]
    assert same(with_values(trial, np.nan, slice(None), more)) == [CONVERGED, TOO_FEW]
    assert same(with_values(trial, np.nan, slice(None), cells)) == [TOO_FEW, CONVERGED]
    assert same(with_values(trial, np.nan, slice(None), control)) == [TOO_FEW, TOO_FEW]
    assert same(with_values(trial, np.nan, slice(None), slice(12, 36))) == [TOO_FEW, TOO_FEW]


def test_a_time_without_variation_is_left_out():
    assert same(with_values(repeated(seed=3), 30.0, 1)) == [CONVERGED]
    assert same(with_values(repeated((20, 20), seed=3, missing=0.0, drop=0.0), 30.0, 3)) != [CONVERGED]


def test_a_baseline_that_is_the_same_in_everybody_or_within_groups():
    trial = repeated(seed=4)
    assert same(Repeated(trial.seen, np.full(40, 36.0), trial.sizes)) == [CONVERGED]
    assert same(Repeated(trial.seen, np.repeat([36.1, 40.3], 20), trial.sizes)) != [CONVERGED]


def test_a_time_that_repeats_another():
    trial = repeated(seed=5, missing=0.0, drop=0.0)
    assert same(with_values(trial, trial.seen[0], 1)) == [NOT_CONVERGED]


def test_times_that_predict_one_another_almost_without_error():
    """Condition of the covariance 1e5: rounding of its square is what is left in the degrees of freedom."""
    same(repeated(seed=1, noise=0.01), within=2e-6)
