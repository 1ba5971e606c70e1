"""What to write instead of a value that cannot be used, where that can be told from the value."""

from __future__ import annotations

import re

from leadin.months import DAYS_PER_MONTH

_DURATION = re.compile(
    r"(?P<sign>[-+]?)\s*(?:(?P<first>\d+(?:\.\d+)?)\s*(?P<unit_after>[a-z]+)|(?P<unit>[a-z]+)\s*(?P<second>[-+]?\d+(?:\.\d+)?))\.?"
)
_DAYS: dict[str, float] = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 1 / 24),
    **dict.fromkeys(("d", "day", "days"), 1.0),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 7.0),
    **dict.fromkeys(("m", "mo", "mos", "mon", "month", "months"), DAYS_PER_MONTH),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 12 * DAYS_PER_MONTH),
}
_UNIT_DAYS = {"days": 1.0, "days from baseline": 1.0, "hours": 1 / 24, "months": DAYS_PER_MONTH}


def days_meant(text: str) -> float | None:
    """The days meant by `week 4` (28), `3 months` (91.3125) or `day -30` (-30); None for anything else."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        return None
    number, unit = (match["first"], match["unit_after"]) if match["first"] else (match["second"], match["unit"])
    if unit not in _DAYS:
        return None
    return float(number) * _DAYS[unit] * (-1.0 if match["sign"] == "-" else 1.0)


def number_meant(got: object, unit: str | None, *, whole: bool) -> str | None:
    """The number to write in `unit` for what came (`week 4`, `'28'`, 28.0); None when it cannot be told."""
    meant: float | None = None
    if isinstance(got, str):
        meant = _plain_number(got)
        if meant is None and unit in _UNIT_DAYS:
            days = days_meant(got)
            meant = None if days is None else days / _UNIT_DAYS[unit]
    elif isinstance(got, float):
        meant = got
    if meant is None:
        return None
    if whole and (isinstance(got, str) or meant == round(meant)):
        return str(round(meant))
    return None if whole else f"{round(meant, 2):g}"


def _plain_number(text: str) -> float | None:
    if re.fullmatch(r"\s*[-+]?\d{1,12}(\.\d{1,12})?\s*", text):
        return float(text)
    return None


def slug_meant(text: str) -> str | None:
    """The name to write for `Cells (A)`: `cells-a`; None when nothing of it can stay."""
    slug = re.sub(r"[^a-z0-9._]+", "-", text.strip().lower()).strip("-._")[:80]
    return slug or None
