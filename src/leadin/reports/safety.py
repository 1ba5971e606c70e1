"""Dot plot of adverse events: the share of participants who had each at least once, with exact intervals, arm beside
arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leadin.reports.arm_key import KeyEntry, draw_key
from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.drawing import (
    PAGE_HEIGHT,
    PAGE_WIDTH,
    SMALL,
    axes_at,
    blank_figure,
    drawing_style,
    sheet,
    shortened,
    svg_text,
    text_width,
)
from leadin.reports.interval_marks import dot_with_interval, words_beside
from leadin.reports.numbers import count, percent_interval
from leadin.reports.palette import FAINT
from leadin.reports.picture import Picture

MOST_TERMS = 20


@dataclass(frozen=True)
class TermShare:
    """Participants of one arm who had a term at least once: `participants` of `n`, exact interval as shares of 1."""

    term: str
    arm: str | None
    participants: int
    n: int
    low: float
    high: float


def safety_figure(arms: tuple[ReportArm, ...], shares: Sequence[TermShare], name: str = "safety") -> Picture:
    """The figure; terms by falling share (in any arm), the most frequent MOST_TERMS of them."""
    every = list(dict.fromkeys(share.term for share in shares))
    rate = {term: max(s.participants / s.n if s.n else 0.0 for s in shares if s.term == term) for term in every}
    terms = sorted(every, key=lambda term: (-rate[term], term))[:MOST_TERMS]
    top, foot = 20.0 if len(arms) > 1 else 6.0, 36.0
    left = min(max((text_width(term, SMALL) for term in terms), default=0.0) + 14, 200.0)
    row = min(9.0, max(((PAGE_HEIGHT - top - foot) / max(len(terms), 1) - 8.0) / len(arms), 6.0))
    pitch = row * len(arms) + 8.0
    height = pitch * len(terms)
    title = "Adverse events: participants who had each at least once"
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, top + height + foot)
        axes = axes_at(figure, left, top, PAGE_WIDTH - left - 12, height)
        highest = 0.05
        for k, term in enumerate(terms):
            words_beside(axes, (0, pitch * (k + 0.5)), -8, shortened(term, left - 10, SMALL), "right")
            if k:
                axes.axhline(pitch * k, color=FAINT, linewidth=0.5, zorder=1)
            for j, arm in enumerate(arms):
                for share in shares:
                    if share.term == term and arm_called(arms, share.arm) == arm:
                        _dot(axes, arm, share, pitch * k + 4 + row * (j + 0.5))
                        highest = max(highest, share.high)
        _axis(axes, highest, height)
        if len(arms) > 1:
            draw_key(sheet(figure), [KeyEntry(arm.label, arm) for arm in arms], 8.0, PAGE_WIDTH, 8.0)
        finding = safety_finding(arms, [s for s in shares if s.term in terms])
        svg = svg_text(figure, name, title, finding)
    caption = "Points: share of participants; lines: exact 95 % intervals (Clopper-Pearson)."
    if len(every) > len(terms):
        caption += f" The {len(terms)} most frequent of {len(every)} terms; the table has all."
    return Picture(name, title, finding, caption, svg)


def _dot(axes: Any, arm: ReportArm, share: TermShare, y: float) -> None:
    value = 100 * share.participants / share.n if share.n else None
    dot_with_interval(axes, arm.look, y, 100 * share.low, 100 * share.high, value, line=1.2, dot=5.5)


def _axis(axes: Any, highest: float, height: float) -> None:
    end, step = next(((e, s) for e, s in ((10, 2), (20, 5), (40, 10), (60, 10)) if 100 * highest <= e), (100, 20))
    ticks = list(range(0, end + 1, step))
    axes.set_xlim(0, end)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Participants with the event (%)")


def safety_finding(arms: tuple[ReportArm, ...], shares: Sequence[TermShare]) -> str:
    """The figure in words: every count with its interval."""
    parts = []
    for term in dict.fromkeys(share.term for share in shares):
        said = [
            f"{_name(arms, s.arm)} {count(s.participants, s.n)}, 95 % interval {percent_interval(s.low, s.high)}"
            for s in shares
            if s.term == term
        ]
        parts.append(f"{term}: {'; '.join(said)}.")
    return " ".join(parts)


def _name(arms: tuple[ReportArm, ...], name: str | None) -> str:
    arm = arm_called(arms, name)
    return arm.label if arm is not None else str(name)
