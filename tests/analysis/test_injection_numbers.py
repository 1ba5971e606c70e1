"""Adverse events after the first, second, ... injection, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadin.analysis.adverse_event_table import adverse_events_of
from leadin.analysis.injection_numbers import injection_number_rows, injection_numbers, injection_spells
from leadin.engine.intervals import clopper_pearson, poisson_rate
from leadin.months import DAYS_PER_MONTH

DAY = 1 / DAYS_PER_MONTH


def event(who, day, serious=False, related="related", grade=1, term="Headache"):
    return {
        "participant_id": who, "start_month": day * DAY, "term": term, "serious": serious, "relatedness": related,
        "ctcae_grade": grade,
    }  # fmt: skip


@pytest.fixture(scope="module")
def trial(build):
    """a: injections on days 0 and 30, followed to 100; b: day 2 alone (twice that day), dead on 50; x: control."""
    arms = {"a": "cells", "b": "cells", "c": "cells", "x": "control"}
    ends = [("a", 100 * DAY, "end_of_follow_up"), ("b", 50 * DAY, "death"), ("c", 5.0, "end_of_follow_up")]
    events = [
        event("a", 0, serious=True),
        event("a", 10, serious=True, related="no"),
        event("a", 30, grade=3),
        event("b", 1),
        event("b", 2, serious=None),
        event("x", 5),
    ]
    doses = [("a", 0.0), ("a", 30 * DAY), ("b", 2 * DAY), ("b", 2 * DAY)]
    return build(arms, events=[*ends, ("x", 3.0, "end_of_follow_up")], doses=doses, adverse_events=events)


def test_the_table_by_hand(trial):
    first, second = injection_numbers(trial).rows(named=True)
    told = (
        "arm",
        "injection",
        "n",
        "participants",
        "serious",
        "related",
        "serious_related",
        "grade_3_or_more",
        "events",
    )
    # The event of b on day 1 came before his first injection.
    assert [first[key] for key in told] == ["cells", 1, 2, 2, 1, 2, 1, 0, 3]
    assert [second[key] for key in told] == ["cells", 2, 1, 1, 0, 1, 0, 1, 1]
    assert (first["person_months"], second["person_months"]) == pytest.approx((78 * DAY, 70 * DAY))
    assert (first["ci_low"], first["ci_high"]) == tuple(map(float, clopper_pearson(2, 2)))
    assert first["proportion"] == 1.0
    assert second["serious_related_high"] == float(clopper_pearson(0, 1).high)
    low, high = poisson_rate(3, 0.78 * DAY)
    assert (first["rate"], first["rate_low"], first["rate_high"]) == pytest.approx((300 / (78 * DAY), low, high))


def test_a_level_narrows_the_bounds(trial):
    usual, narrow = injection_numbers(trial).row(0, named=True), injection_numbers(trial, 0.8).row(0, named=True)
    for key in ("serious_related_high", "rate_high"):
        assert narrow[key] < usual[key]
    assert narrow["ci_low"] > usual["ci_low"]


def test_an_injection_on_the_last_day_was_given(build):
    trial = build(
        {"a": "x"}, events=[("a", 1.0, "death")], doses=[("a", 0.0), ("a", 1.0), ("a", 2.0)],
        adverse_events=[event("a", DAYS_PER_MONTH)],
    )  # fmt: skip
    rows = injection_numbers(trial).rows(named=True)
    assert [(row["injection"], row["n"], row["participants"], row["events"]) for row in rows] == [
        (1, 1, 0, 0),
        (2, 1, 1, 1),
    ]
    assert (rows[1]["person_months"], rows[1]["rate"]) == (0.0, None)


def test_an_injection_before_time_zero_is_the_first(build):
    trial = build(
        {"a": "x"}, events=[("a", 1.0, "end_of_follow_up")], doses=[("a", -2 * DAY), ("a", 10 * DAY)],
        adverse_events=[event("a", 0), event("a", 12)],
    )  # fmt: skip
    spells, events = injection_spells(trial, adverse_events_of(trial))
    assert spells["injection"].to_list() == [1, 2]
    assert spells["months"].to_list() == pytest.approx([10 * DAY, 1 - 10 * DAY])
    assert events["injection"].to_list() == [1, 2]


def test_the_rows_of_results(trial):
    rows = injection_number_rows(trial, adverse_events_of(trial), 0.95)
    assert [(r.rule, r.unit, r.statistic, r.n, r.not_evaluable) for r in rows] == [
        ("any, after injection 1", "proportion of participants", 2.0, 2, 1),
        ("serious related, after injection 1", "proportion of participants", 1.0, 2, 1),
        ("any, after injection 1", "events per 100 person-months", 3.0, 2, 1),
        ("any, after injection 2", "proportion of participants", 1.0, 1, 2),
        ("serious related, after injection 2", "proportion of participants", 0.0, 1, 2),
        ("any, after injection 2", "events per 100 person-months", 1.0, 1, 2),
    ]
    assert rows[1].warnings == (
        "1 of 3 events does not say whether it is both serious and related to treatment and is not counted; counted as "
        "such, 2 of 2 participants would be affected",
    )
    assert rows[4].warnings == ("none seen in 1 participants; the interval reaches up to 98 %",)
    assert rows[0].estimand == (
        "The share of participants of arm cells with an adverse event, after injection 1, between that injection and "
        "the next one, death or the last known day, in those who were given it."
    )


def test_nobody_given_cells_has_no_rows(build):
    trial = build({"a": "x"}, {"a": {1: 40}}, adverse_events=[event("a", 3)])
    assert injection_numbers(trial).height == 0
    assert injection_number_rows(trial, adverse_events_of(trial), 0.95) == []


@pytest.mark.evidence("safety", "property")
def test_the_order_of_rows_does_not_matter(trial):
    turned = replace(
        trial, administrations=trial.administrations.reverse(), adverse_events=trial.adverse_events.reverse()
    )
    assert injection_numbers(turned).equals(injection_numbers(trial))
