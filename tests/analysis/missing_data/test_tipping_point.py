"""Where a conclusion turns, in a sentence."""

from __future__ import annotations

from leadin.analysis.missing_data.deltas import delta_rule
from leadin.analysis.missing_data.tipping_point import tipping_points
from leadin.analysis.result import Result


def rows(p_by_delta, reference=0.0, contrast="cells - control", unit="points"):
    return [
        Result(
            method="ancova", endpoint="alsfrs_r", arm="cells", contrast=contrast, p=p, unit=unit,
            rule=delta_rule(delta, reference),
        )
        for delta, p in p_by_delta.items()
    ]  # fmt: skip


def test_the_smallest_shift_that_turns_a_conclusion():
    (point,) = tipping_points(rows({0: 0.012, -4: 0.2, -2: 0.049, -3: 0.05, 3: 0.06}), 0.05)
    assert (point.contrast, point.unit, point.delta) == ("cells - control", "points", -3.0)
    assert point.sentence == (
        "tipping point of cells - control: p is 0.012 without any shift and 0.05 with -3 points added to values "
        "imputed after the last visit in arm cells (level 0.05, reference arm not shifted)"
    )


def test_a_conclusion_may_turn_the_other_way():
    (point,) = tipping_points(rows({0: 0.3, 1: 0.06, 2: 0.0499, -5: 0.9}), 0.05)
    assert point.delta == 2.0
    assert "p is 0.3 without any shift and 0.05 with +2 points" in point.sentence


def test_nothing_turns():
    (point,) = tipping_points(rows({0: 0.05, -2: 0.4, 1: 0.08}), 0.05)
    assert point.delta is None
    assert point.sentence == (
        "no tipping point of cells - control: p stays at or above 0.05 with anything from -2 to 1 points added to "
        "values imputed after the last visit in arm cells (reference arm not shifted)"
    )
    (point,) = tipping_points(rows({0: 0.009, -2: 0.0099}, unit=None), 0.01)
    assert point.sentence.startswith(
        "no tipping point of cells - control: p stays below 0.01 with anything from -2 to 0 un"
    )


def test_only_rows_without_a_shift_of_the_reference_count():
    found = tipping_points([*rows({0: 0.01, -2: 0.02}), *rows({-1: 0.5}, reference=-2.0)], 0.05)
    assert [point.delta for point in found] == [None]
    two = tipping_points([*rows({0: 0.01, -2: 0.2}), *rows({0: 0.01, -1: 0.2}, contrast="x - control")], 0.05)
    assert [(point.contrast, point.delta) for point in two] == [("cells - control", -2.0), ("x - control", -1.0)]
    assert tipping_points([Result(method="ancova", endpoint="alsfrs_r", p=0.1, rule="t")], 0.05) == ()
    assert tipping_points(rows({0: None}), 0.05) == ()
