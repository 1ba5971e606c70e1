"""Swimmer plot: one bar a participant, from enrolment to the end, with lots of cells and injections where they fell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leadin.months import DAYS_PER_MONTH
from leadin.reports.arms import ReportArm
from leadin.reports.courses import END_WORDS, LEAVING_KINDS, Course
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
    time_axis,
    time_zero,
)
from leadin.reports.numbers import number, plural
from leadin.reports.palette import INK, PAPER, QUIET, tint
from leadin.reports.picture import Picture

MOST_NAMED = 40
"""With more participants than this, bars carry no id: it would be too small to read."""
WIDEST_BAR = 11.0
ARM_GAP = 20.0
SMALLEST_MARK = 2.4
"""Marks of a large trial touch those of the next bar rather than vanish."""


def swimmer_figure(arms: tuple[ReportArm, ...], people: tuple[Course, ...], name: str = "swimmer") -> Picture:
    """The plot for everybody in an arm; bars within an arm from the longest known course after time zero to the
    shortest."""
    every = {course.participant_id: course for course in people}
    rows = [
        (arm, sorted((every[p] for p in arm.participants), key=lambda c: (-c.last, c.participant_id))) for arm in arms
    ]
    total = sum(len(courses) for _, courses in rows)
    named = total <= MOST_NAMED
    left, top, bottom = (62.0 if named else 14.0), 22.0, 34.0
    room = PAGE_HEIGHT - top - bottom - ARM_GAP * len(rows)
    pitch = min(WIDEST_BAR, room / max(total, 1))
    height = top + bottom + ARM_GAP * len(rows) + pitch * total
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, height)
        axes = axes_at(figure, left, top, PAGE_WIDTH - left - 8, height - top - bottom)
        at = _draw_arms(axes, rows, pitch, named)
        axes.set_ylim(at, 0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        low, high = _ends(people)
        time_axis(axes, low, high)
        time_zero(axes)
        _key(figure, min(left, 14.0), _key_marks(_key_colour(rows), [c for _, courses in rows for c in courses]))
        title = "What was given and how long each participant was followed"
        finding = swimmer_finding(rows)
        svg = svg_text(figure, name, title, finding)
    caption = "One bar a participant, from the first to the last day known, sorted by the end of follow-up."
    if not named:
        caption += " Bars carry no id in a trial of this size."
    return Picture(name, title, finding, caption, svg)


def _key_colour(rows: list[tuple[ReportArm, list[Course]]]) -> str:
    """The colour of the first arm that anything was injected in, else of the first arm."""
    dosed = [arm for arm, courses in rows if any(c.dosed for c in courses)]
    return (dosed or [arm for arm, _ in rows])[0].look.colour


def _ends(people: tuple[Course, ...]) -> tuple[float, float]:
    low = min((c.first for c in people), default=0.0) / DAYS_PER_MONTH
    high = max((c.last for c in people), default=0.0) / DAYS_PER_MONTH
    room = max(high - low, 1.0) * 0.02
    return low - room, high + room


def _draw_arms(axes: Any, rows: list[tuple[ReportArm, list[Course]]], pitch: float, named: bool) -> float:
    """Bars from top to bottom, in points; gives the y where they end."""
    at = 0.0
    for arm, courses in rows:
        axes.annotate(
            f"{arm.label}, n = {arm.n}",
            (0, at + ARM_GAP * 0.68),
            xycoords=("axes fraction", "data"),
            fontsize=SMALL,
            fontweight="bold",
            color=arm.look.colour,
            va="center",
            annotation_clip=False,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0},
        )
        at += ARM_GAP
        middles = [at + pitch * (k + 0.5) for k in range(len(courses))]
        _bars(axes, arm, courses, middles, pitch)
        _marks(axes, arm, courses, middles, pitch)
        if named:
            for course, y in zip(courses, middles, strict=True):
                axes.annotate(
                    shortened(course.participant_id, 54.0, SMALL),
                    (0, y),
                    xycoords=("axes fraction", "data"),
                    xytext=(-4, 0),
                    textcoords="offset points",
                    ha="right",
                    va="center",
                    fontsize=min(SMALL, pitch * 0.75),
                    annotation_clip=False,
                )
        at += pitch * len(courses)
    return at


def _bars(axes: Any, arm: ReportArm, courses: list[Course], middles: list[float], pitch: float) -> None:
    from matplotlib.collections import LineCollection

    pairs = list(zip(courses, middles, strict=True))
    width = pitch * 0.72
    lead_in = [((c.first, y), (min(c.last, 0.0), y)) for c, y in pairs if c.first < 0]
    after = [((max(c.first, 0.0), y), (c.last, y)) for c, y in pairs if c.last > 0]
    making = [
        ((lot.isolated, y), (lot.ready, y))
        for c, y in pairs
        for lot in c.lots
        if lot.isolated is not None and lot.ready is not None
    ]
    for segments, colour, share, layer in (
        (lead_in, tint(arm.look.colour, 0.18), 1.0, 2),
        (after, tint(arm.look.colour, 0.5), 1.0, 2),
        (making, INK, 0.28, 3),
    ):
        scaled = [[(day / DAYS_PER_MONTH, y) for day, y in segment] for segment in segments]
        axes.add_collection(
            LineCollection(scaled, colors=colour, linewidths=width * share, zorder=layer, capstyle="butt"),
            autolim=False,
        )


def _marks(axes: Any, arm: ReportArm, courses: list[Course], middles: list[float], pitch: float) -> None:
    pairs = list(zip(courses, middles, strict=True))
    size = min(max(pitch * 0.62, SMALLEST_MARK), 5.0)
    isolated = [(lot.isolated, y) for c, y in pairs for lot in c.lots if lot.isolated is not None]
    rejected = [(lot.ready, y) for c, y in pairs for lot in c.lots if lot.ready is not None and not lot.released]
    injected = [(day, y) for c, y in pairs for day in c.injections]
    died = [(c.last, y) for c, y in pairs if c.died]
    left = [(c.last, y) for c, y in pairs if c.end in LEAVING_KINDS]
    plot = _plotter(axes)
    plot(isolated, marker="|", color=INK, markersize=size * 1.3, markeredgewidth=0.9)
    plot(rejected, marker="x", color=INK, markersize=size, markeredgewidth=0.9)
    plot(injected, marker="d", color=arm.look.colour, markeredgecolor=PAPER, markersize=size * 1.5, markeredgewidth=0.4)
    plot(died, marker="X", color=INK, markeredgecolor=PAPER, markersize=size * 1.35, markeredgewidth=0.4)
    plot(left, marker="o", color=PAPER, markeredgecolor=INK, markersize=size * 1.05, markeredgewidth=0.9)


def _plotter(axes: Any) -> Any:
    def plot(points: list[tuple[float, float]], **look: Any) -> None:
        if points:
            xs, ys = zip(*((day / DAYS_PER_MONTH, y) for day, y in points), strict=True)
            axes.plot(xs, ys, linestyle="none", clip_on=False, zorder=4, **look)

    return plot


@dataclass(frozen=True)
class _Mark:
    """One mark of the key: its words, a bar (colour and width) under it, a marker on it."""

    words: str
    bar: str | None = None
    bar_width: float = 7.0
    marker: str | None = None
    colour: str = INK
    edge: str = INK

    @property
    def width(self) -> float:
        return 16.0 if self.bar else 7.0

    @property
    def room(self) -> float:
        return self.width + 13.5 + text_width(self.words, SMALL)


def _key_marks(colour: str, people: list[Course]) -> list[_Mark]:
    """The marks that occur."""
    lots = [lot for c in people for lot in c.lots]
    marks = [
        (any(c.first < 0 for c in people), _Mark("lead-in", bar=tint(colour, 0.18))),
        (True, _Mark("follow-up", bar=tint(colour, 0.5))),
        (any(lot.isolated is not None for lot in lots), _Mark("isolation, expansion", INK, 2.2, "|")),
        (any(not lot.released and lot.ready is not None for lot in lots), _Mark("lot rejected", marker="x")),
        (any(c.injections for c in people), _Mark("injection", marker="d", colour=colour, edge=colour)),
        (any(c.died for c in people), _Mark("death", marker="X")),
        (any(c.end in LEAVING_KINDS for c in people), _Mark("left early", marker="o", colour=PAPER)),
    ]
    return [mark for occurs, mark in marks if occurs]


def _key(figure: Any, left: float, marks: list[_Mark]) -> None:
    """One line above the bars that says what each mark is, drawn closer together where the words need it."""
    page = sheet(figure)
    spare = PAGE_WIDTH - left - sum(mark.room for mark in marks)
    x, y, closer = left, 9.0, min(spare / len(marks), 0.0)
    for mark in marks:
        if mark.bar is not None:
            page.plot([x, x + mark.width], [y, y], color=mark.bar, linewidth=mark.bar_width, solid_capstyle="butt")
        if mark.marker is not None:
            at = x if mark.bar is not None else x + mark.width / 2
            page.plot(
                [at],
                [y],
                linestyle="none",
                marker=mark.marker,
                markersize=6,
                markeredgewidth=0.9,
                color=mark.colour,
                markeredgecolor=mark.edge,
            )
        page.text(x + mark.width + 3.5, y, mark.words, fontsize=SMALL, va="center", color=QUIET)
        x += mark.room + closer


def swimmer_finding(rows: list[tuple[ReportArm, list[Course]]]) -> str:
    """The plot in words: per arm injections given, follow-up, and how courses ended."""
    return " ".join(_arm_finding(arm, courses) for arm, courses in rows)


def _arm_finding(arm: ReportArm, courses: list[Course]) -> str:
    injections = sum(len(c.injections) for c in courses)
    dosed = sum(c.dosed for c in courses)
    follow_up = sorted(max(c.last, 0.0) / DAYS_PER_MONTH for c in courses)
    middle = _median(follow_up)
    lots = sum(len(c.lots) for c in courses)
    rejected = sum(not lot.released for c in courses for lot in c.lots)
    made = f"; {plural(lots, 'lot')} started, {rejected} not released" if lots else ""
    given = f"{plural(injections, 'injection')} in {dosed} of {plural(len(courses), 'participant')}"
    ends = [
        f"{words} {sum(c.end == kind for c in courses)}"
        for kind, words in END_WORDS.items()
        if any(c.end == kind for c in courses)
    ]
    ended = "; " + ", ".join(ends) if ends else ""
    followed = f"; median follow-up after time zero {number(middle, 1)} months" if courses else ""
    return f"{arm.label}: {given}{made}{followed}{ended}."


def _median(values: list[float]) -> float:
    n = len(values)
    return 0.0 if n == 0 else (values[(n - 1) // 2] + values[n // 2]) / 2
