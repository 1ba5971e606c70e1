"""How numbers are written: to the digits their standard error supports, with a true minus, never a star.

No value is ever rounded on the way to another: these functions make text for people, and nothing reads it back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

ABSENT = "–"
"""Stands in a table where there is no number."""
NO_BREAK = "\u00a0"
"""The no-break space between a number and its percent sign."""
MOST_DECIMALS = 6
_Z_95 = 1.959963984540054


def decimals_for(standard_error: float | None) -> int | None:
    """Decimals that keep two significant digits of a standard error; None when there is none to go by.

    0.148 gives 2 (0.15), 1.6 gives 1, 23 gives 0. Never fewer than 0 or more than 6.
    """
    if standard_error is None or not math.isfinite(standard_error) or standard_error <= 0:
        return None
    # Rounding to two digits first, so that 0.0996 counts as 0.10 and not as 0.0996.
    rounded = float(f"{standard_error:.1e}")
    return min(max(1 - math.floor(math.log10(rounded)), 0), MOST_DECIMALS)


def decimals_for_interval(standard_error: float | None, low: float | None, high: float | None) -> int | None:
    """As `decimals_for`; without a standard error, by the one that a 95 % interval of this width would have."""
    if decimals_for(standard_error) is not None or low is None or high is None:
        return decimals_for(standard_error)
    return decimals_for((high - low) / (2 * _Z_95))


def number(value: float | None, decimals: int | None = None) -> str:
    """A number with a true minus sign and no negative zero; three significant digits when decimals is None."""
    if value is None or not math.isfinite(value):
        return ABSENT
    text = significant(value, 3) if decimals is None else f"{value:.{decimals}f}"
    return _signed(text)


def significant(value: float, digits: int) -> str:
    """Plain digits (no exponent) of a finite number rounded to that many significant digits; trailing zeros stay."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(digits - 1 - math.floor(math.log10(abs(rounded))), 0)
    return f"{rounded:.{decimals}f}"


def _signed(text: str) -> str:
    if text.startswith("-"):
        return "−" + text[1:] if text.strip("-0.") else text[1:]
    return text


def estimate(
    value: float | None, standard_error: float | None, low: float | None = None, high: float | None = None
) -> str:
    """An estimate to the digits its standard error (or its interval) supports."""
    return number(value, decimals_for_interval(standard_error, low, high))


def interval(low: float | None, high: float | None, decimals: int | None = None) -> str:
    """`0.02 to 0.60`; an absent bound is said: `0.02 or more`. Both absent: a dash."""
    if low is None and high is None:
        return ABSENT
    if high is None or math.isinf(high):
        return f"{number(low, decimals)} or more"
    if low is None or math.isinf(low):
        return f"{number(high, decimals)} or less"
    return f"{number(low, decimals)} to {number(high, decimals)}"


def p_value(p: float | None) -> str:
    """`0.03`, `0.004`, `<0.001` or `>0.99`. A p below 0.05 is never shown as 0.05."""
    if p is None or not math.isfinite(p):
        return ABSENT
    if p < 0.001:
        return "<0.001"
    if p > 0.99:
        return ">0.99"
    decimals = 2 if p >= 0.01 else 3
    while p < 0.05 and float(f"{p:.{decimals}f}") >= 0.05 and decimals < MOST_DECIMALS:
        decimals += 1
    return f"{p:.{decimals}f}"


def p_phrase(p: float | None) -> str:
    """`p = 0.03` or `p < 0.001`, for running text; empty when there is none."""
    text = p_value(p)
    if text == ABSENT:
        return ""
    return f"p {text[0]} {text[1:]}" if text[0] in "<>" else f"p = {text}"


def percent(share: float | None, decimals: int = 0) -> str:
    """A share of 1 as a percentage: 0.667 gives `67 %`. Shares that are not exactly 0 or 1 never look so."""
    if share is None or not math.isfinite(share):
        return ABSENT
    value, finest = 100 * share, 10.0**-decimals
    # Halves go up, as people round: 1 of 8 is 13 %, not 12 %.
    text = f"{math.floor(value / finest + 0.5 + 1e-9) * finest:.{decimals}f}"
    if 0 < value < 100:
        if float(text) == 0:
            return f"<{finest:.{decimals}f}{NO_BREAK}%"
        if float(text) == 100:
            return f">{100 - finest:.{decimals}f}{NO_BREAK}%"
    return f"{_signed(text)}{NO_BREAK}%"


def percent_interval(low: float, high: float, decimals: int = 0) -> str:
    """`7 to 52 %`, for two shares of 1; the percent sign is said once."""
    first = percent(low, decimals).removesuffix(f"{NO_BREAK}%")
    return f"{first} to {percent(high, decimals)}"


def count(part: int, whole: int) -> str:
    """`10 of 15 (67 %)`; without a whole, the count and its denominator alone."""
    if whole <= 0:
        return f"{part} of {whole}"
    return f"{part} of {whole} ({percent(part / whole)})"


def cell_count(part: int, whole: int) -> str:
    """The same for a table cell whose column names the whole: `10 (67 %)`."""
    return f"{part}" if whole <= 0 else f"{part} ({percent(part / whole)})"


def mean_sd(values: Sequence[float]) -> str:
    """`56.1 (9.8)`, mean and standard deviation; one value has no deviation. Digits by the deviation."""
    if not values:
        return ABSENT
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return f"{number(mean)} ({ABSENT})"
    deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1))
    decimals = decimals_for(deviation)
    if decimals is None:
        decimals = 1
    return f"{number(mean, min(decimals, 2))} ({number(deviation, min(decimals, 2))})"


def cells(amount: float | None) -> str:
    """Numbers of cells as people write them: `1 million`, `2.5 million`, `60 million`, `500 000`."""
    if amount is None or not math.isfinite(amount):
        return ABSENT
    if amount >= 1e6:
        return f"{amount / 1e6:.3g} million" if amount < 1e9 else f"{amount / 1e9:.3g} billion"
    return f"{amount:,.0f}".replace(",", NO_BREAK)


def months(value: float) -> str:
    """`3 months`, `1 month`, `2.5 months`."""
    text = f"{value:.1f}".removesuffix(".0")
    return f"{text} month" if text == "1" else f"{text} months"


def plural(number_of: int, singular: str, several: str | None = None) -> str:
    """`1 participant`, `8 participants`, `0 participants`."""
    return f"{number_of} {singular if number_of == 1 else several or singular + 's'}"
