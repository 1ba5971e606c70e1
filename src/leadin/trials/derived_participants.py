"""A participants table made of the ids in the other tables, for data that come without one."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from leadin.errors import DataError
from leadin.trials.finding import Finding
from leadin.trials.schema import empty_table


def derived_participants(where: str, tables: Mapping[str, pl.DataFrame]) -> tuple[pl.DataFrame, Finding]:
    """One row per id in `tables`, in order of id, without arms, and the warning that says so.

    `where` names the trial in messages. DataError when there is no id at all.
    """
    ids = pl.concat([pl.Series([], dtype=pl.String), *(table["participant_id"] for table in tables.values())])
    ids = ids.drop_nulls().unique().sort()
    if ids.is_empty():
        raise DataError(f"{where}: expected a participants table; got none, and no participant_id in other tables.")
    participants = pl.concat([empty_table("participants"), pl.DataFrame({"participant_id": ids})], how="diagonal")
    text = (
        f"There is no participants table: {ids.len()} participants were taken from the ids in the other tables, "
        "without arms. Add a table with participant_id and arm."
    )
    return participants, Finding("participants-derived", "warning", "participants", (), text)
