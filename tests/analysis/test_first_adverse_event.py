"""Time to the first adverse event: by hand, at the edges, and what is said where it cannot be estimated."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.adverse_event_kinds import KIND_RULES
from leadin.analysis.adverse_event_table import adverse_events_of, first_event_months
from leadin.analysis.cumulative_incidence import cumulative_incidence
from leadin.analysis.first_adverse_event import _time_of_half, first_event_rows
from leadin.engine.intervals import clopper_pearson


def event(who, month, serious=False, related="related"):
    return {
        "participant_id": who, "start_month": month, "term": "Headache", "serious": serious, "relatedness": related,
        "ctcae_grade": 1,
    }  # fmt: skip


@pytest.fixture(scope="module")
def trial(build):
    arms = {"a": "cells", "b": "cells", "c": "cells", "d": "cells", "x": "control", "y": "control"}
    ends = [(who, 7.0, "end_of_follow_up") for who in arms if who != "c"] + [("c", 2.0, "death")]
    events = [event("a", 0.5), event("a", 0.2), event("b", 4.0), event("x", 5.0, serious=True), event("x", -1.0)]
    return build(arms, events=ends, adverse_events=events)


def rows_of(trial, reference="control", level=0.95):
    return first_event_rows(trial, adverse_events_of(trial), level, reference)


def pick(rows, rule, arm, month=None, contrast=None, median=False):
    rule = f"{rule}, {'median ' if median else ''}time to first"
    (found,) = [r for r in rows if (r.rule, r.arm, r.time_months, r.contrast) == (rule, arm, month, contrast)]
    return found


def test_times_to_the_first(trial):
    harm = adverse_events_of(trial)
    times = first_event_months(harm.people, harm.events)
    assert times["months"].to_list() == pytest.approx([0.2, 4.0, 2.0, 7.0, 5.0, 7.0])
    assert times["event"].to_list() == [True, True, False, False, True, False]
    assert times["died"].to_list() == [False, False, True, False, False, False]


def test_shares_at_landmarks_by_hand(trial):
    rows = rows_of(trial)
    assert [r.time_months for r in rows if r.rule == "any, time to first" and r.arm == "cells" and not r.contrast] == [
        1.0, 3.0, 6.0,
    ]  # fmt: skip
    one, six = pick(rows, "any", "cells", 1.0), pick(rows, "any", "cells", 6.0)
    assert (one.estimate, one.statistic, one.n, one.not_evaluable) == (pytest.approx(0.25), 1.0, 4, 0)
    # c, dead at month 2, can no longer have it: 2 of 4, where Kaplan-Meier would say 1 - 3/4 * 1/2.
    assert (six.estimate, six.statistic) == (pytest.approx(0.5), 2.0)
    curve = cumulative_incidence([0.2, 4, 2, 7], [1, 1, 0, 0], [0, 0, 1, 0])
    assert (six.ci_low, six.ci_high) == pytest.approx((curve.low[-2], curve.high[-2]))
    assert six.ci_low < 0.5 < six.ci_high
    assert six.standard_error == pytest.approx(curve.standard_error[-2])
    wide = pick(rows_of(trial, level=0.99), "any", "cells", 6.0)
    assert (wide.ci_low < six.ci_low, wide.ci_high > six.ci_high) == (True, True)
    assert six.unit == "proportion with a first event"
    assert six.estimand == (
        "The probability that a participant of arm cells has an adverse event within 6 months of time zero, as the "
        "cumulative incidence; death before it competes, and the end of being followed censors."
    )


def test_none_seen_has_the_exact_bound_of_those_followed(trial):
    found = pick(rows_of(trial), "serious", "cells", 3.0)
    # c died at month 2 without one, which is known.
    assert (found.estimate, found.ci_low, found.standard_error) == (0.0, 0.0, 0.0)
    assert found.ci_high == float(clopper_pearson(0, 4).high)
    assert found.warnings == (
        "none seen in 4 participants followed that long or to their death; the interval reaches up to 60 %",
    )
    wide = pick(rows_of(trial, level=0.99), "serious", "cells", 3.0)
    assert wide.ci_high > found.ci_high


def test_those_lost_before_are_not_among_the_none_seen(build):
    ends = [("a", 2.0, "lost_to_follow_up"), ("b", 3.0, "lost_to_follow_up"), ("c", 6.0, "end_of_follow_up")]
    trial = build({"a": "x", "b": "x", "c": "x"}, events=ends)
    found = {r.time_months: r for r in rows_of(trial, None) if r.rule == "any, time to first"}
    seen = {month: row.warnings[0].split(" participants")[0] for month, row in found.items()}
    assert seen == {1.0: "none seen in 3", 3.0: "none seen in 2", 6.0: "none seen in 1"}


def test_once_everybody_had_it_or_died_the_share_stands(build):
    ends = [("a", 2.0, "death"), ("b", 4.0, "end_of_follow_up"), ("c", 6.0, "end_of_follow_up")]
    trial = build({"a": "x", "b": "x", "c": "y"}, events=ends, adverse_events=[event("b", 0.5)])
    rows = rows_of(trial, None)
    for month in (3.0, 6.0):
        found = pick(rows, "any", "x", month)
        assert (found.estimate, found.statistic, found.converged) == (pytest.approx(0.5), 1.0, True)
        assert found.ci_low is not None
        assert found.warnings == ()


def test_medians(trial):
    rows = rows_of(trial)
    found = pick(rows, "any", "cells", median=True)
    # From month 4 on one half, to the end.
    assert (found.estimate, found.unit, found.statistic) == (pytest.approx(4.0), "months", 2.0)
    assert (found.ci_low, found.ci_high) == (pytest.approx(0.2), None)
    assert found.estimand.startswith(
        "The month from time zero by which half of the participants of arm cells have had an"
    )
    none = pick(rows, "serious", "cells", median=True)
    assert (none.converged, none.estimate) == (False, None)
    assert none.warnings == ("fewer than half of arm cells had had the event by the end: the median was not reached",)


@pytest.mark.parametrize(
    ("months", "event", "median"),
    [
        ([1, 2, 3], [1, 1, 1], 2.0),
        # Flat at one half from 2 to 3: the middle.
        ([1, 2, 3, 4], [1, 1, 1, 1], 2.5),
        # Flat at one half to the end.
        ([1, 2, 3, 4], [1, 1, 0, 0], 2.0),
        ([1, 2], [0, 0], None),
    ],
)
def test_the_time_of_half(months, event, median):
    curve = cumulative_incidence(months, event, np.zeros(len(months)))
    assert _time_of_half(curve, curve.incidence) == median


def test_rounding_does_not_move_the_half():
    curve = cumulative_incidence([1, 2, 3, 4], [1, 1, 1, 1], [0, 0, 0, 0])
    for noise in (-1e-12, 1e-12):
        assert _time_of_half(curve, curve.incidence + noise * np.array([0, 0, 1, 0, 0])) == 2.5


def test_a_landmark_past_everybody_is_not_estimated(build):
    trial = build(
        {"a": "x", "b": "y"}, events=[("a", 2.0, "lost_to_follow_up"), ("b", 4.0, "lost_to_follow_up")],
        adverse_events=[event("b", 3.5)],
    )  # fmt: skip
    rows = rows_of(trial, "y")
    found = pick(rows, "any", "x", 3.0)
    assert (found.converged, found.estimate) == (False, None)
    assert found.warnings == ("nobody of arm x was followed without the event to month 3; the last to month 2",)
    assert pick(rows, "any", "y", 3.0).estimate == 0.0
    assert not [r for r in rows if r.time_months == 6.0]


def test_everybody_having_had_it_has_no_log_log_interval(build):
    trial = build({"a": "x"}, events=[("a", 2.0, "end_of_follow_up")], adverse_events=[event("a", 0.0)])
    found = pick(rows_of(trial, None), "any", "x", 1.0)
    assert (found.estimate, found.ci_low, found.converged) == (1.0, None, True)
    assert found.warnings == (
        "everybody still followed had the event by month 1, where the log-log interval does not exist",
    )


def test_between_arms(trial):
    rows = rows_of(trial)
    found = pick(rows, "any", "cells", contrast="cells - control")
    assert (found.n, found.not_evaluable, found.df) == (6, 0, 1.0)
    assert found.statistic > 0
    assert found.estimand.startswith(
        "Whether an adverse event first comes at the same rate at every time from time zero in arm cells and arm contr"
    )
    none = pick(rows, "serious related", "cells", contrast="cells - control")
    assert none.converged  # x of control had one
    grade = pick(rows, "grade >= 3", "cells", contrast="cells - control")
    assert (grade.converged, grade.p) == (False, None)
    assert grade.warnings == ("nobody of arm cells or arm control had the event, so that there is nothing to compare",)


def test_nobody_followed_when_it_first_happened(build):
    trial = build(
        {"a": "x", "b": "y"}, events=[("a", 2.0, "lost_to_follow_up"), ("b", 4.0, "lost_to_follow_up")],
        adverse_events=[event("b", 3.5)],
    )  # fmt: skip
    found = pick(rows_of(trial, "y"), "any", "x", contrast="x - y")
    assert found.warnings == ("nobody of arm x was followed when the first event happened",)


def test_everybody_having_it_at_once_cannot_be_compared(build):
    arms = {"a": "x", "b": "y", "c": "x", "d": "y"}
    trial = build(
        arms, events=[(who, 4.0, "end_of_follow_up") for who in arms], adverse_events=[event(who, 1.0) for who in arms]
    )
    found = pick(rows_of(trial, "y"), "any", "x", contrast="x - y")
    assert (found.converged, found.p, found.statistic) == (False, None, None)
    assert found.warnings == (
        "everybody still followed had the event at the same time, so that there is nothing to compare",
    )


def test_an_arm_without_anybody_followed(build):
    trial = build({"a": "x", "b": "y"}, {"a": {-1: 40}, "b": {2: 40}}, adverse_events=[event("b", 1.0)])
    rows = rows_of(trial, "y")
    found = pick(rows, "any", "x")
    assert (found.converged, found.n, found.not_evaluable) == (False, 0, 1)
    assert found.warnings == ("expected at least one participant of arm x known of after time zero; got none",)


def test_every_kind_stands_in_order(trial):
    rules = list(dict.fromkeys(r.rule for r in rows_of(trial)))
    assert rules == [f"{rule}, {what}" for rule in KIND_RULES for what in ("time to first", "median time to first")]


@pytest.mark.evidence("safety", "property")
def test_relabelling_arms_leaves_the_test(trial):
    one = pick(rows_of(trial), "any", "cells", contrast="cells - control")
    other = pick(rows_of(trial, "cells"), "any", "control", contrast="control - cells")
    assert (one.statistic, one.p) == pytest.approx((other.statistic, other.p))
