"""The numbers of a result on the scale that people read: ratios instead of their logarithms, shares in per cent."""

from __future__ import annotations

import math

from leadin.analysis.result import Result

LOG = "log "
"""Begins the unit of a logarithm; what follows is the unit of what it is the logarithm of."""
LARGEST = 700.0
"""The exponential of a larger number is past what a number can hold."""


def is_logarithm(row: Result) -> bool:
    """Whether the estimate is the logarithm of what people read."""
    return (row.unit or "").startswith(LOG)


def is_share(row: Result) -> bool:
    """Whether the estimate is a share, or a difference of shares."""
    return (row.unit or "").startswith("proportion")


def read(row: Result) -> tuple[float | None, float | None, float | None, float | None]:
    """Estimate, standard error (of a ratio by the delta method) and interval; what the row lacks stays None."""
    values = row.estimate, row.standard_error, row.ci_low, row.ci_high
    if is_logarithm(row):
        ratio, low, high = (None if x is None else math.exp(min(x, LARGEST)) for x in (values[0], *values[2:]))
        error = None if ratio is None or row.standard_error is None else ratio * row.standard_error
        return ratio, error, low, high
    if is_share(row):
        value, error, low, high = (None if x is None else 100.0 * x for x in values)
        return value, error, low, high
    return values
