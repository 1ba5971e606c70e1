"""Tables with holes, draws that are known, and the data of validation/missing-data."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from leadin.analysis.missing_data.incomplete_visits import IncompleteVisits

HERE = Path(__file__).resolve().parents[3] / "validation" / "missing-data"
MONTHS = (0, 2, 4, 6, 8)


def last_seen(values, lead):
    """The column of the last value, at least that of the baseline."""
    seen = np.isfinite(values)
    return np.maximum(values.shape[1] - 1 - seen[:, ::-1].argmax(axis=1), lead - 1)


@pytest.fixture(scope="session")
def holes():
    """A table from values (n, p), arms by number, and how many columns come before the first visit."""

    def build(values, arm, lead=1, names=None):
        values, arm = np.asarray(values, dtype=float), np.asarray(arm)
        names = names or [f"p{i:03d}" for i in range(arm.size)]
        arms = tuple(f"arm {k}" for k in range(int(arm.max()) + 1))
        return IncompleteVisits(tuple(names), arm, arms, values, lead, last_seen(values, lead))

    return build


@pytest.fixture(scope="session")
def dropout():
    """Rows of a file of validation/missing-data/data: ids, arms by name, values (n, 5) with NaN."""

    def read(name):
        with (HERE / "data" / f"{name}.csv").open() as file:
            rows = list(csv.DictReader(file))
        values = np.array([[float(row[f"m{m}"] or "nan") for m in MONTHS] for row in rows])
        return [row["id"] for row in rows], [row["arm"] for row in rows], values

    return read


class KnownDraws:
    """Stands for random streams: every name gives the same number in one column, zero elsewhere."""

    def __init__(self, column=None, value=0.0):
        self.column, self.value = column, value

    def normal(self, name, n, *shape):
        out = np.zeros((n, *shape))
        if self.column is not None:
            out[..., self.column] = self.value
        return out


@pytest.fixture(scope="session")
def known_draws():
    return KnownDraws
