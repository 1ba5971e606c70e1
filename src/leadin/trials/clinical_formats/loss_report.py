"""What an export could not hold, or had to change, said line by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from leadin.trials.finding import Severity


@dataclass(frozen=True)
class Loss:
    """severity: `warning` where something does not come back as it was, `note` where the format says it in another way.
    place: table and column, or data set and variable. message: one sentence.
    """

    severity: Severity
    place: str
    message: str


def losses_to_csv(losses: Iterable[Loss]) -> str:
    """The losses as CSV, one line each, header first."""
    rows = [(loss.severity, loss.place, loss.message) for loss in losses]
    return pl.DataFrame(rows, schema=["severity", "place", "message"], orient="row").cast(pl.String).write_csv()
