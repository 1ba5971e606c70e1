"""Forest plot: every comparison on an axis that says which side it favours.

Estimates of different units share the line of no difference and its two sides, never a scale: each unit has a panel
with a scale of its own, and the panels stand beneath each other with their zero (ratios: their one) in line. Ratios are
drawn on a logarithmic scale; what is better when it is low is drawn reversed, so that the right side favours the same
arm in every panel. Comparisons that do not fit on one page stand in as many figures as they need.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from leadin.reports.drawing import (
    PAGE_HEIGHT,
    PAGE_WIDTH,
    SMALL,
    axes_at,
    blank_figure,
    drawing_style,
    plain,
    sheet,
    shortened,
    svg_text,
    wrapped,
)
from leadin.reports.interval_marks import words_beside
from leadin.reports.numbers import plural
from leadin.reports.palette import INK, QUIET
from leadin.reports.picture import Picture
from leadin.reports.wording import capital

ROW, LINE = 14.0, 11.0
SCALE = 24.0
"""Points beneath a panel for its ticks and its unit."""
LEFT, RIGHT = 186.0, 134.0
SIDE_WIDTH = 152.0
TICK_ROOM = 24.0
"""Points that the words of a tick take, with a gap."""
RATIO_TICKS: tuple[tuple[float, ...], ...] = (
    tuple(round(m * 10.0**k, 6) for k in range(-3, 4) for m in (1, 2, 5)),
    *(tuple(10.0**k for k in range(-step * 3, step * 3 + 1, step)) for step in (1, 2, 4, 8)),
    (0.5, 0.7, 1.0, 1.4, 2.0),
    (0.5, 1.0, 2.0),
    (0.8, 0.9, 1.0, 1.1, 1.25),
    *((round(1 / ratio, 2), 1.0, ratio) for ratio in (1.25, 1.1, 1.05, 1.02, 1.01)),
)
"""Choices of ticks for ratios; the first of which at least three fit is taken."""


@dataclass(frozen=True)
class ForestRow:
    """One comparison. value, low, high: on the scale of `unit`; for a ratio the ratio itself. text: as the table gives
    it.

    label: endpoint and method. sides: what the left and the right side of its axis favour. place: of its analysis in
    the plan, a heading where rows have different ones. comparison: what is compared, where there is more than one such.
    better_high: higher values favour the right side. colour: of the arm it speaks of.
    """

    label: str
    unit: str
    value: float
    low: float
    high: float
    text: str
    sides: tuple[str, str] = ("favours the reference", "favours the treatment")
    comparison: str | None = None
    place: str | None = None
    ratio: bool = False
    better_high: bool = True
    primary: bool = False
    colour: str = INK

    @property
    def label_lines(self) -> list[str]:
        """The label in one line, or in two where it is long."""
        lines = wrapped(self.label, LEFT - 12, SMALL, self.primary)
        return [lines[0], shortened(" ".join(lines[1:]), LEFT - 12, SMALL, self.primary)] if len(lines) > 1 else lines

    @property
    def tall(self) -> float:
        """Points that the row takes."""
        return ROW + LINE * (len(self.label_lines) - 1)


@dataclass(frozen=True)
class _Panel:
    """Rows of one comparison, one place in the plan and one unit. block, heading: the words that stand above it, where
    it is the first of its kind on a page. first: the first of all on its page."""

    rows: tuple[ForestRow, ...]
    block: bool = False
    heading: str | None = None
    first: bool = True

    @property
    def kind(self) -> tuple[object, ...]:
        first = self.rows[0]
        return first.comparison, first.sides

    @property
    def above(self) -> float:
        """Points above the first row."""
        if not self.block:
            return 4.0 + (ROW if self.heading else 0.0)
        first = self.rows[0]
        lines = max(len(wrapped(words, SIDE_WIDTH, SMALL, True)) for words in first.sides)
        return self.gap + (ROW if first.comparison is not None else 0.0) + LINE * lines + 14.0

    @property
    def gap(self) -> float:
        """Points between a block and the one above it."""
        return 0.0 if self.first else 10.0

    @property
    def tall(self) -> float:
        """Points that the rows take."""
        return sum(row.tall for row in self.rows)

    @property
    def height(self) -> float:
        return self.above + self.tall + SCALE


def forest_figures(
    rows: Sequence[ForestRow], interval: str = "95 % interval", note: str = "", name: str = "forest"
) -> tuple[Picture, ...]:
    """The plot, in one figure or in as many as the rows need. rows: comparisons with an interval, called `interval`.
    note: a sentence for the caption."""
    if not rows:
        return ()
    pages = _pages(rows)
    reaches = {unit: _reach([_placed(row) for row in rows if _unit(row) == unit]) for unit in map(_unit, rows)}
    pictures = []
    for k, page in enumerate(pages, start=1):
        part = f", part {k} of {len(pages)}" if len(pages) > 1 else ""
        pictures.append(
            _figure(page, reaches, f"All comparisons{part}", interval, note, f"{name}-{k}" if k > 1 else name)
        )
    return tuple(pictures)


def _figure(page: list[_Panel], reaches: dict[Any, float], title: str, interval: str, note: str, name: str) -> Picture:
    rows = [row for panel in page for row in panel.rows]
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, sum(panel.height for panel in page) + 2)
        paper, at = sheet(figure), 1.0
        for panel in page:
            _headings(paper, panel, at)
            axes = axes_at(figure, LEFT, at + panel.above, PAGE_WIDTH - LEFT - RIGHT, panel.tall)
            _panel(axes, panel.rows, reaches[_unit(panel.rows[0])])
            at += panel.height
        finding = forest_finding(rows)
        svg = svg_text(figure, name, title, finding)
    caption = (
        f"Points: estimates; lines: {interval}s. Each unit has its own scale; the upright line is no difference in all "
        "of them."
    )
    if any(row.primary for row in rows):
        caption += " Bold: planned primary analysis."
    return Picture(name, title, finding, f"{caption} {note}".rstrip(), svg)


def _placed(row: ForestRow) -> tuple[float, float, float]:
    """Value, low and high on an axis where zero is no difference and right favours the right side."""
    values = [math.log(v) if row.ratio else v for v in (row.value, row.low, row.high)]
    if row.better_high:
        return values[0], values[1], values[2]
    return -values[0], -values[2], -values[1]


def _unit(row: ForestRow) -> tuple[str, bool, bool]:
    return row.unit, row.ratio, row.better_high


def _pages(rows: Sequence[ForestRow]) -> list[list[_Panel]]:
    """Panels by figure, each figure filled before the next is begun."""
    told = len({row.place for row in rows}) > 1
    pages: list[list[_Panel]] = [[]]
    for panel in _panels(rows):
        longer = _headed([*pages[-1], panel], told)
        if pages[-1] and sum(each.height for each in longer) > PAGE_HEIGHT:
            longer = _headed([panel], told)
            pages.append(longer)
        pages[-1] = longer
    return pages


def _panels(rows: Sequence[ForestRow]) -> list[_Panel]:
    """Rows of one comparison, one place and one unit, in order of first use, none longer than a page."""
    most = int((PAGE_HEIGHT - SCALE - 70.0) // max(row.tall for row in rows))
    panels: list[_Panel] = []
    for block in dict.fromkeys((row.comparison, row.sides) for row in rows):
        of_block = [row for row in rows if (row.comparison, row.sides) == block]
        for kind in dict.fromkeys((row.place, _unit(row)) for row in of_block):
            own = tuple(row for row in of_block if (row.place, _unit(row)) == kind)
            panels += [_Panel(own[k : k + most]) for k in range(0, len(own), most)]
    return panels


def _headed(panels: Sequence[_Panel], told: bool) -> list[_Panel]:
    """The panels of a page with what stands above them. told: the place in the plan is said, where it changes."""
    headed: list[_Panel] = []
    for panel in panels:
        before = headed[-1] if headed else None
        block = before is None or before.kind != panel.kind
        place = panel.rows[0].place
        new = told and place is not None and (block or before is None or before.rows[0].place != place)
        headed.append(replace(panel, block=block, heading=capital(place) if new and place else None, first=not headed))
    return headed


def _headings(paper: Any, panel: _Panel, at: float) -> None:
    """What is compared, which side favours what, and the place in the plan, above the first row of a panel."""
    first = panel.rows[0]
    bold = {"va": "center", "fontsize": SMALL, "fontweight": "bold"}
    if panel.block:
        at += panel.gap
        if first.comparison is not None:
            paper.text(2, at + ROW / 2, first.comparison, color=first.colour, **bold)
            at += ROW
        _sides(paper, first.sides, at)
    if panel.heading is not None:
        paper.text(2, at + ROW / 2, panel.heading, style="italic", va="center", fontsize=SMALL, color=QUIET)


def _sides(paper: Any, sides: tuple[str, str], at: float) -> None:
    middle = LEFT + (PAGE_WIDTH - LEFT - RIGHT) / 2
    both = [wrapped(words, SIDE_WIDTH, SMALL, True) for words in sides]
    lines = max(map(len, both))
    for sign, words, align in zip((-1, 1), both, ("right", "left"), strict=True):
        y = at + LINE * lines
        paper.text(
            middle + sign * 12,
            y,
            "\n".join(words),
            ha=align,
            va="bottom",
            fontsize=SMALL,
            fontweight="bold",
            linespacing=1.1,
        )
        paper.annotate(
            "",
            (middle + sign * 90, y + 5),
            xytext=(middle + sign * 8, y + 5),
            arrowprops={"arrowstyle": "->", "linewidth": 0.8, "color": INK},
        )


def _panel(axes: Any, panel: Sequence[ForestRow], reach: float) -> None:
    placed = [_placed(row) for row in panel]
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
    at = 0.0
    for row, (value, low, high) in zip(panel, placed, strict=True):
        y = at + row.tall / 2
        at += row.tall
        axes.plot([max(low, -reach), min(high, reach)], [y, y], color=row.colour, linewidth=1.5, zorder=2)
        for end, marker in ((low, "<"), (high, ">")):
            if abs(end) > reach:
                axes.plot(
                    [math.copysign(reach, end)], [y], marker=marker, markersize=5, color=row.colour, clip_on=False
                )
        if abs(value) <= reach:
            axes.plot([value], [y], marker="s", markersize=5.5, color=row.colour, zorder=3)
        weight = "bold" if row.primary else "normal"
        words_beside(axes, (0, y), -LEFT + 2, "\n".join(row.label_lines), "left", weight=weight)
        words_beside(axes, (1, y), 10, row.text, "left", weight=weight)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(at, 0)
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
        ticks = _ratio_ticks(reach)
        places = [math.log(value) if row.better_high else -math.log(value) for value in ticks]
    else:
        step = _step(reach)
        most = math.floor(reach / step + 1e-9)
        ticks = [k * step for k in range(-most, most + 1)]
        places = ticks if row.better_high else [-value for value in ticks]
    axes.set_xticks(places, plain([round(value, 9) for value in ticks]))
    axes.tick_params(axis="x", length=3, pad=2)
    axes.annotate(
        row.unit,
        (0, 0),
        xycoords="axes fraction",
        xytext=(-12, -9.5),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=SMALL,
        color=QUIET,
        annotation_clip=False,
    )


def _ratio_ticks(reach: float) -> list[float]:
    """Round ratios on both sides of one, far enough apart for their words, if any fit within the axis."""
    apart = TICK_ROOM * 2 * reach / (PAGE_WIDTH - LEFT - RIGHT)
    for ratios in RATIO_TICKS:
        ticks = [ratio for ratio in ratios if abs(math.log(ratio)) <= reach]
        if len(ticks) >= 3 and min(math.log(b / a) for a, b in pairwise(ticks)) >= apart:
            return ticks
    return [1.0]


def _step(reach: float) -> float:
    """A round step with two to four ticks on each side of zero."""
    rough = reach / 3
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)


def forest_finding(rows: Sequence[ForestRow]) -> str:
    """The plot in words: how many intervals hold no difference, then every row; the sides where they change."""
    inside = sum(low <= 0 <= high for _, low, high in map(_placed, rows))
    hold = "holds" if inside == 1 else "hold"
    said = [f"{plural(len(rows), 'comparison')}; {inside} of {len(rows)} intervals {hold} no difference."]
    right: str | None = None
    for row in rows:
        if row.sides[1] != right:
            right = row.sides[1]
            said.append(f"Right: {right}.")
        what = f"{row.comparison}, {row.label}" if row.comparison else row.label
        role = " (planned primary)" if row.primary else ""
        said.append(f"{what}{role}: {row.text} {row.unit}.")
    return " ".join(said)
