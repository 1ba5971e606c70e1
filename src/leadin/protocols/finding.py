"""A finding about a protocol: it can be read, and a person should look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["note", "warning"]


@dataclass(frozen=True)
class ProtocolFinding:
    """One finding.

    id: stable name of the check, e.g. `isolation-before-first-visit`. severity: `note` (for information) or `warning`
    (look at it before the trial is run). field: path of what it is about. message: one or two sentences for a person.
    """

    id: str
    severity: Severity
    field: str
    message: str
