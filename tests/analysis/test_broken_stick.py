"""`broken_stick` against lme4 + lmerTest; most of these fits are singular, the normal case for lead-in data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.analysis.broken_stick import broken_stick, fit_broken_stick
from leadin.analysis.slope_model import REFERENCES, SINGULAR, UNCONTROLLED, model_mean
from leadin.errors import DataError, UsageError
from leadin.months import DAYS_PER_MONTH
from leadin.trials.schema import conform, empty_table
from leadin.trials.trial import Manifest, Trial

REFERENCE = Path(__file__).parents[2] / "validation" / "mixed-models"
ENTRIES = json.loads((REFERENCE / "golden_C.json").read_text())
ARMS_ENTRIES = [e for e in json.loads((REFERENCE / "golden_arms.json").read_text()) if e["model"] == "C"]


def trial_of(rows, arm_names=("placebo", "cells")):
    """A trial from rows of participant, arm (a number, or None), month and value."""
    people = {row[0]: None if row[1] is None else arm_names[row[1]] for row in rows}
    participants = pl.DataFrame({"participant_id": list(people), "arm": list(people.values())})
    assessments = pl.DataFrame(
        {
            "participant_id": [row[0] for row in rows],
            "day": [row[2] * DAYS_PER_MONTH for row in rows],
            "measure": ["alsfrs_r"] * len(rows),
            "value": [None if row[3] is None else float(row[3]) for row in rows],
        },
        schema_overrides={"value": pl.Float64},
    )
    tables = {name: empty_table(name) for name in ("lots", "administrations", "events", "adverse_events")}
    people_table = conform("participants", participants)
    return Trial(Manifest(origin="imported"), people_table, conform("assessments", assessments), **tables)


def rows_of(dataset, arm=lambda participant, arm: arm):
    data = np.genfromtxt(REFERENCE / "data" / f"{dataset}_long.csv", delimiter=",", names=True)
    return [(f"p{int(i)}", arm(int(i), int(a)), float(t), float(y)) for i, a, t, y in data]


def one(rows):
    (result,) = broken_stick(trial_of(rows), "alsfrs_r", "placebo")
    return result


@pytest.mark.evidence("broken_stick", "reference")
@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["dataset"] for entry in ENTRIES])
def test_broken_stick_equals_lme4_and_lmertest(entry):
    """Reference: validation/mixed-models, model C. Agreement attained, well within that stated in the README there."""
    trial = trial_of(rows_of(entry["dataset"]))
    (result,) = broken_stick(trial, "alsfrs_r", "placebo")
    assert abs(result.estimate - entry["est"]) <= 2e-7 * max(abs(entry["est"]), entry["se"])
    assert result.standard_error == pytest.approx(entry["se"], rel=2e-7)
    assert result.df == pytest.approx(entry["df"], rel=2e-5)
    assert result.p == pytest.approx(entry["p"], rel=2e-5)
    fit = fit_broken_stick(trial, reference="placebo").fit
    assert fit.coefficients == pytest.approx(entry["beta"], rel=2e-7, abs=1e-7)
    assert fit.reml_log_likelihood == pytest.approx(entry["reml_ll"], abs=1e-9)
    covariance = fit.random_covariance
    found = [*np.diag(covariance), covariance[0, 1], covariance[0, 2], covariance[1, 2], fit.residual_variance]
    assert found == pytest.approx(entry["vcov"], abs=2e-5)
    assert fit.singular is entry["singular"]
    assert (result.warnings == (SINGULAR,)) is entry["singular"]


@pytest.mark.evidence("broken_stick", "reference")
@pytest.mark.parametrize("entry", ARMS_ENTRIES, ids=[f"{e['dataset']}-{e['arms']}" for e in ARMS_ENTRIES])
def test_one_arm_and_three_arms_equal_lme4_and_lmertest(entry):
    """Reference: validation/mixed-models, golden_arms.json; the band of the model mean is that of lmerTest's
    contrasts.
    """
    arms = entry["arms"]
    reference = "none" if arms == 3 else None
    trial = trial_of(rows_of(entry["dataset"], lambda i, _: i % 3 if arms == 3 else None), ("none", "one", "two"))
    results = broken_stick(trial, "alsfrs_r", reference)
    assert [r.arm for r in results] == (["one", "two"] if arms == 3 else [None])
    for result, expected in zip(results, entry["coefficients"], strict=True):
        assert abs(result.estimate - expected["est"]) <= 2e-7 * max(abs(expected["est"]), expected["se"])
        assert result.standard_error == pytest.approx(expected["se"], rel=2e-7)
        assert result.df == pytest.approx(expected["df"], rel=2e-5)
        bounds = [expected["low"], expected["high"]]
        assert [result.ci_low, result.ci_high] == pytest.approx(bounds, abs=1e-6 * expected["se"])
    fitted = fit_broken_stick(trial, reference=reference)
    assert fitted.fit.singular is entry["singular"]
    for mean, expected in zip(model_mean(fitted, [-3.0, 6.0]), entry["mean_at_6"], strict=True):
        beta = fitted.fit.coefficients
        assert mean.mean[0] == pytest.approx(beta[0] - 3 * beta[1], rel=1e-12)
        assert mean.mean[1] == pytest.approx(expected["est"], rel=2e-7)
        assert [mean.low[1], mean.high[1]] == pytest.approx([expected["low"], expected["high"]], rel=1e-6)


def test_a_result_says_what_it_is():
    rows = rows_of("w1_03")
    result = one(rows)
    assert (result.method, result.endpoint, result.arm, result.contrast) == (
        "broken_stick",
        "alsfrs_r",
        "cells",
        "cells - placebo",
    )
    assert (result.n, result.not_evaluable, result.unit, result.converged) == (200, 0, "points per month", True)
    assert result.estimand == (
        "Among all participants with a visit, as allocated: the mean change of slope at time zero, arm cells minus arm "
        "placebo, of the ALSFRS-R total, whatever was given (treatment policy) and as if those who died or left had "
        "been followed on (visits missing at random)."
    )
    assert result.warnings == ()
    assert result.references == REFERENCES
    assert fit_broken_stick(trial_of(rows)).fit.names[:3] == ("(intercept)", "time", "max(time, 0)")


def test_one_arm_gives_the_change_of_slope_itself():
    (result,) = broken_stick(trial_of(rows_of("e02_small", lambda i, a: 0), ("cells",)))
    (expected,) = [e for e in ARMS_ENTRIES if (e["dataset"], e["arms"]) == ("e02_small", 1)]
    assert (result.arm, result.contrast) == ("cells", "change of slope at time zero")
    assert result.estimate == pytest.approx(expected["coefficients"][0]["est"], rel=1e-5)
    assert result.warnings == (UNCONTROLLED, SINGULAR)
    assert "as allocated: the mean change of slope at time zero, of the ALSFRS-R total, whatever" in result.estimand


@pytest.mark.evidence("broken_stick", "bad_input")
def test_without_visits_before_time_zero_there_is_no_slope_to_change():
    followed = [row for row in rows_of("e02_small") if row[2] >= 0]
    result = one(followed)
    assert not result.converged
    assert result.estimate is None
    assert (result.method, result.arm, result.contrast) == ("broken_stick", "cells", "cells - placebo")
    assert result.warnings == (
        "alsfrs_r: expected visits before time zero; got none, so that no slope is there to change",
    )
    with pytest.raises(DataError, match="expected visits before time zero"):
        fit_broken_stick(trial_of(followed))
    barely = one([*followed, *(row for row in rows_of("e02_small") if row[2] == -1)])
    assert barely.converged


@pytest.mark.evidence("broken_stick", "bad_input")
def test_without_visits_after_time_zero_nothing_is_estimated():
    result = one([row for row in rows_of("e02_small") if row[2] <= 0])
    assert not result.converged
    assert result.warnings == ("alsfrs_r: expected visits after time zero in every arm; got none in placebo, cells",)
    with pytest.raises(UsageError):
        broken_stick(trial_of(rows_of("e02_small")), "alsfrs_r", "sham")


def test_another_measure_is_told_apart():
    trial = trial_of(rows_of("e02_small"))
    weight = trial.with_tables({"assessments": trial.assessments.with_columns(measure=pl.lit("weight_kg"))})
    (result,) = broken_stick(weight, "weight_kg", "placebo")
    assert (result.endpoint, result.unit) == ("weight_kg", "kg per month")
    (absent,) = broken_stick(weight, "alsfrs_r", "placebo")
    assert not absent.converged


# -- what must not matter --------------------------------------------------------------------------------------------

ROWS = rows_of("e02_small")
PLAIN = one(ROWS)


def close(result, *, sign=1.0, scale=1.0):
    assert result.estimate == pytest.approx(sign * scale * PLAIN.estimate, rel=1e-7)
    assert result.standard_error == pytest.approx(scale * PLAIN.standard_error, rel=1e-7)
    assert result.df == pytest.approx(PLAIN.df, rel=1e-5)


@pytest.mark.evidence("broken_stick", "property")
@settings(max_examples=4)
@given(st.randoms(use_true_random=False))
def test_order_and_names_do_not_matter(random):
    names = dict(zip({row[0] for row in ROWS}, random.sample(range(100, 999), 30), strict=True))
    close(one([(f"{names[i]}", a, t, y) for i, a, t, y in random.sample(ROWS, len(ROWS))]))


@pytest.mark.evidence("broken_stick", "property")
@settings(max_examples=4)
@given(st.floats(-30, 30), st.floats(0.1, 10))
def test_shift_and_scale_of_the_outcome_do_what_they_say(shift, scale):
    close(one([(i, a, t, scale * (y + shift)) for i, a, t, y in ROWS]), scale=scale)


def test_a_change_common_to_all_at_time_zero_does_not_touch_the_difference():
    """What A2 without the common term would take for an effect (design: never a default)."""
    close(one([(i, a, t, y + 1.5 * t + 2.0 * max(t, 0)) for i, a, t, y in ROWS]))


@pytest.mark.evidence("broken_stick", "property")
def test_swapping_the_arms_turns_the_sign():
    close(one([(i, 1 - a, t, y) for i, a, t, y in ROWS]), sign=-1.0)


def test_a_participant_without_values_changes_nothing_but_the_count():
    result = one([*ROWS, *(("silent", 1, float(t), None) for t in range(-3, 7))])
    assert (result.n, result.not_evaluable) == (30, 1)
    assert replace(result, not_evaluable=0) == PLAIN
