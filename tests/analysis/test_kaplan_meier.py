"""Kaplan-Meier by hand, against lifelines, at its edges. R: test_survival_against_r."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.analysis.kaplan_meier import REFERENCES, kaplan_meier, survival_curve, survival_curves
from leadin.errors import DataError
from leadin.protocols.planned_analysis import PlannedAnalysis

PLAN = PlannedAnalysis(method="kaplan_meier")
times = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=40)


def test_four_participants_by_hand():
    curve = survival_curve([2, 3, 3, 5], [True, True, False, False])
    assert curve.months.tolist() == [0, 2, 3, 5]
    assert curve.survival.tolist() == pytest.approx([1, 3 / 4, 3 / 4 * 2 / 3, 1 / 2])
    assert curve.at_risk.tolist() == [4, 4, 3, 1]
    assert curve.deaths.tolist() == [0, 1, 1, 0]
    assert curve.censored.tolist() == [0, 0, 1, 1]
    assert curve.last == 5.0
    # Greenwood: the square of the relative error is 1/(4 x 3), then 1/(3 x 2) more.
    assert curve.standard_error.tolist()[:3] == pytest.approx([0, 0.75 * (1 / 12) ** 0.5, 0.5 * (1 / 4) ** 0.5])
    half = 1.959963984540054 * 0.5 / np.log(0.5)
    assert (curve.low[2], curve.high[2]) == pytest.approx((0.5 ** np.exp(-half), 0.5 ** np.exp(half)))
    assert np.isnan(curve.low[0])
    assert np.isnan(curve.high[0])


def test_numbers_at_risk_at_given_months():
    curve = survival_curve([2, 3, 3, 5], [True, True, False, False])
    assert curve.at_risk_at([0, 2, 2.5, 3, 5, 5.1]).tolist() == [4, 4, 3, 3, 1, 0]
    assert curve.at_risk_at([3 + 1e-10]).tolist() == [3]


def test_a_step_holds_from_its_month_on():
    curve = survival_curve([2, 3, 3, 5], [True, True, False, False])
    assert [curve.step_at(month) for month in (0, 1.9, 2, 2 - 1e-10, 4.9, 5, 99)] == [0, 0, 1, 1, 2, 3, 3]


@settings(max_examples=20)
@given(times)
def test_equals_lifelines(rows):
    from lifelines import KaplanMeierFitter

    months, event = zip(*rows, strict=True)
    theirs = KaplanMeierFitter().fit(months, event)
    ours = survival_curve(months, event)
    assert ours.survival.tolist() == pytest.approx(theirs.survival_function_at_times(ours.months).tolist(), abs=1e-12)
    limits = theirs.confidence_interval_survival_function_.loc[ours.months].to_numpy()
    inside = (ours.survival > 0) & (ours.survival < 1)
    np.testing.assert_allclose(ours.low[inside], limits[inside, 0], rtol=1e-9)
    np.testing.assert_allclose(ours.high[inside], limits[inside, 1], rtol=1e-9)


@given(times, st.floats(0.1, 10))
def test_order_and_unit_of_time_do_not_matter(rows, unit):
    months, event = map(np.array, zip(*rows, strict=True))
    curve = survival_curve(months, event)
    turned = survival_curve(months[::-1] * unit, event[::-1])
    assert turned.survival.tolist() == curve.survival.tolist()
    assert turned.months.tolist() == pytest.approx((curve.months * unit).tolist())
    assert curve.at_risk[0] == len(rows)


def test_without_censoring_it_is_the_share_alive():
    curve = survival_curve([1, 2, 3, 4], [True] * 4)
    assert curve.survival.tolist() == pytest.approx([1, 0.75, 0.5, 0.25, 0])
    assert np.isnan(curve.standard_error[-1])
    assert np.isnan(curve.high[-1])


def test_a_death_at_month_zero_needs_no_second_first_step():
    curve = survival_curve([0, 1], [True, False])
    assert (curve.months.tolist(), curve.survival.tolist()) == ([0, 1], [0.5, 0.5])
    assert curve.at_risk.tolist() == [2, 1]


def test_a_narrower_level_narrows_the_interval():
    usual, narrow = (survival_curve([1, 2, 3], [True, True, False], level) for level in (0.95, 0.8))
    assert usual.low[1] < narrow.low[1] < narrow.high[1] < usual.high[1]


@pytest.mark.parametrize(
    ("months", "event", "said"),
    [
        ([], [], "months: expected one time for each event, at least one; got (0,) and (0,)."),
        ([1, 2], [True], "months: expected one time for each event, at least one; got (2,) and (1,)."),
        ([-0.5], [True], "months: expected times of at least 0. Leave missing ones out."),
        ([np.nan], [True], "months: expected times of at least 0. Leave missing ones out."),
    ],
)
def test_impossible_times_are_refused(months, event, said):
    with pytest.raises(DataError) as caught:
        survival_curve(months, event)
    assert str(caught.value) == said


def followed(build, arms, ends, **options):
    return build(arms, events=[(who, month, kind) for who, (month, kind) in ends.items()], **options)


ARMS = {"a": "x", "b": "x", "c": "x", "d": "y", "e": "y"}
ENDS = {
    "a": (3.0, "death"),
    "b": (13.0, "end_of_follow_up"),
    "c": (7.0, "death"),
    "d": (8.0, "withdrawal"),
    "e": (12.0, "death"),
}


def test_landmarks_of_a_trial_by_hand(build):
    rows = kaplan_meier(followed(build, ARMS, ENDS), PLAN, "y")
    assert [(row.arm, row.time_months, row.estimate) for row in rows] == [
        ("x", 6.0, pytest.approx(2 / 3)), ("x", 12.0, pytest.approx(1 / 3)), ("y", 6.0, 1.0), ("y", 12.0, 0.0),
    ]  # fmt: skip
    first, _, alive, dead = rows
    assert (first.method, first.endpoint, first.n, first.not_evaluable) == ("kaplan_meier", "survival", 3, 0)
    assert (first.unit, first.references, first.contrast) == ("proportion surviving", REFERENCES, None)
    assert first.standard_error == pytest.approx((2 / 27) ** 0.5)
    assert 0 < first.ci_low < 2 / 3 < first.ci_high < 1
    assert first.warnings == ()
    assert (alive.standard_error, alive.ci_low, alive.ci_high, alive.converged) == (0.0, None, None, True)
    assert alive.warnings == ("nobody had died yet by month 6, where the log-log interval does not exist",)
    assert dead.warnings == ("everybody at risk had died by month 12, where the log-log interval does not exist",)
    assert (dead.standard_error, dead.converged) == (None, True)
    assert first.estimand == (
        "The probability that a participant of arm x is alive, without an event that the protocol counts as fatal, 6 "
        "months after time zero, whatever was given (treatment policy), in those at risk; leaving the trial is taken "
        "to say nothing about survival (independent censoring)."
    )


def test_a_landmark_that_an_arm_did_not_reach_is_not_guessed(build):
    ends = {**ENDS, "e": (8.5, "lost_to_follow_up")}
    rows = kaplan_meier(followed(build, ARMS, ends), PLAN, "y")
    last = rows[-1]
    assert (last.arm, last.time_months, last.estimate, last.converged) == ("y", 12.0, None, False)
    assert last.warnings == ("nobody of arm y was followed to month 12; the last was followed to month 8.5",)
    # Where everybody has died, survival stays zero for good.
    dead = kaplan_meier(followed(build, ARMS, {**ENDS, "d": (2.0, "death"), "e": (4.0, "death")}), PLAN, "y")
    assert [(row.estimate, row.converged) for row in dead if row.arm == "y"] == [(0.0, True), (0.0, True)]


def test_a_short_trial_is_told_at_its_end(build):
    ends = dict.fromkeys(ARMS, (2.5, "end_of_follow_up"))
    rows = kaplan_meier(followed(build, ARMS, ends), PLAN, "y")
    assert [(row.time_months, row.estimate) for row in rows] == [(2.5, 1.0), (2.5, 1.0)]


def test_a_landmark_on_the_last_day_counts(build):
    ends = dict.fromkeys(ARMS, (6.0, "end_of_follow_up"))
    assert {row.time_months for row in kaplan_meier(followed(build, ARMS, ends), PLAN, "y")} == {6.0}
    ends = dict.fromkeys(ARMS, (5.9, "end_of_follow_up"))
    (month,) = {row.time_months for row in kaplan_meier(followed(build, ARMS, ends), PLAN, "y")}
    assert month == pytest.approx(5.9)


def test_an_arm_that_nobody_of_was_at_risk_is_said(build):
    rows = kaplan_meier(followed(build, ARMS, {k: v for k, v in ENDS.items() if k in "abc"}), PLAN, "x")
    missing = [row for row in rows if row.arm == "y"]
    assert [row.warnings for row in missing] == [("no participant of arm y was at risk",)] * 2
    assert [(row.converged, row.n, row.not_evaluable) for row in missing] == [(False, 0, 2)] * 2


def test_curves_for_a_figure_leave_out_an_empty_arm(build):
    curves = survival_curves(followed(build, ARMS, {k: v for k, v in ENDS.items() if k in "abc"}))
    assert list(curves) == ["x"]
    assert curves["x"].at_risk[0] == 3
    one = survival_curves(followed(build, dict.fromkeys("ab"), {"a": (3.0, "death"), "b": (4.0, "withdrawal")}))
    assert list(one) == [None]
    assert one[None].survival.tolist() == [1.0, 0.5, 0.5]


def test_a_planned_level_narrows_the_interval(build):
    trial = followed(build, ARMS, ENDS)
    (usual, *_), (narrow, *_) = (
        kaplan_meier(trial, plan, "y") for plan in (PLAN, PlannedAnalysis(method="kaplan_meier", alpha=0.2))
    )
    assert usual.ci_low < narrow.ci_low < narrow.ci_high < usual.ci_high
