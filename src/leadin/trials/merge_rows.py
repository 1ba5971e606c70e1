"""Rows that say the same thing twice, brought together before they become a trial."""

from __future__ import annotations

import polars as pl

from leadin.trials.import_report import ChangeLog
from leadin.trials.schema import KEYS

FILE, LINE, SOURCE = "leadin:file", "leadin:line", "leadin:source"
BOOKKEEPING = (FILE, LINE, SOURCE)
"""Where a row of a table under way came from: the file, its line, and which source of the mapping took it."""


def merged_by_key(name: str, rows: pl.DataFrame, log: ChangeLog) -> pl.DataFrame:
    """One row per key where the rows of a key agree: a cell that one row lacks is taken from another.

    Rows of one key that contradict each other in any cell all stay as they are, for the checks to find.
    """
    key = list(KEYS[name])
    others = [column for column in rows.columns if column not in (*key, *BOOKKEEPING)]
    if rows.is_empty():
        return rows
    agree = [pl.col(column).drop_nulls().n_unique().over(key) <= 1 for column in others]
    rows = rows.with_columns(
        agreeing=pl.all_horizontal(agree) if agree else pl.lit(True), first=pl.struct(key).is_first_distinct()
    )
    rows = rows.with_columns(
        pl.when("agreeing").then(pl.col(column).drop_nulls().first().over(key)).otherwise(pl.col(column)).alias(column)
        for column in others
    )
    _log_merged(
        name, rows.filter(pl.col("agreeing") & ~pl.col("first")), log, "agrees with an earlier row of the same key"
    )
    return rows.filter(~pl.col("agreeing") | pl.col("first")).drop("agreeing", "first")


def distinct_rows(name: str, rows: pl.DataFrame, log: ChangeLog) -> pl.DataFrame:
    """The first of each set of rows that are alike to the last cell."""
    first = pl.struct(pl.exclude(BOOKKEEPING)).is_first_distinct()
    rows = rows.with_columns(first=first)
    _log_merged(name, rows.filter(~pl.col("first")), log, "repeats an earlier row")
    return rows.filter("first").drop("first")


def _log_merged(name: str, gone: pl.DataFrame, log: ChangeLog, reason: str) -> None:
    for (file,), group in gone.group_by([FILE], maintain_order=True):
        log.add(name, str(file), "merged", None, reason, group[LINE])
