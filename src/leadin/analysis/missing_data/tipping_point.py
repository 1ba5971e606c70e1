"""Where a conclusion turns: how much worse than imputed the unseen values of an arm must be for it to fall.

Reference: Campbell, Pennello & Yue (2011), Missing data in the regulation of medical devices, J Biopharm Stat
21:180-195, doi:10.1080/10543406.2011.550094.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadin.analysis.missing_data.deltas import deltas_of
from leadin.analysis.result import Result


@dataclass(frozen=True)
class TippingPoint:
    """Of one arm against the reference, nothing being added in the reference arm.

    delta: the smallest addition of the grid to the arm's imputed values at which p is on the other side of alpha than
    without any; None where no addition does that. sentence: the finding.
    """

    contrast: str
    unit: str
    delta: float | None
    sentence: str


def tipping_points(rows: Sequence[Result], alpha: float) -> tuple[TippingPoint, ...]:
    """The tipping point of every contrast among the rows that have a `delta_rule`; others are passed over."""
    grid: dict[str, list[tuple[float, Result]]] = {}
    for row in rows:
        deltas = deltas_of(row.rule)
        if deltas is not None and deltas[1] == 0.0 and row.p is not None and row.contrast is not None:
            grid.setdefault(row.contrast, []).append((deltas[0], row))
    return tuple(_point(contrast, sorted(line, key=_size), alpha) for contrast, line in grid.items())


def _size(entry: tuple[float, Result]) -> tuple[float, float]:
    return abs(entry[0]), entry[0]


def _point(contrast: str, line: list[tuple[float, Result]], alpha: float) -> TippingPoint:
    start = line[0][1]
    below = _p(start) < alpha
    unit = start.unit or "units"
    low, high = min(delta for delta, _ in line), max(delta for delta, _ in line)
    place = f"values imputed after the last visit in arm {start.arm}"
    side = "below" if below else "at or above"
    for delta, row in line[1:]:
        if (_p(row) < alpha) != below:
            return TippingPoint(
                contrast,
                unit,
                delta,
                f"tipping point of {contrast}: p is {_p(start):.2g} without any shift and {_p(row):.2g} with "
                f"{delta:+g} {unit} added to {place} (level {alpha:g}, reference arm not shifted)",
            )
    return TippingPoint(
        contrast,
        unit,
        None,
        f"no tipping point of {contrast}: p stays {side} {alpha:g} with anything from {low:g} to {high:g} {unit} added "
        f"to {place} (reference arm not shifted)",
    )


def _p(row: Result) -> float:
    return 1.0 if row.p is None else row.p
