"""Units that outside tables come in, and those that a trial's columns and measures are kept in."""

from __future__ import annotations

from typing import Literal

from leadin.months import DAYS_PER_MONTH

Unit = Literal[
    "hours",
    "days",
    "weeks",
    "months",
    "years",
    "g",
    "kg",
    "lb",
    "percent",
    "fraction",
    "cells",
    "thousand_cells",
    "million_cells",
]

_SIZES: dict[str, tuple[str, float]] = {
    "hours": ("time", 1 / 24),
    "days": ("time", 1.0),
    "weeks": ("time", 7.0),
    "months": ("time", DAYS_PER_MONTH),
    "years": ("time", 12 * DAYS_PER_MONTH),
    "g": ("mass", 0.001),
    "kg": ("mass", 1.0),
    "lb": ("mass", 0.45359237),
    "percent": ("share", 1.0),
    "fraction": ("share", 100.0),
    "cells": ("count", 1.0),
    "thousand_cells": ("count", 1e3),
    "million_cells": ("count", 1e6),
}

KEPT_IN: dict[str, str] = {
    "day": "days",
    "start_day": "days",
    "end_day": "days",
    "isolated_day": "days",
    "harvested_day": "days",
    "released_day": "days",
    "months_since_onset": "months",
    "diagnostic_delay_months": "months",
    "age_years": "years",
    "weight_kg": "kg",
    "cells": "cells",
    "viability_percent": "percent",
    "svc_percent": "percent",
    "fvc_percent": "percent",
}
"""The unit that a column or measure of that name is kept in; others have none."""


def units_for(name: str) -> tuple[str, ...]:
    """The units that the column or measure `name` may come in, its own first; none for one without a unit."""
    kept = KEPT_IN.get(name)
    if kept is None:
        return ()
    kind = _SIZES[kept][0]
    return (kept, *(unit for unit, (other, _) in _SIZES.items() if other == kind and unit != kept))


def factor(unit: str, name: str) -> float:
    """What a number in `unit` is multiplied by for the column or measure `name`; KeyError when they do not go
    together.
    """
    if unit not in units_for(name):
        raise KeyError(unit)
    return _SIZES[unit][1] / _SIZES[KEPT_IN[name]][1]
