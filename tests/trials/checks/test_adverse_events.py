from __future__ import annotations

import pytest

from leadin.trials.finding import Finding


@pytest.mark.parametrize("grade", [0, 6, -1])
def test_a_grade_off_the_scale(trial, change, find, grade):
    assert find(change(trial, "adverse_events", 0, ctcae_grade=grade)) == [
        Finding(
            "grade-out-of-range",
            "error",
            "adverse_events",
            (0,),
            f"1 adverse event with a CTCAE grade outside 1 to 5 (P1 headache day 1: grade {grade}). Left out; correct "
            "the grade, or leave it empty to have the event counted.",
        )
    ]


@pytest.mark.parametrize("grade", [1, 2, 3, 4, None])
def test_a_grade_on_the_scale_or_none(trial, change, find, grade):
    assert find(change(trial, "adverse_events", 0, ctcae_grade=grade)) == []


@pytest.mark.parametrize(("end", "wrong"), [(0.9, True), (1.0, False), (None, False)])
def test_an_end_before_the_start(trial, change, find, end, wrong):
    expected = Finding(
        "end-before-start",
        "warning",
        "adverse_events",
        (0,),
        "1 adverse event that ends before it starts (P1 headache day 1, end day 0.9). Counted, since only its end is "
        "in doubt; correct one of the days.",
    )
    assert find(change(trial, "adverse_events", 0, end_day=end)) == ([expected] if wrong else [])


def test_a_death_that_the_events_do_not_know(trial, change, find):
    assert find(change(trial, "adverse_events", 0, ctcae_grade=5)) == [
        Finding(
            "fatal-grade-without-death",
            "warning",
            "adverse_events",
            (0,),
            "1 adverse event of grade 5 (death) without a death among the events (P1 headache day 1). Counted as an "
            "adverse event, not as a death; add the death or correct the grade.",
        )
    ]
