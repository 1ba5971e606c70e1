"""Limb strength side by side: hand-worked means, and the side that was treated."""

from __future__ import annotations

from typing import Any

import pytest

from leadin.reports.arms import report_arms
from leadin.reports.limb_strength import limb_courses, limb_strength_figure, limb_strength_finding
from leadin.trials.trial import Trial

from .conftest import build

SIDES = {"P1": "left", "P2": "right", "P3": "left"}
CHANGES = {"treated": (-1.0, -2.0, -3.0), "other": (-4.0, -6.0, -8.0)}


def one_sided(places: bool = True) -> Trial:
    rows: list[dict[str, Any]] = []
    for k, (name, side) in enumerate(SIDES.items()):
        for measure in ("left", "right"):
            change = CHANGES["treated" if measure == side else "other"][k]
            for day, visit, value in (
                (-30.0, "screening", 99.0),
                (0.0, "baseline", 50.0),
                (91.0, "month 3", 50 + change),
            ):
                rows.append(
                    {
                        "participant_id": name,
                        "day": day,
                        "measure": f"strength.{measure}",
                        "value": value,
                        "visit": visit,
                    }
                )
    return build(
        participants=[{"participant_id": name, "arm": "cells"} for name in SIDES],
        assessments=rows,
        administrations=[
            {
                "participant_id": name,
                "day": 0.0,
                "lot_id": name,
                "site_of_injection": f"cord, {side}" if places else None,
            }
            for name, side in SIDES.items()
        ],
    )


def test_mean_changes_from_baseline_of_the_treated_and_the_other_side() -> None:
    trial = one_sided()
    course = limb_courses(trial, report_arms(trial))["cells"]
    assert course.names == ("treated side", "other side")
    (treated,), (other,) = course.first, course.second
    assert (treated.mean, other.mean, treated.n, other.n) == (-2.0, -6.0, 3, 3)
    # t quantile 4.302652729911 with 2 degrees of freedom, SD 1 and 2, n 3
    assert treated.high - treated.mean == pytest.approx(4.302652729911 * 1.0 / 3**0.5)
    assert other.mean - other.low == pytest.approx(4.302652729911 * 2.0 / 3**0.5)
    assert treated.month == pytest.approx(91 / 30.4375)


def test_without_a_known_side_left_stands_against_right() -> None:
    trial = one_sided(places=False)
    course = limb_courses(trial, report_arms(trial))["cells"]
    assert course.names == ("left", "right")
    assert course.first[0].mean == pytest.approx((-1 - 6 - 3) / 3)
    assert course.second[0].mean == pytest.approx((-4 - 2 - 8) / 3)


def test_the_figure_tells_both_sides_in_words() -> None:
    trial = one_sided()
    arms = report_arms(trial)
    courses = limb_courses(trial, arms)
    finding = limb_strength_finding(arms, courses)
    assert "treated side −2.0 units of strength at month 3.0 (95 % interval −4.5 to 0.5, 3 limbs)" in finding
    picture = limb_strength_figure(arms, courses)
    assert "treated side" in picture.svg
    assert "Change (units of strength)" in picture.svg


def test_nothing_is_drawn_where_strength_was_not_assessed() -> None:
    trial = build(participants=[{"participant_id": "P1", "arm": "cells"}])
    assert limb_courses(trial, report_arms(trial)) == {}
