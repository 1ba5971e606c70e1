"""Kaplan-Meier curves with their bands, and the numbers at risk beneath, arm beneath arm."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from leadin.analysis.kaplan_meier import SAME_TIME, SurvivalCurve
from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.drawing import (
    PAGE_WIDTH,
    SMALL,
    axes_at,
    blank_figure,
    drawing_style,
    month_ticks,
    plain,
    svg_text,
    text_width,
    wrapped,
)
from leadin.reports.numbers import months, percent, percent_interval
from leadin.reports.picture import Picture

ROW = 12.5
NAME_STEP = 5.5
"""Per cent of the axis that a line of text takes."""
CENSOR_TICKS = 250
"""Beyond this many censored participants their ticks are left out: they would hide the curve."""


def survival_figure(
    arms: tuple[ReportArm, ...],
    curves: Mapping[str | None, SurvivalCurve],
    origin: str = "time zero",
    alive: str = "Alive",
    name: str = "survival",
) -> Picture:
    """The figure. curves: by name of the arm. origin: where the clock starts, for the axis (`randomisation`). alive:
    what the curve counts, for the other axis."""
    shown = [(_arm_of(arms, arm), curve) for arm, curve in curves.items()]
    end = max((curve.last for _, curve in shown), default=0.0) or 1.0
    top, panel, foot = 10.0, 210.0, 40.0
    left = (
        92.0
        if len(shown) == 1
        else min(max(92.0, *(text_width(arm.label, SMALL, True) + 18 for arm, _ in shown)), 140.0)
    )
    right = min(max(text_width(arm.label, SMALL, True) for arm, _ in shown) + 12, 120.0) if len(shown) > 1 else 14.0
    height = top + panel + foot + _risk_row(shown, left) * len(shown) + ROW * (len(shown) > 1) + 4
    title = "Survival"
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, height)
        axes = axes_at(figure, left, top, PAGE_WIDTH - left - right, panel)
        for arm, curve in shown:
            _curve(axes, arm, curve)
        if len(shown) > 1:
            _name_curves(axes, shown, end, right - 8)
        ticks = month_ticks(0.0, end)
        axes.set_xlim(0, end * 1.01)
        axes.set_xticks(ticks, plain(ticks))
        axes.set_xlabel(f"Months from {origin}")
        axes.set_ylim(0, 101)
        axes.set_yticks([0, 20, 40, 60, 80, 100], ["0", "20", "40", "60", "80", "100"])
        axes.set_ylabel(f"{alive} (%)")
        _numbers_at_risk(axes, shown, ticks, foot, left)
        finding = survival_finding(shown, origin)
        svg = svg_text(figure, name, title, finding)
    caption = "Kaplan-Meier estimate with pointwise 95 % band (log-log); ticks: participants censored."
    return Picture(name, title, finding, caption, svg)


def _arm_of(arms: tuple[ReportArm, ...], name: str | None) -> ReportArm:
    arm = arm_called(arms, name)
    if arm is None:
        raise ValueError(f"curves: expected the name of an arm of the page; got {name!r}.")
    return arm


def _curve(axes: Any, arm: ReportArm, curve: SurvivalCurve) -> None:
    x = [*curve.months.tolist(), curve.last]
    y, low, high = (
        [100 * value for value in (*values, values[-1])] for values in (curve.survival, curve.low, curve.high)
    )
    axes.fill_between(x, low, high, step="post", color=arm.look.colour, alpha=0.16, linewidth=0, zorder=2)
    axes.step(x, y, where="post", color=arm.look.colour, linewidth=1.8, linestyle=arm.look.dash, zorder=4)
    censored = curve.censored > 0
    if censored.sum() <= CENSOR_TICKS:
        axes.plot(
            curve.months[censored],
            100 * curve.survival[censored],
            linestyle="none",
            marker="|",
            markersize=6,
            markeredgewidth=0.8,
            color=arm.look.colour,
            zorder=5,
        )


def _name_curves(axes: Any, shown: list[tuple[ReportArm, SurvivalCurve]], end: float, room: float) -> None:
    """Names each curve to the right of the axes at the height where it ends, the names kept apart."""
    ends = sorted(((100 * float(curve.survival[-1]), arm) for arm, curve in shown), key=lambda pair: -pair[0])
    names = [wrapped(arm.label, room, SMALL, True)[:2] for _, arm in ends]
    step = NAME_STEP * max(len(lines) for lines in names)
    for y, lines, (_, arm) in zip(kept_apart([value for value, _ in ends], step), names, ends, strict=True):
        axes.annotate(
            "\n".join(lines),
            (end * 1.01, y),
            xytext=(5, 0),
            textcoords="offset points",
            ha="left",
            va="center",
            fontsize=SMALL,
            fontweight="bold",
            color=arm.look.colour,
            annotation_clip=False,
            linespacing=1.1,
        )


def kept_apart(values: list[float], step: float) -> list[float]:
    """Falling values moved as little as needed so that each lies at least `step` below the one before it, none below
    0."""
    placed: list[float] = []
    for value in values:
        placed.append(min(value, placed[-1] - step) if placed else value)
    lift = max(-placed[-1], 0.0) if placed else 0.0
    return [value + lift for value in placed]


def _numbers_at_risk(
    axes: Any, shown: list[tuple[ReportArm, SurvivalCurve]], ticks: list[float], foot: float, left: float
) -> None:
    place = {"xycoords": ("data", "axes points"), "va": "center", "fontsize": SMALL, "annotation_clip": False}
    aside = {"xytext": (-left + 2, 0), "textcoords": "offset points", "ha": "left"}
    y = -foot
    axes.annotate("Number at risk", (0, y), **place, **aside)
    row = _risk_row(shown, left)
    y -= (row - ROW) / 2
    for arm, curve in shown:
        if len(shown) > 1:
            y -= row
            name = "\n".join(wrapped(arm.label, left - 14, SMALL, True)[:2])
            axes.annotate(name, (0, y), color=arm.look.colour, fontweight="bold", **place, **aside)
        for month, at_risk in zip(ticks, curve.at_risk_at(ticks), strict=True):
            axes.annotate(str(at_risk), (month, y), ha="center", color=arm.look.colour, **place)


def _risk_row(shown: list[tuple[ReportArm, SurvivalCurve]], left: float) -> float:
    """Points of one arm's line of numbers at risk: of two lines where any name takes two."""
    several = len(shown) > 1 and any(len(wrapped(arm.label, left - 14, SMALL, True)) > 1 for arm, _ in shown)
    return 1.8 * ROW if several else ROW


def survival_finding(shown: Sequence[tuple[ReportArm, SurvivalCurve]], origin: str) -> str:
    """The figure in words: per arm deaths and survival at the last whole month that anybody was followed to."""
    return " ".join(_arm_finding(arm, curve, origin) for arm, curve in shown)


def _arm_finding(arm: ReportArm, curve: SurvivalCurve, origin: str) -> str:
    month = float(math.floor(curve.last + SAME_TIME)) if curve.last >= 1 else curve.last
    step = curve.step_at(month)
    low, high = float(curve.low[step]), float(curve.high[step])
    band = f" (95 % interval {percent_interval(low, high)})" if math.isfinite(low) else ""
    return (
        f"{arm.label}: {int(curve.deaths.sum())} of {int(curve.at_risk[0])} had a fatal event; "
        f"{percent(float(curve.survival[step]))} alive {months(month)} after {origin}{band}."
    )
