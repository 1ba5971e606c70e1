"""Forest plot: every comparison on one axis that says which side it favours.

Estimates of different units share the line of no difference and its two sides, never a scale: each unit has a panel
with a scale of its own, and the panels stand beneath each other with their zero (ratios: their one) in line. Ratios of
hazards are drawn on a logarithmic scale, reversed, so that the right side favours the same arm in every panel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leadin.reports.drawing import (
    PAGE_HEIGHT,
    PAGE_WIDTH,
    SMALL,
    axes_at,
    blank_figure,
    drawing_style,
    plain,
    shortened,
    svg_text,
)
from leadin.reports.interval_marks import words_beside
from leadin.reports.numbers import plural
from leadin.reports.palette import INK, QUIET
from leadin.reports.picture import Picture

ROW, LEAST_ROW = 16.0, 10.0
HEAD = 8.0
SCALE = 36.0


@dataclass(frozen=True)
class ForestRow:
    """One comparison. value, low, high: on the scale of `unit`; for a ratio the ratio itself. text: as the table gives
    it.

    label: endpoint and method. comparison: the arms compared, where there is more than one comparison. better_high:
    higher values favour the side named on the right. colour: of the arm it speaks of.
    """

    label: str
    unit: str
    value: float
    low: float
    high: float
    text: str
    comparison: str | None = None
    ratio: bool = False
    better_high: bool = True
    primary: bool = False
    colour: str = INK


def forest_figure(
    rows: Sequence[ForestRow], favours: tuple[str, str], interval: str = "95 % interval", name: str = "forest"
) -> Picture:
    """The plot. rows: comparisons with an interval, called `interval`. favours: the words of the left and the right
    side."""
    panels = _panels(rows)
    reaches = {unit: _reach([_placed(row) for row in rows if _unit(row) == unit]) for unit in map(_unit, rows)}
    heads = [HEAD + (ROW if words is not None else 0.0) for words, _ in panels]
    top, left, right = 26.0, 186.0, 134.0
    fixed = top + sum(heads) + SCALE * len(panels)
    pitch = min(ROW, max((PAGE_HEIGHT - fixed) / max(len(rows), 1), LEAST_ROW))
    height = fixed + pitch * len(rows)
    title = "All comparisons"
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, height)
        at = top
        for (words, panel), head in zip(panels, heads, strict=True):
            axes = axes_at(figure, left, at + head, PAGE_WIDTH - left - right, pitch * len(panel))
            _panel(axes, panel, reaches[_unit(panel[0])], left)
            if words is not None:
                words_beside(
                    axes, (0, -0.7 * ROW / pitch), -left + 2, words, "left", colour=panel[0].colour, weight="bold"
                )
            at += head + pitch * len(panel) + SCALE
        _sides(figure, favours, left, PAGE_WIDTH - left - right)
        finding = forest_finding(rows, favours)
        svg = svg_text(figure, name, title, finding)
    caption = (
        f"Points: estimates; lines: {interval}s. Each unit has its own scale; the upright line is no difference in all "
        "of them."
    )
    if any(row.primary for row in rows):
        caption += " Bold: planned primary analysis."
    return Picture(name, title, finding, caption, svg)


def _placed(row: ForestRow) -> tuple[float, float, float]:
    """Value, low and high on an axis where zero is no difference and right favours the right side."""
    values = [math.log(v) if row.ratio else v for v in (row.value, row.low, row.high)]
    if row.better_high:
        return values[0], values[1], values[2]
    return -values[0], -values[2], -values[1]


def _unit(row: ForestRow) -> tuple[str, bool, bool]:
    return row.unit, row.ratio, row.better_high


def _panels(rows: Sequence[ForestRow]) -> list[tuple[str | None, list[ForestRow]]]:
    """Rows of one comparison and one unit, in order of first use; the first panel of a comparison brings its words."""
    panels: list[tuple[str | None, list[ForestRow]]] = []
    for comparison in dict.fromkeys(row.comparison for row in rows):
        own = [row for row in rows if row.comparison == comparison]
        words = comparison
        for unit in dict.fromkeys(map(_unit, own)):
            panels.append((words, [row for row in own if _unit(row) == unit]))
            words = None
    return panels


def _panel(axes: Any, panel: list[ForestRow], reach: float, left: float) -> None:
    placed = [_placed(row) for row in panel]
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
    for k, (row, (value, low, high)) in enumerate(zip(panel, placed, strict=True)):
        y = k + 0.5
        axes.plot([max(low, -reach), min(high, reach)], [y, y], color=row.colour, linewidth=1.5, zorder=2)
        for end, marker in ((low, "<"), (high, ">")):
            if abs(end) > reach:
                axes.plot(
                    [math.copysign(reach, end)], [y], marker=marker, markersize=5, color=row.colour, clip_on=False
                )
        if abs(value) <= reach:
            axes.plot([value], [y], marker="s", markersize=5.5, color=row.colour, zorder=3)
        weight = "bold" if row.primary else "normal"
        words_beside(
            axes, (0, y), -left + 2, shortened(row.label, left - 12, SMALL, row.primary), "left", weight=weight
        )
        words_beside(axes, (1, y), 10, row.text, "left", weight=weight)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(len(panel), 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    _scale(axes, panel[0], reach)


def _reach(placed: list[tuple[float, float, float]]) -> float:
    """Half the width of the axis: holds every estimate, and every interval that is not far wider than the others."""
    ends = sorted(max(abs(low), abs(high)) for _, low, high in placed)
    usual = ends[(len(ends) - 1) // 2]
    wanted = min(ends[-1], 4 * usual) if usual > 0 else ends[-1]
    return max(wanted, *(abs(value) for value, _, _ in placed), 1e-9) * 1.08


def _scale(axes: Any, row: ForestRow, reach: float) -> None:
    if row.ratio:
        choices = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
        if reach < math.log(2.2):
            choices = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2]
        elif reach > math.log(25):
            choices = [10.0**k for k in range(-6, 7)]
        ticks = [value for value in choices if abs(math.log(value)) <= reach]
        places = [math.log(value) if row.better_high else -math.log(value) for value in ticks]
    else:
        step = _step(reach)
        most = math.floor(reach / step + 1e-9)
        ticks = [k * step for k in range(-most, most + 1)]
        places = ticks if row.better_high else [-value for value in ticks]
    axes.set_xticks(places, plain([round(value, 9) for value in ticks]))
    axes.set_xlabel(row.unit, fontsize=SMALL, color=QUIET, labelpad=2)


def _step(reach: float) -> float:
    """A round step with two to four ticks on each side of zero."""
    rough = reach / 3
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)


def _sides(figure: Any, favours: tuple[str, str], left: float, width: float) -> None:
    from leadin.reports.drawing import sheet

    page = sheet(figure)
    middle, y = left + width / 2, 8.0
    page.text(middle - 12, y, favours[0], ha="right", va="center", fontsize=SMALL, fontweight="bold")
    page.text(middle + 12, y, favours[1], ha="left", va="center", fontsize=SMALL, fontweight="bold")
    for sign in (-1, 1):
        page.annotate(
            "",
            (middle + sign * 90, y + 10),
            xytext=(middle + sign * 8, y + 10),
            arrowprops={"arrowstyle": "->", "linewidth": 0.8, "color": INK},
        )


def forest_finding(rows: Sequence[ForestRow], favours: tuple[str, str]) -> str:
    """The plot in words: how many intervals hold no difference, then every row."""
    inside = sum(low <= 0 <= high for _, low, high in map(_placed, rows))
    said = " ".join(
        f"{row.comparison + ', ' if row.comparison else ''}{row.label}: {row.text} {row.unit}." for row in rows
    )
    hold = "holds" if inside == 1 else "hold"
    return (
        f"{plural(len(rows), 'comparison')}; {inside} of {len(rows)} intervals {hold} no difference. "
        f"Right: {favours[1]}. {said}"
    )
