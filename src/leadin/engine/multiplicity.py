"""Multiple tests under one level: fixed sequence, Holm, Hochberg, and graphs of weighted Bonferroni tests.

Each procedure gives, for p values in a fixed order, the adjusted p of every hypothesis (the smallest familywise level
at which it would be rejected), whether it is rejected at `alpha`, and the level it was last held against. All but
Hochberg's hold the familywise error rate whatever the tests have to do with one another; Hochberg's needs independent
or positively dependent ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

REFERENCES = {
    "fixed_sequence": (
        "Westfall & Krishen (2001), Optimally weighted, fixed sequence and gatekeeper multiple testing procedures, J "
        "Stat Plan Inference 99:25-40, doi:10.1016/S0378-3758(01)00077-5",
    ),
    "holm": ("Holm (1979), A simple sequentially rejective multiple test procedure, Scand J Stat 6:65-70",),
    "hochberg": (
        "Hochberg (1988), A sharper Bonferroni procedure for multiple tests of significance, Biometrika 75:800-802, "
        "doi:10.1093/biomet/75.4.800",
    ),
    "graphical": (
        "Bretz, Maurer, Brannath & Posch (2009), A graphical approach to sequentially rejective multiple test "
        "procedures, Stat Med 28:586-604, doi:10.1002/sim.3495",
    ),
}


@dataclass(frozen=True)
class FamilyTest:
    """Of m hypotheses: adjusted p (m,), at most 1; whether each is rejected (m,); the level each was last held against
    (m,), 0 for one that was never reached."""

    adjusted: Floats
    rejected: Flags
    level: Floats


def fixed_sequence(p: ArrayLike, alpha: float = 0.05) -> FamilyTest:
    """Each hypothesis at the full level, in the order given, up to the first that is not rejected."""
    adjusted = np.maximum.accumulate(_checked(p))
    rejected = adjusted <= alpha
    reached = np.concatenate(([True], rejected[:-1]))
    return FamilyTest(adjusted, rejected, np.where(reached, alpha, 0.0))


def holm(p: ArrayLike, alpha: float = 0.05) -> FamilyTest:
    """From the smallest p on: the level over the hypotheses that are left, up to the first that is not rejected."""
    values = _checked(p)
    order = np.argsort(values, kind="stable")
    left = np.arange(values.size, 0, -1)
    adjusted, level = np.empty_like(values), np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(left * values[order]), 1.0)
    rejected = adjusted <= alpha
    # Whatever is not rejected shares the level with all others that are not.
    level[order] = alpha / np.where(rejected[order], left, max(int((~rejected).sum()), 1))
    return FamilyTest(adjusted, rejected, level)


def hochberg(p: ArrayLike, alpha: float = 0.05) -> FamilyTest:
    """From the largest p on: the first that is at most the level over its place takes all smaller ones with it."""
    values = _checked(p)
    order = np.argsort(-values, kind="stable")
    place = np.arange(1, values.size + 1)
    adjusted, level = np.empty_like(values), np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(place * values[order]), 1.0)
    rejected = adjusted <= alpha
    # The smaller ones go with the first that is rejected, at its level.
    first = int((~rejected).sum()) + 1
    level[order] = alpha / np.minimum(place, first)
    return FamilyTest(adjusted, rejected, level)


def graphical(
    p: ArrayLike, weights: ArrayLike, transitions: Sequence[Sequence[float]] | Floats, alpha: float = 0.05
) -> FamilyTest:
    """Weighted Bonferroni tests on a graph: a rejected hypothesis passes its share of the level on along its edges.

    weights (m,): share of the level that each starts with, adding up to at most 1. transitions (m, m): row i is what i
    passes on to each other, diagonal 0, rows adding up to at most 1. Which of several is taken first changes nothing.
    Raises ValueError where the sizes do not agree.
    """
    values, share = _checked(p), np.array(weights, dtype=np.float64)
    graph = np.array(transitions, dtype=np.float64).reshape(len(transitions), -1)
    if share.shape != values.shape or graph.shape != (values.size, values.size):
        raise ValueError(
            f"expected {values.size} weights and as many rows and columns; got {share.shape}, {graph.shape}"
        )
    adjusted, level = np.ones_like(values), np.zeros_like(values)
    left, so_far = np.ones(values.size, dtype=np.bool_), 0.0
    rejected_so_far = True
    while left.any():
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(left & (share > 0.0), values / share, np.inf)
        if rejected_so_far:
            level[left] = alpha * share[left]
        one = int(np.argmin(ratio))
        if not np.isfinite(ratio[one]):
            break
        so_far = max(so_far, float(ratio[one]))
        adjusted[one] = min(so_far, 1.0)
        rejected_so_far = rejected_so_far and adjusted[one] <= alpha
        left[one] = False
        share, graph = _passed_on(share, graph, one, left)
    return FamilyTest(adjusted, adjusted <= alpha, level)


def _passed_on(share: Floats, graph: Floats, one: int, left: Flags) -> tuple[Floats, Floats]:
    """Shares and edges among those left, after `one` is taken out of the graph."""
    share = np.where(left, share + share[one] * graph[one], 0.0)
    round_trip = graph[:, one] * graph[one]  # what comes back to where it started
    both = graph + graph[:, [one]] * graph[[one], :]
    scale = 1.0 - round_trip
    with np.errstate(divide="ignore", invalid="ignore"):
        edges = np.where(scale[:, None] > ROUNDING, both / scale[:, None], 0.0)
    edges[~left, :], edges[:, ~left] = 0.0, 0.0
    np.fill_diagonal(edges, 0.0)
    return share, edges


ROUNDING = 1e-12
"""Two hypotheses that pass everything to and fro have nothing left for others."""


def _checked(p: ArrayLike) -> Floats:
    """p values as an array (m,); ValueError for one outside 0 to 1, a missing one included, and for none at all."""
    values = np.array(p, dtype=np.float64)
    if values.ndim != 1 or not values.size or not ((values >= 0.0) & (values <= 1.0)).all():
        raise ValueError(f"expected p values from 0 to 1; got {values.tolist()}")
    return values
