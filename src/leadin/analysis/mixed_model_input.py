"""What a mixed model can be fitted to: checks of its arrays, each refusal saying what was expected and what came."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.analysis.reml_deviance import Floats, GroupSums, factor_of, theta_size
from leadin.analysis.reml_optimum import group_ranks
from leadin.errors import DataError

SMALLEST_SHARE = 1e-10
"""A column is redundant when the part of it that the columns before it leave over is a smaller share of its length."""


def checked_arrays(
    y: ArrayLike, fixed: ArrayLike, random: ArrayLike, group: ArrayLike
) -> tuple[Floats, Floats, Floats, tuple[object, ...], NDArray[np.intp]]:
    """Outcome (n,), fixed (n, p), random (n, q), the labels of the g groups in order, and the group number of each row
    (n,).

    Raises DataError for shapes that do not match, values that are not finite numbers, fewer than two groups, no more
    observations than fixed effects, and a constant outcome.
    """
    outcome = finite_array("y", y, 1)
    n = outcome.size
    x = finite_array("fixed", fixed, 2)
    z = finite_array("random", random, 2)
    labels = np.asarray(group)
    for name, rows in (("fixed", x.shape[0]), ("random", z.shape[0]), ("group", labels.shape[0] if labels.ndim else 0)):
        if rows != n:
            raise DataError(f"{name}: expected one row for each of the {n} outcomes; got {rows}")
    if labels.ndim != 1:
        raise DataError(f"group: expected a label for each row, shape ({n},); got shape {labels.shape}")
    if not 1 <= z.shape[1] <= 3:
        raise DataError(f"random: expected 1 to 3 columns of random effects; got {z.shape[1]}")
    if x.shape[1] < 1:
        raise DataError("fixed: expected at least one column of fixed effects; got none")
    found, index = np.unique(labels, return_inverse=True)
    if found.size < 2:
        raise DataError(f"group: expected at least two groups (participants); got {found.size}")
    if n <= x.shape[1]:
        raise DataError(f"y: expected more observations than the {x.shape[1]} fixed effects; got {n}")
    if np.ptp(outcome) == 0.0:
        raise DataError(f"y: expected an outcome that varies; all {n} values are {outcome[0]:g}")
    return outcome, x, z, tuple(found.tolist()), index.reshape(-1)


def finite_array(name: str, values: ArrayLike, dimensions: int) -> Floats:
    """The values as an array of so many dimensions; DataError unless all are finite numbers."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: expected numbers; {error}") from error
    if array.ndim != dimensions:
        raise DataError(f"{name}: expected {dimensions} dimension(s); got shape {array.shape}")
    bad = ~np.isfinite(array if dimensions == 1 else array.sum(axis=1))
    if bad.any():
        raise DataError(
            f"{name}: expected finite numbers; {int(bad.sum())} of {array.shape[0]} rows are missing or infinite, the "
            f"first in row {int(bad.argmax())} (counted from 0). Leave such rows out."
        )
    return array


def checked_names(names: Sequence[str] | None, p: int) -> tuple[str, ...]:
    """The names of p columns, `x1`, `x2`, ... by default; DataError unless there are p different ones."""
    titles = tuple(f"x{j + 1}" for j in range(p)) if names is None else tuple(names)
    if len(titles) != p or len(set(titles)) != p:
        raise DataError(f"names: expected {p} different names, one per column of fixed effects; got {list(titles)}")
    return titles


def check_columns(columns: Floats, argument: str, titles: tuple[str, ...]) -> None:
    """Raises DataError naming the columns that are zero or a combination of the columns before them."""
    lengths = np.sqrt((columns**2).sum(axis=0))
    triangle = np.linalg.qr(columns / np.where(lengths > 0.0, lengths, 1.0))[1]
    own = np.zeros(len(titles))
    own[: triangle.shape[0]] = np.abs(np.diag(triangle))
    redundant = [title for title, share in zip(titles, own, strict=True) if not share > SMALLEST_SHARE]
    if redundant:
        raise DataError(
            f"{argument}: expected columns that say different things; zero, or a combination of the columns before: "
            f"{', '.join(redundant)}. Leave these out."
        )


def check_residual(sums: GroupSums, y: Floats, index: NDArray[np.intp]) -> None:
    """Raises DataError where nothing is left for the residual after the fixed effects, or within groups after the
    random effects.
    """
    if sums.ww[-1, -1] <= 1e-20 * float(((y - y.mean()) ** 2).sum()):
        raise DataError(
            "y: the fixed effects reproduce the outcome exactly; nothing is left for random effects and residual"
        )
    scale = np.sqrt(np.einsum("gaa->a", sums.zz))
    if not (np.bincount(index) > group_ranks(sums.rescaled(scale).zz)).any():
        raise DataError(
            f"y: no group has more observations than its {sums.q} random effects take up, so that residual and random "
            "effects cannot be told apart. Use fewer random effects."
        )


def checked_start(theta: ArrayLike, scale: Floats) -> Floats:
    """A theta as a factor for random-effect columns divided by `scale`."""
    entries = finite_array("start", theta, 1)
    q = scale.size
    if entries.size != theta_size(q):
        raise DataError(f"start: expected {theta_size(q)} numbers for {q} random effects; got {entries.size}")
    return factor_of(entries, q) * scale[:, None]
