"""Who is a responder: thresholds from both sides, special cases by name, two measures together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.als.slope import ols_slopes
from leadin.analysis.responder_rules import (
    EQUAL_WITHIN,
    AbsoluteRule,
    RelativeRule,
    SpecialCases,
    declining,
    either,
    judge,
    responder_flags,
    rules_of,
)
from leadin.errors import DataError

NAN = float("nan")
HALF = RelativeRule(50)


def flag(lead_in, follow_up, rule):
    return bool(responder_flags([lead_in], [follow_up], rule)[0])


@pytest.mark.parametrize(
    ("rule", "lead_in", "least"),
    [
        (RelativeRule(25), -2.0, -1.5),
        (RelativeRule(50), -2.0, -1.0),
        (RelativeRule(75), -2.0, -0.5),
        (RelativeRule(100), -2.0, 0.0),
        (AbsoluteRule(1.25), -2.0, -0.75),
        (AbsoluteRule(1.5), -1.0, 0.5),
    ],
)
def test_on_the_threshold_is_a_responder_and_below_it_is_not(rule, lead_in, least):
    assert rule.least_follow_up(np.array([lead_in]))[0] == pytest.approx(least)
    assert flag(lead_in, least, rule)
    assert flag(lead_in, least + 0.01, rule)
    assert not flag(lead_in, least - 0.01, rule)
    assert flag(lead_in, least - EQUAL_WITHIN / 2, rule)
    assert not flag(lead_in, least - 2 * EQUAL_WITHIN, rule)


def test_slopes_of_whole_scores_that_meet_a_threshold_exactly_do_so_whatever_the_rounding():
    # Days, not months: no slope is a round number of points per month in floating point.
    days = np.array([0.0, 28, 56, 84, 112]) / 30.4375
    before = np.array([40.0, 38, 36, 34, 32])
    for start in range(49):
        (lead_in,), _ = ols_slopes([days - days[-1]], [before])
        (follow_up,), _ = ols_slopes([days + 1], [np.array([20.0, 19, 18, 17, 16]) + start])
        assert flag(lead_in, follow_up, HALF)
        assert not flag(lead_in, follow_up, RelativeRule(51))


def test_no_decline_in_the_lead_in_is_never_a_response():
    for rule in (RelativeRule(25), AbsoluteRule(1.25)):
        assert not flag(0.0, 5.0, rule)
        assert not flag(0.5, 5.0, rule)
        assert not flag(-EQUAL_WITHIN / 2, 5.0, rule)
    assert flag(-0.01, 5.0, AbsoluteRule(1.25))


def test_a_missing_slope_is_never_a_response():
    assert not flag(NAN, 1.0, HALF)
    assert not flag(-1.0, NAN, HALF)


def test_declining_needs_more_than_rounding():
    assert declining([-0.1, 0.0, 0.1, NAN, -EQUAL_WITHIN, -2 * EQUAL_WITHIN]).tolist() == [
        True, False, False, False, False, True,
    ]  # fmt: skip


@pytest.mark.evidence("responders", "property")
@given(st.floats(-5, -0.01), st.floats(-5, 5), st.floats(0.2, 5))
def test_a_relative_rule_does_not_depend_on_the_unit(lead_in, follow_up, unit):
    distance = abs(follow_up - 0.5 * lead_in)
    if distance > 1e-6:
        assert flag(lead_in, follow_up, HALF) == flag(unit * lead_in, unit * follow_up, HALF)


@pytest.mark.evidence("responders", "property")
@given(st.floats(-5, 5), st.floats(-5, 5))
def test_a_stricter_rule_has_no_more_responders(lead_in, follow_up):
    flags = [flag(lead_in, follow_up, rule) for rule in rules_of((25, 50, 75, 100), ())]
    assert flags == sorted(flags, reverse=True)


def test_names_are_as_people_write_them():
    assert [rule.name for rule in rules_of((25, 33.3), (1.25, 1.5))] == [
        ">= 25 % slower",
        ">= 33.3 % slower",
        ">= 1.25 points/month slower",
        ">= 1.5 points/month slower",
    ]
    assert AbsoluteRule(2.0, "% of predicted").name == ">= 2 % of predicted/month slower"
    assert rules_of((), (1.0,), "kg") == (AbsoluteRule(1.0, "kg"),)


def test_flags_keep_the_shape_of_the_slopes():
    flags = responder_flags([[-1.0, -1.0], [-2.0, 1.0]], [[0.0, -0.9], [-1.0, 3.0]], HALF)
    assert flags.tolist() == [[True, False], [True, False]]


def test_slopes_of_different_shape_are_refused():
    with pytest.raises(DataError) as caught:
        responder_flags([-1.0, -2.0], [-1.0], HALF)
    assert str(caught.value) == "follow_up: expected slopes of the shape of lead_in, (2,); got (1,)."


# One participant each: responder, no response, did not decline, died, missing.
LEAD_IN = [-2.0, -2.0, 0.5, -2.0, NAN]
FOLLOW_UP = [-0.5, -1.9, 3.0, NAN, NAN]
EVALUABLE = [True, True, True, False, False]
DIED = [False, True, False, True, False]


def judged(cases):
    return judge(LEAD_IN, FOLLOW_UP, EVALUABLE, DIED, HALF, cases)


def test_special_cases_count_by_default_as_not_responding_but_missing_ones_do_not_count():
    found = judged(SpecialCases())
    assert found.responder.tolist() == [True, False, False, False, False]
    assert found.counted.tolist() == [True, True, True, True, False]
    assert found.non_declining.tolist() == [False, False, True, False, False]
    assert found.died.tolist() == [False, False, False, True, False]
    assert found.missing.tolist() == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("cases", "counted"),
    [
        (SpecialCases(non_declining="excluded"), [True, True, False, True, False]),
        (SpecialCases(died="excluded"), [True, True, True, False, False]),
        (SpecialCases(missing="not_responder"), [True, True, True, True, True]),
    ],
)
def test_each_special_case_has_its_own_handling(cases, counted):
    assert judged(cases).counted.tolist() == counted


def test_a_slope_of_too_few_visits_is_not_judged():
    found = judge([-2.0], [0.0], [False], [False], HALF, SpecialCases(missing="not_responder"))
    assert (found.responder.tolist(), found.counted.tolist(), found.missing.tolist()) == ([False], [True], [True])


def one(lead_in, follow_up, evaluable=True, died=False, **cases):
    return judge([lead_in], [follow_up], [evaluable], [died], HALF, SpecialCases(**cases))


RESPONDS, DECLINES, FLAT = one(-2.0, 0.0), one(-2.0, -2.0), one(1.0, 1.0)
MISSING, DEAD = one(NAN, NAN, evaluable=False), one(NAN, NAN, evaluable=False, died=True)


@pytest.mark.parametrize(
    ("first", "second", "responder", "counted", "flat", "died", "missing"),
    [
        (RESPONDS, DECLINES, True, True, False, False, False),
        (DECLINES, RESPONDS, True, True, False, False, False),
        (DECLINES, MISSING, False, True, False, False, False),
        (MISSING, MISSING, False, False, False, False, True),
        (MISSING, DEAD, False, True, False, True, False),
        (DEAD, DEAD, False, True, False, True, False),
        (DEAD, DECLINES, False, True, False, False, False),
        (FLAT, FLAT, False, True, True, False, False),
        (FLAT, DECLINES, False, True, False, False, False),
        (FLAT, MISSING, False, True, False, False, False),
    ],
)
def test_either_measure_makes_a_responder(first, second, responder, counted, flat, died, missing):
    for found in (either(first, second), either(second, first)):
        assert {flags.dtype for flags in vars(found).values()} == {np.dtype(bool)}
        assert found.responder.tolist() == [responder]
        assert found.counted.tolist() == [counted]
        assert found.non_declining.tolist() == [flat]
        assert found.died.tolist() == [died]
        assert found.missing.tolist() == [missing]
