"""`random_slope` against lme4 + lmerTest, on reference trials and a real one; and what must not change it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.analysis.random_slope import fit_random_slope, random_slope
from leadin.analysis.slope_model import FLAT, REFERENCES, SINGULAR, UNCONTROLLED, model_mean, slope_results
from leadin.errors import DataError, UsageError
from leadin.months import DAYS_PER_MONTH
from leadin.trials.schema import conform, empty_table
from leadin.trials.trial import Manifest, Trial

REPOSITORY = Path(__file__).parents[2]
REFERENCE = REPOSITORY / "validation" / "mixed-models"
VALPROATE = REPOSITORY.parent / "shared" / "data" / "vpa-trial" / "vpa_alsfrs.csv"
ENTRIES = json.loads((REFERENCE / "golden_D.json").read_text())
ARMS_ENTRIES = [e for e in json.loads((REFERENCE / "golden_arms.json").read_text()) if e["model"] == "D"]


def trial_of(rows, arm_names=("placebo", "cells")):
    """A trial from rows of participant, arm (a number, or None), month and value."""
    people = {}
    for participant, arm, _, _ in rows:
        people.setdefault(participant, None if arm is None else arm_names[arm])
    participants = pl.DataFrame({"participant_id": list(people), "arm": list(people.values())})
    assessments = pl.DataFrame(
        {
            "participant_id": [row[0] for row in rows],
            "day": [None if row[2] is None else row[2] * DAYS_PER_MONTH for row in rows],
            "measure": ["alsfrs_r"] * len(rows),
            "value": [None if row[3] is None else float(row[3]) for row in rows],
        },
        schema_overrides={"day": pl.Float64, "value": pl.Float64},
    )
    tables = {name: empty_table(name) for name in ("lots", "administrations", "events", "adverse_events")}
    return Trial(
        Manifest(origin="imported"),
        conform("participants", participants),
        conform("assessments", assessments),
        **tables,
    )


def rows_of(dataset, arm=lambda participant, arm: arm):
    data = np.genfromtxt(REFERENCE / "data" / f"{dataset}_long.csv", delimiter=",", names=True)
    return [(f"p{int(i)}", arm(int(i), int(a)), float(t), float(y)) for i, a, t, y in data]


def small(**changes):
    """The reference data set e02_small, 30 participants, visits before time zero included."""
    return trial_of(rows_of("e02_small"), **changes)


def one(trial, reference="placebo"):
    (result,) = random_slope(trial, "alsfrs_r", reference)
    return result


@pytest.mark.evidence("random_slope", "reference")
@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["dataset"] for entry in ENTRIES])
def test_random_slope_equals_lme4_and_lmertest(entry):
    """Reference: validation/mixed-models, model D. Visits before time zero are in the trial and must be left out."""
    trial = trial_of(rows_of(entry["dataset"]))
    result = one(trial)
    assert abs(result.estimate - entry["est"]) <= 2e-7 * max(abs(entry["est"]), entry["se"])
    assert result.standard_error == pytest.approx(entry["se"], rel=2e-7)
    assert result.df == pytest.approx(entry["df"], rel=2e-5)
    assert result.p == pytest.approx(entry["p"], rel=1e-5)
    fit = fit_random_slope(trial, reference="placebo").fit
    assert fit.coefficients == pytest.approx(entry["beta"], rel=2e-7, abs=1e-7)
    assert fit.reml_log_likelihood == pytest.approx(entry["reml_ll"], abs=1e-9)
    covariance = fit.random_covariance
    found = [covariance[0, 0], covariance[1, 1], covariance[0, 1], fit.residual_variance]
    assert found == pytest.approx(entry["vcov"], abs=2e-5)
    assert fit.singular is entry["singular"]
    assert (SINGULAR in result.warnings) is entry["singular"]


@pytest.mark.evidence("random_slope", "reference")
@pytest.mark.parametrize("entry", ARMS_ENTRIES, ids=[f"{e['dataset']}-{e['arms']}" for e in ARMS_ENTRIES])
def test_one_arm_and_three_arms_equal_lme4_and_lmertest(entry):
    """Reference: validation/mixed-models, golden_arms.json; the band of the model mean is that of lmerTest's
    contrasts.
    """
    arms = entry["arms"]
    trial = trial_of(rows_of(entry["dataset"], lambda i, _: i % 3 if arms == 3 else None), ("none", "one", "two"))
    results = random_slope(trial, "alsfrs_r", None if arms == 1 else "none")
    assert [r.arm for r in results] == (["one", "two"] if arms == 3 else [None])
    for result, expected in zip(results, entry["coefficients"], strict=True):
        assert abs(result.estimate - expected["est"]) <= 2e-7 * max(abs(expected["est"]), expected["se"])
        assert result.standard_error == pytest.approx(expected["se"], rel=2e-7)
        assert result.df == pytest.approx(expected["df"], rel=2e-5)
        assert [result.ci_low, result.ci_high] == pytest.approx([expected["low"], expected["high"]], rel=1e-5)
        assert result.p == pytest.approx(expected["p"], rel=1e-4)
    fitted = fit_random_slope(trial, reference=None if arms == 1 else "none")
    means = model_mean(fitted, [0.0, 6.0])
    assert [m.arm for m in means] == (["none", "one", "two"] if arms == 3 else [None])
    for mean, expected in zip(means, entry["mean_at_6"], strict=True):
        assert mean.months.tolist() == [0.0, 6.0]
        assert mean.mean[0] == pytest.approx(fitted.fit.coefficients[0], rel=1e-12)
        assert mean.mean[1] == pytest.approx(expected["est"], rel=2e-7)
        assert [mean.low[1], mean.high[1]] == pytest.approx([expected["low"], expected["high"]], rel=1e-6)


@pytest.mark.evidence("random_slope", "reference")
def test_the_valproate_trial_equals_r():
    """A real trial; reference: validation/valproate. The data are not ours to keep: skipped where they are absent."""
    if not VALPROATE.exists():
        pytest.skip(f"the valproate trial is not here: {VALPROATE}")
    expected = json.loads((REPOSITORY / "validation" / "valproate" / "expected.json").read_text())["random_slope"]
    data = np.genfromtxt(VALPROATE, delimiter=",", names=True)
    rows = [(f"p{int(r['id'])}", int(r["trt"]), float(r["avisit"]), float(r["total"])) for r in data]
    result = one(trial_of(rows, ("placebo", "valproate")))
    for name in ("estimate", "standard_error", "df", "p", "statistic", "ci_low", "ci_high"):
        assert getattr(result, name) == pytest.approx(expected[name], rel=1e-6), name
    assert (result.n, result.not_evaluable) == (154, 0)
    assert result.warnings == ()


def test_a_result_says_what_it_is():
    trial = small()
    result = one(trial)
    assert (result.method, result.endpoint, result.arm, result.contrast) == (
        "random_slope",
        "alsfrs_r",
        "cells",
        "cells - placebo",
    )
    assert (result.n, result.not_evaluable, result.unit) == (30, 0, "points per month")
    assert result.statistic == pytest.approx(result.estimate / result.standard_error, rel=1e-12)
    assert result.ci_low < result.estimate < result.ci_high
    assert result.ci_high - result.estimate == pytest.approx(result.estimate - result.ci_low, rel=1e-9)
    assert result.estimand == (
        "Among all participants with a visit at or after time zero, as allocated: the mean slope after time zero, arm "
        "cells minus arm placebo, of the ALSFRS-R total, whatever was given (treatment policy) and as if those who "
        "died or left had been followed on (visits missing at random)."
    )
    assert (result.converged, result.planned, result.rule, result.time_months) == (True, False, None, None)
    assert result.warnings == ()
    assert result.references == REFERENCES
    assert fit_random_slope(trial, reference="placebo").fit.names == ("(intercept)", "time", "cells:time")
    assert one(trial, "cells").estimate == pytest.approx(
        -slope_results(fit_random_slope(trial, reference="placebo"))[0].estimate, rel=1e-9
    )


def test_one_arm_gives_its_slope_and_says_that_it_is_no_effect():
    named = trial_of(rows_of("e02_small", lambda i, a: 0), ("cells",))
    nameless = trial_of(rows_of("e02_small", lambda i, a: None))
    (with_name,), (without,) = random_slope(named, "alsfrs_r", "cells"), random_slope(nameless)
    assert (with_name.arm, with_name.contrast) == ("cells", "slope after time zero")
    assert (without.arm, without.contrast) == (None, "slope after time zero")
    assert with_name.warnings == without.warnings == (UNCONTROLLED,)
    assert with_name.estimate == without.estimate == pytest.approx(-0.959, abs=5e-4)
    assert "the mean slope after time zero, of the ALSFRS-R total" in with_name.estimand


def test_another_measure_is_told_apart():
    trial = small()
    breathing = trial.assessments.with_columns(measure=pl.lit("svc_percent"), value=2 * pl.col("value"))
    both = replace(trial, assessments=pl.concat([trial.assessments, breathing]))
    (result,) = random_slope(both, "svc_percent", "placebo")
    assert (result.endpoint, result.unit) == ("svc_percent", "% of predicted per month")
    assert result.estimate == pytest.approx(2 * one(trial).estimate, rel=1e-9)
    assert one(both) == one(trial)
    assert "of the slow vital capacity" in result.estimand


def test_who_has_no_visit_or_no_arm_is_counted():
    rows = rows_of("e02_small")
    plain = one(trial_of(rows))
    extra = [
        ("missing", 1, 1.0, None),
        ("undated", 1, None, 30.0),
        ("early", 0, -1.0, 30.0),
        ("nan", 0, 1.0, float("nan")),
        ("nobody", None, 1.0, 30.0),
    ]
    result = one(trial_of(rows + extra))
    assert (result.n, result.not_evaluable) == (30, 5)
    assert replace(result, not_evaluable=0) == plain
    with_zero = one(trial_of([*rows, ("only", 1, 0.0, 30.0)]))
    assert (with_zero.n, with_zero.not_evaluable) == (31, 0)


def test_time_is_the_actual_day_in_months():
    trial = small()
    shifted = trial.assessments.with_columns(day=pl.when(pl.col("day") > 0).then(pl.col("day") + 3).otherwise("day"))
    visits = fit_random_slope(replace(trial, assessments=shifted), reference="placebo").visits
    assert set(np.round(visits.months * DAYS_PER_MONTH, 6)) == {0.0, *np.round(DAYS_PER_MONTH * np.arange(1, 7) + 3, 6)}
    assert visits.measure == "alsfrs_r"
    assert visits.arms == ("placebo", "cells")


def why(trial, reference="placebo"):
    result = one(trial, reference)
    assert not result.converged
    assert (result.estimate, result.standard_error, result.p, result.df, result.n) == (None,) * 5
    assert (result.method, result.endpoint, result.unit) == ("random_slope", "alsfrs_r", "points per month")
    assert result.references == REFERENCES
    return result.arm, result.contrast, result.warnings[0]


@pytest.mark.evidence("random_slope", "bad_input")
def test_what_cannot_be_estimated_says_why():
    rows = rows_of("e02_small")
    missing = "alsfrs_r: expected visits after time zero in every arm; got none"
    assert why(trial_of([r for r in rows if r[2] <= 0])) == ("cells", "cells - placebo", f"{missing} in placebo, cells")
    no_cells = trial_of([r for r in rows if r[1] == 0 or r[2] <= 0])
    assert why(no_cells) == ("cells", "cells - placebo", f"{missing} in cells")
    no_placebo = trial_of([r for r in rows if r[1] == 1 or r[2] <= 0])
    assert why(no_placebo) == ("cells", "cells - placebo", f"{missing} in placebo")
    nobody = trial_of([("a", None, -1.0, 30.0), ("b", None, -2.0, 30.0)])
    assert why(nobody, None) == (None, "slope after time zero", missing)
    assert why(trial_of([("a", 0, 1.0, 30.0), ("b", 1, 1.0, 31.0)]))[2].startswith("y: expected more observations")
    constant = trial_of([(r[0], r[1], r[2], 40.0) for r in rows])
    assert why(constant)[2].startswith("y: expected an outcome that varies; all ")
    empty = replace(small(), participants=empty_table("participants"))
    assert why(empty, None) == (
        None,
        None,
        "participants: expected at least one usable participant; got none. See the findings.",
    )
    assert one(replace(small(), assessments=empty_table("assessments"))).warnings == (f"{missing} in placebo, cells",)


def test_a_fit_that_fails_is_a_result_with_all_attempts():
    lines = [(f"p{i}", i % 2, float(t), 30 + i - (1 + i % 3) * t) for i in range(8) for t in range(4)]
    reason = why(trial_of(lines))[2]
    assert reason.startswith("The mixed model did not converge")
    assert reason.count("\n") == 5
    with pytest.raises(DataError, match="after time zero"):
        fit_random_slope(trial_of([line for line in lines if line[2] == 0]))


def test_an_arm_without_visits_does_not_hide_the_others():
    rows = rows_of("e02_small")
    three = trial_of([*rows, ("late", 2, -1.0, 30.0), ("later", 2, 0.0, 30.0)], ("placebo", "cells", "more"))
    cells, more = random_slope(three, "alsfrs_r", "placebo")
    assert replace(cells, not_evaluable=0) == one(trial_of(rows))
    assert cells.not_evaluable == 2
    assert (more.converged, more.arm, more.contrast) == (False, "more", "more - placebo")
    assert more.warnings == ("expected visits after time zero in every arm; got none in more",)


def test_the_reference_is_the_one_named_or_the_first():
    trial = small()
    first = trial.participants["arm"][0]
    other = "cells" if first == "placebo" else "placebo"
    assert fit_random_slope(trial).visits.arms == (first, other)
    assert fit_random_slope(trial, reference=other).visits.arms == (other, first)
    with pytest.raises(UsageError, match="expected an arm of this trial"):
        random_slope(trial, "alsfrs_r", "plazebo")


def test_warnings_say_what_the_fit_says():
    fitted = fit_random_slope(trial_of(rows_of("e02_small", lambda i, a: 0), ("cells",)))
    uncertainty = replace(fitted.fit.uncertainty, flat_directions=1)
    doubtful = replace(fitted, fit=replace(fitted.fit, singular=True, uncertainty=uncertainty))
    (result,) = slope_results(doubtful)
    assert result.warnings == (UNCONTROLLED, SINGULAR, FLAT)
    assert result.df is not None


def test_infinite_degrees_of_freedom_are_absent():
    fitted = fit_random_slope(small(), reference="placebo")
    certain = replace(fitted.fit.uncertainty, covariance_gradient=0 * fitted.fit.uncertainty.covariance_gradient)
    (result,) = slope_results(replace(fitted, fit=replace(fitted.fit, uncertainty=certain)))
    assert result.df is None
    assert result.p is not None
    assert result.ci_high - result.estimate == pytest.approx(1.959963984540054 * result.standard_error, rel=1e-9)


def test_a_model_mean_takes_one_month_or_many():
    fitted = fit_random_slope(small(), reference="placebo")
    placebo, cells = model_mean(fitted, 3.0)
    beta = fitted.fit.coefficients
    assert placebo.mean == pytest.approx([beta[0] + 3 * beta[1]], rel=1e-12)
    assert cells.mean == pytest.approx([beta[0] + 3 * (beta[1] + beta[2])], rel=1e-12)
    grid = np.linspace(0, 6, 13)
    placebo, cells = model_mean(fitted, grid)
    test = fitted.fit.test([1.0, 6.0, 6.0])
    assert (cells.low[-1], cells.high[-1]) == (test.ci_low, test.ci_high)
    assert placebo.mean[0] == cells.mean[0]
    assert (placebo.low < placebo.mean).all()
    assert (placebo.mean < placebo.high).all()


# -- what must not matter --------------------------------------------------------------------------------------------

ROWS = [row for row in rows_of("e02_small") if row[2] >= 0]
PLAIN = one(trial_of(ROWS))


def close(result, *, sign=1.0, scale=1.0):
    assert result.estimate == pytest.approx(sign * scale * PLAIN.estimate, rel=1e-8)
    assert result.standard_error == pytest.approx(scale * PLAIN.standard_error, rel=1e-8)
    assert result.df == pytest.approx(PLAIN.df, rel=1e-6)
    assert result.p == pytest.approx(PLAIN.p, rel=1e-6)


@pytest.mark.evidence("random_slope", "property")
@settings(max_examples=6)
@given(st.randoms(use_true_random=False))
def test_order_and_names_do_not_matter(random):
    names = dict(zip({row[0] for row in ROWS}, random.sample(range(100, 999), 30), strict=True))
    shuffled = [(f"{names[i]}", a, t, y) for i, a, t, y in random.sample(ROWS, len(ROWS))]
    close(one(trial_of(shuffled)))


@pytest.mark.evidence("random_slope", "property")
@settings(max_examples=6)
@given(st.floats(-30, 30), st.floats(0.1, 10))
def test_shift_and_scale_of_the_outcome_do_what_they_say(shift, scale):
    close(one(trial_of([(i, a, t, scale * (y + shift)) for i, a, t, y in ROWS])), scale=scale)


def test_only_visits_from_time_zero_on_count():
    close(one(trial_of([*ROWS, (ROWS[0][0], ROWS[0][1], -0.5 / DAYS_PER_MONTH, 0.0)])))


@pytest.mark.evidence("random_slope", "property")
def test_swapping_the_arms_turns_the_sign():
    close(one(trial_of([(i, 1 - a, t, y) for i, a, t, y in ROWS])), sign=-1.0)


def test_a_participant_without_values_changes_nothing_but_the_count():
    result = one(trial_of([*ROWS, *(("silent", 1, float(t), None) for t in range(7))]))
    close(result)
    assert (result.n, result.not_evaluable) == (30, 1)
