"""Cumulative incidence by hand and by property. R: test_strata_against_r."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.analysis.cumulative_incidence import cumulative_incidence, cumulative_incidences
from leadin.analysis.kaplan_meier import REFERENCES, kaplan_meier, survival_curve
from leadin.errors import DataError
from leadin.protocols.load import load_protocol
from leadin.protocols.planned_analysis import PlannedAnalysis

PLAN = PlannedAnalysis(method="kaplan_meier")
times = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 2)), min_size=1, max_size=40)


def test_five_participants_by_hand():
    curve = cumulative_incidence([1, 2, 3, 4, 5], [1, 0, 0, 1, 0], [0, 1, 0, 0, 0])
    assert curve.months.tolist() == [0, 1, 2, 3, 4, 5]
    assert curve.free.tolist() == pytest.approx([1, 1, 4 / 5, 3 / 5, 3 / 5, 3 / 10])
    assert curve.incidence.tolist() == pytest.approx([0, 1 / 5, 1 / 5, 1 / 5, 1 / 2, 1 / 2])
    assert curve.at_risk.tolist() == [5, 5, 4, 3, 2, 1]
    assert curve.events.tolist() == [0, 1, 0, 0, 1, 0]
    assert curve.competing.tolist() == [0, 0, 1, 0, 0, 0]
    assert curve.last == 5.0
    # At month 1 a share of 1 in 5; at month 4 the terms of months 1, 2 and 4, the incidence still to come 3/10.
    assert curve.standard_error[1] == pytest.approx((1 / 5 * 4 / 5 / 5) ** 0.5)
    first = (1 / 5 * 4 / 5 - 2 * 1 / 5 * 3 / 10 + (3 / 10) ** 2 * (1 / 5) / (4 / 5)) / 5
    second = (3 / 10) ** 2 * (1 / 4) / (3 / 4) / 4
    last = (3 / 5) ** 2 * 1 / 2 * 1 / 2 / 2
    assert curve.standard_error[4] == pytest.approx((first + second + last) ** 0.5)
    half = 1.959963984540054 * curve.standard_error[1] / (0.2 * np.log(0.2))
    assert (curve.low[1], curve.high[1]) == pytest.approx((0.2 ** np.exp(-half), 0.2 ** np.exp(half)))
    assert curve.low[1] < 0.2 < curve.high[1]
    assert np.isnan([curve.low[0], curve.high[0]]).all()
    assert [curve.step_at(month) for month in (0, 0.9, 1 - 1e-10, 1, 4.5, 9)] == [0, 0, 1, 1, 4, 5]


@pytest.mark.evidence("kaplan_meier", "property")
@given(times)
@settings(max_examples=80)
def test_causes_add_up_to_one_minus_survival_and_one_cause_is_kaplan_meier(rows):
    months, cause = map(np.array, zip(*rows, strict=True))
    one, two = (cumulative_incidence(months, cause == k, cause == 3 - k) for k in (1, 2))
    all_causes = survival_curve(months, cause > 0)
    np.testing.assert_allclose(one.incidence + two.incidence, 1 - all_causes.survival, atol=1e-12)
    alone = cumulative_incidence(months, cause > 0, cause > 5)
    np.testing.assert_allclose(alone.incidence, 1 - all_causes.survival, atol=1e-12)
    np.testing.assert_allclose(alone.standard_error, all_causes.standard_error, atol=1e-9)


@pytest.mark.evidence("kaplan_meier", "property")
@given(times, st.floats(0.1, 10))
@settings(max_examples=40)
def test_order_and_unit_of_time_do_not_matter(rows, unit):
    months, cause = map(np.array, zip(*rows, strict=True))
    plain = cumulative_incidence(months, cause == 1, cause == 2)
    turned = cumulative_incidence(months[::-1] * unit, cause[::-1] == 1, cause[::-1] == 2)
    assert turned.incidence.tolist() == plain.incidence.tolist()
    np.testing.assert_array_equal(turned.low, plain.low)


def test_everybody_or_nobody_has_no_interval():
    curve = cumulative_incidence([1, 2, 3], [1, 1, 1], [0, 0, 0])
    assert curve.incidence[-1] == 1.0
    assert np.isnan([curve.low[-1], curve.high[-1], curve.standard_error[-1]]).all()
    assert np.isfinite([curve.low[2], curve.high[2], curve.standard_error[2]]).all()
    none = cumulative_incidence([1, 2], [0, 0], [1, 1])
    assert (none.incidence[-1], none.standard_error[-1]) == (0.0, 0.0)
    assert np.isnan(none.low).all()
    # Nobody is left, but not all had this event.
    some = cumulative_incidence([1, 2], [0, 1], [1, 0])
    assert (some.incidence[-1], some.standard_error[-1]) == pytest.approx((0.5, (0.25 / 2) ** 0.5))
    assert 0 < some.low[-1] < 0.5 < some.high[-1] < 1


def test_a_narrower_level_narrows_the_interval():
    usual, narrow = (cumulative_incidence([1, 2, 3], [1, 1, 0], [0, 0, 0], level) for level in (0.95, 0.8))
    assert usual.low[1] < narrow.low[1] < narrow.high[1] < usual.high[1]


@pytest.mark.evidence("kaplan_meier", "bad_input")
@pytest.mark.parametrize(
    ("months", "event", "competing", "said"),
    [
        ([], [], [], "months: expected one time for each event, at least one; got (0,), (0,), (0,)."),
        ([1, 2], [1], [0, 0], "months: expected one time for each event, at least one; got (2,), (1,), (2,)."),
        ([1, 2], [1, 0], [0], "months: expected one time for each event, at least one; got (2,), (2,), (1,)."),
        ([-1], [1], [0], "months: expected times of at least 0, each ended by one event at most. Leave missing ones "
         "out."),
        ([np.inf], [1], [0], "months: expected times of at least 0, each ended by one event at most. Leave missing "
         "ones out."),
        ([1], [1], [1], "months: expected times of at least 0, each ended by one event at most. Leave missing ones "
         "out."),
    ],
)  # fmt: skip
def test_impossible_times_are_refused(months, event, competing, said):
    with pytest.raises(DataError) as caught:
        cumulative_incidence(months, event, competing)
    assert str(caught.value) == said


@pytest.fixture(scope="module")
def protocol():
    return load_protocol("alsummit-phase3")


ARMS = {"a": "x", "b": "x", "c": "x", "d": "x", "e": "y"}
ENDS = {
    "a": (3.0, "death"),
    "b": (5.0, "tracheostomy"),
    "c": (7.0, "permanent_ventilation"),
    "d": (12.0, "end_of_follow_up"),
    "e": (4.0, "tracheostomy"),
}


def trial_of(build, protocol, ends=ENDS):
    return build(ARMS, events=[(who, month, kind) for who, (month, kind) in ends.items()], protocol=protocol)


def test_kinds_stand_beside_survival_where_several_are_fatal(build, protocol):
    rows = kaplan_meier(trial_of(build, protocol), PLAN, "x")
    alive = [row for row in rows if row.rule is None]
    kinds = [row for row in rows if row.rule is not None]
    assert rows[: len(alive)] == tuple(alive)
    assert {row.unit for row in alive} == {"proportion surviving"}
    told = [(row.arm, row.rule, row.time_months, row.estimate) for row in kinds if row.time_months == 6.0]
    assert told == [
        ("x", "cumulative incidence of death, causes told apart", 6.0, 0.25),
        ("x", "cumulative incidence of tracheostomy, causes told apart", 6.0, 0.25),
        ("x", "cumulative incidence of permanent ventilation, causes told apart", 6.0, 0.0),
        ("y", "cumulative incidence of death, causes told apart", 6.0, 0.0),
        ("y", "cumulative incidence of tracheostomy, causes told apart", 6.0, 1.0),
        ("y", "cumulative incidence of permanent ventilation, causes told apart", 6.0, 0.0),
    ]
    assert {row.references for row in rows} == {REFERENCES}
    death = next(row for row in kinds if row.time_months == 6.0)
    assert (death.method, death.endpoint, death.unit) == ("kaplan_meier", "survival", "proportion with the event")
    assert (death.n, death.not_evaluable, death.converged) == (4, 0, True)
    assert death.standard_error == pytest.approx((0.25 * 0.75 / 4) ** 0.5)
    assert 0 < death.ci_low < 0.25 < death.ci_high
    assert death.estimand == (
        "The probability that a participant of arm x has death within 6 months of time zero, and no other fatal event "
        "before it, whatever was given (treatment policy), in those at risk; other fatal events compete, and leaving "
        "the trial is taken to say nothing about them (independent censoring)."
    )
    nobody = next(row for row in kinds if row.arm == "x" and "ventilation" in row.rule)
    assert (nobody.ci_low, nobody.standard_error, nobody.warnings) == (
        None,
        0.0,
        ("nobody had had permanent ventilation by month 6, where the log-log interval does not exist",),
    )
    everybody = next(row for row in kinds if row.arm == "y" and "tracheostomy" in row.rule)
    assert (everybody.ci_high, everybody.standard_error, everybody.converged) == (None, None, True)
    assert everybody.warnings == (
        "everybody at risk had had tracheostomy by month 6, where the log-log interval does not exist",
    )


def test_what_competes_takes_the_place_of_survival(build, protocol):
    planned = PlannedAnalysis(method="kaplan_meier", fatal_events=("permanent_ventilation", "death"))
    rows = kaplan_meier(trial_of(build, protocol), planned, "x")
    assert [(row.arm, row.rule, row.estimate) for row in rows if row.time_months == 12.0][:4] == [
        ("x", "cumulative incidence of death or permanent ventilation", 0.5),
        ("x", "cumulative incidence of death", 0.25),
        ("x", "cumulative incidence of permanent ventilation", 0.25),
        ("x", "cumulative incidence of tracheostomy", 0.25),
    ]
    only = kaplan_meier(trial_of(build, protocol), PlannedAnalysis(method="kaplan_meier", fatal_events=("death",)), "x")
    assert [row.rule for row in only if row.time_months == 6.0][:3] == [
        "cumulative incidence of death",
        "cumulative incidence of tracheostomy",
        "cumulative incidence of permanent ventilation",
    ]


def test_all_kinds_planned_is_survival(build, protocol):
    kinds = ("death", "tracheostomy", "permanent_ventilation")
    rows = kaplan_meier(trial_of(build, protocol), PlannedAnalysis(method="kaplan_meier", fatal_events=kinds), "x")
    usual = kaplan_meier(trial_of(build, protocol), PLAN, "x")
    assert [row.estimate for row in rows] == [row.estimate for row in usual]
    assert "is alive, without tracheostomy or permanent ventilation, 6 months after" in rows[0].estimand
    alone = kaplan_meier(trial_of(build, None), PlannedAnalysis(method="kaplan_meier", fatal_events=("death",)), "x")
    assert "of arm x is alive 6 months after time zero" in alone[0].estimand
    assert {row.rule for row in alone} == {None}


@pytest.mark.evidence("kaplan_meier", "bad_input")
def test_a_month_that_nobody_reached_and_an_empty_arm_are_said(build, protocol):
    ends = {k: v for k, v in ENDS.items() if k != "e"} | {"d": (6.5, "withdrawal")}
    rows = kaplan_meier(trial_of(build, protocol, {**ends, "c": (14.0, "end_of_follow_up")}), PLAN, "x")
    missing = [row for row in rows if row.arm == "y" and row.rule]
    assert missing
    assert {row.warnings for row in missing} == {("no participant of arm y was at risk",)}
    assert {(row.n, row.not_evaluable, row.converged) for row in missing} == {(0, 1, False)}
    short = {**ENDS, "e": (5.0, "withdrawal")}
    rows = kaplan_meier(trial_of(build, protocol, short), PLAN, "x")
    late = [row for row in rows if row.arm == "y" and row.rule and row.time_months == 6.0]
    assert {row.warnings for row in late} == {
        ("nobody of arm y was followed to month 6; the last was followed to month 5",)
    }
    assert {(row.estimate, row.converged) for row in late} == {(None, False)}


def test_curves_for_a_figure(build, protocol):
    curves = cumulative_incidences(trial_of(build, protocol))
    assert list(curves) == ["x", "y"]
    assert list(curves["x"]) == ["death", "tracheostomy", "permanent_ventilation"]
    assert curves["x"]["tracheostomy"].events.sum() == 1
    assert curves["x"]["tracheostomy"].competing.sum() == 2
    assert list(cumulative_incidences(trial_of(build, protocol, {"a": ENDS["a"]}))) == ["x"]
    wide, narrow = (cumulative_incidences(trial_of(build, protocol), level)["x"]["death"] for level in (0.95, 0.5))
    assert wide.low[1] < narrow.low[1]
