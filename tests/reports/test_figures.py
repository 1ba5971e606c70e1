"""Each figure states its numbers in words, is well formed, and draws what it is given."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest

from leadin.analysis.kaplan_meier import survival_curve
from leadin.reports.arms import report_arms
from leadin.reports.courses import courses
from leadin.reports.drawing import PAGE_HEIGHT
from leadin.reports.responders import ChanceShare, ResponderShare, responders_figure
from leadin.reports.slopes import MOST_CLOUD_POINTS, SlopePairs, slopes_figure
from leadin.reports.survival import kept_apart, survival_figure
from leadin.reports.swimmer import swimmer_figure
from leadin.reports.trajectories import MeanCurve, Measured, trajectories_figure

SVG = "{http://www.w3.org/2000/svg}"


def words_in(picture) -> list[str]:
    root = ElementTree.fromstring(picture.svg)
    assert root.find(f"{SVG}desc").text == picture.finding
    assert root.find(f"{SVG}title").text == picture.title
    assert float(root.get("height").removesuffix("pt")) <= PAGE_HEIGHT + 1
    return [e.text for e in root.iter(f"{SVG}text")]


def marks_in(picture) -> int:
    return len(list(ElementTree.fromstring(picture.svg).iter(f"{SVG}use")))


def test_swimmer_tells_doses_lots_and_ends(two_arms):
    trial = two_arms()
    picture = swimmer_figure(report_arms(trial, "control"), courses(trial))
    assert picture.finding == (
        "cells: 12 injections in 6 of 6 participants; 12 lots started, 0 not released; median follow-up after time "
        "zero 12.0 months; died 1, followed to the end 5. "
        "control: 0 injections in 0 of 6 participants; median follow-up after time zero 12.0 months; withdrew 1, "
        "followed to the end 5."
    )
    words = words_in(picture)
    for word in (
        "lead-in",
        "follow-up",
        "isolation, expansion",
        "injection",
        "death",
        "left early",
        "cells, n = 6",
        "P01",
    ):
        assert word in words
    assert "lot rejected" not in words
    assert "Months from time zero" in words


def test_swimmer_of_many_names_nobody_and_still_fits_a_page(build):
    trial = build(
        participants=[{"participant_id": f"P{k}", "arm": "a"} for k in range(500)],
        assessments=[
            {"participant_id": f"P{k}", "day": 30.0, "measure": "alsfrs_r", "value": 30.0} for k in range(500)
        ],
    )
    picture = swimmer_figure(report_arms(trial), courses(trial))
    assert "P1" not in words_in(picture)
    assert "Bars carry no id" in picture.caption


def curve(values: tuple[float, ...]) -> MeanCurve:
    months = (-3.0, 0.0, 6.0)
    return MeanCurve(months, values, tuple(v - 1.5 for v in values), tuple(v + 1.5 for v in values))


def test_trajectories_tell_the_mean_at_both_ends_and_at_time_zero(two_arms):
    trial = two_arms()
    arms = report_arms(trial, "control")
    means = {"cells": curve((40.0, 37.0, 33.0)), "control": curve((40.0, 37.0, 31.5))}
    picture = trajectories_figure(arms, trial.assessments, means=means, model="broken-stick model")
    assert picture.finding == (
        "cells, 6 participants: model mean 40.0 points at month −3 (95 % interval 38.5 to 41.5), 37.0 points at month "
        "0 (95 % interval 35.5 to 38.5), 33.0 points at month 6 (95 % interval 31.5 to 34.5). "
        "control, 6 participants: model mean 40.0 points at month −3 (95 % interval 38.5 to 41.5), 37.0 points at "
        "month 0 (95 % interval 35.5 to 38.5), 31.5 points at month 6 (95 % interval 30.0 to 33.0)."
    )
    words = words_in(picture)
    assert words.count("time zero") == 2
    assert words.count("mean, control") == 1
    assert "ALSFRS-R total score (points, 0 to 48)" in words
    assert "Thick line and band: mean of the broken-stick model" in picture.caption


def test_means_of_visits_are_points_with_bars(two_arms):
    trial = two_arms()
    arms = report_arms(trial, "control")
    mean = MeanCurve((3.0, 6.0, 12.0), (36.0, 33.0, 28.0), (35.0, 31.5, 26.0), (37.0, 34.5, 30.0), at_visits=True)
    picture = trajectories_figure(
        arms, trial.assessments, means={"cells": mean}, model="repeated-measures model (MMRM)"
    )
    assert picture.caption == (
        "Thin lines: participants. Points and bars: adjusted mean of the repeated-measures model (MMRM) at each visit "
        "with its 95 % interval."
    )
    assert "model mean 36.0 points at month 3 (95 % interval 35.0 to 37.0), 28.0 points at month 12" in picture.finding
    band = trajectories_figure(arms, trial.assessments, means={"cells": replace(mean, at_visits=False)})
    assert marks_in(picture) > marks_in(band)


def test_adjusted_means_are_read_from_their_rows():
    from leadin.analysis.result import Result
    from leadin.reports.arms import ReportArm
    from leadin.reports.model_means import adjusted_means
    from leadin.reports.palette import look

    arms = (ReportArm("x", "x", ("a",), False, look(0)), ReportArm("y", "y", ("b",), True, look(1)))

    def row(arm: str, month: float, mean: float | None, rule: str = "adjusted mean", **changes) -> Result:
        known = {"ci_low": 1.0, "ci_high": 50.0, "n": 7, "unit": "points"} | changes
        return Result("mmrm", "alsfrs_r", arm=arm, time_months=month, estimate=mean, rule=rule, **known)

    rows = [row("x", 6.0, 30.0), row("x", 3.0, 33.0, n=9), row("x", 9.0, None), row("x", 9.0, 1.0, ci_low=None)]
    rows += [row("x", 6.0, 2.0, rule="unstructured"), replace(row("y", 6.0, 31.0), method="joint_rank")]
    means = adjusted_means(rows, arms)
    assert means.method == "mmrm"
    assert means.curves == {"x": MeanCurve((3.0, 6.0), (33.0, 30.0), (1.0, 1.0), (50.0, 50.0), at_visits=True)}
    assert means.used == {"x": 9}
    assert adjusted_means(rows[4:], arms) is None


def test_trajectories_without_a_model_say_so(one_arm):
    trial = one_arm()
    picture = trajectories_figure(report_arms(trial), trial.assessments)
    assert picture.finding == "All participants, 5 participants: no model mean."
    assert "No model mean is drawn" in picture.caption
    assert "time zero" not in words_in(picture)


def test_trajectories_of_another_measure_and_of_single_visits(build):
    trial = build(
        participants=[{"participant_id": "a"}, {"participant_id": "b"}],
        assessments=[{"participant_id": p, "day": 30.0, "measure": "svc_percent", "value": 80.0} for p in "ab"],
    )
    svc = Measured("svc_percent", "SVC", "SVC (% predicted)", "% predicted")
    picture = trajectories_figure(report_arms(trial), trial.assessments, svc)
    assert "SVC (% predicted)" in words_in(picture)
    assert picture.title == "SVC over time"


def test_slopes_tell_who_slowed_and_what_no_treatment_shows(cells_and_control):
    pairs = {
        "cells": SlopePairs((-1.0, -2.0, 0.0), (-0.5, -2.5, 0.5)),
        "control": SlopePairs((-1.0,), (-1.0,)),
    }
    cloud = SlopePairs(tuple(np.linspace(-2, 0, 1000)), tuple(np.linspace(-1.5, 0, 1000)))
    picture = slopes_figure(cells_and_control, pairs, cloud)
    assert picture.finding == (
        "cells + riluzole: slower decline after time zero than before in 2 of 3 (67 %), mean change 0.17 points per "
        "month. riluzole alone: slower decline after time zero than before in 0 of 1 (0 %), mean change 0.00 points "
        "per month. With no treatment, 1000 simulated participants of the same design: slower in 999 of 1000 (>99 %), "
        "mean change 0.25 points per month."
    ).replace(" %", "\u00a0%")
    words = words_in(picture)
    assert "no change" in words
    assert words.count("Lead-in slope (points per month)") == 2
    assert words.count("Follow-up slope (points per month)") == 1
    assert 2 * MOST_CLOUD_POINTS >= marks_in(picture) - 40 > 600


def test_slopes_without_a_cloud_say_nothing_of_one(only):
    picture = slopes_figure(only, {"cells": SlopePairs((-1.0, -0.5), (-0.8, -0.6))})
    assert "no treatment" not in picture.finding
    assert "Grey" not in picture.caption
    assert SlopePairs((), ()).mean_change is None


def test_responders_tell_counts_intervals_and_the_chance_level(cells_and_control):
    shares = [
        ResponderShare("≥ 25 % slower", "cells", 10, 15, 0.384, 0.882),
        ResponderShare("≥ 25 % slower", "control", 5, 15, 0.118, 0.616),
        ResponderShare("≥ 50 % slower", "cells", 0, 15, 0.0, 0.218),
    ]
    chance = [ChanceShare("≥ 25 % slower", "cells", 0.36, 0.13, 0.6)]
    picture = responders_figure(cells_and_control, shares, chance)
    assert picture.finding == (
        "≥ 25 % slower: cells + riluzole 10 of 15 (67\u00a0%), 95 % interval 38 to 88\u00a0%; riluzole alone 5 of 15 "
        "(33\u00a0%), 95 % interval 12 to 62\u00a0%; cells + riluzole with no treatment 36\u00a0% (13 to 60\u00a0% in "
        "95 % of trials). ≥ 50 % slower: cells + riluzole 0 of 15 (0\u00a0%), 95 % interval 0 to 22\u00a0%."
    )
    words = words_in(picture)
    assert "10 of 15 (67\u00a0%)" in words
    assert "with no treatment" in words
    assert "Participants who respond (%)" in words


def test_responders_of_one_arm_need_no_key(only):
    picture = responders_figure(only, [ResponderShare("r", None, 1, 3, 0.01, 0.9)], interval="90 % interval")
    assert "two injections" not in words_in(picture)
    assert "90 % interval" in picture.caption
    assert "95" not in picture.finding


def test_survival_tells_deaths_and_survival_at_the_end(cells_and_control):
    curves = {
        "cells": survival_curve([3.0, 6.0, 12.5, 12.5], [True, False, False, False]),
        "control": survival_curve([12.0, 12.0], [False, False]),
    }
    picture = survival_figure(cells_and_control, curves, "randomisation")
    assert picture.finding == (
        "cells + riluzole: 1 of 4 had a fatal event; 75\u00a0% alive 12 months after randomisation "
        "(95 % interval 13 to 96\u00a0%). "
        "riluzole alone: 0 of 2 had a fatal event; 100\u00a0% alive 12 months after randomisation."
    )
    words = words_in(picture)
    assert "Number at risk" in words
    assert "Months from randomisation" in words
    assert "Alive (%)" in words
    assert words.count("riluzole alone") == 2
    at_risk = [w for w in words if w in {"4", "3", "2"}]
    assert at_risk.count("4") == 2  # months 0 and 3, just before the death
    assert at_risk.count("2") == 7  # months 9 and 12 with cells, five of control


def test_survival_of_an_unknown_arm_is_refused(cells_and_control):
    with pytest.raises(ValueError, match=r"expected the name of an arm of the page; got 'other'\."):
        survival_figure(cells_and_control, {"other": survival_curve([1.0], [True])})


def test_names_are_kept_apart():
    assert kept_apart([90.0, 60.0], 5) == [90.0, 60.0]
    assert kept_apart([90.0, 88.0, 40.0], 5) == [90.0, 85.0, 40.0]
    assert kept_apart([3.0, 2.0], 5) == [5.0, 0.0]
    assert kept_apart([], 5) == []


def test_the_same_input_is_the_same_bytes(two_arms):
    trial = two_arms()
    arms, people = report_arms(trial), courses(trial)
    assert swimmer_figure(arms, people).svg == swimmer_figure(arms, people).svg
    assert trial.assessments.equals(pl.DataFrame(trial.assessments))
