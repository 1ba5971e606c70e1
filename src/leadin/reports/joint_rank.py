"""The joint rank of survival and function as a picture: every participant one mark, from the worst rank to the best.

Above, those who lived, at their change in function; beneath, those who had a fatal event, at its month; at the foot a
line an arm with a tick for each of its participants and its mean rank. All three share the axis of places, so that an
arm that does better lies further to the right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.drawing import (
    PAGE_WIDTH,
    SMALL,
    axes_at,
    blank_figure,
    drawing_style,
    sheet,
    svg_text,
    text_width,
    wrapped,
)
from leadin.reports.interval_marks import words_beside
from leadin.reports.numbers import count, number, percent, plural
from leadin.reports.palette import FAINT, INK, PAPER, QUIET
from leadin.reports.picture import Picture
from leadin.reports.trajectories import ALSFRS_R, Measured

ARM_ROW, TWO_LINES = 17.0, 23.0
"""Points of the line of one arm beneath the panels, and where the name of any arm takes two lines."""
TOP, LIVES, DEATHS, GAP, FOOT, RIGHT = 24.0, 150.0, 58.0, 12.0, 40.0, 74.0
"""Points: of the line above, of the panels, between them, beneath the last, and to the right."""


@dataclass(frozen=True)
class RankedTrial:
    """A joint ranking of n participants, in any order; tuples of length n.

    arm: the name of the arm. rank: 1 is the worst; equal ones share their mean. months: to the fatal event where
    `event`, else to the last known day, from `origin`. change: in function, from baseline to the participant's last
    visit; None where it is not known. by_survival, by_function, tied: shares of all pairs of participants that were
    decided so; together 1, or all 0 for fewer than two participants.
    """

    participant_id: tuple[str, ...]
    arm: tuple[str | None, ...]
    score: tuple[float, ...]
    rank: tuple[float, ...]
    months: tuple[float, ...]
    event: tuple[bool, ...]
    change: tuple[float | None, ...]
    by_survival: float
    by_function: float
    tied: float
    origin: str = "time zero"

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in ("arm", "score", "rank", "months", "event", "change")}
        wrong = {name: length for name, length in lengths.items() if length != self.n}
        if wrong:
            raise ValueError(f"ranks: expected {self.n} values each, one a participant; got {wrong}.")

    @property
    def n(self) -> int:
        """Participants."""
        return len(self.participant_id)


@dataclass(frozen=True)
class _Mark:
    """One participant at his place in the order, 0 the worst."""

    place: int
    arm: ReportArm
    rank: float
    months: float
    event: bool
    change: float | None


def joint_rank_figure(
    arms: tuple[ReportArm, ...], ranked: RankedTrial, measured: Measured = ALSFRS_R, name: str = "joint-rank"
) -> Picture:
    """The figure of everybody whose arm is on the page. Equal ranks stand beside each other, by arm and id."""
    marks = _marks(arms, ranked)
    shown = [arm for arm in arms if any(mark.arm == arm for mark in marks)]
    panels = _panels(marks, ranked.origin, measured)
    left = min(max(58.0, *(text_width(arm.label, SMALL, True) + 14 for arm in shown)), 140.0) if shown else 58.0
    names = [wrapped(arm.label, left - 12, SMALL, True)[:2] for arm in shown]
    lines = (TWO_LINES if any(len(each) > 1 for each in names) else ARM_ROW) * max(len(shown), 1)
    height = TOP + sum(tall + GAP for _, _, tall in panels) + lines + FOOT
    title = "Joint rank of survival and function"
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, height)
        at, wide = TOP, PAGE_WIDTH - left - RIGHT
        for label, own, tall in panels:
            _panel(axes_at(figure, left, at, wide, tall), own, len(marks), label)
            at += tall + GAP
        _arm_lines(axes_at(figure, left, at, wide, lines), list(zip(shown, names, strict=True)), marks, left)
        decided = (
            f"Pairs of participants decided by survival {percent(ranked.by_survival)}, by function "
            f"{percent(ranked.by_function)}, tied {percent(ranked.tied)}"
        )
        sheet(figure).text(left, 8, decided, fontsize=SMALL, va="center")
        finding = joint_rank_finding(shown, marks, ranked)
        svg = svg_text(figure, name, title, finding)
    return Picture(name, title, finding, _caption(marks), svg)


def _marks(arms: tuple[ReportArm, ...], ranked: RankedTrial) -> list[_Mark]:
    rows = zip(ranked.participant_id, ranked.arm, ranked.rank, ranked.months, ranked.event, ranked.change, strict=True)
    known = [(arm_called(arms, arm), *rest, participant) for participant, arm, *rest in rows]
    found = [(arm, rank, months, event, change, who) for arm, rank, months, event, change, who in known if arm]
    found.sort(key=lambda row: (row[1], arms.index(row[0]), row[5]))
    return [
        _Mark(place, arm, rank, months, event, None if change is None or math.isnan(change) else change)
        for place, (arm, rank, months, event, change, _) in enumerate(found)
    ]


def _panels(marks: list[_Mark], origin: str, measured: Measured) -> list[tuple[str, list[tuple[_Mark, float]], float]]:
    """Axis label, marks with their height, and points of each panel that has anybody."""
    lives = [(mark, mark.change) for mark in marks if not mark.event and mark.change is not None]
    deaths = [(mark, mark.months) for mark in marks if mark.event]
    panels = [
        (f"Change in {measured.title}\n({measured.unit})", lives, LIVES),
        (f"Fatal event\n(month from\n{origin})", deaths, DEATHS),
    ]
    return [panel for panel in panels if panel[1]]


def _panel(axes: Any, marks: Sequence[tuple[_Mark, float]], n: int, label: str) -> None:
    from matplotlib.ticker import MaxNLocator

    size = min(max(330.0 / n, 3.0), 5.5)
    for arm in dict.fromkeys(mark.arm for mark, _ in marks):
        own = [(mark.place + 1, value) for mark, value in marks if mark.arm == arm]
        look = arm.look
        axes.plot(
            *zip(*own, strict=True),
            linestyle="none",
            marker=look.marker,
            markersize=size,
            color=look.colour,
            markeredgecolor=PAPER,
            markeredgewidth=0.4,
            clip_on=False,
            zorder=3,
        )
    values = [value for _, value in marks]
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.06 * ((high - low) or 1.0)
    axes.set_ylim(low - room, high + room)
    axes.axhline(0, color=QUIET, linewidth=0.6, zorder=1)
    axes.yaxis.set_major_locator(MaxNLocator(5 if len(label) < 40 else 3, steps=[1, 2, 5, 10]))
    axes.set_ylabel(label, fontsize=SMALL)
    _places(axes, n, False)


def _places(axes: Any, n: int, named: bool) -> None:
    """The axis of places, 1 the worst; its words only where `named`."""
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**6) if n / s <= 9)
    ticks = sorted({1, *range(step, n + 1, step)} - ({step} if step > 1 and step - 1 < 0.05 * n else set()))
    axes.set_xlim(0, n + 1)
    axes.set_xticks(ticks, [str(tick) for tick in ticks] if named else [""] * len(ticks))
    axes.tick_params(axis="x", length=3 if named else 0)
    if not named:
        axes.spines["bottom"].set_visible(False)


def _arm_lines(axes: Any, shown: Sequence[tuple[ReportArm, list[str]]], marks: Sequence[_Mark], left: float) -> None:
    """A line an arm: a tick for each participant at his rank, a mark and words for the mean."""
    for k, (arm, name) in enumerate(shown):
        y, ranks = k + 0.5, [mark.rank for mark in marks if mark.arm == arm]
        mean = fmean(ranks)
        if k:
            axes.axhline(k, color=FAINT, linewidth=0.5, zorder=1)
        axes.plot(
            ranks,
            [y] * len(ranks),
            linestyle="none",
            marker="|",
            markersize=9,
            markeredgewidth=0.9,
            color=arm.look.colour,
            zorder=2,
        )
        axes.plot(
            [mean],
            [y],
            marker=arm.look.marker,
            markersize=7.5,
            color=arm.look.colour,
            markeredgecolor=PAPER,
            markeredgewidth=1.2,
            zorder=4,
        )
        words_beside(axes, (0, y), -left + 2, "\n".join(name), "left", colour=arm.look.colour, weight="bold")
        words_beside(axes, (1, y), 8, f"mean {number(mean, 1)}", "left", colour=arm.look.colour)
    axes.set_ylim(max(len(shown), 1), 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    _places(axes, len(marks), True)
    axes.set_xlabel("Place in the joint rank, from the worst outcome to the best", color=INK)


def joint_rank_finding(shown: Sequence[ReportArm], marks: Sequence[_Mark], ranked: RankedTrial) -> str:
    """The figure in words: what decided how many pairs, per arm the mean rank and the fatal events."""
    if not marks:
        return "0 participants could be ranked."
    parts = [
        f"{plural(len(marks), 'participant')} in one ranking; of all pairs {percent(ranked.by_survival)} were decided "
        f"by survival, {percent(ranked.by_function)} by function, {percent(ranked.tied)} tied."
    ]
    for arm in shown:
        own = [mark for mark in marks if mark.arm == arm]
        parts.append(
            f"{arm.label}: mean rank {number(fmean(mark.rank for mark in own), 1)} of {len(marks)}, fatal event in "
            f"{count(sum(mark.event for mark in own), len(own))}."
        )
    return " ".join(parts)


def _caption(marks: Sequence[_Mark]) -> str:
    text = (
        "Each mark is a participant. Everybody is held against everybody else: whoever dies earlier has the worse "
        "outcome; where survival does not decide, whoever lost more function up to the last visit that both made. The "
        "better arm has the higher mean rank."
    )
    unknown = sum(not mark.event and mark.change is None for mark in marks)
    if unknown:
        text += (
            f" Ranked by survival alone and shown at the foot only: {plural(unknown, 'participant')} without a change."
        )
    return text
