"""A dot with its interval, and words beside a row: what figures of shares and estimates are made of."""

from __future__ import annotations

from typing import Any

from leadin.reports.drawing import SMALL
from leadin.reports.palette import INK, PAPER, Look


def dot_with_interval(
    axes: Any, look: Look, y: float, low: float, high: float, value: float | None, *, line: float, dot: float
) -> None:
    """The interval from low to high as a line of that width, and the value, where there is one, as the arm's marker of
    that size, both in the units of the axis."""
    axes.plot([low, high], [y, y], color=look.colour, linewidth=line, linestyle=look.dash, zorder=4)
    if value is not None:
        axes.plot(
            [value],
            [y],
            marker=look.marker,
            markersize=dot,
            color=look.colour,
            markeredgecolor=PAPER,
            markeredgewidth=0.5,
            zorder=5,
            clip_on=False,
        )


def words_beside(
    axes: Any, at: tuple[float, float], shift: float, text: str, side: str, *, colour: str = INK, weight: str = "normal"
) -> None:
    """Words at a row. at: how far along the axis (0 to 1), and the row in the units of the axis. shift: points to the
    right of it. side: `left` if the words begin there, `right` if they end there."""
    axes.annotate(
        text,
        at,
        xycoords=("axes fraction", "data"),
        xytext=(shift, 0),
        textcoords="offset points",
        ha=side,
        va="center",
        fontsize=SMALL,
        fontweight=weight,
        color=colour,
        annotation_clip=False,
        linespacing=1.15,
    )
