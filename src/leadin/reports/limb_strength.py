"""Limb strength side by side: mean change from baseline of the treated and the other limb, or of left and right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

import polars as pl

from leadin.months import DAYS_PER_MONTH
from leadin.reports.arms import ReportArm
from leadin.reports.drawing import (
    PAGE_HEIGHT,
    PAGE_WIDTH,
    SMALL,
    axes_at,
    blank_figure,
    drawing_style,
    svg_text,
    time_axis,
    wrapped,
)
from leadin.reports.numbers import interval, number, plural
from leadin.reports.palette import QUIET
from leadin.reports.picture import Picture
from leadin.trials.treated_side import treated_sides
from leadin.trials.trial import Trial

MEASURES = {"left": "strength.left", "right": "strength.right"}
OTHER = {"left": "right", "right": "left"}
MOST_PANELS_A_ROW = 3
APART = 0.02
"""Share of the follow-up by which the second side is drawn to the right of the first, so that no interval hides one."""
FEWEST = 2
"""A mean is shown of this many limbs or more: fewer have no interval."""


@dataclass(frozen=True)
class LimbPoint:
    """Mean change from baseline at one visit, with its 95 % interval (t), of n limbs; month from time zero."""

    month: float
    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class LimbCourses:
    """One arm. by_treatment: the two courses are the treated and the other limb, else left and right."""

    by_treatment: bool
    first: tuple[LimbPoint, ...]
    second: tuple[LimbPoint, ...]

    @property
    def names(self) -> tuple[str, str]:
        """What the two courses are called."""
        return ("treated side", "other side") if self.by_treatment else ("left", "right")


def limb_courses(trial: Trial, arms: tuple[ReportArm, ...]) -> Mapping[str | None, LimbCourses]:
    """Per arm the courses of both sides; arms in which too few have strength of both sides are left out.

    Changes are from each participant's own baseline (last assessment at or before time zero); visits are the scheduled
    names. In an arm where the treated side of anybody is known, only those participants count.
    """
    sides = treated_sides(trial)
    changes = _changes(trial)
    courses: dict[str | None, LimbCourses] = {}
    for arm in arms:
        known = {name: side for name, side in sides.items() if name in arm.members}
        first = known or dict.fromkeys(arm.participants, "left")
        pairs = [
            _course(changes, {name: MEASURES[side] for name, side in chosen.items()})
            for chosen in (first, {name: OTHER[side] for name, side in first.items()})
        ]
        if all(pairs):
            courses[arm.name] = LimbCourses(bool(known), *pairs)
    return courses


def _changes(trial: Trial) -> pl.DataFrame:
    """Rows of strength after time zero at a scheduled visit, with the change from the same limb's baseline."""
    table = trial.assessments.filter(pl.col("measure").is_in(list(MEASURES.values()))).drop_nulls(
        ["participant_id", "day", "value"]
    )
    limb = ["participant_id", "measure"]
    baseline = table.filter(pl.col("day") <= 0).sort("day").group_by(limb).agg(pl.col("value").last().alias("before"))
    after = table.filter(pl.col("day") > 0).drop_nulls("visit").join(baseline, on=limb)
    return after.with_columns((pl.col("value") - pl.col("before")).alias("change"))


def _course(changes: pl.DataFrame, limbs: Mapping[str, str]) -> tuple[LimbPoint, ...]:
    mine = pl.DataFrame(
        {"participant_id": list(limbs), "measure": list(limbs.values())},
        schema=dict.fromkeys(("participant_id", "measure"), pl.String),
    )
    rows = changes.join(mine, on=["participant_id", "measure"])
    points = []
    for _, group in rows.group_by("visit", maintain_order=True):
        values = group["change"].to_list()
        if len(values) >= FEWEST:
            points.append(_point(fmean(group["day"].to_list()) / DAYS_PER_MONTH, values))
    return tuple(sorted(points, key=lambda point: point.month))


def _point(month: float, values: list[float]) -> LimbPoint:
    from scipy.special import stdtrit

    mean, n = fmean(values), len(values)
    half = float(stdtrit(n - 1, 0.975)) * stdev(values) / math.sqrt(n)
    return LimbPoint(month, mean, mean - half, mean + half, n)


def limb_strength_figure(
    arms: tuple[ReportArm, ...], courses: Mapping[str | None, LimbCourses], name: str = "limb-strength"
) -> Picture:
    """One panel an arm: the first side solid, the second dashed, intervals as bars, named at their ends."""
    shown = [arm for arm in arms if arm.name in courses]
    across = min(len(shown), MOST_PANELS_A_ROW)
    down = math.ceil(len(shown) / across)
    left, between, head, foot, right = 46.0, 18.0, 30.0, 36.0, 58.0
    width = (PAGE_WIDTH - left - between * (across - 1) - right * across) / across
    panel = min(190.0, (PAGE_HEIGHT - down * (head + foot)) / down)
    low, high, last = _limits(courses)
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, down * (panel + head + foot))
        for k, arm in enumerate(shown):
            row, column = divmod(k, across)
            place = left + column * (width + between + right)
            axes = axes_at(figure, place, head + row * (panel + head + foot), width, panel)
            _panel(axes, arm, courses[arm.name], APART * last)
            time_axis(axes, -0.02 * last, 1.03 * last)
            axes.set_ylim(low, high)
            axes.set_title(
                "\n".join(wrapped(arm.label, width + right, SMALL, bold=True)[:2]),
                loc="left",
                fontsize=SMALL,
                fontweight="bold",
                color=arm.look.colour,
            )
            if column == 0:
                axes.set_ylabel("Change (units of strength)")
            else:
                axes.tick_params(labelleft=False)
        title = "Limb strength, side by side"
        finding = limb_strength_finding(arms, courses)
        svg = svg_text(figure, name, title, finding)
    caption = "Mean change from baseline of each side with its 95 % interval; those assessed at each visit."
    return Picture(name, title, finding, caption, svg)


def _limits(courses: Mapping[str | None, LimbCourses]) -> tuple[float, float, float]:
    points = [point for course in courses.values() for point in (*course.first, *course.second)]
    low = min(0.0, *(point.low for point in points))
    high = max(0.0, *(point.high for point in points))
    room = 0.05 * (high - low or 1.0)
    return low - room, high + room, max(point.month for point in points)


def _panel(axes: Any, arm: ReportArm, course: LimbCourses, aside: float) -> None:
    axes.axhline(0, color=QUIET, linewidth=0.8, zorder=1)
    looks: tuple[tuple[Any, ...], ...] = ((arm.look.colour, "-", "o", 0.0), (QUIET, (0.0, (4.0, 2.0)), "s", aside))
    ends = [side[-1].mean for side in (course.first, course.second)]
    for side, words, (colour, dash, marker, shift), above in zip(
        (course.first, course.second), course.names, looks, (ends[0] >= ends[1], ends[0] < ends[1]), strict=True
    ):
        months = [point.month + shift for point in side]
        means = [point.mean for point in side]
        spread = [[p.mean - p.low for p in side], [p.high - p.mean for p in side]]
        axes.errorbar(
            months, means, yerr=spread, color=colour, linestyle=dash, marker=marker, markersize=3.5, elinewidth=0.9
        )
        axes.annotate(
            words,
            (months[-1], means[-1]),
            xytext=(6, 4 if above else -4),
            textcoords="offset points",
            va="bottom" if above else "top",
            fontsize=SMALL,
            color=colour,
            annotation_clip=False,
        )


def limb_strength_finding(arms: tuple[ReportArm, ...], courses: Mapping[str | None, LimbCourses]) -> str:
    """The figure in words: per arm the last mean change of each side, with its interval."""
    said = []
    for arm in arms:
        if arm.name in courses:
            course = courses[arm.name]
            sides = (
                f"{words} {number(side[-1].mean, 1)} units of strength at month {number(side[-1].month, 1)} "
                f"(95 % interval {interval(side[-1].low, side[-1].high, 1)}, {plural(side[-1].n, 'limb')})"
                for words, side in zip(course.names, (course.first, course.second), strict=True)
            )
            said.append(f"{arm.label}: {'; '.join(sides)}.")
    return "Mean change of strength from baseline. " + " ".join(said)
