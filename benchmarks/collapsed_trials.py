"""The data sets W1 of `validation/`, two arms of 100, as the engine wants them: collapsed, arm by arm."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from benchmarks.side_by_side import VALIDATION
from leadin.engine.collapsed import Collapsed

VISITS = sorted((VALIDATION / "mixed-models" / "data").glob("w1_*_long.csv"))
SURVIVAL = sorted((VALIDATION / "survival" / "data").glob("w1_*_surv.csv"))


@cache
def series() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of R data sets of n participants, arm 0 before arm 1: months (k,), values (R, n, k) with NaN for missing, months
    and event (R, 2, n), and participants of each arm (2,)."""
    tables = [
        (pl.read_csv(visits), pl.read_csv(survival).sort("arm", "id"))
        for visits in VISITS
        if (survival := VALIDATION / "survival" / "data" / f"{visits.stem[:5]}_surv.csv").exists()
    ]
    months = sorted({month for visits, _ in tables for month in visits["time"].to_list()})
    values = np.stack([_values(visits, people["id"], months) for visits, people in tables])
    survival = np.stack([people.select("time", "event").to_numpy().T.astype(np.float64) for _, people in tables])
    sizes = tables[0][1]["arm"].value_counts().sort("arm")["count"].to_numpy().astype(np.int64)
    return np.array(months, dtype=np.float64), values, survival, sizes


def collapsed_trials(zero: float = 0.0) -> Collapsed:
    """All data sets that have both files. zero: the month that is time zero."""
    months, values, survival, sizes = series()
    times = months - zero
    return Collapsed(
        sizes=sizes,
        sums=_sums(times, values)[:, None],
        seen=np.ascontiguousarray(np.moveaxis(values[:, :, times > 0], 1, 2))[:, None],
        survival=survival,
        filled=np.ones(values.shape[0], dtype=np.bool_),
    )


def repeated(batch: Collapsed, times: int) -> Collapsed:
    """The same trials so many times over."""
    more = [np.concatenate([each] * times) for each in (batch.sums, batch.seen, batch.survival, batch.filled)]
    return Collapsed(batch.sizes, more[0], more[1], more[2], more[3])


def _values(visits: pl.DataFrame, people: pl.Series, months: list[float]) -> np.ndarray:
    """Values (n, k), NaN for missing."""
    row = {who: place for place, who in enumerate(people.to_list())}
    values = np.full((len(row), len(months)), np.nan)
    for who, month, y in visits.select("id", "time", "y").iter_rows():
        values[row[who], months.index(month)] = y
    return values


def _sums(times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(R, 16, n) of values (R, n, k): see `Collapsed`."""
    sums = np.zeros((values.shape[0], 16, values.shape[1]))
    for start, side in ((0, times < 0), (6, times > 0)):
        y, t = values[..., side], times[side]
        seen = np.isfinite(y)
        y = np.where(seen, y, 0.0)
        for place, each in enumerate((seen, seen * t, seen * t * t, y, y * t, y * y)):
            sums[:, start + place] = each.sum(axis=-1)
    now = values[..., times == 0][..., 0]
    sums[:, 12], sums[:, 13] = np.isfinite(now), np.nan_to_num(now)
    sums[:, 14:] = np.nan
    for month in np.flatnonzero(times <= 0):
        seen = np.isfinite(values[..., month])
        sums[:, 14] = np.where(seen, times[month], sums[:, 14])
        sums[:, 15] = np.where(seen, values[..., month], sums[:, 15])
    return sums
