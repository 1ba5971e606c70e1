"""`ancova` of imputed tables: against nlme, its rows, what must not change it, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadin.analysis.analyse import analyse_trial
from leadin.analysis.ancova import fit_ancova
from leadin.analysis.methods import METHODS
from leadin.analysis.missing_data.deltas import delta_rule, deltas_of
from leadin.analysis.missing_data.imputed_ancova import REFERENCES, imputed_ancova, is_imputed
from leadin.protocols.estimand import IntercurrentEvent
from leadin.protocols.imputation import Imputation
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis

HERE = Path(__file__).resolve().parents[3] / "validation" / "missing-data"
MONTHS = (0, 2, 4, 6, 8)
NUMBERS = ("estimate", "standard_error", "statistic", "df", "ci_low", "ci_high", "p")


def planned(assumption="missing_at_random", imputations=8, events=(), **said):
    settings = {k: said.pop(k) for k in ("seed", "covariance", "tipping_point") if k in said}
    return PlannedAnalysis(
        method="ancova",
        imputation=Imputation(assumption=assumption, imputations=imputations, **settings),
        intercurrent_events=tuple(IntercurrentEvent(event=e, strategy=s) for e, s in events),
        **said,
    )


def trial_of(build, ids, arms, values, events=(), measure="alsfrs_r"):
    scores = {
        who: {month: value for month, value in zip(MONTHS, row, strict=True) if np.isfinite(value)}
        for who, row in zip(ids, values.tolist(), strict=True)
    }
    return build(dict(zip(ids, arms, strict=True)), scores, events, measure=measure)


@pytest.fixture(scope="module")
def small(dropout):
    return dropout("small")


@pytest.fixture(scope="module")
def trial(build, small):
    return trial_of(build, *small)


def numbers(row):
    return [getattr(row, name) for name in NUMBERS]


@pytest.mark.evidence("ancova", "reference")
def test_missing_at_random_goes_to_the_likelihood_answer_of_nlme(build, dropout):
    ids, arms, values = dropout("large")
    (row,) = imputed_ancova(trial_of(build, ids, arms, values), planned(imputations=100), "control")
    (theirs,) = (each for each in json.loads((HERE / "gls.json").read_text()) if each["dataset"] == "large")
    # Less than half of the variance comes from the draws, so that a hundred of them leave this much of it.
    noise = theirs["standard_error"] * 0.5**0.5 / 100**0.5
    assert row.estimate == pytest.approx(theirs["estimate"], abs=3.5 * noise)
    assert row.standard_error == pytest.approx(theirs["standard_error"], rel=0.06)
    # Leaving out who is not there at month 8 gives another answer.
    seen = np.isfinite(values[:, 4])
    naive = fit_ancova(values[seen, 4] - values[seen, 0], values[seen, 0], np.array(arms)[seen])
    assert abs(naive.difference("cells", "control").estimate - theirs["estimate"]) > 8 * noise


def test_a_row_says_everything(trial):
    (row,) = imputed_ancova(trial, planned(imputations=20), "control")
    assert (row.method, row.endpoint, row.arm, row.contrast) == ("ancova", "alsfrs_r", "cells", "cells - control")
    assert (row.time_months, row.unit, row.n, row.not_evaluable, row.converged) == (8.0, "points", 60, 0, True)
    assert row.rule == "multiple imputation, missing at random"
    assert row.references == REFERENCES
    assert row.estimand == (
        "Among all participants with a value of the ALSFRS-R total at baseline or after it, as allocated: the mean "
        "change from baseline to month 8, adjusted for baseline, arm cells minus arm control, values not seen imputed "
        "20 times (as missing at random)."
    )
    assert row.warnings[0] == "23 of 60 changes were imputed: 10 of 30 of arm cells, 13 of 30 of arm control"
    (quiet,) = imputed_ancova(trial, planned(imputations=60), "control")
    assert quiet.warnings == row.warnings[:1]
    assert row.p == pytest.approx(0.04, abs=0.04)
    half = row.ci_high - row.estimate
    assert row.estimate - row.ci_low == pytest.approx(half)
    (wide,) = imputed_ancova(trial, planned(imputations=20, alpha=0.01), "control")
    assert numbers(wide)[:4] == numbers(row)[:4]
    assert wide.ci_high - wide.estimate > 1.25 * half


def test_few_imputations_are_said_to_be_noisy(trial):
    (row,) = imputed_ancova(trial, planned(imputations=5), "control")
    assert row.warnings[1].startswith("the draws alone move the estimate by ")
    assert row.warnings[1].endswith(
        " (one standard error), more than a tenth of its standard error: ask for more imputations"
    )


@pytest.mark.evidence("ancova", "property")
@pytest.mark.parametrize("assumption", ["missing_at_random", "jump_to_reference"])
def test_with_nothing_missing_it_is_the_ancova_itself(build, small, assumption):
    ids, arms, values = small
    full = np.where(np.isnan(values), 30.0 + np.arange(60)[:, None] % 7, values)
    (row,) = imputed_ancova(trial_of(build, ids, arms, full), planned(assumption), "control")
    test = fit_ancova(full[:, 4] - full[:, 0], full[:, 0], arms).difference("cells", "control")
    assert numbers(row) == [
        test.estimate, test.standard_error, test.statistic, test.df, test.ci_low, test.ci_high, test.p
    ]  # fmt: skip
    assert row.df == 57
    assert row.warnings == ("0 of 60 changes were imputed: 0 of 30 of arm cells, 0 of 30 of arm control",)


@pytest.mark.evidence("ancova", "property")
def test_the_order_of_the_tables_changes_nothing(trial):
    (row,) = imputed_ancova(trial, planned("copy_increments"), "control")
    turned = trial.with_tables(
        {
            "participants": trial.participants.sample(fraction=1, shuffle=True, seed=3),
            "assessments": trial.assessments.sample(fraction=1, shuffle=True, seed=1),
        }
    )
    (other,) = imputed_ancova(turned, planned("copy_increments"), "control")
    assert numbers(other) == numbers(row)
    (seeded,) = imputed_ancova(trial, planned("copy_increments", seed=2), "control")
    assert seeded.estimate != row.estimate


@pytest.mark.evidence("ancova", "property")
def test_turning_the_arms_turns_the_sign(trial):
    (row,) = imputed_ancova(trial, planned(), "control")
    (turned,) = imputed_ancova(trial, planned(), "cells")
    assert turned.contrast == "control - cells"
    assert numbers(turned)[:4] == pytest.approx([-row.estimate, row.standard_error, -row.statistic, row.df], rel=1e-9)


@pytest.mark.evidence("ancova", "property")
def test_scale_and_shift_of_the_outcome(build, small):
    ids, arms, values = small
    (row,) = imputed_ancova(trial_of(build, ids, arms, values), planned("jump_to_reference"), "control")
    (moved,) = imputed_ancova(trial_of(build, ids, arms, 2 * values + 5), planned("jump_to_reference"), "control")
    assert numbers(moved)[:2] == pytest.approx([2 * row.estimate, 2 * row.standard_error], rel=1e-8)
    assert (moved.statistic, moved.df, moved.p) == pytest.approx((row.statistic, row.df, row.p), rel=1e-7)


@pytest.mark.evidence("ancova", "property")
def test_assumptions_shrink_towards_the_reference(trial):
    found = {
        a: imputed_ancova(trial, planned(a, imputations=30), "control")[0].estimate
        for a in ("missing_at_random", "copy_increments", "copy_reference", "jump_to_reference")
    }
    assert found["missing_at_random"] > found["copy_increments"] > found["jump_to_reference"] > 0
    assert found["missing_at_random"] > found["copy_reference"] > found["jump_to_reference"]


@pytest.mark.evidence("ancova", "property")
def test_shifts_move_the_estimate_by_the_share_imputed(trial):
    main, *grid = imputed_ancova(trial, planned(tipping_point=(-4, -2, 1)), "control")
    by_shift = {deltas_of(row.rule): row for row in grid}
    assert len(by_shift) == len(grid) == 16
    assert set(by_shift) == {(t, r) for t in (-4, -2, 0, 1) for r in (-4, -2, 0, 1)}
    assert numbers(by_shift[0, 0]) == numbers(main)
    line = [by_shift[t, 0].estimate for t in (-4, -2, 0, 1)]
    # Ten of thirty were imputed: each point added moves the mean of the arm by a third of one, but for the baseline.
    steps = np.diff(line) / (2, 2, 1)
    assert steps == pytest.approx(steps[0], rel=1e-9)
    assert steps[0] == pytest.approx(1 / 3, abs=0.02)
    assert by_shift[0, 1].estimate == pytest.approx(main.estimate - 13 / 30, abs=0.02)
    assert [row.rule for row in grid[:2]] == [delta_rule(1, 1), delta_rule(0, 1)]
    assert main.warnings[-1].startswith("tipping point of cells - control: p is ")
    assert all(is_imputed(row.rule) and row.contrast == main.contrast for row in (main, *grid))
    assert not is_imputed("ANCOVA")
    assert not is_imputed(None)


def test_a_gap_between_visits_is_not_shifted(build, small):
    ids, arms, values = small
    gap = values.copy()
    gap[np.isnan(gap[:, 4]), :] = np.nan
    gap = np.where(np.isnan(gap), 30.0 + np.arange(60)[:, None] % 7, gap)
    gap[:6, 3] = np.nan
    main, *grid = imputed_ancova(trial_of(build, ids, arms, gap), planned(month=6, tipping_point=(-9,)), "control")
    assert main.warnings[0].startswith("6 of 60 changes were imputed")
    assert {row.estimate for row in grid} == {main.estimate}
    # As is a baseline that is missing, and then all of the table is imputed anew for each draw.
    gap[0, 0] = np.nan
    (row,) = imputed_ancova(trial_of(build, ids, arms, gap), planned(), "control")
    assert row.warnings[0].startswith("1 of 60 changes was imputed")
    assert row.converged


def with_death(build, small, months=(3.0, 7.0)):
    ids, arms, values = small
    events = [(ids[2], months[0], "death"), (ids[5], months[1], "death")]
    cut = values.copy()
    cut[2, 2:], cut[5, 4:] = np.nan, np.nan
    return trial_of(build, ids, arms, cut, events), cut


REFUSED = (
    "intercurrent_events: expected a strategy for death (hypothetical or while_alive or composite), since 2 "
    "participants died by month 8 and values after death are not imputed unasked; got none. Name one."
)


def test_values_after_death_are_imputed_only_when_asked(build, small):
    trial, cut = with_death(build, small)
    (row,) = imputed_ancova(trial, planned(), "control")
    assert (row.converged, row.estimate, row.warnings) == (False, None, (REFUSED,))
    (row,) = imputed_ancova(trial, planned(events=[("death", "principal_stratum")]), "control")
    assert row.warnings == (REFUSED,)
    (asked,) = imputed_ancova(trial, planned(events=[("death", "hypothetical")]), "control")
    assert asked.converged
    lost = int(np.isnan(cut[:, 4]).sum())
    assert asked.warnings[0].startswith(f"{lost} of 60 changes were imputed")
    # Whoever died after the compared visit needs no strategy.
    (earlier,) = imputed_ancova(trial, planned(month=2), "control")
    assert earlier.converged


def test_a_last_or_worst_value_stands_for_those_who_died(build, small):
    trial, cut = with_death(build, small)
    alive, *grid = imputed_ancova(trial, planned(events=[("death", "while_alive")], tipping_point=(-5,)), "control")
    lost = int(np.isnan(cut[:, 4]).sum()) - 2
    assert alive.warnings[1] == (
        "2 participants with death by month 8 (1 of arm cells, 1 of arm control) count with their last value before it "
        "(while alive)"
    )
    assert alive.warnings[0].startswith(f"{lost} of 60 changes were imputed")
    (worst,) = imputed_ancova(trial, planned(events=[("death", "composite")]), "control")
    assert worst.warnings[1] == (
        "2 participants with death by month 8 (1 of arm cells, 1 of arm control) count with the worst value, 0 "
        "(composite)"
    )
    assert worst.standard_error > 1.5 * alive.standard_error
    # What stands is not shifted: a third of the treated arm would be, less the one who died.
    moved = next(row for row in grid if deltas_of(row.rule) == (-5.0, 0.0)).estimate - alive.estimate
    shifted = int((np.isnan(cut[:, 4]) & (np.arange(60) % 2 == 1)).sum()) - 1
    assert moved == pytest.approx(-5 * shifted / 30, abs=0.1)


def test_what_stands_does_not_teach_the_imputation(build, small):
    trial, _ = with_death(build, small)
    zero = planned(events=[("death", "composite")])
    hypothetical = planned(events=[("death", "hypothetical")])
    from leadin.analysis.missing_data import imputed_ancova as module

    first, second = (
        module._tables(module.visits_to_impute(trial, each, "control"), each.imputation).change
        for each in (zero, hypothetical)
    )
    same = first == second
    assert same.all(axis=0).sum() == 58
    assert (~same).all(axis=0).sum() == 2


def test_covariates_are_adjusted_for_and_belong_to_the_model(build, small):
    ids, arms, values = small
    trial = trial_of(build, ids, arms, values)
    people = trial.participants.with_columns(
        age_years=pl.Series([50.0 + 3 * (k % 11) for k in range(60)]),
        onset_region=pl.Series([("bulbar", "limb")[k % 3 > 0] for k in range(60)]),
    )
    people = people.with_columns(
        age_years=pl.when(pl.col("participant_id") == ids[7]).then(None).otherwise("age_years")
    )
    trial = trial.with_tables({"participants": people})
    (row,) = imputed_ancova(trial, planned(covariates=("age_years", "onset_region")), "control")
    assert (row.n, row.not_evaluable) == (59, 1)
    assert "adjusted for baseline and age_years and onset_region, arm" in row.estimand
    (plain,) = imputed_ancova(trial, planned(), "control")
    assert (plain.n, plain.estimate != row.estimate) == (60, True)


def test_three_arms_are_held_against_the_reference(build, small):
    ids, _, values = small
    arms = [("a", "b", "none")[k % 3] for k in range(60)]
    rows = imputed_ancova(trial_of(build, ids, arms, values), planned("jump_to_reference"), "none")
    assert [row.contrast for row in rows] == ["a - none", "b - none"]
    assert [row.n for row in rows] == [40, 40]
    by_arm = imputed_ancova(trial_of(build, ids, arms, values), planned(covariance="by_arm"), "none")
    assert all(row.converged for row in by_arm)


@pytest.mark.evidence("ancova", "bad_input")
def test_what_cannot_be_imputed_is_a_row_that_says_why(build, small):
    ids, arms, values = small

    def reason(trial, plan=None, reference="control"):
        rows = imputed_ancova(trial, plan or planned(), reference)
        assert {(row.converged, row.estimate, row.method, row.unit) for row in rows} == {
            (False, None, "ancova", "points")
        }
        return rows[0].warnings[0]

    late = values.copy()
    late[1::2, 4] = np.nan
    assert reason(trial_of(build, ids, arms, late), planned(month=8)) == (
        "expected at least 2 participants of arm cells with a value of the ALSFRS-R total at month 8; got 0"
    )
    late[1, 4] = 30.0
    assert reason(trial_of(build, ids, arms, late)).endswith("at month 8; got 1")
    assert reason(trial_of(build, ids, arms, values), planned(month=5)).startswith(
        "month: expected the month of a visit"
    )
    one = trial_of(build, ids, ["only"] * 60, values)
    assert reason(one, reference="only") == "expected at least two arms to compare; got 1"
    flat = np.where(np.isnan(values), np.nan, 30.0)
    assert reason(trial_of(build, ids, arms, flat)).startswith(
        "imputation: expected baseline, visits and covariates of"
    )
    assert reason(trial_of(build, ids, arms, np.full_like(values, 30.0))).startswith("baseline: ")


@pytest.mark.evidence("ancova", "bad_input")
def test_a_model_needs_more_participants_than_columns(build, small):
    ids, arms, values = small
    few = np.flatnonzero(np.isfinite(values).all(axis=1))[:8]
    chosen = trial_of(build, [ids[k] for k in few], [arms[k] for k in few], values[few])
    (row,) = imputed_ancova(chosen, planned(), "control")
    assert row.converged
    six = few[:6]
    chosen = trial_of(build, [ids[k] for k in six], [("control", "cells")[k % 2] for k in range(6)], values[six])
    (row,) = imputed_ancova(chosen, planned(), "control")
    assert row.warnings == (
        "imputation: expected at least 7 participants of all arms at every visit, for baseline, covariates and visits "
        "in 5 columns; got 6. Name an earlier month or fewer covariates.",
    )
    eight = trial_of(build, [ids[k] for k in few], [("control", "cells")[k % 2] for k in range(8)], values[few])
    (row,) = imputed_ancova(eight, planned(covariance="by_arm"), "control")
    assert row.warnings == (
        "imputation: expected at least 6 participants of arm control at every visit, for baseline, covariates and "
        "visits in 5 columns; got 4. Name an earlier month or fewer covariates, or covariance: common.",
    )


def test_a_visit_that_an_arm_did_not_make_is_left_out_of_the_model(build, small):
    ids, arms, values = small
    cut = values.copy()
    cut[1::2, 2] = np.nan
    cut[1, 2] = 33.0
    (row,) = imputed_ancova(trial_of(build, ids, arms, cut), planned(), "control")
    few = "fewer than 2 participants of an arm were seen at month 4: not in the imputation model"
    assert row.warnings[1] == few
    cut[3, 2] = 32.0
    (row,) = imputed_ancova(trial_of(build, ids, arms, cut), planned(), "control")
    assert few not in row.warnings


def test_participants_without_any_value_are_left_out_and_counted(build, small):
    ids, arms, values = small
    empty = values.copy()
    empty[3] = np.nan
    (row,) = imputed_ancova(trial_of(build, ids, arms, empty), planned(), "control")
    assert (row.n, row.not_evaluable) == (59, 1)


def test_the_registry_runs_it_where_the_plan_imputes(trial):
    plain = METHODS["ancova"].run(trial, PlannedAnalysis(method="ancova"), "control")
    (imputed,) = METHODS["ancova"].run(trial, planned(), "control")
    assert is_imputed(imputed.rule)
    assert not any(is_imputed(row.rule) for row in plain)
    assert replace(imputed, estimate=0.0).rule == imputed.rule


def through_the_front(trial, **said):
    plan = Plan(analyses=(planned(**said),))
    return analyse_trial(trial, plan=plan, reference="control").rows


@pytest.mark.evidence("ancova", "bad_input")
def test_odd_tables_give_rows_that_say_why(build, small):
    ids, arms, values = small
    whole = np.round(values)
    plain = through_the_front(trial_of(build, ids, arms, whole))[0]
    assert plain.converged
    trial = trial_of(build, ids, arms, whole)
    odd = trial.assessments.with_columns(
        value=pl.when(pl.col("day") > 230).then(pl.lit(float("inf"))).otherwise(pl.col("value"))
    )
    (infinite,) = through_the_front(trial.with_tables({"assessments": odd}), month=6)
    assert infinite.converged
    (row,) = through_the_front(trial.with_tables({"assessments": odd}), month=8)
    assert row.warnings[0].startswith("month: expected the month of a visit with the ALSFRS-R total (2, 4, 6); got 8")
    twice = pl.concat([trial.assessments, trial.assessments[:1]])
    (doubled,) = through_the_front(trial.with_tables({"assessments": twice}))
    assert doubled.converged
    dead = build({"a": "cells", "b": "control"}, {"a": {0: 40.0}, "b": {0: 41.0}}, [("a", 1.0, "death")])
    (row,) = through_the_front(dead)
    assert (row.converged, row.warnings) == (False, ("alsfrs_r: expected visits after time zero; got none",))
    two = build({"a": "cells", "b": "control"}, {"a": {0: 40.0, 2: 38.0}, "b": {0: 41.0, 2: 40.0}})
    (row,) = through_the_front(two)
    assert row.warnings == (
        "expected at least 2 participants of arm control with a value of the ALSFRS-R total at month 2; got 1",
    )


def test_a_planned_row_says_its_whole_estimand(build, small):
    ids, arms, values = small
    trial, _ = with_death(build, (ids, arms, np.round(values)))
    row = through_the_front(trial, events=[("death", "hypothetical"), ("not_dosed", "while_alive")])[0]
    assert row.converged
    assert row.warnings[0] == (
        "the plan asks 'while alive' for not being dosed; ancova cannot do that and takes 'treatment policy': see the "
        "estimand"
    )
    assert row.estimand.endswith(
        "Treatment: arm cells against arm control, as allocated. Intercurrent events: hypothetical for death (values "
        "after it go on as those of participants of the same arm with the same values so far: missing at random); "
        "treatment policy for permanent ventilation, non-invasive ventilation, other therapy and not being dosed."
    )


def test_counts_are_those_of_each_arm(build, small):
    ids, _, values = small
    arms = ["cells" if k < 20 else "control" for k in range(60)]
    lost = np.isnan(values[:, 4])
    (row,) = imputed_ancova(trial_of(build, ids, arms, values), planned(), "control")
    first, second = int(lost[:20].sum()), int(lost[20:].sum())
    assert row.warnings[0] == (
        f"23 of 60 changes were imputed: {first} of 20 of arm cells, {second} of 40 of arm control"
    )


def test_each_comparison_is_refused_in_a_row_of_its_own(build, small):
    ids, _, values = small
    arms = [("a", "b", "none", None)[k % 4] for k in range(60)]
    rows = imputed_ancova(trial_of(build, ids, arms, values), planned(month=5), "none")
    assert [(row.arm, row.contrast) for row in rows] == [("a", "a - none"), ("b", "b - none")]
    nameless = imputed_ancova(trial_of(build, ids, [None] * 60, values), planned(), None)
    assert [(row.arm, row.contrast, row.warnings) for row in nameless] == [
        (None, None, ("expected at least two arms to compare; got 1",))
    ]
