"""The project's one unit of time: a month is 30.4375 days (365.25 / 12)."""

from __future__ import annotations

DAYS_PER_MONTH = 30.4375
