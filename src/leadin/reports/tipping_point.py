"""Tipping-point picture: p at every pair of shifts of imputed values, and the line where the conclusion turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leadin.analysis.missing_data.deltas import deltas_of
from leadin.analysis.missing_data.tipping_point import tipping_points
from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.arms import arm_called, reference_arm
from leadin.reports.drawing import (
    PAGE_WIDTH,
    SMALL,
    axes_at,
    blank_figure,
    drawing_style,
    plain,
    shortened,
    svg_text,
    text_width,
)
from leadin.reports.numbers import p_value
from leadin.reports.palette import INK, LOOKS, PAPER, tint
from leadin.reports.picture import Picture
from leadin.reports.wording import capital, measure_words

MOST_NUMBERS = 11
"""With more columns than this the cells are too narrow for their p."""
DARKEST = (0.001, 0.01)
STRENGTHS = (0.85, 0.55, 0.3)
"""Tints of p below 0.001, below 0.01 and below the level, far enough apart for grey print; above the level white."""


@dataclass(frozen=True)
class TippingSurface:
    """One contrast. rows: by what was added in the arm and in the reference arm. labels: of these two arms. about:
    endpoint and time."""

    rows: dict[tuple[float, float], Result]
    labels: tuple[str, str]
    about: str
    alpha: float

    @property
    def treated(self) -> list[float]:
        """What was added in the arm, from low to high."""
        return sorted({pair[0] for pair in self.rows})

    @property
    def reference(self) -> list[float]:
        """What was added in the reference arm, from low to high."""
        return sorted({pair[1] for pair in self.rows})


def tipping_surfaces(answers: Answers) -> tuple[TippingSurface, ...]:
    """A surface for each contrast, endpoint, time and level with shifted rows, in the order of the results."""
    found: dict[tuple[object, ...], dict[tuple[float, float], Result]] = {}
    for row in answers.rows:
        pair = deltas_of(row.rule)
        if pair is not None and row.p is not None and row.estimate is not None:
            key = (row.contrast, row.endpoint, row.time_months, answers.alpha(row))
            found.setdefault(key, {}).setdefault(pair, row)
    return tuple(_surface(rows, answers) for rows in found.values())


def _surface(rows: dict[tuple[float, float], Result], answers: Answers) -> TippingSurface:
    first = next(iter(rows.values()))
    arm, reference = arm_called(answers.arms, first.arm), reference_arm(answers.arms)
    month = "" if first.time_months is None else f" at month {round(first.time_months, 1):g}"
    return TippingSurface(
        rows,
        (arm.label if arm else str(first.arm), reference.label if reference else "reference arm"),
        f"{capital(measure_words(first.endpoint))}{month}",
        answers.alpha(first),
    )


def tipping_figures(answers: Answers, name: str = "tipping-point") -> tuple[Picture, ...]:
    """A picture of each surface; none where nothing was shifted."""
    surfaces = tipping_surfaces(answers)
    return tuple(tipping_figure(surface, name if k == 0 else f"{name}-{k + 1}") for k, surface in enumerate(surfaces))


def tipping_figure(surface: TippingSurface, name: str = "tipping-point") -> Picture:
    """The grid of shifts coloured by p, with p in each cell and a thick line where p crosses the level."""
    across, down = len(surface.treated), len(surface.reference)
    left, right, top, foot = 96.0, 96.0, 30.0, 44.0
    cell = min((PAGE_WIDTH - left - right) / across, 52.0)
    tall = min(cell, 26.0) if down > 1 else 34.0
    width, height = cell * across, tall * down
    title = f"Tipping point, {surface.about}"
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, top + height + foot)
        axes = axes_at(figure, left, top, width, height)
        axes.set_xlim(0, across)
        axes.set_ylim(0, down)
        for column, treated in enumerate(surface.treated):
            for line, reference in enumerate(surface.reference):
                row = surface.rows.get((treated, reference))
                if row is not None:
                    _cell(axes, column, line, row, surface.alpha, with_number=across <= MOST_NUMBERS)
        _line(axes, surface)
        _scales(axes, surface, width)
        _sides(axes, surface, right)
        finding = tipping_finding(surface)
        svg = svg_text(figure, name, title, finding)
    caption = (
        f"p of the comparison after adding so many {_unit(surface)} to values imputed after a participant's last "
        f"visit. Thick line: p = {surface.alpha:g}. Filled: p below it (plain: favours {surface.labels[0]}, hatched: "
        f"favours {surface.labels[1]}); darker: below 0.01, below 0.001. Framed: nothing added."
    )
    return Picture(name, title, finding, caption, svg)


def tipping_finding(surface: TippingSurface) -> str:
    """The picture in words: the tipping point, then the range of the grid and of p over it."""
    p = [float(row.p) for row in surface.rows.values() if row.p is not None]
    below = sum(each < surface.alpha for each in p)
    said = " ".join(
        f"{capital(point.sentence)}." for point in tipping_points(list(surface.rows.values()), surface.alpha)
    )
    return (
        f"{said} Of {len(p)} pairs of shifts, {surface.treated[0]:g} to {surface.treated[-1]:g} {_unit(surface)} in "
        f"{surface.labels[0]} and {surface.reference[0]:g} to {surface.reference[-1]:g} in {surface.labels[1]}, "
        f"{below} give p below {surface.alpha:g}; p runs from {p_value(min(p))} to {p_value(max(p))}."
    ).strip()


def _unit(surface: TippingSurface) -> str:
    return next(iter(surface.rows.values())).unit or "units"


def _cell(axes: Any, column: int, line: int, row: Result, alpha: float, *, with_number: bool) -> None:
    from matplotlib.patches import Rectangle

    p, worse = float(row.p or 0.0), float(row.estimate or 0.0) < 0.0
    steps = (*(edge for edge in DARKEST if edge < alpha), alpha)
    strength = next((s for edge, s in zip(steps, STRENGTHS[-len(steps) :], strict=True) if p < edge), 0.0)
    colour = LOOKS[1 if worse else 0].colour
    axes.add_patch(
        Rectangle(
            (column, line),
            1,
            1,
            facecolor=tint(colour, strength) if strength else PAPER,
            edgecolor=tint(INK, 0.25),
            linewidth=0.6,
            hatch="////" if worse and strength else None,
        )
    )
    if with_number:
        dark = strength > STRENGTHS[1] and not worse
        words = axes.text(
            column + 0.5, line + 0.5, p_value(row.p), ha="center", va="center", fontsize=SMALL - 0.5, zorder=6
        )
        words.set_color(PAPER if dark else INK)
        if worse and strength:
            words.set_bbox({"facecolor": PAPER, "edgecolor": "none", "pad": 1.0})


def _line(axes: Any, surface: TippingSurface) -> None:
    """Thick edges between cells on both sides of the level, and a frame around the cell without any shift."""
    below = {
        (column, line): float(row.p) < surface.alpha
        for column, treated in enumerate(surface.treated)
        for line, reference in enumerate(surface.reference)
        if (row := surface.rows.get((treated, reference))) is not None and row.p is not None
    }
    for (column, line), inside in below.items():
        for (dx, dy), ends in (((1, 0), ((1, 1), (0, 1))), ((0, 1), ((0, 1), (1, 1)))):
            if below.get((column + dx, line + dy), inside) != inside:
                xs, ys = ([column + end for end in ends[0]], [line + end for end in ends[1]])
                axes.plot(xs, ys, color=INK, linewidth=3.0, solid_capstyle="projecting", zorder=5)
    if (0.0, 0.0) in surface.rows:
        x, y = surface.treated.index(0.0), surface.reference.index(0.0)
        frame = 0.09
        axes.plot(
            [x + frame, x + 1 - frame, x + 1 - frame, x + frame, x + frame],
            [y + frame, y + frame, y + 1 - frame, y + 1 - frame, y + frame],
            color=INK,
            linewidth=1.0,
            zorder=6,
        )


def _scales(axes: Any, surface: TippingSurface, width: float) -> None:
    every = 1 if len(surface.treated) <= MOST_NUMBERS else 2
    for values, axis, step in ((surface.treated, axes.xaxis, every), (surface.reference, axes.yaxis, 1)):
        axis.set_ticks([k + 0.5 for k in range(0, len(values), step)], plain(values[::step]))
        axis.set_tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xlabel(_words(f"{_unit(surface).capitalize()} added in ", surface.labels[0], max(width, 240.0)))
    reference = shortened(surface.labels[1], 84.0, SMALL)
    axes.set_title(f"Added in {reference}", loc="left", x=-88.0 / width, fontsize=SMALL, pad=8)


def _words(start: str, label: str, room: float) -> str:
    return start + shortened(label, max(room - text_width(start), 40.0))


def _sides(axes: Any, surface: TippingSurface, right: float) -> None:
    """Beside the grid, what the thick line is; where there is none, on which side of the level all p lie."""
    below = [float(row.p) < surface.alpha for row in surface.rows.values() if row.p is not None]
    if all(below) or not any(below):
        words = f"all p {'<' if below[0] else '≥'} {surface.alpha:g}"
    else:
        words = f"thick line:\np = {surface.alpha:g}"
    axes.annotate(
        words,
        (1, 1),
        xycoords="axes fraction",
        xytext=(8, 0),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize=SMALL,
        annotation_clip=False,
    )
