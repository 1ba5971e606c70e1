"""Lead-in comparisons beside what no treatment shows, the table of multiplicity, columns of the table of models."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadin.analysis.multiplicity import FamilyOfTests, Hypothesis
from leadin.analysis.result import Result
from leadin.designs.chance import Chance, ChanceLevel
from leadin.designs.imitated import LeftOut
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.reports.models import method_and_rule, models_table, not_estimable, tabled
from leadin.reports.multiplicity import multiplicity_table
from leadin.reports.no_treatment import NOT_KNOWN, no_treatment_sentence
from leadin.reports.sentences import function_sentence
from leadin.reports.trust import analyses_entries
from leadin.reports.untreated import (
    false_positive_words,
    lead_in_rows,
    left_out_sentence,
    level_of,
    position_words,
    seen_words,
    untreated_notes,
    untreated_table,
    untreated_words,
)

CHANGE = Result(
    "slope_change", "alsfrs_r", arm="cells", contrast="follow-up - lead-in", rule="t test", estimate=0.4,
    standard_error=0.2, ci_low=0.0, ci_high=0.8, p=0.04, n=8, not_evaluable=1, unit="points per month",
)  # fmt: skip
STICK = replace(CHANGE, method="broken_stick", contrast="change of slope at time zero", rule=None, estimate=0.3)
SHARE = Result(
    "responders", "alsfrs_r", arm="cells", rule=">= 50 % slower", estimate=0.625, statistic=5.0, n=8,
    unit="proportion of participants",
)  # fmt: skip
BETWEEN = replace(CHANGE, contrast="cells - control", rule="Welch t test")
TEST = replace(
    BETWEEN,
    rule="re-randomisation test (exact, 924 allocations)",
    p=0.07,
    ci_low=None,
    ci_high=None,
    standard_error=None,
)
PLAIN, SHARED = PlannedAnalysis(method="slope_change"), PlannedAnalysis(method="slope_change", share_baseline=True)
LEVELS = (
    ChanceLevel("slope_change", "alsfrs_r", "cells", None, -0.3, -1.2, 0.6, 0.02, 4, 7.0, SHARED, (9.0, 9.0, 9.0, 9.0)),
    ChanceLevel(
        "slope_change", "alsfrs_r", "cells", None, -0.1, -0.83, 0.6, 0.02, 4, 7.0, PLAIN, (0.4, 0.5, -1.0, 0.2)
    ),
    ChanceLevel("broken_stick", "alsfrs_r", "cells", None, -0.2, -1.0, 0.6, 0.02, 3, 8.0, None, (-0.2, -0.3, 0.1)),
    ChanceLevel("responders", "alsfrs_r", "cells", ">= 50 % slower", 0.23, 0.0, 0.5, 0.01, 4, 8.0, None, (0.7,) * 4),
)
CHANCE = Chance("p", "pro-act", 4, 1, LEVELS, "alsfrs_r", (), ())


def plain(text):
    return text.replace("\u00a0", " ")


def cells_of(table):
    return [[tuple(map(plain, row)) for row in group.rows] for group in table.groups]


def test_the_rows_that_compare_with_the_lead_in(answers, only, cells_and_control):
    wilson = replace(SHARE, rule=">= 50 % slower (Wilson interval)")
    absent = replace(CHANGE, estimate=None)
    cox = replace(CHANGE, method="cox")
    assert lead_in_rows(answers([CHANGE, STICK, SHARE, wilson, absent, cox], only)) == (CHANGE, STICK, SHARE)
    assert lead_in_rows(answers([CHANGE, BETWEEN, TEST], cells_and_control)) == (CHANGE,)


def test_the_level_of_a_row_is_of_its_own_settings(answers, only, cells_and_control):
    known = replace(answers([CHANGE], only), made_by={CHANGE: PLAIN})
    assert level_of(CHANGE, known, CHANCE) is LEVELS[1]
    assert level_of(CHANGE, replace(known, made_by={CHANGE: SHARED}), CHANCE) is LEVELS[0]
    assert level_of(CHANGE, replace(known, made_by={}), CHANCE) is LEVELS[0]
    assert level_of(CHANGE, known, None) is None
    assert level_of(replace(CHANGE, endpoint="svc_percent"), known, CHANCE) is None
    assert level_of(replace(SHARE, rule=">= 75 % slower"), known, CHANCE) is None
    assert level_of(replace(CHANGE, estimate=None), known, CHANCE) is None
    assert level_of(BETWEEN, answers([BETWEEN], cells_and_control), CHANCE) is None
    assert level_of(replace(CHANGE, arm="control"), answers([CHANGE], cells_and_control), CHANCE) is None


def between(method, **changed):
    """A level between arms, by default of the same analysis as BETWEEN."""
    told = {"contrast": "cells - control", "false_positive": 0.0525, "false_positive_mcse": 0.005, **changed}
    return ChanceLevel(method, "alsfrs_r", "cells", None, 0.01, -0.52, 0.49, 0.01, 4, None, **told)


def test_the_level_of_a_comparison_of_arms(answers, cells_and_control):
    other = replace(CHANGE, arm="cells", contrast="follow-up - lead-in")
    adjusted = replace(BETWEEN, method="ancova", rule="ANCOVA", time_months=6.012)
    second = replace(adjusted, rule="two-sample t, unadjusted")
    early = replace(adjusted, time_months=4.0)
    rows = answers([other, BETWEEN, TEST, adjusted, second, early], cells_and_control)
    levels = (*LEVELS[:2], between("slope_change"), between("ancova", time_months=6.0123))
    chance = replace(CHANCE, levels=levels)
    assert level_of(BETWEEN, rows, chance) is levels[2]
    assert level_of(TEST, rows, chance) is None
    assert level_of(other, rows, chance) is levels[0]
    assert level_of(adjusted, rows, chance) is levels[3]
    assert level_of(second, rows, chance) is None
    assert level_of(early, rows, chance) is None
    assert level_of(replace(adjusted, time_months=None), rows, chance) is None
    assert level_of(replace(adjusted, time_months=6.0123 + 0.06), rows, chance) is None
    assert level_of(replace(BETWEEN, contrast="control - cells", arm="control"), rows, chance) is None
    alpha = PlannedAnalysis(method="slope_change", alpha=0.1)
    mine = replace(rows, made_by={BETWEEN: PlannedAnalysis(method="slope_change", name="main", role="primary")})
    known = replace(chance, levels=(between("slope_change", analysis=alpha), between("slope_change", analysis=PLAIN)))
    assert level_of(BETWEEN, mine, known) is known.levels[1]


def test_the_course_of_one_arm_has_its_level(answers, only):
    slope = replace(STICK, method="random_slope", contrast=None)
    level = between("random_slope", contrast=None, false_positive=None, false_positive_mcse=None)
    assert level_of(slope, answers([slope], only), replace(CHANCE, levels=(level,))) is level


def test_what_is_told_of_a_level():
    assert untreated_words(CHANGE, LEVELS[1]) == "−0.10 (−0.83 to 0.60)"
    assert plain(untreated_words(SHARE, LEVELS[3])) == "23 % (0 to 50 %)"
    assert untreated_words(BETWEEN, between("slope_change")) == "0.01 (−0.52 to 0.49)"
    cox = replace(BETWEEN, method="cox", unit="log hazard ratio", rule=None)
    assert untreated_words(cox, between("cox")) == "1.01 (0.59 to 1.63)"
    share = replace(SHARE, contrast="cells - control")
    assert untreated_words(share, between("responders")) == "1 (−52 to 49)"
    assert untreated_words(replace(cox, method="log_rank", estimate=None), between("log_rank")) == "–"
    assert plain(false_positive_words(between("cox"))) == "5.3 %"
    assert false_positive_words(LEVELS[1]) == "–"
    assert seen_words(CHANGE, LEVELS[1]) == "0.40"
    assert plain(seen_words(SHARE, LEVELS[3])) == "5 of 8 (63 %)"
    assert plain(position_words(CHANGE, LEVELS[1])) == "2 of 4 (50 %, Monte Carlo error 25.0 %)"
    assert plain(position_words(STICK, LEVELS[2])) == "0 of 3 (below 70.8 %)"
    assert plain(position_words(SHARE, LEVELS[3])) == "4 of 4 (above 39.8 %)"
    assert position_words(SHARE, replace(LEVELS[3], figures=())) == "–"
    assert position_words(replace(SHARE, estimate=None), LEVELS[3]) == "–"


def test_what_is_left_out_is_told_once_with_its_reason(answers, only):
    def left(reason, **said):
        return LeftOut(PlannedAnalysis(**said), reason)

    chance = replace(
        CHANCE,
        left_out=(
            left("not simulated", method="kaplan_meier"),
            left("adjusted for site", method="broken_stick", measure="svc_percent"),
            left("adjusted for site", method="slope_change"),
            left("not simulated", method="safety"),
            left("not simulated", method="win_ratio"),
        ),
    )
    survival = replace(CHANGE, method="kaplan_meier", endpoint="survival")
    rows = (CHANGE, replace(STICK, endpoint="svc_percent"), survival, replace(CHANGE, method="win_ratio"))
    assert left_out_sentence(rows, chance) == (
        "With no treatment nothing is shown for: Kaplan-Meier, win statistics of ALSFRS-R (not simulated); "
        "broken-stick model of SVC, change of slope of ALSFRS-R (adjusted for site)."
    )
    assert left_out_sentence((STICK,), CHANCE) == left_out_sentence(rows, None) == ""
    assert untreated_notes((), rows, chance) == (left_out_sentence(rows, chance),)
    known = answers([CHANGE], only)
    told = no_treatment_sentence(known, replace(chance, levels=())).text
    assert (
        told == f"{NOT_KNOWN} With no treatment nothing is shown for: change of slope of ALSFRS-R (adjusted for site)."
    )
    assert no_treatment_sentence(known, None).text == NOT_KNOWN
    assert models_table(known, chance=replace(chance, levels=())).notes[1:] == (left_out_sentence((CHANGE,), chance),)


def test_the_table_of_models_tells_false_positives_between_arms(answers, cells_and_control):
    other = replace(BETWEEN, method="random_slope", rule=None)
    chance = replace(CHANCE, levels=(between("slope_change"),))
    table = models_table(answers([BETWEEN, other], cells_and_control), chance=chance)
    assert titles(table)[3:5] == ["Mean (95 % of trials)", "False positives"]
    assert [column.group for column in table.columns] == [None] * 3 + ["With no treatment"] * 2 + [None] * 4
    cells = [tuple(map(plain, row[3:5])) for group in table.groups for row in group.rows]
    assert cells == [("0.01 (−0.52 to 0.49)", "5.3 %"), ("–", "–")]
    assert [plain(note) for note in table.notes[1:]] == [
        "With no treatment: the same analyses of 4 simulated trials of the same design (population pro-act) in which "
        "nobody is treated: the mean of their estimates, and the range that holds 95 % of the trials. An estimate "
        "inside that range needs no treatment to explain it. A dash: not computed, as for second tests of a comparison "
        "and for visits of a model that are not judged.",
        "False positives: the share of those trials in which p is below the level of the analysis though nobody is "
        "treated (Monte Carlo error up to 0.5 %). Between arms made by chance it should lie near the level; within an "
        "arm it tells how often the course of the disease alone looks like a change.",
    ]


def test_the_table_beside_no_treatment(answers, only):
    known = replace(answers([CHANGE, STICK, SHARE], only), made_by={CHANGE: PLAIN}, labels={CHANGE: "main"})
    table = untreated_table(known, CHANCE)
    assert table.caption == (
        "Each comparison with the lead-in beside what the same design shows with no treatment (4 simulated trials, "
        "population pro-act)."
    )
    assert [plain(group.title) for group in table.groups] == [
        "ALSFRS-R (points per month)",
        "ALSFRS-R (% of participants)",
    ]
    assert cells_of(table) == [
        [
            ("Change of slope, main", "0.40", "−0.10 (−0.83 to 0.60)", "2 of 4 (50 %, Monte Carlo error 25.0 %)"),
            ("Broken-stick model", "0.30", "−0.20 (−1.00 to 0.60)", "0 of 3 (below 70.8 %)"),
        ],
        [("Responders, ≥ 50 % slower", "5 of 8 (63 %)", "23 % (0 to 50 %)", "4 of 4 (above 39.8 %)")],
    ]
    assert table.notes[1:] == ("1 trial gave no broken-stick model of ALSFRS-R and is not counted.",)
    assert "needs no treatment to explain it" in table.notes[0]
    assert untreated_table(known, None) is None
    assert untreated_table(answers([BETWEEN], only), replace(CHANCE, levels=())) is None


def test_of_several_arms_the_arm_is_told(answers, cells_and_control):
    known = replace(answers([CHANGE], cells_and_control), made_by={CHANGE: PLAIN})
    assert untreated_table(known, CHANCE).groups[0].rows[0][0] == "Change of slope, cells + riluzole"


def titles(table):
    return [column.title for column in table.columns]


def test_the_table_of_models_has_a_column_for_no_treatment_where_a_row_has_it(answers, only):
    known = replace(answers([CHANGE, replace(CHANGE, method="cox", contrast="x")], only), made_by={CHANGE: PLAIN})
    table = models_table(known, chance=CHANCE)
    assert titles(table)[3:5] == ["Mean (95 % of trials)", "False positives"]
    assert [row[3] for group in table.groups for row in group.rows] == ["−0.10 (−0.83 to 0.60)", "–"]
    assert [row[4] for group in table.groups for row in group.rows] == ["–", "–"]
    assert len(table.notes) == 2
    assert len(titles(models_table(known))) == 7


def test_the_re_randomised_p_stands_beside_the_p_of_the_model(answers, cells_and_control):
    other = replace(BETWEEN, method="broken_stick", rule=None)
    rows = answers([BETWEEN, TEST, other], cells_and_control)
    assert tabled(rows) == (BETWEEN, other)
    table = models_table(rows)
    assert titles(table)[3:5] == ["p", "p, re-randomised"]
    assert [row[3:5] for group in table.groups for row in group.rows] == [("0.04", "0.07"), ("0.04", "–")]
    assert table.notes[1] == (
        "p, re-randomised: the share of allocations by the protocol's own randomisation that give an estimate at least "
        "as far from no difference as the one seen (exact, 924 allocations)."
    )
    assert len(models_table(answers([BETWEEN], cells_and_control)).notes) == 1
    refused = replace(TEST, rule="re-randomisation test", estimate=None, p=None, converged=False, warnings=("Why.",))
    without = answers([BETWEEN, refused], cells_and_control)
    assert "p, re-randomised" not in titles(models_table(without))
    assert not_estimable(without) == ("Change of slope of ALSFRS-R (cells + riluzole − riluzole alone): Why.",)


def test_labels_tell_analyses_apart_on_the_page(answers, cells_and_control):
    other = replace(BETWEEN, estimate=0.5)
    failed = replace(BETWEEN, estimate=None, p=None, converged=False, warnings=("Why.",))
    rows = replace(answers([BETWEEN, other, failed], cells_and_control), labels={other: "shared", failed: "third"})
    table = models_table(rows)
    assert [row[0] for row in table.groups[0].rows] == [
        "Change of slope, Welch t test", "Change of slope (shared), Welch t test",
    ]  # fmt: skip
    assert not_estimable(rows)[0].startswith("Change of slope (third) of ALSFRS-R")
    assert [entry.title for entry in analyses_entries(rows).entries] == [
        "Change of slope, ALSFRS-R (exploratory)",
        "Change of slope, ALSFRS-R, shared (exploratory)",
        "Change of slope, ALSFRS-R, third (exploratory)",
    ]


@pytest.fixture
def family():
    named = PlannedAnalysis(method="slope_change", name="main", role="primary")
    later = PlannedAnalysis(method="cox")
    return FamilyOfTests(
        "hochberg",
        0.05,
        (
            Hypothesis(named, BETWEEN, 0.05, 0.04, True),
            Hypothesis(later, None, 0.025, 1.0, None, "it was not run"),
            Hypothesis(later, replace(BETWEEN, time_months=6.0, rule=None), 0.0, 0.2, False),
        ),
    )


def test_the_table_of_multiplicity(answers, cells_and_control, family):
    table = multiplicity_table(family, answers([BETWEEN], cells_and_control))
    assert table.caption == "What is shown at the familywise two-sided level 0.05, tested by Hochberg's procedure."
    assert titles(table)[-1] == "At familywise two-sided level 0.05"
    assert list(table.groups[0].rows) == [
        ("main: change of slope of ALSFRS-R, cells + riluzole − riluzole alone, Welch t test", "0.04", "0.04", "0.050",
         "Shown"),
        ("Cox model of ALSFRS-R", "–", ">0.99", "0.025", "Not testable: it was not run"),
        ("change of slope of ALSFRS-R, cells + riluzole − riluzole alone, month 6", "0.04", "0.20", "0", "Not reached"),
    ]  # fmt: skip
    assert table.notes[1:] == ("Hochberg's procedure holds the level for independent or positively dependent tests.",)
    assert "Intervals elsewhere are not adjusted." in table.notes[0]
    holm = multiplicity_table(replace(family, procedure="holm", alpha=0.1), answers([BETWEEN], cells_and_control))
    assert len(holm.notes) == 1
    assert holm.caption == "What is shown at the familywise two-sided level 0.1, tested by Holm's procedure."
    assert multiplicity_table(None, answers([BETWEEN], cells_and_control)) is None


def test_the_first_screen_judges_by_the_familywise_level(slope_row, answers, cells_and_control, family):
    row = slope_row(p=0.04, planned=True)
    mine = replace(answers([row], cells_and_control), primary=(row,))
    alone = plain(function_sentence(mine).text)
    assert alone.endswith("(broken-stick model) is significant at the 5 % level (p = 0.04).")
    shown = Hypothesis(PlannedAnalysis(method="broken_stick"), row, 0.025, 0.08, False)
    told = plain(function_sentence(replace(mine, family=replace(family, hypotheses=(shown,)))).text)
    assert told.endswith(
        "(broken-stick model) is not significant at the familywise 5 % level (p = 0.04, adjusted for multiplicity p = "
        "0.08)."
    )
    assert plain(function_sentence(replace(mine, family=family)).text) == alone


def test_a_month_that_the_rule_tells_is_not_told_twice():
    side = Result("paired_side", "strength", time_months=6.0, rule="change at month 6, t test")
    assert method_and_rule(side) == "Treated against untreated side, change at month 6, t test"
    assert method_and_rule(replace(side, rule="change at month 60")).count("month 6,") == 1
    assert method_and_rule(replace(side, rule=None)) == "Treated against untreated side, month 6"
