"""Cumulative distribution of the change from baseline to one visit: what share of each arm lost that much or more.

Whoever had a fatal event by the day of the visit stands at the left edge, below every change: death is the worst that
can happen, and leaving the dead out would flatter the arm that lost more of them. Whoever has no change for another
reason is counted and not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadin.analysis.visit_grid import visit_grid
from leadin.months import DAYS_PER_MONTH
from leadin.reports.arm_key import KeyEntry, draw_key
from leadin.reports.arms import ReportArm
from leadin.reports.drawing import (
    PAGE_WIDTH,
    SMALL,
    axes_at,
    blank_figure,
    drawing_style,
    plain,
    sheet,
    shortened,
    svg_text,
    text_width,
)
from leadin.reports.numbers import count, months, number, plural
from leadin.reports.palette import QUIET, tint
from leadin.reports.picture import Picture
from leadin.reports.trajectories import ALSFRS_R, Measured
from leadin.trials.fatal_events import fatal_kinds, first_events
from leadin.trials.trial import Trial

EDGE = 0.06
"""Share of the width of the axis by which the edge where the dead stand lies left of the worst change."""


@dataclass(frozen=True)
class ChangeDistribution:
    """One arm. changes: from baseline to the visit, of those alive who have both, rising. dead: with a fatal event by
    the day of the visit. missing: neither dead nor with a change."""

    changes: tuple[float, ...]
    dead: int
    missing: int

    @property
    def n(self) -> int:
        """Participants that the curve is of: the dead and those with a change."""
        return self.dead + len(self.changes)

    @property
    def median(self) -> float | None:
        """The change that half of them reached or fell short of, the dead below all; None where that is death, or
        nobody is there. Of an even number the mean of the middle two, as long as both lived."""
        if self.n == 0:
            return None
        ordered = [None] * self.dead + list(self.changes)
        middle = ordered[(self.n - 1) // 2], ordered[self.n // 2]
        return None if middle[0] is None or middle[1] is None else (middle[0] + middle[1]) / 2

    @property
    def not_worse(self) -> int:
        """Participants who lost nothing: alive, with a change of zero or above."""
        return sum(change >= 0 for change in self.changes)

    def share_at(self, change: float) -> float:
        """Share of `n` whose change is that or worse, the dead among them."""
        return (self.dead + sum(each <= change for each in self.changes)) / self.n


@dataclass(frozen=True)
class Changes:
    """The distributions of all arms at one visit. month: of the visit, from time zero. fatal: what those at the left
    edge are, in a word. by_arm: arms by name, those with nobody in `n` left out."""

    month: float
    fatal: str
    by_arm: Mapping[str | None, ChangeDistribution]


def changes_at(
    trial: Trial, arms: tuple[ReportArm, ...], measure: str = "alsfrs_r", month: float | None = None
) -> Changes:
    """The changes at the visit of that month, the last one for None.

    Give it a trial that `usable_trial` has been through. Raises DataError where the measure has no visits after time
    zero, or none at that month.
    """
    grid = visit_grid(trial, measure)
    visit = grid.visit_at(month)
    at = float(grid.months[visit])
    change = dict(zip(grid.participants["participant_id"], grid.values[:, visit] - grid.baseline, strict=True))
    kinds = fatal_kinds(trial.protocol)
    fatal = first_events(trial.events, kinds)
    dead = {name for name, day, _ in fatal.iter_rows() if day <= at * DAYS_PER_MONTH + 1e-9}
    by_arm = {}
    for arm in arms:
        alive = [name for name in arm.participants if name not in dead]
        known = sorted(float(change[name]) for name in alive if np.isfinite(change.get(name, np.nan)))
        made = ChangeDistribution(tuple(known), arm.n - len(alive), len(alive) - len(known))
        if made.n:
            by_arm[arm.name] = made
    return Changes(at, "dead" if kinds == ("death",) else "fatal event", by_arm)


def change_distribution_figure(
    arms: tuple[ReportArm, ...], changes: Changes, measured: Measured = ALSFRS_R, name: str = "change-distribution"
) -> Picture:
    """The figure: a step curve an arm, over the change in the measure's unit; the dead as a step at the left edge."""
    shown = [(arm, changes.by_arm[arm.name]) for arm in arms if arm.name in changes.by_arm]
    low, high, edge = _ends([made for _, made in shown])
    left, top, panel, foot = 48.0, 24.0 if len(shown) > 2 else 10.0, 220.0, 40.0
    title = f"{measured.title}, change from baseline to {_when(changes)}"
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, top + panel + foot)
        axes = axes_at(figure, left, top, PAGE_WIDTH - left - 12, panel)
        axes.axvline(0, color=QUIET, linewidth=0.8, zorder=1)
        axes.axhline(50, color=tint(QUIET, 0.5), linewidth=0.6, zorder=1)
        for arm, made in shown:
            _curve(axes, arm, made, edge, high)
        if len(shown) > 2:
            draw_key(sheet(figure), [KeyEntry(arm.label, arm) for arm, _ in shown], 4.0, PAGE_WIDTH, 8.0)
        elif len(shown) == 2:
            _name_two(axes, shown, edge, high, PAGE_WIDTH - left - 12)
        dead = changes.fatal if any(made.dead for _, made in shown) else None
        _axes(axes, measured, (low, high, edge), dead)
        finding = change_distribution_finding(shown, changes, measured)
        svg = svg_text(figure, name, title, finding)
    return Picture(name, title, finding, _caption([made for _, made in shown], changes), svg)


def _when(changes: Changes) -> str:
    return f"month {number(changes.month, 1).removesuffix('.0')}"


def _ends(shown: Sequence[ChangeDistribution]) -> tuple[float, float, float]:
    """The worst and the best change, with room on the right, and the place of the edge where the dead stand."""
    values = [change for made in shown for change in made.changes] or [-1.0]
    low, high = min(*values, -1.0), max(*values, 1.0)
    return low, high + 0.04 * (high - low), low - EDGE * (high - low)


def _curve(axes: Any, arm: ReportArm, made: ChangeDistribution, edge: float, high: float) -> None:
    values = sorted(set(made.changes))
    heights = [100 * made.share_at(value) for value in values]
    start = 100 * made.dead / made.n
    x, y = [edge, *values, high], [start, *heights, heights[-1] if heights else start]
    axes.step(x, y, where="post", color=arm.look.colour, linewidth=1.8, linestyle=arm.look.dash, zorder=4)
    if made.dead:
        axes.plot([edge, edge], [0, start], color=arm.look.colour, linewidth=3.2, solid_capstyle="butt", zorder=3)
        axes.plot([edge], [start], marker=arm.look.marker, markersize=5, color=arm.look.colour, zorder=5)
    if made.median is not None:
        axes.plot([made.median], [50], marker=arm.look.marker, markersize=5.5, color=arm.look.colour, zorder=6)


def _name_two(
    axes: Any, shown: list[tuple[ReportArm, ChangeDistribution]], edge: float, high: float, wide: float
) -> None:
    """Names two curves on their outer sides, near the height where they lie farthest apart: left of a rising curve and
    right of it there is nothing at its own height. Where a name is too long it moves up on the left, down on the right.
    """

    def place(k: int, height: int) -> float:
        return (_place(shown[k][1], height / 100, edge, high) - edge) / (high - edge) * wide

    heights = list(range(40, 80, 5))
    best = max(heights, key=lambda height: (abs(place(0, height) - place(1, height)), -abs(height - 60)))
    first = 0 if place(0, best) <= place(1, best) else 1
    for k, leftwards in ((first, True), (1 - first, False)):
        arm, made = shown[k]
        words = arm.label if made.median is None else f"{arm.label}, median {_signed(made.median)}"
        room = {h: place(k, h) - 10 if leftwards else wide - place(k, h) - 10 for h in range(5, 100, 5)}
        onward = [h for h in room if (h >= best if leftwards else h <= best)]
        needed = text_width(words, SMALL, True)
        fitting = [h for h in onward if room[h] >= needed]
        height = min(fitting or [max(onward, key=lambda h: room[h])], key=lambda h: abs(h - best))
        axes.annotate(
            shortened(words, max(room[height], 60.0), SMALL, True),
            (edge + place(k, height) / wide * (high - edge), height),
            xytext=(-7 if leftwards else 7, 1 if leftwards else -4),
            textcoords="offset points",
            ha="right" if leftwards else "left",
            va="bottom" if leftwards else "top",
            fontsize=SMALL,
            fontweight="bold",
            color=arm.look.colour,
            zorder=7,
        )


def _place(made: ChangeDistribution, share: float, edge: float, high: float) -> float:
    """The change at which the curve passes that height."""
    if made.dead / made.n >= share:
        return edge
    return next((change for change in made.changes if made.share_at(change) >= share), high)


def _signed(value: float) -> str:
    return number(value, 0 if value == round(value) else 1)


def _axes(axes: Any, measured: Measured, ends: tuple[float, float, float], dead: str | None) -> None:
    from matplotlib.ticker import MaxNLocator

    low, high, edge = ends
    axes.set_xlim(edge, high)
    ticks = [float(tick) for tick in MaxNLocator(8, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= tick <= high]
    if dead is not None:
        ticks = [tick for tick in ticks if tick > edge + 0.08 * (high - edge)]
    axes.set_xticks([*([edge] if dead else []), *ticks], [*([dead] if dead else []), *plain(ticks)])
    axes.set_xlabel(f"Change from baseline ({measured.unit}); right of the upright line: no loss")
    axes.set_ylim(0, 102)
    axes.set_yticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100"])
    axes.set_ylabel("Participants with this change\nor a worse one (%)")


def _caption(shown: Sequence[ChangeDistribution], changes: Changes) -> str:
    text = (
        "Each curve rises by one participant at the change that he had: its height is the share who had this change or "
        "a worse one. A curve further right is of people who lost less; the mark on the middle line is the median."
    )
    if any(made.dead for made in shown):
        text += f" Those with a fatal event by {_when(changes)} stand at the left edge, as the worst outcome."
    missing = sum(made.missing for made in shown)
    if missing:
        text += f" Not drawn: {plural(missing, 'participant')} without a change for another reason."
    return text


def change_distribution_finding(
    shown: Sequence[tuple[ReportArm, ChangeDistribution]], changes: Changes, measured: Measured
) -> str:
    """The figure in words: per arm the median, how many lost nothing, the dead and the missing."""
    parts = []
    for arm, made in shown:
        middle = "fatal event" if made.median is None else f"{_signed(made.median)} {measured.unit}"
        parts.append(
            f"{arm.label}: median change {months(changes.month)} after time zero {middle}; no loss in "
            f"{count(made.not_worse, made.n)}; fatal event in {count(made.dead, made.n)}; not known of {made.missing}."
        )
    return " ".join(parts)
