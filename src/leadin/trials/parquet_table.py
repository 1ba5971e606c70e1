"""A table in a Parquet file, read as text cells or typed columns, with damaged files told in one sentence."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from leadin.errors import DataError

MOST_ROWS = 50_000_000


def read_parquet_table(path: Path) -> pl.DataFrame:
    """The table at `path` with the types it was stored in. DataError when it cannot be read."""
    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path.name}: expected a Parquet file; got an empty file.")
        rows = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
        if rows > MOST_ROWS:
            raise DataError(f"{path.name}: expected at most {MOST_ROWS:,} rows; got {rows:,}.")
        return pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError(
            f"{path.name}: expected a Parquet file; got one that cannot be read. Is it cut off or damaged? "
            "Write it again."
        ) from error
