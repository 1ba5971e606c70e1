"""Lead-in slope against follow-up slope, a point a participant, with the line of no change and the cloud that the
same design gives with no treatment: regression to the mean alone moves points off the line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadin.reports.arms import ReportArm
from leadin.reports.drawing import (
    PAGE_HEIGHT,
    PAGE_WIDTH,
    SMALL,
    axes_at,
    blank_figure,
    drawing_style,
    plain,
    svg_text,
    wrapped,
)
from leadin.reports.numbers import count, number, plural
from leadin.reports.palette import INK, PAPER, QUIET, tint
from leadin.reports.picture import Picture

MOST_CLOUD_POINTS = 400
MOST_PANELS_A_ROW = 3


@dataclass(frozen=True)
class SlopePairs:
    """Lead-in and follow-up slopes of the same participants, in units per month, in the same order; no missing
    values."""

    lead_in: tuple[float, ...]
    follow_up: tuple[float, ...]

    @property
    def n(self) -> int:
        """Number of pairs."""
        return len(self.lead_in)

    @property
    def slower(self) -> int:
        """Pairs whose follow-up slope lies above the lead-in slope: slower decline afterwards."""
        return sum(after > before for before, after in zip(self.lead_in, self.follow_up, strict=True))

    @property
    def mean_change(self) -> float | None:
        """Mean of follow-up minus lead-in; None without pairs."""
        changes = [after - before for before, after in zip(self.lead_in, self.follow_up, strict=True)]
        return math.fsum(changes) / len(changes) if changes else None


def slopes_figure(
    arms: tuple[ReportArm, ...],
    pairs: Mapping[str | None, SlopePairs],
    cloud: SlopePairs | None = None,
    unit: str = "points per month",
    name: str = "slopes",
) -> Picture:
    """The figure: one panel an arm that has pairs. cloud: pairs of simulated untreated participants of the same
    design."""
    shown = [arm for arm in arms if arm.name in pairs and pairs[arm.name].n > 0]
    across = min(max(len(shown), 1), MOST_PANELS_A_ROW)
    down = math.ceil(len(shown) / across)
    left, between, head, foot = 50.0, 18.0, 30.0, 36.0 if across < MOST_PANELS_A_ROW else 48.0
    width = min((PAGE_WIDTH - left - 8 - between * (across - 1)) / across, 300.0)
    width = min(width, (PAGE_HEIGHT - down * (head + foot)) / max(down, 1))
    if across == 1:
        left = (PAGE_WIDTH - width) / 2
    low, high = _limits([*(pairs[arm.name] for arm in shown)], cloud)
    lines = "\n" if across == MOST_PANELS_A_ROW else " "
    title = "Rate of decline before and after time zero, by participant"
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, down * (width + head + foot))
        for k, arm in enumerate(shown):
            row, column = divmod(k, across)
            at = left + column * (width + between)
            axes = axes_at(figure, at, head + row * (width + head + foot), width, width)
            _panel(axes, arm, pairs[arm.name], cloud, low, high, label_sides=k == 0 and width > 180)
            axes.set_xlabel(f"Lead-in slope{lines}({unit})")
            if column == 0:
                axes.set_ylabel(f"Follow-up slope{lines}({unit})")
            else:
                axes.tick_params(labelleft=False)
            heading = wrapped(f"{arm.label}, n\u00a0=\u00a0{pairs[arm.name].n}", width, SMALL, bold=True)[:2]
            axes.set_title(
                "\n".join(heading), fontsize=SMALL, fontweight="bold", color=arm.look.colour, loc="left", pad=5
            )
        finding = slopes_finding(shown, pairs, cloud, unit)
        svg = svg_text(figure, name, title, finding)
    caption = "Points above the slanting line, on which nothing changes: slower decline after time zero than before."
    if cloud is not None and cloud.n:
        caption += " Grey: what participants of the same design show when nobody is treated (simulated)."
    return Picture(name, title, finding, caption, svg)


def _limits(shown: Sequence[SlopePairs], cloud: SlopePairs | None) -> tuple[float, float]:
    """One range for both axes: all participants, and the cloud but for its outermost points."""
    values = [value for pair in shown for value in (*pair.lead_in, *pair.follow_up)] or [-1.0, 0.0]
    if cloud is not None and cloud.n:
        ordered = sorted((*cloud.lead_in, *cloud.follow_up))
        values += [ordered[len(ordered) // 100], ordered[-1 - len(ordered) // 100]]
    low, high = min(*values, -0.5), max(*values, 0.25)
    room = 0.05 * (high - low)
    return low - room, high + room


def _panel(
    axes: Any,
    arm: ReportArm,
    pair: SlopePairs,
    cloud: SlopePairs | None,
    low: float,
    high: float,
    label_sides: bool,
) -> None:
    from matplotlib.ticker import MaxNLocator

    if cloud is not None and cloud.n:
        step = max(math.ceil(cloud.n / MOST_CLOUD_POINTS), 1)
        axes.plot(
            cloud.lead_in[::step],
            cloud.follow_up[::step],
            linestyle="none",
            marker="o",
            markersize=2.6,
            color=tint(QUIET, 0.42),
            markeredgewidth=0,
            zorder=1,
        )
    axes.plot([low, high], [low, high], color=INK, linewidth=0.9, zorder=2)
    axes.axhline(0, color=tint(QUIET, 0.5), linewidth=0.6, zorder=1.5)
    axes.axvline(0, color=tint(QUIET, 0.5), linewidth=0.6, zorder=1.5)
    axes.plot(
        pair.lead_in,
        pair.follow_up,
        linestyle="none",
        marker=arm.look.marker,
        markersize=4.6,
        color=arm.look.colour,
        markeredgecolor=PAPER,
        markeredgewidth=0.5,
        zorder=3,
        clip_on=False,
    )
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(lambda value, _: plain([round(value, 6)])[0])
    if label_sides:
        style = {"fontsize": SMALL, "color": QUIET, "transform": axes.transAxes, "zorder": 4}
        axes.text(0.03, 0.97, "slower decline after", va="top", **style)
        axes.text(0.97, 0.03, "faster decline after", ha="right", **style)
        axes.text(0.16, 0.13, "no change", rotation=45, ha="center", va="center", rotation_mode="anchor", **style)


def slopes_finding(
    shown: Sequence[ReportArm], pairs: Mapping[str | None, SlopePairs], cloud: SlopePairs | None, unit: str
) -> str:
    """The figure in words: how many declined more slowly afterwards, the mean change, and what no treatment gives."""
    parts = [
        f"{arm.label}: slower decline after time zero than before in "
        f"{count(pairs[arm.name].slower, pairs[arm.name].n)}, "
        f"mean change {number(pairs[arm.name].mean_change, 2)} {unit}."
        for arm in shown
    ]
    if cloud is not None and cloud.n:
        parts.append(
            f"With no treatment, {plural(cloud.n, 'simulated participant')} of the same design: slower in "
            f"{count(cloud.slower, cloud.n)}, mean change {number(cloud.mean_change, 2)} {unit}."
        )
    return " ".join(parts)
