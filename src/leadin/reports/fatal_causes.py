"""Cumulative incidence of each kind of fatal event: a panel a kind with all arms in it, and a table of landmarks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from leadin.analysis.cumulative_incidence import IncidenceCurve
from leadin.analysis.landmarks import SAME_TIME
from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.arm_key import KeyEntry, draw_key
from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.drawing import (
    PAGE_WIDTH,
    SMALL,
    axes_at,
    blank_figure,
    drawing_style,
    month_ticks,
    plain,
    sheet,
    svg_text,
    wrapped,
)
from leadin.reports.numbers import ABSENT, months, number, percent, percent_interval
from leadin.reports.picture import Picture
from leadin.reports.tables import Column, Rows, Table
from leadin.reports.wording import EVENTS, capital

Curves = Mapping[str | None, Mapping[str, IncidenceCurve]]

RULE = "cumulative incidence of "


def kinds_seen(curves: Curves) -> tuple[str, ...]:
    """The kinds of fatal event that anybody had first, in order."""
    seen = [kind for kinds in curves.values() for kind, curve in kinds.items() if curve.events.any()]
    order = list(dict.fromkeys(kind for kinds in curves.values() for kind in kinds))
    return tuple(kind for kind in order if kind in seen)


def incidence_figure(
    arms: tuple[ReportArm, ...], curves: Curves, origin: str = "time zero", name: str = "fatal-causes"
) -> Picture | None:
    """One panel for each kind that anybody had, on one scale; None where there were fewer than two kinds to tell apart.

    curves: of `cumulative_incidences`, by name of the arm and kind. origin: where the clock starts.
    """
    kinds = kinds_seen(curves)
    if len(kinds) < 2:
        return None
    shown = [(arm, curves[arm.name]) for arm in arms if arm.name in curves]
    end = max(curve.last for _, of in shown for curve in of.values()) or 1.0
    highest = max(_top(of[kind]) for _, of in shown for kind in kinds)
    key, head, panel, foot, left, between = 18.0 if len(shown) > 1 else 0.0, 26.0, 170.0, 36.0, 42.0, 16.0
    width = (PAGE_WIDTH - left - 8 - between * (len(kinds) - 1)) / len(kinds)
    title = "Fatal events by kind"
    finding = incidence_finding(shown, kinds, origin)
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, key + head + panel + foot)
        if key:
            draw_key(sheet(figure), [KeyEntry(arm.label, arm) for arm, _ in shown], left, PAGE_WIDTH - 8, key / 2)
        for position, kind in enumerate(kinds):
            axes = axes_at(figure, left + position * (width + between), key + head, width, panel)
            for arm, of in shown:
                _curve(axes, arm, of[kind])
            words = wrapped(capital(EVENTS.get(kind, kind)), width, SMALL, bold=True)[:2]
            axes.set_title("\n".join(words), loc="left", fontsize=SMALL, fontweight="bold")
            axes.set_xlim(0, end * 1.01)
            ticks = month_ticks(0.0, end, most=5)
            axes.set_xticks(ticks, plain(ticks))
            axes.set_xlabel(f"Months from {origin}", fontsize=SMALL)
            axes.set_ylim(0, highest)
            if position:
                axes.tick_params(labelleft=False)
            else:
                axes.set_ylabel("Had it first (%)")
        svg = svg_text(figure, name, title, finding)
    caption = (
        "Cumulative incidence of each kind of fatal event, the others competing (Aalen-Johansen), with pointwise 95 % "
        "band (log-log)."
    )
    return Picture(name, title, finding, caption, svg)


def _top(curve: IncidenceCurve) -> float:
    """The highest point of the curve's band, with room above it, in per cent."""
    limits = [high for high in curve.high.tolist() if math.isfinite(high)]
    highest: float = max([float(curve.incidence.max()), *limits])
    return min(106.0 * highest, 101.0)


def _curve(axes: Any, arm: ReportArm, curve: IncidenceCurve) -> None:
    x = [*curve.months.tolist(), curve.last]
    y, low, high = (
        [100 * value for value in (*values, values[-1])] for values in (curve.incidence, curve.low, curve.high)
    )
    axes.fill_between(x, low, high, step="post", color=arm.look.colour, alpha=0.16, linewidth=0, zorder=2)
    axes.step(x, y, where="post", color=arm.look.colour, linewidth=1.8, linestyle=arm.look.dash, zorder=4)


def incidence_finding(
    shown: Sequence[tuple[ReportArm, Mapping[str, IncidenceCurve]]], kinds: tuple[str, ...], origin: str
) -> str:
    """The figure in words: per arm and kind how many had it first, and the incidence at the last whole month."""
    said = []
    for arm, of in shown:
        told = []
        for kind in kinds:
            curve = of[kind]
            month = float(math.floor(curve.last + SAME_TIME)) if curve.last >= 1 else curve.last
            step = curve.step_at(month)
            low, high = float(curve.low[step]), float(curve.high[step])
            band = f", 95 % interval {percent_interval(low, high)}" if math.isfinite(low) else ""
            told.append(
                f"{EVENTS.get(kind, kind)} {int(curve.events.sum())} of {int(curve.at_risk[0])} "
                f"({percent(float(curve.incidence[step]))} by {months(month)} after {origin}{band})"
            )
        said.append(f"{arm.label}: {'; '.join(told)}.")
    return " ".join(said)


def incidence_table(
    answers: Answers, interval: str = "95 % interval", name: str = "fatal-causes-table"
) -> Table | None:
    """Cumulative incidence at landmark months as `kaplan_meier` gave it; None where it gave none."""
    told = [row for row in answers.of_method("kaplan_meier") if row.rule is not None and row.rule.startswith(RULE)]
    if not told:
        return None
    columns = (
        Column("Month"),
        Column("Had it first (%)", numeric=True),
        Column(capital(interval), numeric=True),
        Column("n", numeric=True),
    )
    groups: dict[str, list[tuple[str, ...]]] = {}
    for row in told:
        arm = arm_called(answers.arms, row.arm)
        whose = f", {arm.label}" if arm is not None and len(answers.arms) > 1 else ""
        what = capital((row.rule or "").removeprefix(RULE).split(",")[0])
        groups.setdefault(f"{what}{whose}", []).append(_landmark(row))
    made = tuple(Rows(tuple(rows), title) for title, rows in groups.items())
    notes = ("Each kind of fatal event, the others competing (Aalen-Johansen), with the log-log interval.",)
    return Table(name, "Cumulative incidence at landmark months.", columns, made, notes)


def _landmark(row: Result) -> tuple[str, ...]:
    low, high = row.ci_low, row.ci_high
    return (
        number(row.time_months, 1).removesuffix(".0"),
        percent(row.estimate),
        ABSENT if low is None or high is None else percent_interval(low, high),
        ABSENT if row.n is None else str(row.n),
    )
