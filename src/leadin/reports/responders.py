"""Share of responders by rule with exact intervals, arm beside arm, and what the same design gives with no
treatment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadin.reports.arm_key import KeyEntry, draw_key
from leadin.reports.arms import ReportArm, arm_called, label_called
from leadin.reports.drawing import (
    FONT_SIZE,
    PAGE_HEIGHT,
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
from leadin.reports.interval_marks import dot_with_interval, words_beside
from leadin.reports.numbers import count, percent, percent_interval
from leadin.reports.palette import INK, QUIET, tint
from leadin.reports.picture import Picture

ROW, LEAST_ROW = 14.0, 9.0
RULE_GAP = 9.0


@dataclass(frozen=True)
class ResponderShare:
    """Responders of one arm by one rule: `responders` of `n`, exact interval as shares of 1. rule: as people write
    it."""

    rule: str
    arm: str | None
    responders: int
    n: int
    low: float
    high: float


@dataclass(frozen=True)
class ChanceShare:
    """Share of responders of one arm by one rule with no treatment: mean over simulated trials and the range that
    holds 95 % of them, as shares of 1."""

    rule: str
    arm: str | None
    mean: float
    low: float
    high: float


def responders_figure(
    arms: tuple[ReportArm, ...],
    shares: Sequence[ResponderShare],
    chance: Sequence[ChanceShare] = (),
    interval: str = "95 % interval",
    name: str = "responders",
) -> Picture:
    """The figure; rules in the order of `shares`, within a rule arms in the order of `arms`. interval: what it is
    called."""
    by_chance = {(mark.rule, mark.arm): mark for mark in chance}
    rules = list(dict.fromkeys(share.rule for share in shares))
    left = min(max(text_width(rule, SMALL) for rule in rules) + 14, 190.0)
    right, top, foot = 96.0, 24.0 if by_chance or len(arms) > 1 else 4.0, 36.0
    lines = [_Line(rule, arm) for rule in rules for arm in arms if any(_matches(arms, s, rule, arm) for s in shares)]
    pitch = min(ROW, max((PAGE_HEIGHT - top - foot - RULE_GAP * len(rules)) / max(len(lines), 1), LEAST_ROW))
    heights = {rule: pitch * sum(line.rule == rule for line in lines) + RULE_GAP for rule in rules}
    height = sum(heights.values())
    title = "Responders by rule"
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, top + height + foot)
        axes = axes_at(figure, left, top, PAGE_WIDTH - left - right, height)
        at = 0.0
        for rule in rules:
            own = [line for line in lines if line.rule == rule]
            middle = at + heights[rule] / 2
            label = "\n".join(wrapped(rule, left - 10, SMALL)[:2])
            words_beside(axes, (0, middle), -8, label, "right")
            for j, line in enumerate(own):
                share = next(s for s in shares if _matches(arms, s, rule, line.arm))
                y = at + RULE_GAP / 2 + pitch * (j + 0.5)
                if (rule, line.arm.name) in by_chance:
                    _chance_mark(axes, by_chance[rule, line.arm.name], y - pitch / 2, y + pitch / 2)
                _share_mark(axes, line.arm, share, y)
            at += heights[rule]
        _percent_axis(axes, height)
        key = [KeyEntry(arm.label, arm) for arm in arms] if len(arms) > 1 else []
        if by_chance:
            key.append(KeyEntry("with no treatment"))
        draw_key(sheet(figure), key, 8.0, PAGE_WIDTH, 8.0)
        finding = responders_finding(arms, shares, by_chance, interval)
        svg = svg_text(figure, name, title, finding)
    caption = f"Share of participants who respond, with exact {interval} (Clopper-Pearson)."
    if by_chance:
        caption += (
            " Upright bars: the mean share in simulated trials of the same design with no treatment; the grey band "
            "holds 95 % of those trials."
        )
    return Picture(name, title, finding, caption, svg)


@dataclass(frozen=True)
class _Line:
    rule: str
    arm: ReportArm


def _matches(arms: tuple[ReportArm, ...], share: ResponderShare, rule: str, arm: ReportArm) -> bool:
    return share.rule == rule and arm_called(arms, share.arm) == arm


def _share_mark(axes: Any, arm: ReportArm, share: ResponderShare, y: float) -> None:
    value = 100 * share.responders / share.n if share.n else None
    dot_with_interval(axes, arm.look, y, 100 * share.low, 100 * share.high, value, line=1.5, dot=6)
    words_beside(axes, (1, y), 8, count(share.responders, share.n), "left", colour=arm.look.colour)


def _chance_mark(axes: Any, mark: ChanceShare, top: float, bottom: float) -> None:
    ends = [100 * mark.low, 100 * mark.high]
    axes.fill_between(ends, [top, top], [bottom, bottom], color=tint(QUIET, 0.25), linewidth=0, zorder=1)
    axes.plot([100 * mark.mean] * 2, [top, bottom], color=INK, linewidth=1.4, zorder=2, solid_capstyle="butt")


def _percent_axis(axes: Any, height: float) -> None:
    axes.set_xlim(0, 100)
    axes.set_ylim(height, 0)
    axes.set_xticks([0, 20, 40, 60, 80, 100], ["0", "20", "40", "60", "80", "100"])
    axes.set_xlabel("Participants who respond (%)", fontsize=FONT_SIZE)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def responders_finding(
    arms: tuple[ReportArm, ...],
    shares: Sequence[ResponderShare],
    chance: Mapping[tuple[str, str | None], ChanceShare],
    interval: str = "95 % interval",
) -> str:
    """The figure in words: every count with its interval, and the chance level."""
    parts = []
    for rule in dict.fromkeys(share.rule for share in shares):
        said = [
            f"{label_called(arms, s.arm)} {count(s.responders, s.n)}, {interval} {percent_interval(s.low, s.high)}"
            for s in shares
            if s.rule == rule
        ]
        for (marked, arm), mark in chance.items():
            if marked == rule:
                who = f"{label_called(arms, arm)} with no treatment" if len(arms) > 1 else "with no treatment"
                said.append(f"{who} {percent(mark.mean)} ({percent_interval(mark.low, mark.high)} in 95 % of trials)")
        parts.append(f"{rule}: {'; '.join(said)}.")
    return " ".join(parts)
