"""A stopping boundary as a staircase over the number treated, with where each arm stands, or the path it took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadin.analysis.stopping import Standing
from leadin.engine.event_boundary import Boundary
from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.drawing import PAGE_WIDTH, SMALL, axes_at, blank_figure, drawing_style, plain, svg_text
from leadin.reports.numbers import plural
from leadin.reports.palette import INK, QUIET, tint
from leadin.reports.picture import Picture
from leadin.reports.wording import capital


def stopping_figure(
    boundary: Boundary, found: Sequence[Standing], arms: tuple[ReportArm, ...], what: str, name: str = "stopping"
) -> Picture:
    """The figure. what: the events and the rule in words, for the title."""
    most = len(boundary)
    highest = max([2, *(entry for entry in boundary if entry is not None), *(each.affected for each in found)]) + 1
    title = f"Stopping boundary: {what}"
    with drawing_style(name):
        figure = blank_figure(PAGE_WIDTH, 220)
        axes = axes_at(figure, 46, 12, PAGE_WIDTH - 46 - 20, 168)
        _boundary(axes, boundary, highest)
        for each in found:
            arm = arm_called(arms, each.arm)
            if arm is not None:
                _standing(axes, each, arm)
        axes.set_xlim(0, most + 0.5)
        axes.set_ylim(0, highest)
        step = next(s for s in (1, 2, 5, 10, 20, 50, 100) if highest / s <= 8 or s == 100)
        axes.set_yticks(range(0, highest + 1, step), plain(range(0, highest + 1, step)))
        axes.set_xlabel("Participants treated")
        axes.set_ylabel("With the event")
        finding = stopping_finding(boundary, found, arms)
        svg = svg_text(figure, name, title, finding)
    path = any(each.path for each in found)
    caption = "Grey: the rule stops. " + (
        "Lines: the path in the order of treatment; marks: the last count."
        if path
        else "Marks: the final count; the order of treatment, and so the path, is unknown."
    )
    return Picture(name, title, finding, caption, svg)


def _boundary(axes: Any, boundary: Boundary, highest: int) -> None:
    """The region that stops, from each entry up, and its edge."""
    told = [(n, entry) for n, entry in enumerate(boundary, 1) if entry is not None]
    across = [n + half for n, _ in told for half in (-0.5, 0.5)]
    edge = [entry - 0.5 for _, entry in told for _ in range(2)]
    axes.fill_between(across, edge, highest, color=tint(QUIET, 0.25), linewidth=0)
    axes.plot(across, edge, color=INK, linewidth=1.0)


def _standing(axes: Any, each: Standing, arm: ReportArm) -> None:
    look = arm.look
    if each.path:
        steps = [(0, 0), *each.path]
        axes.step(
            [k for k, _ in steps],
            [x for _, x in steps],
            where="post",
            color=look.colour,
            linestyle=look.dash,
            linewidth=1.4,
            clip_on=False,
        )
    axes.plot(
        [each.treated], [each.affected], marker=look.marker, markersize=6.5, color=look.colour, clip_on=False, zorder=5
    )
    axes.annotate(
        f"{each.affected} of {each.treated}",
        (each.treated, each.affected),
        xytext=(-7, 4),
        textcoords="offset points",
        ha="right",
        fontsize=SMALL,
        color=look.colour,
        annotation_clip=False,
    )


def stopping_finding(boundary: Boundary, found: Sequence[Standing], arms: tuple[ReportArm, ...]) -> str:
    """The figure in words: where each arm stands."""
    said = []
    for each in found:
        arm = arm_called(arms, each.arm)
        if arm is None:
            continue
        entry = boundary[each.treated - 1]
        who = f"{arm.label}: " if len(arms) > 1 else ""
        stops = "no number stops there" if entry is None else f"{entry} stop there"
        state = {
            "reached": "the boundary was reached",
            "not reached": "the boundary was not reached",
            "order unknown": "the boundary is not reached by the final count; the way there is unknown",
        }[each.state]
        when = f" at participant {each.at[0]}" if each.at is not None and each.path else ""
        said.append(
            f"{who}{each.affected} of {plural(each.treated, 'participant')} with the event, {stops}; {state}{when}."
        )
    return " ".join(capital(sentence) for sentence in said)
