"""Secretion of trophic factors by a lot before and after directed differentiation, relative to the mean lot before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.disease.cell_rates import Cells

Floats = NDArray[np.float64]


def secretion_before(cells: Cells, normals: Floats) -> Floats:
    """Secretion before differentiation, a trait of the person: lognormal of mean 1."""
    return _lognormal(cells.secretion_cv, normals)


def fold_change(cells: Cells, normals: Floats) -> Floats:
    """After differentiation, times before: lognormal of mean `fold_mean`, another for each lot."""
    return cells.fold_mean * _lognormal(cells.fold_cv, normals)


def _lognormal(cv: float, normals: Floats) -> Floats:
    variance = np.log1p(cv**2)
    values: Floats = np.exp(np.sqrt(variance) * normals - variance / 2)
    return values
