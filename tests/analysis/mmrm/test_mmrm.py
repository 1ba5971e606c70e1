"""`mmrm`: its rows against R, what must not change them, and what is said where nothing can be estimated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.special import stdtr, stdtrit

from leadin.analysis.analyse import analyse_trial
from leadin.analysis.mmrm.mmrm import REFERENCES, mmrm
from leadin.analysis.mmrm.trial_fit import adjusted_means, fit_trial_mmrm
from leadin.analysis.slope_model import UNCONTROLLED
from leadin.errors import ConvergenceError, DataError, UsageError
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis

from .reference import arrays, from_json

GOLDEN = [entry for entry in from_json("mmrm/golden_B.json") if entry["model"] == "B6"]
(EMMEANS,) = [entry for entry in from_json("mmrm/structures.json") if entry["kind"] == "emmeans"]
SINGULAR = (
    "the unstructured covariance could not be fitted: there is no best fit, the likelihood grows without end as visits "
    "come to predict one another without error: too few participants for so many visits, or a visit that repeats "
    "another (newton from the residuals)"
)


def plan(**settings):
    return PlannedAnalysis(method="mmrm", **settings)


def drawn(n=24, months=(0, 1, 2, 3), arms=("placebo", "cells"), seed=1):
    """n participants in turn in each arm, their scores at those months; fractions, so that nothing ties."""
    draw = np.random.Generator(np.random.PCG64(seed))
    level, rate = 38 + 4 * draw.normal(size=n), 1 + 0.4 * draw.normal(size=n)
    noise = 1.5 * draw.normal(size=(n, len(months)))
    who = [f"p{i:02d}" for i in range(n)]
    scores = {
        name: {month: float(level[i] - rate[i] * month + noise[i, k]) for k, month in enumerate(months)}
        for i, name in enumerate(who)
    }
    return {name: arms[i % len(arms)] for i, name in enumerate(who)}, scores


@pytest.mark.evidence("mmrm", "reference")
@pytest.mark.parametrize("entry", GOLDEN[:6], ids=[entry["dataset"] for entry in GOLDEN[:6]])
def test_the_planned_visit_equals_r_s_mmrm(reference_trial, entry):
    """Reference: validation/mmrm/golden_B.json, model B6."""
    rows = mmrm(reference_trial(entry["dataset"]), plan(), "placebo")
    first = rows[0]
    assert (first.arm, first.contrast, first.time_months) == ("cells", "cells - placebo", pytest.approx(6.0))
    assert first.estimate == pytest.approx(entry["est"], rel=2e-7)
    assert first.standard_error == pytest.approx(entry["se"], rel=2e-7)
    assert first.df == pytest.approx(entry["df"], rel=2e-5)
    assert first.p == pytest.approx(entry["p"], rel=1e-5)
    assert first.statistic == pytest.approx(entry["est"] / entry["se"], rel=1e-6)
    # visit + visit:arm + visit:base in R; the means of the reference are at a baseline of 36 there.
    names = entry["beta_names"]
    differences = [beta for beta, name in zip(entry["beta"], names, strict=True) if name.endswith(":arm")]
    assert [row.estimate for row in rows[1:6]] == pytest.approx(differences[:5], rel=1e-6)
    assert [row.time_months for row in rows[:6]] == pytest.approx([6, 1, 2, 3, 4, 5])


@pytest.mark.evidence("mmrm", "reference")
def test_adjusted_means_and_differences_with_covariates_equal_emmeans(reference_trial):
    """Reference: validation/mmrm/structures.json, gls and emmeans: a number at its mean over participants, the
    levels of a factor weighted equally."""
    trial = reference_trial("e02_small")
    planned = plan(covariance=EMMEANS["structure"], covariates=("age", "region"))
    rows = mmrm(trial, planned, "placebo")
    for expected in EMMEANS["differences"]:
        (row,) = [r for r in rows if r.contrast is not None and r.time_months == pytest.approx(int(expected["visit"]))]
        assert row.estimate == pytest.approx(expected["estimate"], rel=2e-4)
        assert row.standard_error == pytest.approx(expected["SE"], rel=2e-4)
    means = {(row.arm, round(row.time_months)): row for row in rows if row.rule == "adjusted mean"}
    assert len(means) == len(EMMEANS["means"]) == 12
    for expected in EMMEANS["means"]:
        row = means["cells" if expected["arm"] else "placebo", int(expected["visit"])]
        assert row.estimate == pytest.approx(expected["emmean"], rel=2e-5)
        assert row.standard_error == pytest.approx(expected["SE"], rel=2e-4)
    assert "adjusted for the baseline, age, region, whatever" in rows[0].estimand


def test_rows_say_what_they_are(build):
    trial = build(*drawn(arms=("placebo", "low", "high")))
    rows = mmrm(trial, plan(month=2), "placebo")
    assert [(r.arm, r.contrast, round(r.time_months)) for r in rows] == [
        ("low", "low - placebo", 2), ("high", "high - placebo", 2),
        ("low", "low - placebo", 1), ("high", "high - placebo", 1),
        ("low", "low - placebo", 3), ("high", "high - placebo", 3),
        ("placebo", None, 1), ("low", None, 1), ("high", None, 1),
        ("placebo", None, 2), ("low", None, 2), ("high", None, 2),
        ("placebo", None, 3), ("low", None, 3), ("high", None, 3),
    ]  # fmt: skip
    first, mean = rows[0], rows[7]
    assert (first.method, first.endpoint, first.unit) == ("mmrm", "alsfrs_r", "points")
    assert (first.n, first.not_evaluable, first.converged, first.warnings) == (24, 0, True, ())
    assert first.rule == "unstructured covariance, Satterthwaite"
    assert first.references == REFERENCES
    assert first.estimand == (
        "Among all participants with a baseline and a visit after it, as allocated: the difference in the mean "
        "ALSFRS-R total at month 2, arm low minus arm placebo, adjusted for the baseline, whatever was given "
        "(treatment policy) and as if those who died or left had been followed on (visits missing at random)."
    )
    assert first.p == pytest.approx(2 * stdtr(first.df, -abs(first.statistic)), rel=1e-12)
    assert first.statistic == pytest.approx(first.estimate / first.standard_error, rel=1e-12)
    half = stdtrit(first.df, 0.975) * first.standard_error
    assert (first.ci_low, first.ci_high) == pytest.approx((first.estimate - half, first.estimate + half), rel=1e-9)
    assert (mean.rule, mean.n, mean.not_evaluable, mean.p, mean.statistic) == ("adjusted mean", 8, None, None, None)
    assert mean.estimand.startswith(
        "Among all participants with a baseline and a visit after it, as allocated: the mean ALSFRS-R total at month 1 "
        "of arm low, adjusted for the baseline, whatever"
    )
    assert rows[10].estimate - rows[9].estimate == pytest.approx(first.estimate, rel=1e-9)
    low, high = mean.ci_low, mean.ci_high
    assert (low + high) / 2 == pytest.approx(mean.estimate, rel=1e-12)


def test_the_level_and_the_degrees_of_freedom_are_the_plan_s(build):
    trial = build(*drawn())
    usual = mmrm(trial, plan(), "placebo")
    wide = mmrm(trial, plan(alpha=0.01), "placebo")
    assert [(r.estimate, r.p, r.df) for r in wide] == [(r.estimate, r.p, r.df) for r in usual]
    for row in (wide[0], wide[-1]):
        half = stdtrit(row.df, 0.995) * row.standard_error
        assert row.ci_high - row.estimate == pytest.approx(half, rel=1e-9)
    for way, words in (("kenward_roger", "Kenward-Roger"), ("kenward_roger_linear", "Kenward-Roger (linear)")):
        rows = mmrm(trial, plan(degrees_of_freedom=way), "placebo")
        fitted = fit_trial_mmrm(trial, plan(), "placebo")
        adjusted = fitted.fit.adjusted_covariance(linear=way.endswith("linear"))
        for row, plain, contrast in (
            (rows[0], usual[0], fitted.mean(1, 2) - fitted.mean(0, 2)),
            (rows[3], usual[3], fitted.mean(0, 0)),
        ):
            assert (row.estimate, row.df) == (plain.estimate, plain.df)
            assert row.standard_error == pytest.approx(np.sqrt(contrast @ adjusted @ contrast), rel=1e-12)
        assert rows[0].rule == f"unstructured covariance, {words}"
    for covariance, words in (("toeplitz", "Toeplitz"), ("autoregressive", "AR(1)")):
        assert mmrm(trial, plan(covariance=covariance), "placebo")[0].rule == f"{words} covariance, Satterthwaite"


def test_one_arm_has_its_change_from_baseline(build):
    trial = build(*drawn(arms=(None,)))
    rows = mmrm(trial, plan(), None)
    assert [(r.arm, r.contrast, round(r.time_months)) for r in rows] == [
        (None, "month 3 - baseline", 3), (None, "month 1 - baseline", 1), (None, "month 2 - baseline", 2),
        (None, None, 1), (None, None, 2), (None, None, 3),
    ]  # fmt: skip
    baseline = trial.assessments.filter(pl.col("day") == 0)["value"].mean()
    for change, mean in ((rows[0], rows[5]), (rows[1], rows[3])):
        assert change.estimate == pytest.approx(mean.estimate - baseline, rel=1e-9)
        assert (change.standard_error, change.df) == (mean.standard_error, mean.df)
        assert (change.ci_low, change.ci_high) == pytest.approx((mean.ci_low - baseline, mean.ci_high - baseline))
        assert change.statistic == pytest.approx(change.estimate / change.standard_error)
        assert change.p == pytest.approx(2 * stdtr(change.df, -abs(change.statistic)), rel=1e-12)
        assert change.warnings == (UNCONTROLLED,)
        assert mean.warnings == ()
    assert "the mean change of the ALSFRS-R total from baseline to month 3, adjusted for the baseline, whatever" in (
        rows[0].estimand
    )
    named = mmrm(build(*drawn(arms=("cells",))), plan(), "cells")
    assert [r.estimate for r in named] == [r.estimate for r in rows]
    assert named[0].arm == named[3].arm == "cells"
    assert "at month 1 of arm cells, adjusted" in named[3].estimand
    assert "at month 1 of the trial, adjusted" in rows[3].estimand


def test_means_for_a_figure(build):
    arms, scores = drawn()
    scores["p01"].pop(2)
    trial = build(arms, scores)
    planned = plan(alpha=0.1)
    rows = mmrm(trial, planned, "placebo")
    placebo, cells = adjusted_means(fit_trial_mmrm(trial, planned, "placebo"))
    assert (placebo.arm, cells.arm) == ("placebo", "cells")
    assert placebo.names == cells.names == ("month 1", "month 2", "month 3")
    assert placebo.months == pytest.approx([1, 2, 3])
    assert (placebo.seen, cells.seen) == ((12, 12, 12), (12, 11, 12))
    assert placebo.baseline == pytest.approx(np.mean([visits[0] for visits in scores.values()]))
    for arm in (placebo, cells):
        mine = [r for r in rows if r.rule == "adjusted mean" and r.arm == arm.arm]
        assert arm.mean.tolist() == [r.estimate for r in mine]
        assert arm.standard_error.tolist() == [r.standard_error for r in mine]
        assert arm.low.tolist() == [r.ci_low for r in mine]
        assert arm.high.tolist() == [r.ci_high for r in mine]


# What must not change it.


@pytest.mark.evidence("mmrm", "property")
def test_the_other_arm_as_reference_turns_the_sign(build):
    trial = build(*drawn())
    one, other = mmrm(trial, plan(), "placebo"), mmrm(trial, plan(), "cells")
    for mine, turned in zip(one[:3], other[:3], strict=True):
        assert (mine.contrast, turned.contrast) == ("cells - placebo", "placebo - cells")
        assert turned.estimate == pytest.approx(-mine.estimate, rel=1e-7)
        assert (turned.standard_error, turned.df, turned.p) == pytest.approx(
            (mine.standard_error, mine.df, mine.p), rel=1e-6
        )
        assert (turned.ci_low, turned.ci_high) == pytest.approx((-mine.ci_high, -mine.ci_low), rel=1e-6)


@pytest.mark.evidence("mmrm", "property")
def test_order_and_names_of_participants_do_not_matter(build):
    arms, scores = drawn()
    scores["p05"].pop(3)
    backwards = {f"x{who}": arms[who] for who in reversed(arms)}, {f"x{w}": v for w, v in reversed(scores.items())}
    for mine, turned in zip(
        mmrm(build(arms, scores), plan(), "placebo"), mmrm(build(*backwards), plan(), "placebo"), strict=True
    ):
        assert turned.estimate == pytest.approx(mine.estimate, rel=1e-7)
        assert (turned.standard_error, turned.df) == pytest.approx((mine.standard_error, mine.df), rel=1e-6)


@pytest.mark.evidence("mmrm", "property")
def test_shift_and_scale_of_the_outcome(build):
    arms, scores = drawn()
    moved = {who: {m: 100.0 - 5.0 * value for m, value in visits.items()} for who, visits in scores.items()}
    plain, other = mmrm(build(arms, scores), plan(), "placebo"), mmrm(build(arms, moved), plan(), "placebo")
    for mine, turned in zip(plain, other, strict=True):
        shift = 0.0 if mine.contrast else 100.0
        assert turned.estimate == pytest.approx(shift - 5.0 * mine.estimate, rel=1e-6)
        assert (turned.standard_error, turned.df) == pytest.approx((5.0 * mine.standard_error, mine.df), rel=1e-6)


@pytest.mark.evidence("mmrm", "property")
def test_a_shift_of_everybody_at_one_visit_changes_the_means_there_alone(build):
    arms, scores = drawn()
    moved = {who: {m: value + 7.0 * (m == 2) for m, value in visits.items()} for who, visits in scores.items()}
    plain, other = mmrm(build(arms, scores), plan(), "placebo"), mmrm(build(arms, moved), plan(), "placebo")
    for mine, turned in zip(plain, other, strict=True):
        shift = 7.0 if mine.contrast is None and round(mine.time_months) == 2 else 0.0
        assert turned.estimate == pytest.approx(mine.estimate + shift, rel=1e-6, abs=1e-7)


@pytest.mark.evidence("mmrm", "property")
def test_a_visit_without_values_and_a_person_without_any_change_nothing(build):
    arms, scores = drawn()
    plain = mmrm(build(arms, scores), plan(), "placebo")
    more = {who: {**visits, 4: None, 5: float("nan")} for who, visits in scores.items()}
    rows = mmrm(build({**arms, "z": "cells"}, {**more, "z": {0: 40.0}}), plan(), "placebo")
    assert [replace(r, not_evaluable=None) for r in rows] == [replace(r, not_evaluable=None) for r in plain]
    assert rows[0].not_evaluable == 1


def test_a_covariate_moves_nothing_but_is_allowed_for(build):
    """Adding to everybody in proportion to age leaves differences alone once age is in the model."""
    arms, scores = drawn(40)
    trial = build(arms, scores)
    people = trial.participants.with_columns(age=pl.Series([30 + (11 * i) % 37 for i in range(40)]))
    age = dict(zip(people["participant_id"], people["age"], strict=True))
    moved = {w: {m: v + (0.8 * age[w] if m else 0.0) for m, v in visits.items()} for w, visits in scores.items()}
    planned = plan(covariates=("age",))
    plain = mmrm(trial.with_tables({"participants": people}), planned, "placebo")
    other = mmrm(build(arms, moved).with_tables({"participants": people}), planned, "placebo")
    mean_age = np.mean(list(age.values()))
    for mine, turned in zip(plain, other, strict=True):
        shift = 0.0 if mine.contrast else 0.8 * mean_age
        assert turned.estimate == pytest.approx(mine.estimate + shift, rel=1e-6, abs=1e-6)
        assert turned.standard_error == pytest.approx(mine.standard_error, rel=1e-6)


# Fallbacks.


@pytest.mark.evidence("mmrm", "bad_input")
def test_the_next_structure_is_used_and_every_row_says_so(build):
    trial = build(*drawn(8, months=range(7)))
    rows = mmrm(trial, plan(), "placebo")
    used = "the heterogeneous Toeplitz covariance was used instead"
    assert {r.warnings for r in rows} == {(SINGULAR, used)}
    assert {r.rule for r in rows} == {"heterogeneous Toeplitz covariance, Satterthwaite", "adjusted mean"}
    alone = mmrm(trial, plan(covariance="heterogeneous_toeplitz", covariance_fallbacks=()), "placebo")
    assert [r.estimate for r in alone] == [r.estimate for r in rows]
    assert {r.warnings for r in alone} == {()}
    planned = plan(covariance_fallbacks=("unstructured", "compound_symmetry"))
    assert mmrm(trial, planned, "placebo")[0].warnings == (
        SINGULAR,
        "the compound symmetry covariance was used instead",
    )


@pytest.mark.evidence("mmrm", "bad_input")
def test_where_no_structure_fits_every_attempt_is_told(build):
    arms, scores = drawn(8, months=range(7))
    scores["p03"].pop(0)
    trial = build(arms, scores)
    rows = mmrm(trial, plan(covariance_fallbacks=()), "placebo")
    assert len(rows) == 6
    assert [round(r.time_months) for r in rows] == [6, 1, 2, 3, 4, 5]
    for row in rows:
        assert (row.converged, row.estimate, row.p, row.contrast, row.arm) == (
            False,
            None,
            None,
            "cells - placebo",
            "cells",
        )
        assert (row.n, row.not_evaluable) == (7, 1)
        assert row.warnings == (
            "expected a covariance structure that can be fitted; got none of 1 tried",
            SINGULAR,
            "participants with visits but no baseline, left out: 1",
        )
    with pytest.raises(ConvergenceError) as caught:
        fit_trial_mmrm(trial, plan(covariance_fallbacks=()), "placebo")
    assert str(caught.value) == SINGULAR


def test_uneven_visits_are_told_where_a_structure_goes_by_their_order(build):
    uneven, even = build(*drawn(months=(0, 1, 2, 4))), build(*drawn(months=(0, 3, 6, 9)))
    told = "the visits are not evenly spaced; {} covariance goes by their order alone"
    for covariance, label in (("autoregressive", "AR(1)"), ("heterogeneous_toeplitz", "heterogeneous Toeplitz")):
        assert mmrm(uneven, plan(covariance=covariance), "placebo")[0].warnings == (told.format(label),)
        assert mmrm(even, plan(covariance=covariance), "placebo")[0].warnings == ()
    for covariance in ("unstructured", "ante_dependence", "compound_symmetry"):
        assert mmrm(uneven, plan(covariance=covariance), "placebo")[0].warnings == ()
    nearly = build(*drawn(months=(0, 1, 2, 3.2)))
    assert mmrm(nearly, plan(covariance="autoregressive"), "placebo")[0].warnings == ()


# Visits and people that cannot be used.


def odd_trial(build):
    """Month 1 as it should be; all the same at month 2; at month 3 the placebo arm alone; then two people."""
    arms, scores = drawn(20, months=(0, 1, 2, 3, 4, 5))
    for i, who in enumerate(scores):
        scores[who][2] = 40.0
        if arms[who] == "cells":
            scores[who].pop(3)
        if i > 1:
            scores[who].pop(4)
    events = [(who, 3.5, "end_of_follow_up") for i, who in enumerate(scores) if i > 1]
    for i, who in enumerate(scores):
        if i > 1:
            scores[who].pop(5, None)
    return build(arms, scores, events)


@pytest.mark.evidence("mmrm", "bad_input")
def test_visits_that_cannot_be_compared_say_why(build):
    trial = odd_trial(build)
    rows = mmrm(trial, plan(), "placebo")
    reasons = {
        (r.contrast, r.arm, round(r.time_months)): (r.converged, None if r.converged else r.warnings[0]) for r in rows
    }
    too_few = (
        "expected more than 3 values at month {}, with baselines that differ within an arm, to tell the arms, the "
        "baseline and an error apart; got 2"
    )
    same = "arm and baseline reproduce all 20 values at month 2 exactly; nothing is left for an error"
    nobody = "expected somebody of arm cells at month 3; nobody in the model was seen"
    assert reasons == {
        ("cells - placebo", "cells", 5): (False, too_few.format(5)),
        ("cells - placebo", "cells", 1): (True, None),
        ("cells - placebo", "cells", 2): (False, same),
        ("cells - placebo", "cells", 3): (False, nobody),
        ("cells - placebo", "cells", 4): (False, too_few.format(4)),
        (None, "placebo", 1): (True, None),
        (None, "cells", 1): (True, None),
        (None, "placebo", 2): (False, same),
        (None, "cells", 2): (False, same),
        (None, "placebo", 3): (True, None),
        (None, "cells", 3): (False, nobody),
        (None, "placebo", 4): (False, too_few.format(4)),
        (None, "cells", 4): (False, too_few.format(4)),
        (None, "placebo", 5): (False, too_few.format(5)),
        (None, "cells", 5): (False, too_few.format(5)),
    }
    assert {r.rule for r in rows if r.contrast} == {"unstructured covariance, Satterthwaite"}
    placebo, cells = adjusted_means(fit_trial_mmrm(trial, plan(), "placebo"))
    assert (placebo.names, cells.names) == (("month 1", "month 3"), ("month 1",))


@pytest.mark.evidence("mmrm", "bad_input")
def test_a_visit_in_one_arm_alone_still_helps_the_other_visits(build):
    """The means at month 1 are those of the model with the visits of one arm, not of a model without them."""
    arms, scores = drawn(20, months=(0, 1, 2))
    for who in scores:
        if arms[who] == "cells":
            scores[who].pop(2)
    scores["p00"].pop(1)
    rows = mmrm(build(arms, scores), plan(month=1), "placebo")
    without = mmrm(
        build(arms, {w: {m: v for m, v in s.items() if m < 2} for w, s in scores.items()}), plan(), "placebo"
    )
    assert rows[0].n == 20
    assert without[0].n == 19
    assert rows[0].estimate != pytest.approx(without[0].estimate, rel=1e-6)


@pytest.mark.evidence("mmrm", "bad_input")
def test_fewest_values_of_a_visit(build):
    """Two arms and a baseline take up three values; with the fourth there is an error."""
    for fewest, usable in ((3, False), (4, True)):
        arms, scores = drawn(fewest, months=(0, 1))
        rows = mmrm(build(arms, scores), plan(), "placebo")
        assert rows[0].converged is usable
        if usable:
            assert rows[0].df == pytest.approx(1.0)
        else:
            assert rows[0].warnings[0] == (
                "alsfrs_r: no visit can be used: expected more than 3 values at month 1, with baselines that differ "
                "within an arm, to tell the arms, the baseline and an error apart; got 3"
            )


@pytest.mark.evidence("mmrm", "bad_input")
def test_people_without_a_baseline_or_a_covariate_are_counted(build):
    arms, scores = drawn()
    scores["p00"].pop(0)
    scores["p01"] = {0: 40.0}
    trial = build(arms, scores)
    people = trial.participants.with_columns(
        site=pl.Series(["a", "b", "c"] * 8), age=pl.Series([None, 50, None, *range(60, 81)])
    )
    trial = trial.with_tables({"participants": people})
    rows = mmrm(trial, plan(covariates=("age", "site")), "placebo")
    assert (rows[0].n, rows[0].not_evaluable) == (21, 3)
    assert rows[0].warnings == (
        "participants with visits but no baseline, left out: 1",
        "participants with a baseline but not all covariates, left out: 1",
    )
    assert mmrm(trial, plan(), "placebo")[0].not_evaluable == 2
    used = trial.participants.filter(~pl.col("participant_id").is_in(["p00", "p01", "p02"]))
    same = mmrm(trial.with_tables({"participants": used}), plan(covariates=("age", "site")), "placebo")
    assert [r.estimate for r in same] == pytest.approx([r.estimate for r in rows], rel=1e-9)


def test_a_baseline_that_is_the_same_in_everybody_is_not_adjusted_for(build):
    arms, scores = drawn()
    for visits in scores.values():
        visits[0] = 40.0
    trial = build(arms, scores)
    rows = mmrm(trial, plan(degrees_of_freedom="kenward_roger_linear"), "placebo")
    assert rows[0].warnings == ("the baseline is the same in everybody and is not adjusted for",)
    by_arm = [[v[3] for w, v in scores.items() if arms[w] == arm] for arm in ("placebo", "cells")]
    assert rows[0].estimate == pytest.approx(np.mean(by_arm[1]) - np.mean(by_arm[0]), rel=1e-9)
    assert rows[0].df == pytest.approx(22.0, rel=1e-6)


def test_assessments_outside_visits_are_told(build):
    arms, scores = drawn()
    scores["p00"][2.5] = 30.0
    assert mmrm(build(arms, scores), plan(), "placebo")[0].warnings == (
        "assessments that belong to no visit, left out: 1",
    )


def why(rows):
    """The one reason of rows without estimates."""
    assert not any(r.converged or r.estimate is not None for r in rows)
    (reason,) = {r.warnings[0] for r in rows}
    return reason


@pytest.mark.evidence("mmrm", "bad_input")
def test_trials_that_hold_nothing_to_compare_say_why(build):
    arms, scores = drawn(arms=("placebo", "low", "high"))
    rows = mmrm(build(arms, {w: {m: v for m, v in s.items() if m <= 0} for w, s in scores.items()}), plan(), "placebo")
    assert [(r.arm, r.contrast) for r in rows] == [("low", "low - placebo"), ("high", "high - placebo")]
    assert why(rows) == "alsfrs_r: expected visits after time zero; got none"
    no_baseline = {w: {m: v for m, v in s.items() if m > 0} for w, s in scores.items()}
    assert why(mmrm(build(arms, no_baseline), plan(), "placebo")) == (
        "alsfrs_r: no visit can be used: expected participants with a baseline at month 1; nobody was seen; expected "
        "participants with a baseline at month 2; nobody was seen; expected participants with a baseline at month 3; "
        "nobody was seen"
    )
    constant = {w: dict.fromkeys(s, 40.0) for w, s in scores.items()}
    assert why(mmrm(build(arms, constant), plan(), "placebo")).startswith(
        "alsfrs_r: no visit can be used: arm and baseline reproduce all 24 values at month 1 exactly; nothing is left"
    )
    only = {w: s for w, s in scores.items() if arms[w] == "low"}
    assert why(mmrm(build(arms, only), plan(), "placebo")) == (
        "alsfrs_r: expected participants with a baseline and a visit after it in every arm; got none in placebo, high"
    )
    two = {w: s for w, s in scores.items() if arms[w] != "high"}
    rows = mmrm(build(arms, two), plan(), "placebo")
    assert [r.converged for r in rows] == [True, False] * 3 + [True, True, False] * 3
    assert rows[1].warnings == ("expected participants of arm high with a baseline and a visit after it; got none",)
    assert (rows[0].n, rows[0].not_evaluable) == (16, 8)


@pytest.mark.evidence("mmrm", "bad_input")
def test_a_month_without_a_visit_and_an_unusable_covariate_are_rows_with_the_reason(build):
    trial = build(*drawn())
    assert why(mmrm(trial, plan(month=9), "placebo")) == (
        "month: expected the month of a visit with the ALSFRS-R total (1, 2, 3); got 9. Name one of these."
    )
    assert why(mmrm(trial, plan(covariates=("age_years",)), "placebo")) == (
        "age_years: expected a covariate that differs between participants; it is empty in everybody. Leave it out."
    )
    people = trial.participants.with_columns(cells=(pl.col("arm") == "cells").cast(pl.Float64))
    assert why(mmrm(trial.with_tables({"participants": people}), plan(covariates=("cells",)), "placebo")) == (
        "fixed: expected columns that say different things; zero, or a combination of the columns before: cells. Leave "
        "these out."
    )
    with pytest.raises(UsageError, match=r"^reference: expected an arm of this trial \(placebo, cells\); got 'plcebo'"):
        mmrm(trial, plan(), "plcebo")
    with pytest.raises(DataError, match=r"^month: expected"):
        fit_trial_mmrm(trial, plan(month=9), "placebo")


@pytest.mark.evidence("mmrm", "bad_input")
def test_everybody_gone_nobody_and_rows_twice(build):
    arms, scores = drawn()
    trial = build(arms, scores)
    nobody = trial.with_tables({"participants": trial.participants.clear()})
    (row,) = mmrm(nobody, plan(), None)
    assert (row.arm, row.contrast) == (None, "last visit - baseline")
    assert row.warnings[0] == "participants: expected at least one usable participant; got none. See the findings."
    twice = trial.with_tables({"assessments": pl.concat([trial.assessments] * 2)})
    assert [r.estimate for r in mmrm(twice, plan(), "placebo")] == [r.estimate for r in mmrm(trial, plan(), "placebo")]
    one = build({"a": "placebo"}, {"a": {0: 40.0, 1: 39.0, 2: 38.0}})
    assert why(mmrm(one, plan(), "placebo")).startswith(
        "alsfrs_r: no visit can be used: expected more than 1 values at"
    )


def test_in_a_plan_the_named_visit_is_the_primary_answer(build):
    arms, scores = drawn()
    trial = build(arms, {who: {m: round(v) for m, v in visits.items()} for who, visits in scores.items()})
    results = analyse_trial(trial, methods=["mmrm"])
    assert results["mmrm"].primary.time_months == pytest.approx(3.0)
    assert results["mmrm"].primary.contrast == "cells - placebo"
    assert not results["mmrm"].primary.planned


def test_a_death_is_told_in_the_estimand_and_needs_no_row(build):
    arms, scores = drawn()
    scores["p02"] = {m: v for m, v in scores["p02"].items() if m < 2}
    rows = mmrm(build(arms, scores, [("p02", 1.5, "death")]), plan(), "placebo")
    assert rows[0].n == 24
    assert "as if those who died or left had been followed on" in rows[0].estimand


def test_scheduled_days_not_actual_ones(build):
    """A visit 6 hours late is the same visit."""
    arms, scores = drawn()
    late = {
        w: {m + (0.25 / DAYS_PER_MONTH if m and i % 2 else 0.0): v for m, v in s.items()}
        for i, (w, s) in enumerate(scores.items())
    }
    rows, plain = mmrm(build(arms, late), plan(), "placebo"), mmrm(build(arms, scores), plan(), "placebo")
    assert [r.estimate for r in rows] == pytest.approx([r.estimate for r in plain], rel=1e-9)


def test_the_golden_trial_has_everybody(reference_trial):
    """The reference holds those seen at month 0 and later: the same people as the method takes."""
    data = arrays("w1_01")
    assert mmrm(reference_trial("w1_01"), plan(), "placebo")[0].n == np.unique(data.participant).size
