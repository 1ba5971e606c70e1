"""Every participant's scores as thin lines, the model's mean with its 95 % band thick, one panel an arm, time zero
marked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from leadin.months import DAYS_PER_MONTH
from leadin.reports.arms import ReportArm, reference_arm
from leadin.reports.drawing import (
    PAGE_HEIGHT,
    PAGE_WIDTH,
    SMALL,
    axes_at,
    blank_figure,
    drawing_style,
    svg_text,
    text_width,
    time_axis,
    time_zero,
    wrapped,
)
from leadin.reports.numbers import interval, number, plural
from leadin.reports.palette import PAPER, tint
from leadin.reports.picture import Picture

MOST_PANELS_A_ROW = 3


@dataclass(frozen=True)
class MeanCurve:
    """A model's mean over time and its 95 % band; months from time zero, all of one length.

    at_visits: the model has a mean at each of these months and says nothing between them.
    """

    months: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_visits: bool = False


@dataclass(frozen=True)
class Measured:
    """A measure as figures name it. title: for people; axis: with its unit; unit: of a value; most: upper end of its
    scale."""

    measure: str
    title: str
    axis: str
    unit: str
    most: float | None = None


ALSFRS_R = Measured("alsfrs_r", "ALSFRS-R", "ALSFRS-R total score (points, 0 to 48)", "points", 48.0)


def trajectories_figure(
    arms: tuple[ReportArm, ...],
    assessments: pl.DataFrame,
    measured: Measured = ALSFRS_R,
    means: Mapping[str | None, MeanCurve] | None = None,
    model: str = "model",
    name: str = "trajectories",
) -> Picture:
    """The figure for one measure.

    assessments: the trial's table; rows without a value are passed over. means: mean curve by arm name; an arm without
    one shows its participants only. model: what the mean is of, for the caption.
    """
    means = means or {}
    lines = {arm.name: _lines(arm, assessments, measured.measure) for arm in arms}
    across = min(len(arms), MOST_PANELS_A_ROW)
    down = math.ceil(len(arms) / across)
    left, between, head, foot = 42.0, 16.0, 34.0, 36.0
    width = (PAGE_WIDTH - left - 8 - between * (across - 1)) / across
    panel = min(205.0 if across > 1 else 250.0, (PAGE_HEIGHT - down * (head + foot)) / down)
    title = f"{measured.title} over time"
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, down * (panel + head + foot))
        limits = _limits(lines, means, measured)
        for k, arm in enumerate(arms):
            row, column = divmod(k, across)
            axes = axes_at(figure, left + column * (width + between), head + row * (panel + head + foot), width, panel)
            _panel(axes, arm, arms, lines[arm.name], means, limits)
            _ticks(axes, measured)
            _heading(axes, arm, len(lines[arm.name]), limits, width)
            if column == 0:
                axes.set_ylabel(measured.axis)
            else:
                axes.tick_params(labelleft=False)
        finding = trajectories_finding(arms, {key: len(value) for key, value in lines.items()}, measured, means)
        svg = svg_text(figure, name, title, finding)
    caption = "Thin lines: participants."
    if any(curve.at_visits for curve in means.values()):
        caption += f" Points and bars: adjusted mean of the {model} at each visit with its 95 % interval."
    elif means:
        caption += f" Thick line and band: mean of the {model} with its 95 % interval."
    else:
        caption += " No model mean is drawn: no model of it was asked for or could be fitted."
    return Picture(name, title, finding, caption, svg)


def _lines(arm: ReportArm, assessments: pl.DataFrame, measure: str) -> list[list[tuple[float, float]]]:
    rows = (
        assessments.filter((pl.col("measure") == measure) & pl.col("participant_id").is_in(list(arm.participants)))
        .drop_nulls(["day", "value"])
        .sort("participant_id", "day")
    )
    people: dict[str, list[tuple[float, float]]] = {}
    for participant, day, value in rows.select("participant_id", "day", "value").iter_rows():
        people.setdefault(participant, []).append((day / DAYS_PER_MONTH, value))
    return list(people.values())


Limits = tuple[float, float, float, float]


def _limits(
    lines: Mapping[str | None, list[list[tuple[float, float]]]],
    means: Mapping[str | None, MeanCurve],
    measured: Measured,
) -> Limits:
    """First and last month, lowest and highest value over all panels, with a little room."""
    points = [point for panel in lines.values() for line in panel for point in line]
    for curve in means.values():
        # Of the band only what the scale can hold: far ends of a band say no more where no score can be.
        floor, ceiling = 0.0, measured.most if measured.most is not None else math.inf
        points += [(m, min(max(v, floor), ceiling)) for m, v in zip(curve.months, curve.low, strict=True)]
        points += [(m, min(max(v, floor), ceiling)) for m, v in zip(curve.months, curve.high, strict=True)]
    months = [month for month, _ in points] or [0.0, 1.0]
    values = [value for _, value in points] or [0.0, 1.0]
    room = 0.02 * max(max(months) - min(months), 1.0)
    top = measured.most if measured.most is not None else max(values)
    low = min(values)
    space = 0.03 * max(top - low, 1.0)
    return min(months) - room, max(months) + room, low - space, max(top, max(values)) + space


def _panel(
    axes: Any,
    arm: ReportArm,
    arms: tuple[ReportArm, ...],
    lines: list[list[tuple[float, float]]],
    means: Mapping[str | None, MeanCurve],
    limits: Limits,
) -> None:
    from matplotlib.collections import LineCollection

    first, last, low, high = limits
    strength = 0.5 if len(lines) <= 40 else 0.34
    colour = tint(arm.look.colour, strength)
    axes.add_collection(LineCollection(lines, colors=colour, linewidths=0.6, zorder=2), autolim=False)
    alone = [line[0] for line in lines if len(line) == 1]
    if alone:
        axes.plot(*zip(*alone, strict=True), linestyle="none", marker=".", markersize=2, color=colour, zorder=2)
    reference = reference_arm(arms)
    if reference is not None and reference != arm and reference.name in means:
        other = means[reference.name]
        axes.plot(other.months, other.mean, color=reference.look.colour, dashes=(4, 2), linewidth=1.3, zorder=4)
        _label_other(axes, other, means.get(arm.name), reference, limits)
    if arm.name in means:
        own = means[arm.name]
        _own_mean(axes, arm, own)
    time_axis(axes, first, last)
    axes.set_ylim(low, high)
    time_zero(axes, "time zero" if first < -0.5 else None)


def _own_mean(axes: Any, arm: ReportArm, own: MeanCurve) -> None:
    """The mean with its band; of a model of visits a point with its interval at each of them."""
    if not own.at_visits:
        axes.fill_between(own.months, own.low, own.high, color=arm.look.colour, alpha=0.25, linewidth=0, zorder=3)
        axes.plot(own.months, own.mean, color=arm.look.colour, linewidth=2.6, linestyle=arm.look.dash, zorder=5)
        return
    spread = [[m - low for m, low in zip(own.mean, own.low, strict=True)]]
    spread.append([high - m for m, high in zip(own.mean, own.high, strict=True)])
    axes.errorbar(
        own.months,
        own.mean,
        yerr=spread,
        color=arm.look.colour,
        linestyle=arm.look.dash,
        linewidth=1.2,
        elinewidth=1.8,
        marker=arm.look.marker,
        markersize=4.5,
        markeredgecolor=PAPER,
        markeredgewidth=0.6,
        zorder=5,
    )


def _ticks(axes: Any, measured: Measured) -> None:
    from matplotlib.ticker import MaxNLocator

    steps = [1, 2, 2.5, 5, 10] if measured.most is None else [1, 2, 4, 5, 6, 8, 10]
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=steps))


def _heading(axes: Any, arm: ReportArm, shown: int, limits: Limits, width: float) -> None:
    """The arm's name above its panel, and above the words for time zero where they stand there."""
    text = "\n".join(wrapped(f"{arm.label}, n\u00a0=\u00a0{shown}", width, SMALL, bold=True)[:2])
    axes.annotate(
        text,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 14 if limits[0] < -0.5 else 4),
        textcoords="offset points",
        fontsize=SMALL,
        fontweight="bold",
        color=arm.look.colour,
        va="bottom",
        linespacing=1.15,
    )


def _label_other(axes: Any, other: MeanCurve, own: MeanCurve | None, reference: ReportArm, scale: Limits) -> None:
    """Names the other arm's mean at its end, on the side away from this arm's own mean and clear of the line itself."""
    words = f"mean, {reference.label}"
    above = own is None or other.mean[-1] >= own.mean[-1]
    box = axes.get_window_extent()
    a_month, a_point = box.width / (scale[1] - scale[0]), box.height / (scale[3] - scale[2])
    start = other.months[-1] - text_width(words, SMALL) / a_month
    under = [value for month, value in zip(other.months, other.mean, strict=True) if month >= start]
    room = (max(under) - other.mean[-1] if above else other.mean[-1] - min(under)) * a_point + 4
    axes.annotate(
        words,
        (other.months[-1], other.mean[-1]),
        xytext=(0, room if above else -room),
        textcoords="offset points",
        ha="right",
        va="bottom" if above else "top",
        fontsize=SMALL,
        color=reference.look.colour,
        zorder=6,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.6, "alpha": 0.75},
    )


def trajectories_finding(
    arms: tuple[ReportArm, ...],
    shown: Mapping[str | None, int],
    measured: Measured,
    means: Mapping[str | None, MeanCurve],
) -> str:
    """The figure in words: per arm the model mean at time zero and at the end, with intervals."""
    return " ".join(_arm_finding(arm, shown[arm.name], measured, means.get(arm.name)) for arm in arms)


def _arm_finding(arm: ReportArm, shown: int, measured: Measured, curve: MeanCurve | None) -> str:
    head = f"{arm.label}, {plural(shown, 'participant')}"
    if curve is None:
        return f"{head}: no model mean."
    zero = min(range(len(curve.months)), key=lambda k: abs(curve.months[k]))
    places = dict.fromkeys((0, zero, len(curve.months) - 1)) if curve.months[0] < -0.5 else dict.fromkeys((zero, -1))
    said = [
        f"{number(curve.mean[k], 1)} {measured.unit} at month {number(curve.months[k], 1).removesuffix('.0')} "
        f"(95 % interval {interval(curve.low[k], curve.high[k], 1)})"
        for k in places
    ]
    return f"{head}: model mean {', '.join(said)}."
