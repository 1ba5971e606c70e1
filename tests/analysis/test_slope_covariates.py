"""`random_slope` and `broken_stick` with covariates, against lme4 + lmerTest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadin.analysis.broken_stick import broken_stick, fit_broken_stick
from leadin.analysis.methods import METHODS
from leadin.analysis.model_visits import model_visits
from leadin.analysis.random_slope import fit_random_slope, random_slope
from leadin.analysis.slope_model import SINGULAR, model_mean
from leadin.protocols.planned_analysis import PlannedAnalysis

REFERENCE = Path(__file__).parents[2] / "validation" / "mixed-models"
ENTRIES = json.loads((REFERENCE / "golden_covariates.json").read_text())
METHOD = {"D": (random_slope, fit_random_slope, 2e-7), "C": (broken_stick, fit_broken_stick, 1e-5)}
COVARIATES = ("age", "region")


@pytest.fixture(scope="module")
def trial_of(build):
    """The data set with the covariates of fit_covariates.R; every tenth participant lacks an age."""

    def make(dataset):
        rows = np.genfromtxt(REFERENCE / "data" / f"{dataset}_long.csv", delimiter=",", names=True)
        arms = {f"p{int(row['id'])}": "cells" if row["arm"] else "placebo" for row in rows}
        scores = {who: {} for who in arms}
        for row in rows:
            scores[f"p{int(row['id'])}"][row["time"]] = row["y"]
        trial = build(arms, scores)
        numbers = [int(who[1:]) for who in trial.participants["participant_id"]]
        people = trial.participants.with_columns(
            age=pl.Series([None if i % 10 == 9 else 40 + (7 * i) % 30 for i in numbers]),
            region=pl.Series(["abc"[i % 3] for i in numbers]),
        )
        return trial.with_tables({"participants": people})

    return make


@pytest.mark.evidence("random_slope", "reference")
@pytest.mark.evidence("broken_stick", "reference")
@pytest.mark.parametrize("entry", ENTRIES, ids=[f"{e['dataset']}-{e['model']}" for e in ENTRIES])
def test_covariates_equal_lme4_and_lmertest(trial_of, entry):
    """Reference: validation/mixed-models, golden_covariates.json."""
    run, fit, close = METHOD[entry["model"]]
    trial = trial_of(entry["dataset"])
    (result,) = run(trial, "alsfrs_r", "placebo", COVARIATES)
    assert abs(result.estimate - entry["est"]) <= close * max(abs(entry["est"]), entry["se"])
    assert result.standard_error == pytest.approx(entry["se"], rel=close)
    assert result.df == pytest.approx(entry["df"], rel=100 * close)
    fitted = fit(trial, reference="placebo", covariates=COVARIATES)
    assert fitted.fit.reml_log_likelihood == pytest.approx(entry["reml_ll"], abs=1e-7)
    age = fitted.fit.test("age")
    assert (age.estimate, age.standard_error) == pytest.approx(entry["age"][:2], rel=100 * close)
    lacking = trial.participants["age"].null_count()
    assert (result.n, result.not_evaluable) == (entry["participants"], lacking)
    told = f"participants with visits but not all covariates, left out: {lacking}"
    assert [note for note in result.warnings if note != SINGULAR] == [told]
    assert "ALSFRS-R total, adjusted for age, region, whatever was given" in result.estimand
    for mean, expected in zip(model_mean(fitted, [0.0, 6.0]), entry["mean_at_6"], strict=True):
        assert mean.mean[1] == pytest.approx(expected["est"], rel=1e-5)
        half = (mean.high[1] - mean.low[1]) / 2
        assert half / expected["se"] == pytest.approx(1.97, abs=0.02)


def test_the_plan_s_covariates_reach_the_models(trial_of):
    trial = trial_of("e02_small")
    for name in ("random_slope", "broken_stick"):
        planned = PlannedAnalysis(method=name, covariates=COVARIATES)
        (row,) = METHODS[name].run(trial, planned, "placebo")
        assert "adjusted for age, region, whatever" in row.estimand
        (plain,) = METHODS[name].run(trial, PlannedAnalysis(method=name), "placebo")
        assert "adjusted" not in plain.estimand
        assert (row.n, plain.n) == (27, 30)
        unknown = PlannedAnalysis(method=name, covariates=("agee",))
        (row,) = METHODS[name].run(trial, unknown, "placebo")
        assert not row.converged
        assert row.warnings[0].startswith("agee: expected a column of the participants (")
        assert row.warnings[0].endswith("Did you mean 'age'?")


def test_covariates_of_visits_are_counted_from_where_means_are_taken(trial_of):
    trial = trial_of("e02_small")
    visits = model_visits(trial, "alsfrs_r", "placebo", since_day=0.0, adjusted_for=("region", "age"))
    assert visits.adjusted_for == ("region", "age")
    assert visits.titles == ("region = b", "region = c", "age")
    assert (visits.participants, visits.absent, visits.lacking) == (27, 3, 3)
    seen = dict(zip(visits.participant.tolist(), visits.adjusted.tolist(), strict=True))
    levels = np.array(list(seen.values()))[:, :2]
    assert set(np.round(levels.ravel() * 3).tolist()) == {-1.0, 2.0}
    assert np.mean([row[2] for row in seen.values()]) == pytest.approx(0.0, abs=1e-9)
    plain = model_visits(trial, "alsfrs_r", "placebo")
    assert (plain.adjusted.shape, plain.titles, plain.adjusted_for, plain.lacking) == ((plain.value.size, 0), (), (), 0)


def test_those_who_lack_a_covariate_are_not_counted_where_they_had_no_visit(build):
    scores = {f"p{i}": {m: 40.0 - m + ((7 * i + 3 * m) % 5) for m in range(5)} for i in range(9)}
    arms = {f"p{i}": ("a", "b")[i % 2] for i in range(10)}
    trial = build(arms, scores)
    people = trial.participants.with_columns(age=pl.Series([*range(50, 58), None, None]))
    trial = trial.with_tables({"participants": people})
    visits = model_visits(trial, "alsfrs_r", "a", adjusted_for=("age",))
    assert (visits.participants, visits.absent, visits.lacking) == (8, 2, 1)
