"""Fatal events by kind: the figure, its words, the table; and how ratios and months lost are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadin.analysis.analyse import analyse_trial
from leadin.analysis.cumulative_incidence import cumulative_incidences
from leadin.analysis.restricted_mean import LOG_RATIO
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.load import load_protocol
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.reports.answers import Answers
from leadin.reports.arms import report_arms
from leadin.reports.comparisons import forest_rows
from leadin.reports.estimate_words import shown_value
from leadin.reports.fatal_causes import incidence_figure, incidence_table, kinds_seen
from leadin.reports.numbers import percent, percent_interval
from leadin.reports.survival_tables import landmarks_table

KINDS = ["death", "tracheostomy", "end_of_follow_up"]


def trial_of(build, kinds=KINDS, n=12):
    names = [f"p{i:02d}" for i in range(n)]
    return build(
        protocol=load_protocol("alsummit-phase3"),
        participants=[{"participant_id": who, "arm": ("boosters", "sham")[i % 2]} for i, who in enumerate(names)],
        events=[
            {"participant_id": who, "day": (7.0 + i / 2) * DAYS_PER_MONTH, "kind": kinds[i % len(kinds)]}
            for i, who in enumerate(names)
        ],
    )


@pytest.fixture(scope="module")
def trial(build):
    return trial_of(build)


def test_a_panel_for_each_kind_that_anybody_had(trial):
    arms, curves = report_arms(trial, "sham"), cumulative_incidences(trial)
    assert kinds_seen(curves) == ("death", "tracheostomy")
    picture = incidence_figure(arms, curves, "randomisation")
    assert (picture.name, picture.title) == ("fatal-causes", "Fatal events by kind")
    for words in (
        "Death",
        "Tracheostomy",
        "Months from randomisation",
        "Had it first (%)",
        "three boosters",
        ">sham injections<",
    ):
        assert words in picture.svg
    assert "Permanent ventilation" not in picture.svg
    said = picture.finding.replace("\u00a0", " ")
    told = {}
    for name in ("boosters", "sham"):
        for kind in ("death", "tracheostomy"):
            curve = curves[name][kind]
            step = curve.step_at(12.0)
            spread = percent_interval(float(curve.low[step]), float(curve.high[step]))
            share = percent(float(curve.incidence[step]))
            told[name, kind] = (
                f"{kind} 2 of 6 ({share} by 12 months after randomisation, 95 % interval {spread})"
            ).replace("\u00a0", " ")
    assert said == (
        f"two injections of cells and three boosters: {told['boosters', 'death']}; {told['boosters', 'tracheostomy']}. "
        f"sham injections: {told['sham', 'death']}; {told['sham', 'tracheostomy']}."
    )
    assert incidence_figure(arms, curves, "randomisation").svg == picture.svg


def test_one_kind_needs_no_figure(build):
    only = trial_of(build, ["death", "end_of_follow_up"])
    assert incidence_figure(report_arms(only, "sham"), cumulative_incidences(only)) is None
    assert incidence_figure((), {}) is None


def test_the_table_beside_survival(trial):
    arms = report_arms(trial, "sham")
    answers = Answers.of(analyse_trial(trial, methods=["kaplan_meier"]), arms)
    table = incidence_table(answers, "90 % interval")
    assert [column.title for column in table.columns] == ["Month", "Had it first (%)", "90 % interval", "n"]
    assert [group.title for group in table.groups][:3] == [
        "Death, two injections of cells and three boosters",
        "Tracheostomy, two injections of cells and three boosters",
        "Permanent ventilation, two injections of cells and three boosters",
    ]
    assert table.groups[0].rows[-1][0] == "12"
    assert table.groups[2].rows[-1][2] == "–"
    # Survival has a table of its own, without these rows.
    assert [len(group.rows) for group in landmarks_table(answers).groups] == [2, 2]
    assert incidence_table(Answers((), arms)) is None


def test_where_causes_compete_survival_is_not_told(trial):
    plan = Plan(analyses=(PlannedAnalysis(method="kaplan_meier", fatal_events=("death",)),), reference_arm="sham")
    answers = Answers.of(analyse_trial(trial, plan=plan), report_arms(trial, "sham"))
    assert landmarks_table(answers) is None
    assert len(incidence_table(answers).groups) == 6


def test_ratios_and_months_lost_in_the_forest(slope_row, cells_and_control, only):
    ratio = slope_row(method="restricted_mean", endpoint="survival", unit=LOG_RATIO, estimate=0.0, rule="ratio")
    assert shown_value(ratio)[0] == 1.0
    assert shown_value(ratio)[4] == "ratio of means"
    gained = replace(ratio, unit="months", rule="difference")
    lost = replace(ratio, unit="months lost", rule="difference, months lost to death")
    rows = forest_rows(Answers((gained, ratio, lost), cells_and_control))
    assert [(row.unit, row.better_high, row.ratio) for row in rows] == [
        ("months", True, False),
        ("months lost", False, False),
    ]
    sides = slope_row(method="paired_side", contrast="treated side - untreated side")
    fold = slope_row(method="potency", contrast="after - before differentiation", unit="log fold change", estimate=0.0)
    assert [row.label for row in forest_rows(Answers((sides, fold), only))] == ["ALSFRS-R, side against side"]
    assert shown_value(fold)[4] == "fold change"
