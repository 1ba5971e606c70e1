"""The one row that answers for an analysis: what is told of it where there is room for one."""

from __future__ import annotations

from collections.abc import Sequence

from leadin.analysis.rerandomisation import is_rerandomised
from leadin.analysis.result import Result
from leadin.protocols.planned_analysis import PlannedAnalysis


def answer(rows: Sequence[Result], reference: str | None, planned: PlannedAnalysis) -> Result:
    """Of the rows of one analysis, at least one: the first that holds the planned arm, or any arm, against the
    reference, else the first.

    Where that comparison is made at several times, the row nearest to the planned month; without one, the last.
    """
    own = [row for row in rows if not is_rerandomised(row)] or list(rows)
    against = [row for row in own if row.arm is not None and row.contrast == f"{row.arm} - {reference}"]
    against = [row for row in against if row.arm == planned.arm] or against
    if not against:
        return own[0]
    first = against[0]
    alike = [row for row in against if (row.arm, row.rule) == (first.arm, first.rule) and row.time_months is not None]
    if not alike:
        return first
    month = planned.month
    if month is None:
        return max(alike, key=lambda row: row.time_months or 0.0)
    return min(alike, key=lambda row: abs((row.time_months or 0.0) - month))
