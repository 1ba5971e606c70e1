"""The forest plot: which side is which, what stands on which page, scales that hold every row."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.reports.drawing import PAGE_HEIGHT
from leadin.reports.forest import RATIO_TICKS, ForestRow, _placed, _ratio_ticks, _reach, forest_figures, forest_finding

SVG = "{http://www.w3.org/2000/svg}"
SIDES = ("favours control", "favours cells")


def words_in(picture) -> list[str]:
    root = ElementTree.fromstring(picture.svg)
    assert root.find(f"{SVG}desc").text == picture.finding
    assert float(root.get("height").removesuffix("pt")) <= PAGE_HEIGHT + 3
    return [e.text for e in root.iter(f"{SVG}text")]


def numbers_in(picture) -> list[float]:
    kept = [w.replace("−", "-") for w in words_in(picture)]
    return [float(w) for w in kept if w.removeprefix("-").replace(".", "").isdigit()]


def rows() -> list[ForestRow]:
    return [
        ForestRow(
            "ALSFRS-R, broken-stick model",
            "points per month",
            0.31,
            0.02,
            0.6,
            "0.31 (0.02 to 0.60)",
            sides=SIDES,
            primary=True,
        ),
        ForestRow("FVC, change of slope", "% predicted per month", -0.2, -1.0, 0.6, "−0.2 (−1.0 to 0.6)", sides=SIDES),
        ForestRow(
            "Survival, Cox model",
            "hazard ratio",
            0.5,
            0.2,
            1.25,
            "0.50 (0.20 to 1.25)",
            sides=SIDES,
            ratio=True,
            better_high=False,
        ),
    ]


def test_it_tells_every_row_and_how_many_hold_no_difference():
    assert forest_finding(rows()) == (
        "3 comparisons; 2 of 3 intervals hold no difference. Right: favours cells. "
        "ALSFRS-R, broken-stick model (planned primary): 0.31 (0.02 to 0.60) points per month. "
        "FVC, change of slope: −0.2 (−1.0 to 0.6) % predicted per month. "
        "Survival, Cox model: 0.50 (0.20 to 1.25) hazard ratio."
    )
    touching = [replace(rows()[1], low=0.0), replace(rows()[1], high=0.0), replace(rows()[1], low=0.001)]
    assert forest_finding(touching).startswith("3 comparisons; 2 of 3 intervals hold no difference.")
    assert forest_finding(rows()[1:2]).startswith("1 comparison; 1 of 1 intervals holds no difference.")
    (picture,) = forest_figures(rows())
    assert {*SIDES, "hazard ratio", "points per month", "2", "0.5"} <= set(words_in(picture))
    assert picture.title == "All comparisons"
    assert picture.caption.endswith("Bold: planned primary analysis.")
    (picture,) = forest_figures(rows()[1:], "90 % interval", "A note.")
    assert picture.caption == (
        "Points: estimates; lines: 90 % intervals. Each unit has its own scale; the upright line is no difference in "
        "all of them. A note."
    )
    assert forest_figures(()) == ()


def test_places_in_the_plan_are_headings_only_where_they_differ():
    first, second, third = rows()
    same = [replace(row, place="exploratory") for row in (first, second, third)]
    assert "Exploratory" not in words_in(forest_figures(same)[0])
    mixed = [replace(first, place="planned, primary"), replace(second, place="exploratory")]
    words = words_in(forest_figures(mixed)[0])
    assert words.count("Planned, primary") == words.count("Exploratory") == 1


def test_comparisons_of_several_arms_stand_apart_and_share_their_scales():
    several = [
        ForestRow("ALSFRS-R, model", "points per month", value, value - 0.1, value + 0.1, "x", comparison=arm)
        for arm, value in (("Low − control", 0.2), ("High − control", 2.0))
    ]
    (picture,) = forest_figures(several)
    words = words_in(picture)
    assert words.count("Low − control") == words.count("High − control") == 1
    assert words.count("points per month") == 2
    assert words.count("favours the treatment") == 2
    assert words.count("2") == words.count("1") == 2
    assert "High − control, ALSFRS-R, model: x points per month." in picture.finding


def test_what_is_better_when_low_lies_on_the_side_of_the_treatment():
    svg = forest_figures(rows()[2:], name="f")[0].svg
    uses = [e for e in ElementTree.fromstring(svg).iter(f"{SVG}use") if "fill" in (e.get("style") or "")]
    words = {e.text: float(e.get("x")) for e in ElementTree.fromstring(svg).iter(f"{SVG}text") if e.get("x")}
    assert words["2"] < words["1"] < words["0.5"]
    assert any(abs(float(e.get("x")) - words["0.5"]) < 1 for e in uses)
    assert words["favours control"] < words["favours cells"]
    harm = ForestRow("Adverse event", "percentage points", 10, -5, 25, "", better_high=False)
    (picture,) = forest_figures([harm])
    places = {e.text: float(e.get("x")) for e in ElementTree.fromstring(picture.svg).iter(f"{SVG}text") if e.get("x")}
    assert places["20"] < places["0"] < places["−20"]


def test_many_rows_stand_on_several_pages_and_none_is_lost():
    many = [ForestRow(f"row {k}", f"unit {k // 6}", 0.1, -0.2, 0.4, f"text {k}") for k in range(80)]
    pictures = forest_figures(many)
    assert [picture.title for picture in pictures] == [f"All comparisons, part {k} of 3" for k in (1, 2, 3)]
    assert [picture.name for picture in pictures] == ["forest", "forest-2", "forest-3"]
    words = [word for picture in pictures for word in words_in(picture)]
    assert all(words.count(f"row {k}") == words.count(f"text {k}") == 1 for k in range(80))
    assert all(words_in(picture).count("favours the treatment") == 1 for picture in pictures)


def test_a_long_label_takes_two_lines_and_a_longer_one_is_cut():
    long = "ALSFRS-R, MMRM, month 6, multiple imputation by jump to reference"
    rows = [ForestRow(label, "unit", 0.1, -0.2, 0.4, "") for label in ("short", long, f"{long} {long}")]
    assert [len(row.label_lines) for row in rows] == [1, 2, 2]
    assert " ".join(rows[1].label_lines) == long
    assert rows[2].label_lines[1].endswith("…")
    assert rows[1].tall == rows[2].tall > rows[0].tall
    words = words_in(forest_figures(rows)[0])
    assert set(rows[1].label_lines) <= set(words)


def test_a_panel_longer_than_a_page_is_parted():
    many = [ForestRow(f"row {k}", "unit", 0.1, -0.2, 0.4, "", place="exploratory") for k in range(80)]
    pictures = forest_figures(many)
    assert len(pictures) == 3
    assert sum(word.startswith("row ") for picture in pictures for word in words_in(picture)) == 80


@pytest.mark.parametrize("ends", [(0.995, 1.005), (0.9, 1.1), (0.6, 1.7), (0.02, 40.0), (1e-5, 1e5)])
@pytest.mark.parametrize("better_high", [True, False])
def test_scales_of_ratios_have_ticks_on_both_sides(ends, better_high):
    row = ForestRow("x", "hazard ratio", 1.0, *ends, "", ratio=True, better_high=better_high)
    numbers = numbers_in(forest_figures([row])[0])
    assert 1 in numbers
    assert min(numbers) <= 1 <= max(numbers)
    if ends[1] > 1.02:
        assert min(numbers) < 1 < max(numbers)


@given(st.floats(0.02, 18.0))
def test_ticks_of_ratios_rise_hold_one_and_fit(reach):
    ticks = _ratio_ticks(reach)
    assert ticks == sorted(set(ticks))
    assert 1.0 in ticks
    assert len(ticks) >= 3 or reach < 0.022
    assert all(tuple(ratios) == tuple(sorted(ratios)) for ratios in RATIO_TICKS)


def test_a_wild_interval_does_not_flatten_the_others():
    several = [ForestRow(f"r{k}", "u", 0.1, -0.2, 0.4, "") for k in range(4)]
    several.append(ForestRow("wild", "u", 0.0, -500.0, 500.0, ""))
    assert max(numbers_in(forest_figures(several)[0])) < 3


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0, 20), st.floats(0, 20)), min_size=1, max_size=8))
def test_the_axis_holds_every_estimate_and_mirrors_with_the_direction(drawn):
    several = [ForestRow("r", "u", value, value - below, value + above, "") for value, below, above in drawn]
    placed = [_placed(row) for row in several]
    assert _reach(placed) > max(abs(value) for value, _, _ in placed)
    turned = [_placed(replace(row, better_high=False)) for row in several]
    assert [(-high, -low) for _, low, high in turned] == [(low, high) for _, low, high in placed]
    assert _reach(turned) == _reach(placed)
    assert all(low <= value <= high for value, low, high in turned)
