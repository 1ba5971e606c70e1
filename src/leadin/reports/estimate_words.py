"""An estimate on the scale that people read, and as text: ratios instead of their logarithms, shares in per cent."""

from __future__ import annotations

from leadin.analysis.reading_scale import LOG, is_share, read
from leadin.analysis.result import Result
from leadin.reports.numbers import decimals_for_interval, interval, number

PERCENT_UNITS = ("% of participants", "percentage points")


def is_ratio(unit: str) -> bool:
    """Estimates in this unit are ratios: no difference is 1, and a logarithmic scale suits them."""
    return unit.endswith((" ratio", " odds")) or unit.startswith("ratio of ")


def shown_value(result: Result) -> tuple[float | None, float | None, float | None, float | None, str]:
    """Estimate, standard error, interval and unit as people read them.

    The logarithm of a ratio is shown as the ratio (its standard error by the delta method), a share as percentage
    points.
    """
    unit = PERCENT_UNITS[result.contrast is not None] if is_share(result) else (result.unit or "").removeprefix(LOG)
    return *read(result), unit


def estimate_words(result: Result) -> tuple[str, str]:
    """The estimate and its interval, to the digits its standard error supports; shares never finer than a whole percent
    unless their error is below one."""
    value, error, low, high, unit = shown_value(result)
    decimals = decimals_for_interval(error, low, high)
    if decimals is not None and unit in PERCENT_UNITS:
        decimals = max(decimals - 1, 0)
    return number(value, decimals), interval(low, high, decimals)
