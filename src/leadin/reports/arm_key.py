"""The line above a figure that says which marks are of which arm, for figures in which every row has all arms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leadin.reports.arms import ReportArm
from leadin.reports.drawing import SMALL, shortened, text_width
from leadin.reports.palette import INK, QUIET, tint

SWATCH = 20.0
BETWEEN = 16.0


@dataclass(frozen=True)
class KeyEntry:
    """A swatch and its words. arm None: the grey band and upright bar of what no treatment gives."""

    words: str
    arm: ReportArm | None = None

    @property
    def colour(self) -> str:
        """Of the words."""
        return INK if self.arm is None else self.arm.look.colour


def draw_key(page: Any, entries: list[KeyEntry], left: float, right: float, y: float) -> None:
    """Draws the entries from `left` on, on one line that ends before `right`; words are cut short where they must
    be."""
    if not entries:
        return
    needed = [text_width(entry.words, SMALL, True) for entry in entries]
    rooms = _rooms(needed, right - left - (SWATCH + BETWEEN) * len(entries) + BETWEEN)
    x = left
    for entry, need, room in zip(entries, needed, rooms, strict=True):
        words = entry.words if need <= room else shortened(entry.words, room, SMALL, True)
        _swatch(page, entry.arm, x, y)
        page.text(x + SWATCH + 4, y, words, va="center", fontsize=SMALL, fontweight="bold", color=entry.colour)
        x += SWATCH + min(need, text_width(words, SMALL, True)) + BETWEEN


def _rooms(needed: list[float], room: float) -> list[float]:
    """What each of the words is given: short ones what they need, the long ones an equal share of what is left."""
    given = dict.fromkeys(range(len(needed)), 0.0)
    open_ = sorted(given, key=lambda k: needed[k])
    while open_:
        share = room / len(open_)
        k = open_.pop(0)
        given[k] = min(needed[k], share)
        room -= given[k]
    return list(given.values())


def _swatch(page: Any, arm: ReportArm | None, x: float, y: float) -> None:
    if arm is None:
        page.fill_between([x, x + SWATCH], [y - 5] * 2, [y + 5] * 2, color=tint(QUIET, 0.25), linewidth=0)
        page.plot([x + SWATCH / 2] * 2, [y - 5, y + 5], color=INK, linewidth=1.4, solid_capstyle="butt")
        return
    page.plot([x, x + SWATCH], [y, y], color=arm.look.colour, linewidth=1.4, linestyle=arm.look.dash)
    page.plot([x + SWATCH / 2], [y], marker=arm.look.marker, markersize=5.5, color=arm.look.colour)
