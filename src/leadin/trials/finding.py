"""A finding: something about the data that a person should know, told apart from a failure to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["note", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One finding.

    id: stable name of the check, e.g. `score-out-of-range`. severity: `note` (for information), `warning` (used, but
    look), `error` (the rows are left out of analyses). table: the table; `rows`: zero-based row numbers in it.
    message: one sentence for a person.
    """

    id: str
    severity: Severity
    table: str
    rows: tuple[int, ...]
    message: str
