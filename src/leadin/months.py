"""The project's one unit of time: a month is 30.4375 days (365.25 / 12)."""

from __future__ import annotations

DAYS_PER_MONTH = 30.4375


def month_words(month: float) -> str:
    """A month as people read it, to a tenth: `6` of 6.0123, `2.5`; one that would be none keeps its digits, `0.033`."""
    return f"{round(month, 1):g}" if round(month, 1) else f"{month:.2g}"
