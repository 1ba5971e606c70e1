from __future__ import annotations

import pytest

from leadin.trials.finding import Finding


def with_measure(trial, add, measure, value, day=10.0):
    row = {"participant_id": "P1", "day": day, "measure": measure, "value": value}
    return add(trial, "assessments", row)


@pytest.mark.parametrize(
    ("measure", "low", "high"),
    [
        ("alsfrs_r", 0, 48),
        ("alsfrs_r.01", 0, 4),
        ("alsfrs_r.12", 0, 4),
        ("svc_percent", 0, 200),
        ("fvc_percent", 0, 200),
        ("weight_kg", 1, 700),
    ],
)
def test_a_score_outside_its_scale(trial, add, find, measure, low, high):
    for value in (low - 1, high + 1):
        assert find(with_measure(trial, add, measure, value)) == [
            Finding(
                "score-out-of-range",
                "error",
                "assessments",
                (12,),
                f"1 value of {measure} outside {low} to {high} (P1 day 10: {value}). Left out; correct the value or "
                "leave it empty.",
            )
        ]
    assert find(with_measure(trial, add, measure, low)) == find(with_measure(trial, add, measure, high)) == []


@pytest.mark.parametrize("measure", ["strength.left", "strength.right"])
def test_strength_has_no_upper_end(trial, add, find, measure):
    (finding,) = find(with_measure(trial, add, measure, -0.5))
    assert finding.message.startswith(f"1 value of {measure} below 0 (P1 day 10: -0.5).")
    assert find(with_measure(trial, add, measure, 1e6)) == find(with_measure(trial, add, measure, 0.0)) == []


def test_one_finding_a_measure_with_all_its_rows(trial, change, find):
    faulty = change(change(trial, "assessments", 0, value=49.0), "assessments", 4, value=-1.0)
    assert find(faulty) == [
        Finding(
            "score-out-of-range",
            "error",
            "assessments",
            (0, 4),
            "2 values of alsfrs_r outside 0 to 48 (P1 day -91: 49; P2 day 0: -1). Left out; correct the value or "
            "leave it empty.",
        )
    ]


@pytest.mark.parametrize(("measure", "value"), [("alsfrs_r", 37.5), ("alsfrs_r.07", 2.25)])
def test_a_sum_of_whole_items_is_whole(trial, add, find, measure, value):
    assert find(with_measure(trial, add, measure, value)) == [
        Finding(
            "score-not-whole",
            "error",
            "assessments",
            (12,),
            f"1 value of {measure} that is not whole (P1 day 10: {value}). Left out; a sum of items scored 0 to 4 is "
            "whole.",
        )
    ]


def test_several_scores_that_are_not_whole(trial, change, find):
    (finding,) = find(change(change(trial, "assessments", 0, value=0.5), "assessments", 1, value=47.5))
    assert finding.message.startswith("2 values of alsfrs_r that are not whole (P1 day -91: 0.5; P1 day 0: 47.5).")


def test_a_broken_score_off_the_scale_is_told_once(trial, add, find):
    assert [f.id for f in find(with_measure(trial, add, "alsfrs_r", 48.5))] == ["score-out-of-range"]


def test_breathing_may_have_decimals(trial, add, find):
    assert find(with_measure(trial, add, "svc_percent", 71.3)) == []


def test_a_missing_value_is_no_fault(trial, add, find):
    assert find(with_measure(trial, add, "alsfrs_r", None)) == []


def test_a_measure_that_looks_like_a_slip(trial, add, find):
    assert find(with_measure(trial, add, "ALSFRS-R", 99.0)) == [
        Finding(
            "unknown-measure",
            "warning",
            "assessments",
            (12,),
            "Measure 'ALSFRS-R', 1 of 13 assessments, is none that leadin knows; did you mean 'alsfrs_r'? Kept, but "
            "its values are not checked.",
        )
    ]


def test_a_measure_of_its_own(trial, add, find):
    assert find(with_measure(trial, add, "neurofilament", 99.5)) == [
        Finding(
            "unknown-measure",
            "note",
            "assessments",
            (12,),
            "Measure 'neurofilament', 1 of 13 assessments, is none that leadin knows. Kept, but its values are not "
            "checked.",
        )
    ]


def items(add, trial, values, day=0.0):
    return add(
        trial,
        "assessments",
        *(
            {"participant_id": "P1", "day": day, "measure": f"alsfrs_r.{item:02d}", "value": value}
            for item, value in enumerate(values, start=1)
        ),
    )


def test_a_total_that_is_not_the_sum_of_its_items(trial, add, find):
    assert find(items(add, trial, [3.0] * 11 + [4.0])) == [
        Finding(
            "total-differs-from-items",
            "warning",
            "assessments",
            (1,),
            "1 ALSFRS-R total that is not the sum of its items (P1 day 0: 38, items add up to 37). The total is used; "
            "correct whichever is wrong.",
        )
    ]
    assert find(items(add, trial, [3.0] * 10 + [4.0] * 2)) == []


def test_totals_are_not_held_against_items_that_are_not_all_there(trial, add, find):
    assert find(items(add, trial, [0.0] * 11)) == []
    assert find(items(add, trial, [0.0] * 11 + [None])) == []
    assert find(items(add, trial, [0.0] * 12, day=50.0)) == []


def test_a_total_below_the_sum_of_its_items_is_found_too(trial, add, find):
    (finding,) = find(items(add, trial, [3.0] * 9 + [4.0] * 3))
    assert "P1 day 0: 38, items add up to 39" in finding.message


def test_strength_is_measured_in_fractions(trial, add, find):
    row = {"participant_id": "P1", "day": 0.0, "measure": "strength.left", "value": 3.5}
    assert find(add(trial, "assessments", row)) == []
