"""Dot plot of adverse events: the share of participants who had each at least once, with exact intervals, arm beside
arm; of two arms the difference beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leadin.engine.intervals import newcombe
from leadin.reports.arm_key import KeyEntry, draw_key
from leadin.reports.arms import ReportArm, arm_called, label_called, reference_arm, treated_arms
from leadin.reports.drawing import (
    PAGE_HEIGHT,
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
from leadin.reports.interval_marks import dot_with_interval, words_beside
from leadin.reports.numbers import count, interval, number, percent_interval
from leadin.reports.palette import FAINT, INK
from leadin.reports.picture import Picture

MOST_TERMS, FEW_TERMS = 20, 5
FOOT, APART = 48.0, 26.0
"""Points beneath the panels, and between them."""


@dataclass(frozen=True)
class TermShare:
    """Participants of one arm who had a term at least once: `participants` of `n`, exact interval as shares of 1."""

    term: str
    arm: str | None
    participants: int
    n: int
    low: float
    high: float


@dataclass(frozen=True)
class TermDifference:
    """Share of one arm minus that of the reference, of participants with a term at least once, with Newcombe's 95 %
    interval; shares of 1. None where an arm has nobody."""

    term: str
    value: float
    low: float
    high: float


def safety_figure(arms: tuple[ReportArm, ...], shares: Sequence[TermShare], name: str = "safety") -> Picture:
    """The figure: the most frequent MOST_TERMS terms. Of two arms with the difference beside each term, terms by
    falling difference; else terms by falling share (in any arm)."""
    every = list(dict.fromkeys(share.term for share in shares))
    rate = {term: max(s.participants / s.n if s.n else 0.0 for s in shares if s.term == term) for term in every}
    terms = sorted(every, key=lambda term: (-rate[term], term))[:MOST_TERMS]
    differences = term_differences(arms, [share for share in shares if share.term in terms])
    if differences:
        terms = [each.term for each in sorted(differences, key=lambda d: (-d.value, terms.index(d.term)))]
    top = 20.0 if len(arms) > 1 else 6.0
    left = min(max((text_width(term, SMALL) for term in terms), default=0.0) + 14, 160.0 if differences else 200.0)
    row = min(9.0, max(((PAGE_HEIGHT - top - FOOT) / max(len(terms), 1) - 8.0) / len(arms), 6.0))
    pitch = row * len(arms) + 8.0
    height = pitch * len(terms)
    room = PAGE_WIDTH - left - 12
    wide = (room - APART) * 0.55 if differences else room
    title = "Adverse events: participants who had each at least once"
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, top + height + FOOT)
        axes = axes_at(figure, left, top, wide, height)
        for k, term in enumerate(terms):
            words_beside(axes, (0, pitch * (k + 0.5)), -8, shortened(term, left - 10, SMALL), "right")
            _rule(axes, pitch * k)
            for j, arm in enumerate(arms):
                for share in shares:
                    if share.term == term and arm_called(arms, share.arm) == arm:
                        _dot(axes, arm, share, pitch * k + 4 + row * (j + 0.5))
        _axis(axes, max((s.high for s in shares if s.term in terms and s.n), default=0.05), height, wide < room)
        if differences:
            beside = axes_at(figure, left + wide + APART, top, room - APART - wide, height)
            _differences(beside, arms, {each.term: each for each in differences}, terms, pitch)
        if len(arms) > 1:
            draw_key(sheet(figure), [KeyEntry(arm.label, arm) for arm in arms], 8.0, PAGE_WIDTH, 8.0)
        finding = safety_finding(arms, [s for term in terms for s in shares if s.term == term], differences)
        svg = svg_text(figure, name, title, finding)
    return Picture(name, title, finding, _caption(arms, terms, len(every), bool(differences)), svg)


def term_differences(arms: tuple[ReportArm, ...], shares: Sequence[TermShare]) -> tuple[TermDifference, ...]:
    """For each term the arm that is not the reference minus the reference; empty but in a trial of two arms."""
    reference, treated = reference_arm(arms), treated_arms(arms)
    if reference is None or len(treated) != 1:
        return ()
    made = []
    for term in dict.fromkeys(share.term for share in shares):
        of = {arm_called(arms, share.arm): share for share in shares if share.term == term}
        mine, other = of.get(treated[0]), of.get(reference)
        if mine is not None and other is not None and mine.n and other.n:
            interval = newcombe(mine.participants, mine.n, other.participants, other.n)
            value = mine.participants / mine.n - other.participants / other.n
            made.append(TermDifference(term, value, float(interval.low), float(interval.high)))
    # All or none: a term without a difference would have no place in their order.
    return tuple(made) if len(made) == len({share.term for share in shares}) else ()


def _rule(axes: Any, y: float) -> None:
    """The thin line between terms; none above the first."""
    if y:
        axes.axhline(y, color=FAINT, linewidth=0.5, zorder=1)


def _differences(
    axes: Any, arms: tuple[ReportArm, ...], differences: dict[str, TermDifference], terms: Sequence[str], pitch: float
) -> None:
    """The panel of differences in percentage points, zero marked; the side of either arm is named above it."""
    axes.axvline(0, color=INK, linewidth=0.8, zorder=2)
    for k, term in enumerate(terms):
        each = differences[term]
        y = pitch * (k + 0.5)
        _rule(axes, pitch * k)
        axes.plot([100 * each.low, 100 * each.high], [y, y], color=INK, linewidth=1.2, zorder=4)
        axes.plot([100 * each.value], [y], marker="s", markersize=5, color=INK, zorder=5)
    ends = [100 * end for each in differences.values() for end in (each.low, each.high)]
    reach = max(*(abs(end) for end in ends), 5.0) * 1.05
    step = next(s for s in (5, 10, 20, 25, 50) if reach / s <= 3 or s == 50)
    ticks = [k * step for k in range(-int(reach // step), int(reach // step) + 1)]
    axes.set_xlim(-reach, reach)
    axes.set_xticks(ticks, plain([float(tick) for tick in ticks]))
    axes.set_ylim(pitch * len(terms), 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Difference (percentage points)\n← fewer     more →")


def _caption(arms: tuple[ReportArm, ...], terms: Sequence[str], every: int, compared: bool) -> str:
    text = "Points: share of participants; lines: exact 95 % intervals (Clopper-Pearson)."
    reference, treated = reference_arm(arms), treated_arms(arms)
    if compared and reference is not None:
        text += (
            f" Squares: {treated[0].label} minus {reference.label}, with Newcombe's 95 % interval; by falling "
            "difference."
        )
        if len(terms) > FEW_TERMS:
            text += " Of so many intervals some miss zero by chance alone."
    if every > len(terms):
        text += f" The {len(terms)} most frequent of {every} terms; the table has all."
    return text


def _dot(axes: Any, arm: ReportArm, share: TermShare, y: float) -> None:
    value = 100 * share.participants / share.n if share.n else None
    dot_with_interval(axes, arm.look, y, 100 * share.low, 100 * share.high, value, line=1.2, dot=5.5)


def _axis(axes: Any, highest: float, height: float, narrow: bool) -> None:
    choices = ((10, 2), (20, 5), (40, 10), (60, 20 if narrow else 10))
    end, step = next(((e, s) for e, s in choices if 100 * highest <= e), (100, 25 if narrow else 20))
    ticks = list(range(0, end + 1, step))
    axes.set_xlim(0, end)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Participants with the event (%)")


def safety_finding(
    arms: tuple[ReportArm, ...], shares: Sequence[TermShare], differences: Sequence[TermDifference] = ()
) -> str:
    """The figure in words: every count with its interval, and the difference where there are two arms."""
    of = {each.term: each for each in differences}
    parts = []
    for term in dict.fromkeys(share.term for share in shares):
        said = [
            f"{label_called(arms, s.arm)} {count(s.participants, s.n)}, 95 % interval {percent_interval(s.low, s.high)}"
            for s in shares
            if s.term == term
        ]
        if term in of:
            value, low, high = (100 * each for each in (of[term].value, of[term].low, of[term].high))
            said.append(f"difference {number(value, 0)} percentage points ({interval(low, high, 0)})")
        parts.append(f"{term}: {'; '.join(said)}.")
    return " ".join(parts)
