"""Restricted means by hand, by property, at their edges. R: test_strata_against_r."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from leadin.analysis.cumulative_incidence import cumulative_incidence
from leadin.analysis.kaplan_meier import survival_curve
from leadin.analysis.restricted_mean import (
    LOG_RATIO,
    REFERENCES,
    restricted_mean,
    restricted_mean_survival,
    restricted_time_lost,
)
from leadin.errors import DataError
from leadin.protocols.planned_analysis import PlannedAnalysis

PLAN = PlannedAnalysis(method="restricted_mean")
times = st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=2, max_size=30)


def test_four_participants_by_hand():
    mean = restricted_mean_survival(survival_curve([2, 3, 3, 5], [True, True, False, False]), 4.0)
    # Survival 1, then 3/4 from month 2 and 1/2 from month 3.
    assert mean.months == pytest.approx(2 + 3 / 4 + 1 / 2)
    # After month 2 the area is 5/4, after month 3 it is 1/2; Greenwood's terms are 1/12 and 1/6.
    assert mean.standard_error == pytest.approx(((5 / 4) ** 2 / 12 + (1 / 2) ** 2 / 6) ** 0.5)


def test_a_death_at_the_last_month_takes_nothing_away():
    curve = survival_curve([2, 4], [True, True])
    assert restricted_mean_survival(curve, 4.0).months == pytest.approx(2 + 2 / 2)
    assert restricted_mean_survival(curve, 4.0).standard_error == pytest.approx((1**2 / 2) ** 0.5)
    # Everybody died: what is later is known.
    assert restricted_mean_survival(curve, 9.0).months == pytest.approx(3.0)


@pytest.mark.evidence("restricted_mean", "property")
@given(times)
@settings(max_examples=60)
def test_without_censoring_it_is_the_mean_of_the_cut_times_and_its_error(rows):
    months = np.array([month for month, _ in rows], dtype=float)
    until = 12.0
    mean = restricted_mean_survival(survival_curve(months, np.ones(months.size)), until)
    cut = np.minimum(months, until)
    assert mean.months == pytest.approx(cut.mean())
    assert mean.standard_error == pytest.approx((cut.var() / cut.size) ** 0.5, abs=1e-9)


@pytest.mark.evidence("restricted_mean", "property")
@given(times, st.floats(0.1, 10.0))
@settings(max_examples=60)
def test_order_and_unit_of_time_do_not_matter(rows, unit):
    months, event = map(np.array, zip(*rows, strict=True))
    until = 0.7 * float(months.max())
    plain = restricted_mean_survival(survival_curve(months, event), until)
    turned = restricted_mean_survival(survival_curve(months[::-1] * unit, event[::-1]), until * unit)
    assert turned.months == pytest.approx(plain.months * unit)
    assert turned.standard_error == pytest.approx(plain.standard_error * unit)
    other = np.zeros(months.size, dtype=bool)
    lost = restricted_time_lost(cumulative_incidence(months, event, other), until)
    assert lost.months == pytest.approx(until - plain.months)
    assert lost.standard_error == pytest.approx(plain.standard_error, abs=1e-9)


@pytest.mark.evidence("restricted_mean", "bad_input")
@pytest.mark.parametrize(
    ("until", "said"),
    [
        (0.0, "month: expected a month after 0 up to which survival is averaged; got 0."),
        (-1.0, "month: expected a month after 0 up to which survival is averaged; got -1."),
        (float("nan"), "month: expected a month after 0 up to which survival is averaged; got nan."),
        (5.1, "the last was followed to month 5, so that survival up to month 5.1 is not known"),
    ],
)
def test_a_month_that_is_not_known_is_refused(until, said):
    for make, take in (
        (lambda: survival_curve([2, 3, 3, 5], [1, 1, 0, 0]), restricted_mean_survival),
        (lambda: cumulative_incidence([2, 3, 3, 5], [1, 0, 0, 0], [0, 1, 0, 0]), restricted_time_lost),
    ):
        with pytest.raises(DataError) as caught:
            take(make(), until)
        assert str(caught.value) == said
        assert take(make(), 5.0).months > 0


def test_nobody_left_makes_every_month_known():
    lost = restricted_time_lost(cumulative_incidence([2, 4], [True, False], [False, True]), 10.0)
    assert lost.months == pytest.approx(8 / 2)
    # Of two, one loses eight months and the other none: the error of a share of one half.
    assert lost.standard_error == pytest.approx(8 * (1 / 4 / 2) ** 0.5)


ARMS = {"a": "x", "b": "x", "c": "x", "d": "y", "e": "y", "f": "y"}
ENDS = {
    "a": (3.0, "death"),
    "b": (13.0, "end_of_follow_up"),
    "c": (7.0, "death"),
    "d": (8.0, "death"),
    "e": (12.0, "end_of_follow_up"),
    "f": (12.0, "end_of_follow_up"),
}


def trial_of(build, ends=None, arms=None, **options):
    told = ENDS if ends is None else ends
    return build(arms or ARMS, events=[(who, month, kind) for who, (month, kind) in told.items()], **options)


def test_rows_of_a_trial_by_hand(build):
    x, y, difference, ratio = restricted_mean(trial_of(build), PLAN, "y")
    assert x.time_months == pytest.approx(12.0)
    assert x.estimate == pytest.approx(3 + 4 * 2 / 3 + 5 / 3)
    assert y.estimate == pytest.approx(8 + 4 * 2 / 3)
    assert x.standard_error == pytest.approx(((13 / 3) ** 2 / 6 + (5 / 3) ** 2 / 2) ** 0.5)
    assert y.standard_error == pytest.approx((8 / 3) * (1 / 6) ** 0.5)
    assert (x.ci_low, x.ci_high) == pytest.approx(
        tuple(x.estimate + ndtri(q) * x.standard_error for q in (0.025, 0.975))
    )
    assert (x.method, x.endpoint, x.arm, x.contrast, x.rule, x.unit) == (
        "restricted_mean", "survival", "x", None, "mean", "months",
    )  # fmt: skip
    assert (x.n, x.not_evaluable, x.p, x.statistic, x.references) == (3, 0, None, None, REFERENCES)
    assert difference.estimate == pytest.approx(x.estimate - y.estimate)
    assert difference.standard_error == pytest.approx((x.standard_error**2 + y.standard_error**2) ** 0.5)
    assert (difference.arm, difference.contrast, difference.rule, difference.unit) == (
        "x", "x - y", "difference", "months",
    )  # fmt: skip
    assert (difference.n, difference.not_evaluable) == (6, 0)
    assert ratio.estimate == pytest.approx(np.log(x.estimate / y.estimate))
    error = ((x.standard_error / x.estimate) ** 2 + (y.standard_error / y.estimate) ** 2) ** 0.5
    assert ratio.standard_error == pytest.approx(error)
    assert (ratio.rule, ratio.unit, ratio.contrast) == ("ratio", LOG_RATIO, "x - y")
    for row in (difference, ratio):
        assert row.statistic == pytest.approx(row.estimate / row.standard_error)
        assert row.p == pytest.approx(2 * ndtr(-abs(row.statistic)))
        assert row.ci_high - row.ci_low == pytest.approx(2 * ndtri(0.975) * row.standard_error)
        assert row.converged
    assert x.estimand == (
        "The mean months free of a fatal event within 12 months of time zero, in participants of arm x at risk, as "
        "allocated, whatever was given (treatment policy); leaving the trial is taken to say nothing about survival "
        "(independent censoring)."
    )
    assert difference.estimand.startswith(
        "The mean months free of a fatal event within 12 months of time zero, arm x against arm y, in participants at "
        "risk, as allocated"
    )


@pytest.mark.evidence("restricted_mean", "property")
def test_swapping_the_arms_turns_the_signs(build):
    there, back = (restricted_mean(trial_of(build), PLAN, reference) for reference in ("y", "x"))
    for one, other in zip(there[2:], back[2:], strict=True):
        assert other.estimate == pytest.approx(-one.estimate)
        assert other.p == pytest.approx(one.p)


def test_a_planned_month_and_level_are_taken(build):
    rows = restricted_mean(trial_of(build), PlannedAnalysis(method="restricted_mean", month=6.0, alpha=0.2), "y")
    assert {row.time_months for row in rows} == {6.0}
    assert rows[0].estimate == pytest.approx(3 + 3 * 2 / 3)
    assert rows[0].ci_high - rows[0].ci_low == pytest.approx(2 * ndtri(0.9) * rows[0].standard_error)


@pytest.mark.evidence("restricted_mean", "bad_input")
def test_a_month_beyond_an_arm_is_refused_for_that_arm_and_its_contrasts(build):
    rows = restricted_mean(trial_of(build), PlannedAnalysis(method="restricted_mean", month=12.5), "y")
    reason = "participants of arm y: the last was followed to month 12, so that survival up to month 12.5 is not known"
    assert [(row.arm, row.converged) for row in rows] == [("x", True), ("y", False), ("x", False), ("x", False)]
    assert [row.warnings for row in rows[1:]] == [(reason,)] * 3
    assert all(row.estimate is None for row in rows[1:])
    # Where everybody died, it is known.
    dead = {**ENDS, "e": (9.0, "death"), "f": (10.0, "death")}
    assert all(
        row.converged
        for row in restricted_mean(trial_of(build, dead), PlannedAnalysis(method="restricted_mean", month=12.5), "y")
    )


@pytest.mark.evidence("restricted_mean", "bad_input")
def test_where_nobody_dies_nothing_varies(build):
    lives = {**ENDS, "d": (12.0, "end_of_follow_up")}
    x, y, difference, ratio = restricted_mean(trial_of(build, lives), PLAN, "y")
    assert (y.estimate, y.standard_error, y.ci_low, y.converged) == (pytest.approx(12.0), 0.0, None, True)
    assert y.warnings == ("nobody of arm y had an event before month 12, so that nothing varies and no interval is "
                          "given",)  # fmt: skip
    assert difference.standard_error == pytest.approx(x.standard_error)
    assert ratio.standard_error == pytest.approx(x.standard_error / x.estimate)
    rows = restricted_mean(trial_of(build, lives), PlannedAnalysis(method="restricted_mean", month=2.0), "y")
    assert [row.estimate for row in rows] == [2.0, 2.0, 0.0, 0.0]
    assert [row.converged for row in rows] == [True, True, False, False]
    assert rows[2].warnings == ("nobody of either arm had an event before month 2, so that nothing varies",)
    assert rows[3].p is None


@pytest.mark.evidence("restricted_mean", "bad_input")
def test_an_arm_that_nobody_of_was_at_risk_is_said(build):
    rows = restricted_mean(trial_of(build, {k: v for k, v in ENDS.items() if k in "abc"}), PLAN, "y")
    assert [row.converged for row in rows] == [True, False, False, False]
    assert rows[1].warnings == rows[2].warnings == ("no participant of arm y was at risk",)
    assert (rows[1].n, rows[1].not_evaluable, rows[2].n, rows[2].not_evaluable) == (0, 3, 3, 3)
    assert rows[0].time_months == pytest.approx(13.0)
    with pytest.raises(DataError, match="nobody was at risk, so that there is no survival to average"):
        restricted_mean(trial_of(build, {}), PLAN, "y")


def test_one_arm_has_its_mean_alone(build):
    (row,) = restricted_mean(trial_of(build, arms=dict.fromkeys(ARMS)), PLAN, None)
    assert (row.arm, row.n, row.converged) == (None, 6, True)
    assert "in participants of the trial at risk" in row.estimand


@pytest.mark.evidence("restricted_mean", "bad_input")
def test_all_dead_at_once_on_the_first_day(build):
    dead = dict.fromkeys(ARMS, (0.0, "death"))
    with pytest.raises(DataError, match="expected a month after 0"):
        restricted_mean_survival(survival_curve([0.0], [True]), 0.0)
    rows = restricted_mean(trial_of(build, dead), PLAN, "y")
    assert not any(row.converged for row in rows)
    assert rows[0].warnings[0].startswith("participants of arm x: month: expected a month after 0")
    rows = restricted_mean(trial_of(build, dead), PlannedAnalysis(method="restricted_mean", month=6.0), "y")
    assert [row.estimate for row in rows] == [0.0, 0.0, 0.0, None]
    assert rows[3].warnings == ("a mean of zero months has no ratio",)


def test_months_lost_to_what_counts(build):
    ends = {**ENDS, "c": (7.0, "tracheostomy")}
    planned = PlannedAnalysis(method="restricted_mean", fatal_events=("tracheostomy",))
    x, y, difference, ratio = restricted_mean(trial_of(build, ends), planned, "y")
    assert x.estimate == pytest.approx(5 / 3)
    assert (x.unit, x.rule, difference.rule, ratio.rule) == (
        "months lost", "mean, months lost to tracheostomy", "difference, months lost to tracheostomy",
        "ratio, months lost to tracheostomy",
    )  # fmt: skip
    assert (y.estimate, difference.estimate, difference.unit) == (0.0, pytest.approx(5 / 3), "months lost")
    assert (ratio.converged, ratio.warnings) == (False, ("a mean of zero months has no ratio",))
    assert x.estimand.startswith(
        "The mean months lost to tracheostomy within 12 months of time zero (death competing), in participants of arm x"
    )
