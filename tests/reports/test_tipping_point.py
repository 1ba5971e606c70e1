"""The tipping-point picture: what it says, its cells, its thick line."""

from __future__ import annotations

import re

import pytest

from leadin.analysis.missing_data.deltas import delta_rule
from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.models import models_table, tabled
from leadin.reports.tipping_point import tipping_figure, tipping_figures, tipping_surfaces


def shifted(p_of, deltas=(-4.0, -2.0, 0.0), **said):
    known = {
        "method": "ancova", "endpoint": "alsfrs_r", "arm": "cells", "contrast": "cells - control", "unit": "points",
        "time_months": 12.0, **said,
    }  # fmt: skip
    return tuple(
        Result(**known, rule=delta_rule(t, r), p=p_of(t, r), estimate=3.0 + t - r) for r in deltas for t in deltas
    )


ROWS = shifted(lambda t, r: min(1.0, 0.01 * 2.0 ** (r / 2 - t)))


@pytest.fixture
def answers(cells_and_control):
    return Answers(ROWS, cells_and_control)


def test_a_surface_holds_every_pair_and_the_arms_labels(answers, cells_and_control):
    (surface,) = tipping_surfaces(answers)
    assert (surface.treated, surface.reference) == ([-4.0, -2.0, 0.0], [-4.0, -2.0, 0.0])
    labels = {arm.name: arm.label for arm in cells_and_control}
    assert surface.labels == (labels["cells"], labels["control"])
    assert (surface.about, surface.alpha) == ("ALSFRS-R at month 12", 0.05)
    assert len(surface.rows) == 9


def test_the_finding_names_tipping_point_and_range(answers):
    (picture,) = tipping_figures(answers)
    (surface,) = tipping_surfaces(answers)
    assert picture.finding == (
        "Tipping point of cells - control: p is 0.01 without any shift and 0.16 with -4 points added to values imputed "
        "after the last visit in arm cells (level 0.05, reference arm not shifted). Of 9 pairs of shifts, -4 to 0 "
        f"points in {surface.labels[0]} and -4 to 0 in {surface.labels[1]}, 7 give p below 0.05; p runs from 0.003 "
        "to 0.16."
    )
    assert picture.title == "Tipping point, ALSFRS-R at month 12"
    assert "Thick line: p = 0.05." in picture.caption
    assert f'<desc id="tipping-point-desc">{picture.finding.replace(">", "&gt;")}</desc>' in picture.svg


def test_every_cell_has_its_p_and_the_line_its_words(answers):
    (picture,) = tipping_figures(answers)
    words = re.findall(r">([^<>]+)</text>", picture.svg)
    numbers = sorted(word for word in words if re.fullmatch(r"0\.\d+", word))
    assert numbers == ["0.003", "0.005", "0.01", "0.01", "0.02", "0.04", "0.04", "0.08", "0.16"]
    assert "thick line:" in words
    assert "p = 0.05" in words
    assert {"−4", "−2", "0"} <= set(words)
    assert any(word.startswith("Points added in ") for word in words)
    assert picture.svg == tipping_figures(answers)[0].svg


def test_all_on_one_side_has_no_line(cells_and_control):
    for p, words in ((0.5, "all p ≥ 0.05"), (0.05, "all p ≥ 0.05"), (0.01, "all p &lt; 0.05")):
        (picture,) = tipping_figures(Answers(shifted(lambda t, r, p=p: p), cells_and_control))
        assert words in picture.svg
        assert "thick line:" not in picture.svg
        assert picture.finding.startswith("No tipping point of cells - control")


def test_a_wide_grid_has_no_numbers(cells_and_control):
    deltas = tuple(float(k) for k in range(-11, 1))
    (picture,) = tipping_figures(Answers(shifted(lambda t, r: 0.03, deltas), cells_and_control))
    assert ">0.03<" not in picture.svg
    (narrow,) = tipping_figures(Answers(shifted(lambda t, r: 0.03, deltas[1:]), cells_and_control))
    assert narrow.svg.count(">0.03<") == 121


def test_an_effect_against_the_arm_is_hatched(cells_and_control):
    rows = shifted(lambda t, r: 0.0005)
    (picture,) = tipping_figures(Answers(rows, cells_and_control))
    assert "<pattern" in picture.svg
    worse = tuple(row for row in rows if row.estimate >= 0)
    (plain,) = tipping_figures(Answers(worse, cells_and_control))
    assert "<pattern" not in plain.svg


def test_each_contrast_and_endpoint_has_a_picture_of_its_own(cells_and_control):
    other = shifted(lambda t, r: 0.2, endpoint="svc_percent", unit="% of predicted", time_months=None)
    first, second = tipping_figures(Answers((*ROWS, *other), cells_and_control))
    assert (first.name, second.name) == ("tipping-point", "tipping-point-2")
    assert second.title == "Tipping point, SVC"
    assert 'id="tipping-point-2-title"' in second.svg


def test_rows_of_shifts_are_not_in_the_table_of_estimates(cells_and_control):
    main = Result(
        "ancova", "alsfrs_r", arm="cells", contrast="cells - control", estimate=3.0, p=0.01, unit="points", rule="x"
    )
    answers = Answers((main, *ROWS), cells_and_control)
    assert tabled(answers) == (main,)
    assert sum(len(group.rows) for group in models_table(answers).groups) == 1
    assert tipping_figures(Answers((main,), cells_and_control)) == ()


def test_a_grid_with_gaps_is_drawn(cells_and_control):
    rows = (*ROWS[:4], *ROWS[5:7])
    (surface,) = tipping_surfaces(Answers(rows, cells_and_control))
    assert tipping_figure(surface).svg.startswith("<svg")
