"""Figures that base R computed (validation/als/measures.R), column by column."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "validation" / "als"


@pytest.fixture(scope="session")
def from_r():
    """Reads a table that R wrote; its NA is missing."""

    def read(name: str) -> pl.DataFrame:
        return pl.read_csv(FOLDER / f"{name}.csv", null_values="NA", infer_schema_length=None)

    return read
