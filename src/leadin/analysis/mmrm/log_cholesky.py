"""The coordinates in which an unstructured covariance is looked for: the Cholesky factor, logarithms on its diagonal.

Where the data leave a visit without an error of its own, the logarithm runs away by itself and the search ends early;
in the parameters of `structures` everything else would have to follow it.

Reference: Pinheiro & Bates (1996), Unconstrained parametrizations for variance-covariance matrices, Stat Comput
6:289-296, doi:10.1007/BF00140873.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def log_cholesky(place: Floats, visits: int) -> tuple[Floats, Floats, Floats]:
    """Sigma (m, m) and its first (k, m, m) and second (k, k, m, m) derivatives by `place` (k,): the logarithms of the
    diagonal of the Cholesky factor, then its entries below, row by row.
    """
    rows, columns = _entries(visits)
    k = np.arange(place.size)
    grown = np.exp(place[:visits])
    factor = np.zeros((visits, visits))
    factor[rows, columns] = np.concatenate([grown, place[visits:]])
    step = np.zeros((place.size, visits, visits))
    step[k, rows, columns] = np.concatenate([grown, np.ones(place.size - visits)])
    first = step @ factor.T
    second = step[:, None] @ step[None].swapaxes(2, 3)
    # The entries of the diagonal bend: their second derivative is what their first is.
    second[k[:visits], k[:visits]] += first[:visits]
    return factor @ factor.T, first + first.swapaxes(1, 2), second + second.swapaxes(2, 3)


def log_cholesky_of(covariance: Floats) -> Floats:
    """The coordinates (k,) of a positive definite matrix (m, m)."""
    factor = np.linalg.cholesky(covariance)
    visits = factor.shape[0]
    rows, columns = _entries(visits)
    return np.concatenate([np.log(np.diag(factor)), factor[rows, columns][visits:]])


def _entries(visits: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns: the diagonal first, then what is below it."""
    below = np.tril_indices(visits, -1)
    diagonal = np.arange(visits)
    return np.concatenate([diagonal, below[0]]), np.concatenate([diagonal, below[1]])
