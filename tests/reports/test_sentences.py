"""The first screen says what happened in plain words, with intervals, and claims nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadin.analysis.kaplan_meier import survival_curve
from leadin.analysis.result import Result
from leadin.designs.chance import Chance, ChanceLevel
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.reports.answers import Answers
from leadin.reports.no_treatment import cloud_of, no_treatment_sentence, shares_of
from leadin.reports.sentences import (
    Sentence,
    function_sentence,
    safety_sentence,
    spread_words,
    survival_sentence,
)


def plain(sentence: Sentence) -> str:
    return sentence.text.replace("\u00a0", " ")


def test_an_interval_on_one_side(slope_row, answers, cells_and_control):
    assert function_sentence(answers([slope_row()], cells_and_control)) == Sentence(
        "Function",
        "ALSFRS-R declined slower with cells + riluzole than with riluzole alone, by 0.31 points a month "
        "(95 %\u00a0interval 0.02 to 0.60; broken-stick model, 64 participants).".replace("95 %\u00a0", "95\u00a0% "),
    )


def test_an_interval_that_holds_both_directions_tells_both(slope_row, answers, cells_and_control):
    row = slope_row(estimate=-0.11, ci_low=-0.42, ci_high=0.2)
    assert plain(function_sentence(answers([row], cells_and_control))) == (
        "ALSFRS-R declined faster with cells + riluzole than with riluzole alone, by 0.11 points a month "
        "(95 % interval from 0.42 faster to 0.20 slower; broken-stick model, 64 participants)."
    )


def test_an_interval_wholly_on_the_worse_side_reads_from_small_to_large(slope_row, answers, cells_and_control):
    row = slope_row(estimate=-0.31, ci_low=-0.6, ci_high=-0.02)
    text = plain(function_sentence(answers([row], cells_and_control)))
    assert "declined faster" in text
    assert "95 % interval 0.02 to 0.60" in text


def test_the_edge_of_an_interval_at_zero_holds_both_directions():
    assert spread_words(0.0, 0.4, 2, "faster", "slower") == "from 0.00 faster to 0.40 slower"
    assert spread_words(0.1, 0.4, 2, "faster", "slower") == "0.10 to 0.40"


@pytest.mark.parametrize(("p", "verdict"), [(0.034, "is"), (0.05, "is not"), (0.68, "is not")])
def test_significant_is_said_of_the_planned_primary_only(slope_row, answers, cells_and_control, p, verdict):
    row = slope_row(p=p)
    said = plain(function_sentence(answers([row], cells_and_control, [row])))
    assert (
        f"The planned primary analysis (broken-stick model) {verdict} significant at the 5 % level (p = {p:.2f})."
        in said
    )
    assert "significant" not in plain(function_sentence(answers([row], cells_and_control)))


def test_the_level_of_the_plan_is_the_level_told(slope_row, cells_and_control):
    row = slope_row(p=0.034)
    told = plain(function_sentence(Answers((row,), cells_and_control, (row,), {row: 0.025})))
    assert "97.5 % interval" in told
    assert "is not significant at the 2.5 % level" in told


def test_a_planned_primary_speaks_before_the_other_models(slope_row, answers, cells_and_control):
    stick, slope = slope_row(), slope_row(method="random_slope", estimate=0.2)
    text = plain(function_sentence(answers([stick, slope], cells_and_control, [slope])))
    assert "random-slope model" in text
    assert "broken-stick" not in text
    assert "broken-stick" in plain(function_sentence(answers([slope, stick], cells_and_control)))


def test_a_model_that_failed_leaves_the_word_to_the_next(slope_row, answers, cells_and_control):
    failed = slope_row(estimate=None, ci_low=None, ci_high=None, converged=False, warnings=("no visits",))
    welch = slope_row(method="slope_change", rule="Welch t test")
    assert "change of slope" in plain(function_sentence(answers([failed, welch], cells_and_control)))
    assert plain(function_sentence(answers([failed], cells_and_control))) == (
        "No change of ALSFRS-R could be estimated from these data (no visits)."
    )
    assert plain(function_sentence(answers([], cells_and_control))) == (
        "No change of ALSFRS-R could be estimated from these data."
    )


def test_one_arm_is_compared_with_itself_and_said_to_be(slope_row, answers, only):
    row = slope_row(
        contrast="change of slope at time zero", estimate=-0.8, ci_low=-2.16, ci_high=0.56, standard_error=0.6
    )
    assert plain(function_sentence(answers([row], only), controlled=False)) == (
        "ALSFRS-R declined faster after time zero than before, by 0.80 points a month (95 % interval from 2.16 faster "
        "to 0.56 slower; broken-stick model, 64 participants). There is no control arm, so this trial alone cannot "
        "tell an effect from what would have happened anyway."
    )


def test_one_arm_without_a_lead_in_tells_its_slope(slope_row, answers, only):
    row = slope_row(
        method="random_slope", contrast="slope after time zero", estimate=-0.87, ci_low=-1.41, ci_high=-0.32
    )
    text = plain(function_sentence(answers([row], only)))
    assert text.startswith("ALSFRS-R fell by 0.87 points a month from time zero on (95 % interval 0.32 to 1.41;")
    up = replace(row, estimate=0.1, ci_low=-0.2, ci_high=0.4)
    assert "rose by 0.10 points a month from time zero on (95 % interval from 0.20 down to 0.40 up;" in plain(
        function_sentence(answers([up], only))
    )


def curves():
    return {
        "cells": survival_curve(np.arange(1.0, 34), [True] * 5 + [False] * 28),
        "control": survival_curve(np.arange(1.0, 32), [True] * 8 + [False] * 23),
    }


def cox(**changes) -> Result:
    row = Result(
        method="cox",
        endpoint="survival",
        arm="cells",
        contrast="cells - control",
        estimate=float(np.log(0.55)),
        standard_error=0.57,
        ci_low=float(np.log(0.18)),
        ci_high=float(np.log(1.68)),
        p=0.29,
        n=64,
        unit="log hazard ratio",
        planned=True,
    )
    return replace(row, **changes)


def test_deaths_and_the_hazard_ratio(answers, cells_and_control):
    sentence = survival_sentence(answers([cox()], cells_and_control), curves())
    assert sentence.about == "Survival"
    assert plain(sentence) == (
        "5 of 33 with cells + riluzole and 8 of 31 with riluzole alone died. The hazard of death with cells + "
        "riluzole was 0.55 times that with riluzole alone (95 % interval 0.18 to 1.68)."
    )


def test_a_hazard_ratio_that_does_not_exist_says_why(answers, cells_and_control):
    row = cox(estimate=None, ci_low=None, ci_high=None, converged=False, warnings=("nobody of the arm died",))
    text = plain(survival_sentence(answers([row], cells_and_control), curves(), "died or had a tracheostomy"))
    assert text == (
        "5 of 33 with cells + riluzole and 8 of 31 with riluzole alone died or had a tracheostomy. "
        "No hazard ratio of cells + riluzole to riluzole alone: nobody of the arm died."
    )


def test_a_planned_primary_survival_analysis_is_judged(answers, cells_and_control):
    row = cox()
    assert "The planned primary analysis (Cox model) is not significant at the 5 % level (p = 0.29)." in plain(
        survival_sentence(answers([row], cells_and_control, [row]), curves())
    )


def test_nobody_died_leaves_something_open(answers, cells_and_control, only):
    alive = {arm: survival_curve(np.ones(n), np.zeros(n)) for arm, n in (("cells", 33), ("control", 31))}
    assert plain(survival_sentence(answers([], cells_and_control), alive)) == (
        "Nobody died: 0 of 33 (95 % interval 0 to 11 %) with cells + riluzole and 0 of 31 (95 % interval 0 to 11 %) "
        "with riluzole alone."
    )
    assert plain(survival_sentence(answers([], only), {"cells": survival_curve(np.ones(7), np.zeros(7))})) == (
        "Nobody died: 0 of 7 (95 % interval 0 to 41 %)."
    )
    assert plain(survival_sentence(answers([], only), {})) == "Nothing can be said of survival: nobody was at risk."
    assert plain(survival_sentence(answers([], only), {}, recorded=False)).startswith("The tables hold no events")


def test_one_arm_tells_its_last_survival_and_its_breathing(slope_row, answers, only):
    landmark = Result(
        method="kaplan_meier",
        endpoint="survival",
        arm="cells",
        time_months=12.0,
        estimate=0.8,
        ci_low=0.2,
        ci_high=0.97,
        n=7,
    )
    early = replace(landmark, time_months=6.0, estimate=0.9)
    fvc = slope_row(
        endpoint="fvc_percent",
        method="slope_change",
        contrast="follow-up - lead-in",
        estimate=0.27,
        ci_low=-1.44,
        ci_high=1.98,
        standard_error=0.67,
        unit="% predicted per month",
        n=6,
    )
    sentence = survival_sentence(
        answers([early, landmark, fvc], only), {"cells": survival_curve([8.0, 12.0, 12.0], [True, False, False])}
    )
    assert sentence.about == "Survival and breathing"
    assert plain(sentence) == (
        "1 of 3 participants died. At month 12, 80 % were alive by Kaplan-Meier (95 % interval 20 to 97 %). FVC "
        "declined slower after time zero than before, by 0.27 % predicted a month (95 % interval from 1.44 faster to "
        "1.98 slower; change of slope, 6 participants)."
    )


def harm(rule: str, arm: str, part: int, whole: int, low: float, high: float) -> Result:
    return Result(
        method="safety",
        endpoint="adverse_events",
        arm=arm,
        rule=rule,
        estimate=part / whole,
        statistic=float(part),
        ci_low=low,
        ci_high=high,
        n=whole,
        unit="proportion of participants",
    )


def test_safety_counts_by_arm(answers, cells_and_control):
    rows = [
        harm("any", "cells", 30, 33, 0.757, 0.981),
        harm("any", "control", 20, 31, 0.454, 0.808),
        harm("serious", "cells", 5, 33, 0.051, 0.319),
        harm("serious", "control", 0, 31, 0.0, 0.112),
    ]
    assert plain(safety_sentence(answers(rows, cells_and_control))) == (
        "At least one serious adverse event: 5 of 33 (15 %, 95 % interval 5 to 32 %) with cells + riluzole and 0 of "
        "31 (0 %, 95 % interval 0 to 11 %) with riluzole alone. At least one adverse event of any kind: 30 of 33 (91 "
        "%, 95 % interval 76 to 98 %) with cells + riluzole and 20 of 31 (65 %, 95 % interval 45 to 81 %) with "
        "riluzole alone."
    )
    unknown = plain(safety_sentence(answers(rows, cells_and_control), serious_known=False))
    assert unknown.startswith(
        "Which adverse events were serious is not recorded. At least one adverse event of any kind"
    )


def test_no_record_is_not_no_harm(answers, only):
    assert plain(safety_sentence(answers([], only), recorded=False)) == (
        "The tables hold no adverse events, so nothing can be said of harm: none recorded is not none happened."
    )
    assert plain(safety_sentence(answers([], only))) == (
        "Adverse events are recorded; the analyses that were asked for do not count them."
    )
    nobody = [replace(harm(rule, "cells", 0, 1, 0, 1), statistic=None) for rule in ("any", "serious")]
    assert plain(safety_sentence(answers(nobody, only))) == (
        "At least one serious adverse event: 0 of 0 participants. At least one adverse event of any kind: 0 of 0 "
        "participants."
    )
    assert "do not count them" in plain(safety_sentence(answers(nobody[:1], only)))


def chance(**changes) -> Chance:
    levels = (
        ChanceLevel("slope_change", "alsfrs_r", "cells", None, -0.114, -0.83, 0.61, 0.02, 200, 6.5),
        ChanceLevel("responders", "alsfrs_r", "cells", ">= 25 % slower", 0.36, 0.0, 0.75, 0.01, 200, 7.0),
    )
    made = Chance("p", "pro-act", 200, 1, levels, "alsfrs_r", (-1.0, -0.5), (-0.8, -0.6))
    return replace(made, **changes)


def responder_row(**changes) -> Result:
    row = Result(
        method="responders",
        endpoint="alsfrs_r",
        arm="cells",
        rule=">= 25 % slower",
        estimate=1 / 6,
        statistic=1.0,
        n=6,
        ci_low=0.004,
        ci_high=0.64,
        unit="proportion of participants",
    )
    return replace(row, **changes)


def test_what_no_treatment_shows_stands_beside_what_was_seen(slope_row, answers, only):
    change = slope_row(method="slope_change", contrast="follow-up - lead-in", rule="t test", estimate=-0.76, n=6)
    wilson = responder_row(rule=">= 25 % slower (Wilson interval)")
    told = no_treatment_sentence(answers([change, wilson, responder_row()], only), chance())
    assert told.about == "With no treatment"
    assert plain(told) == (
        "200 trials of the same design were simulated in which nobody is treated. On average the slope of ALSFRS-R "
        "changes in them at time zero by −0.11 points a month (95 % of trials: −0.83 to 0.61); here −0.76. By the rule "
        "≥ 25 % slower, 36 % of their participants are responders (95 % of trials: 0 to 75 %); here 1 of 6 (17 %)."
    )


def test_the_model_answers_before_the_slopes_with_the_share_of_trials_that_show_as_much(slope_row, answers, only):
    change = slope_row(method="slope_change", contrast="follow-up - lead-in", rule="t test", estimate=-0.76, n=6)
    model = slope_row(contrast="change of slope at time zero", estimate=0.4)
    figures = (0.4 - 1e-12, 0.39, 1.0, -0.5, 0.2)
    level = ChanceLevel("broken_stick", "alsfrs_r", "cells", None, 0.29, -0.4, 0.9, 0.2, 5, 6.0, figures=figures)
    told = no_treatment_sentence(answers([change, model], only), chance(levels=(*chance().levels, level)))
    assert plain(told) == (
        "200 trials of the same design were simulated in which nobody is treated. On average the slope of ALSFRS-R "
        "changes in them at time zero by 0.29 points a month by the broken-stick model (95 % of trials: −0.40 to "
        "0.90); here 0.40; as much or more in 2 of 5 trials (40 %, Monte Carlo error 21.9 %)."
    )
    slopes = no_treatment_sentence(answers([change, model], only, (change,)), chance(levels=(*chance().levels, level)))
    assert "by the broken-stick model" not in slopes.text
    assert "here −0.76" in plain(slopes)


def test_without_a_protocol_the_way_to_one_is_told(slope_row, answers, only):
    assert plain(no_treatment_sentence(answers([slope_row()], only), None, has_protocol=False)) == (
        "What the same design shows with no treatment cannot be computed without a protocol, so nothing here says how "
        "much of a change chance alone makes. Name the trial's protocol with --protocol."
    )


def test_several_arms_without_control_name_the_one_that_is_told(slope_row, answers, cells_and_control):
    change = slope_row(method="slope_change", contrast="follow-up - lead-in", estimate=-0.76)
    assert "; with cells + riluzole here −0.76." in plain(
        no_treatment_sentence(answers([change], cells_and_control), chance())
    )


def test_what_was_not_computed_is_said_not_to_be(slope_row, answers, only):
    for told in (
        no_treatment_sentence(answers([slope_row()], only), None),
        no_treatment_sentence(answers([slope_row()], only), chance()),
    ):
        assert plain(told).startswith("What the same design shows with no treatment was not computed")


def test_chance_in_the_form_that_figures_take(only, cells_and_control):
    assert cloud_of(None) is None
    assert cloud_of(chance(endpoint="svc_percent")) is None
    assert cloud_of(chance(lead_in=())) is None
    assert cloud_of(chance()).lead_in == (-1.0, -0.5)
    (share,) = shares_of(chance(), only, several=False)
    assert (share.rule, share.arm, share.mean) == ("≥\u00a025\u00a0% slower", "cells", 0.36)
    assert shares_of(chance(), cells_and_control[1:] * 2, several=False) == ()
    between = [replace(level, contrast="cells - control", mean=0.0) for level in chance().levels]
    assert shares_of(chance(levels=(*between, *chance().levels)), only, several=False) == (share,)
    assert shares_of(None, only, several=True) == ()
    assert shares_of(chance(), only, several=True)[0].rule.startswith("ALSFRS-R: ≥")


def visit_row(**changes):
    row = Result(
        "mmrm",
        "alsfrs_r",
        arm="cells",
        contrast="cells - control",
        time_months=6.0,
        estimate=1.24,
        standard_error=0.48,
        ci_low=0.3,
        ci_high=2.18,
        p=0.012,
        n=64,
        unit="points",
        planned=True,
    )
    return replace(row, **changes)


def function_words(answers, *asked) -> str:
    return function_sentence(answers, *asked).text.replace("\u00a0", " ")


def test_a_model_of_visits_tells_the_judged_month(cells_and_control, answers):
    row = visit_row()
    early = visit_row(time_months=3.0, estimate=9.0)
    said = function_words(answers((row, early), cells_and_control, (row,)))
    assert said == (
        "At month 6 ALSFRS-R was 1.24 points higher with cells + riluzole than with riluzole alone (95 % interval 0.30 "
        "to 2.18; repeated-measures model, MMRM, 64 participants). The planned primary analysis (repeated-measures "
        "model, MMRM) is significant at the 5 % level (p = 0.01)."
    )
    lower = visit_row(estimate=-0.5, ci_low=-1.4, ci_high=0.4)
    assert (
        "was 0.50 points lower with cells + riluzole than with riluzole alone (95 % interval from 1.40 lower to 0.40 "
        in (function_words(answers((lower,), cells_and_control)))
    )


def test_of_three_arms_the_judged_comparison_is_named(cells_and_control, answers):
    third = replace(cells_and_control[0], name="boosters", label="boosters")
    row = visit_row()
    said = function_words(answers((row,), (cells_and_control[0], third, cells_and_control[1]), (row,)))
    assert said.endswith(
        "The planned primary analysis (repeated-measures model, MMRM, cells + riluzole − riluzole alone) is "
        "significant at the 5 % level (p = 0.01)."
    )


def test_change_at_a_visit_within_one_arm(only, answers):
    row = visit_row(contrast="month 6 - baseline", estimate=-5.2, ci_low=-7.0, ci_high=-3.4, standard_error=0.9)
    assert function_words(answers((row,), only)) == (
        "ALSFRS-R fell by 5.20 points from baseline to month 6 (95 % interval 3.40 to 7.00; repeated-measures model, "
        "MMRM, 64 participants)."
    )


def test_of_one_comparison_told_twice_the_first_is_said(cells_and_control, answers):
    rows = [
        visit_row(method="ancova", rule=rule, estimate=value) for rule, value in (("adjusted", 1.0), ("Welch", 2.0))
    ]
    said = function_words(answers(rows, cells_and_control))
    assert said.count("At month 6") == 1
    assert "was 1.00 points higher" in said
    primary = function_words(answers(rows, cells_and_control, rows[1:]))
    assert "was 2.00 points higher" in primary


def test_rates_of_decline_come_before_visits_unless_these_are_primary(cells_and_control, answers, slope_row):
    visit, slope = visit_row(planned=False), slope_row()
    assert function_words(answers((visit, slope), cells_and_control)).startswith("ALSFRS-R declined slower")
    assert function_words(answers((visit, slope), cells_and_control, (visit,))).startswith("At month 6")


def test_the_joint_rank_is_told_where_it_is_primary(cells_and_control, answers, slope_row):
    rank = visit_row(method="joint_rank", rule="Wilcoxon (exact)", unit="ranks", estimate=-5.25, standard_error=None)
    rank = replace(rank, ci_low=None, ci_high=None, p=0.2)
    said = function_words(answers((slope_row(), rank), cells_and_control, (rank,)))
    assert said.startswith(
        "In one ranking by survival first and function next, participants with cells + riluzole ranked lower than "
        "those with riluzole alone, by 5.2 ranks on average (joint rank, CAFS, Wilcoxon (exact), 64 participants). "
        "The planned primary analysis (joint rank, CAFS) is not significant"
    )
    ancova = replace(rank, rule="ANCOVA on ranks", estimate=5.0, standard_error=2.5, ci_low=0.1, ci_high=9.9)
    assert "ranked higher than those with riluzole alone, by 5.0 ranks on average (95 % interval 0.1 to 9.9; joint" in (
        function_words(answers((ancova,), cells_and_control, (ancova,)))
    )
    assert function_words(answers((rank,), cells_and_control)).startswith("No change of ALSFRS-R")


def test_wins_are_told_as_a_ratio(cells_and_control, answers):
    wins = visit_row(method="win_ratio", rule="win ratio", unit="log win ratio", estimate=0.3, standard_error=0.25)
    wins = replace(wins, ci_low=-0.19, ci_high=0.79)
    assert function_words(answers((wins,), cells_and_control, (wins,))).startswith(
        "Each participant with cells + riluzole held against each with riluzole alone, by survival first and function "
        "next: win ratio 1.35 (95 % interval 0.83 to 2.20; win statistics, 64 participants). The planned primary"
    )


def test_mean_survival_up_to_a_month_is_told(cells_and_control, answers):
    curves = {arm.name: survival_curve([3.0, 12.0], [True, False]) for arm in cells_and_control}
    row = visit_row(method="restricted_mean", endpoint="survival", unit="months", time_months=12.0, rule="difference")
    row = replace(row, estimate=0.42, standard_error=0.3, ci_low=-0.17, ci_high=1.01)
    said = survival_sentence(answers((row,), cells_and_control, (row,)), curves).text.replace("\u00a0", " ")
    assert (
        "Up to month 12 those with cells + riluzole lived 0.42 months longer on average than those with riluzole alone "
        "(95 % interval from 0.17 shorter to 1.01 longer)."
    ) in said
    assert "The planned primary analysis (restricted mean survival) is significant" in said
    for other in (replace(row, unit="log ratio of means"), replace(row, contrast=None), replace(row, ci_low=None)):
        assert "Up to month" not in survival_sentence(answers((other,), cells_and_control), curves).text


def test_two_planned_primaries_at_two_months_are_both_told(slope_row, cells_and_control):
    four = slope_row(method="ancova", unit="points", time_months=122 / 30.4375, rule="ANCOVA", p=0.03)
    six = slope_row(method="ancova", unit="points", time_months=183 / 30.4375, rule="ANCOVA", p=0.4)
    plain = slope_row(method="ancova", unit="points", time_months=183 / 30.4375, rule="two-sample t, unadjusted", p=0.5)
    at_four, at_six = (PlannedAnalysis(method="ancova", month=month) for month in (4, 6))
    made_by = {four: at_four, six: at_six, plain: at_six}
    told = function_sentence(Answers((four, six, plain), cells_and_control, (four, six), made_by=made_by)).text
    assert told.count("At month ") == 2
    assert "At month 4 ALSFRS-R was 0.31 points higher" in told
    assert "At month 6 ALSFRS-R was 0.31 points higher" in told
    assert "The planned primary analysis (analysis of covariance, month 4) is significant" in told
    assert "The planned primary analysis (analysis of covariance, month 6) is not significant" in told
    alone = function_sentence(Answers((four, six, plain), cells_and_control, (six,), made_by=made_by)).text
    assert alone.count("At month ") == 1
    assert "The planned primary analysis (analysis of covariance) is not significant" in alone
