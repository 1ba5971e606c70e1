"""What lots are called: `P0007-L2` for the second planned lot of a participant, `P0007-L2-2` when it was begun anew."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.simulation.supplies import Batch

Ints = NDArray[np.int64]


def lot_names(participants: pl.Series, batch: Batch, columns: Ints) -> list[str]:
    """The names of lots; participants: their ids; columns: lots of each, as counted in `Making.lot`."""
    numbers = np.array([lot.number for lot in batch.plan.lots])
    samples = batch.isolated.shape[2]
    return [
        f"{name}-L{number}" + (f"-{sample + 1}" if sample else "")
        for name, number, sample in zip(
            participants.to_list(), numbers[columns // samples].tolist(), (columns % samples).tolist(), strict=True
        )
    ]
