"""Shares of units whose slope rose by a threshold, in many trials: counts, shares, and differences between groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from leadin.engine.batches.completion import Completed, Flags
from leadin.engine.batches.groups import starts_of
from leadin.engine.collapsed import Floats, Ints
from leadin.engine.fits import CONVERGED, NOT_FILLED, TOO_FEW
from leadin.engine.kernels.fisher import fisher_tables
from leadin.engine.kernels.responders import COUNTED, REACHED, responder_trials
from leadin.engine.running import Run, as_taken, on_cpu


@dataclass(frozen=True)
class Threshold:
    """Reached by a unit that fell before time 0 and whose slope after it is at least `factor` times that before it plus
    `step`. either: in any of the measures; else in the first."""

    factor: float
    step: float
    either: bool = False


def relative(percent: float, *, either: bool = False) -> Threshold:
    """Falling at least `percent` per cent more slowly after time 0."""
    return Threshold(1.0 - percent / 100.0, 0.0, either)


def absolute(step: float) -> Threshold:
    """A slope at least `step` higher after time 0."""
    return Threshold(1.0, step)


@dataclass(frozen=True)
class Kept:
    """Who counts, as not reaching any threshold: units that did not fall before time 0 (rising), those without both
    slopes who had the event, and those without both slopes otherwise (unseen)."""

    rising: bool = True
    eventful: bool = True
    unseen: bool = False


def responders(
    sums: Floats,
    survival: Floats,
    sizes: ArrayLike,
    thresholds: Sequence[Threshold],
    *,
    measures: Sequence[int] = (0,),
    kept: Kept | None = None,
    share_baseline: bool = False,
    run: Run = on_cpu,
) -> Ints:
    """Units that reached each of K thresholds, and those that count: (R, A, K, 2).

    sums (R, M, 16, n), survival (R, 2, n): see `Collapsed`. measures: of M, the first one and those that `either` looks
    at as well. kept: None: as `Kept` says by default. Slopes as in `slope_changes`; where no unit of a trial has them
    in any of the measures, only those without slopes are left, and none counts. Raises ValueError for arrays that do
    not fit. May be called from several threads at once.
    """
    kept = kept or Kept()
    looked_at = tuple(measures)
    starts = starts_of(sums, sizes, 0, looked_at)
    trials, units = sums.shape[0], sums.shape[3]
    if survival.shape != (trials, 2, units) or not looked_at:
        raise ValueError(f"survival: expected {(trials, 2, units)} and at least one measure; got {survival.shape}")
    rules = np.array([(each.factor, each.step, float(each.either)) for each in thresholds]).reshape(-1, 3)
    counts = np.zeros((trials, starts.size - 1, len(thresholds), 2), dtype=np.int64)
    run(
        responder_trials,
        trials,
        (
            as_taken(sums),
            as_taken(survival),
            np.array(looked_at, dtype=np.int64),
            starts,
            rules,
            np.array([kept.rising, kept.eventful, kept.unseen], dtype=np.float64),
            share_baseline,
            counts,
            np.empty((len(looked_at), 2, units)),
            np.empty((2, units)),
        ),
        written=(-3,),
        scratch=(-2, -1),
    )
    return counts


def shares(counts: Ints, alpha: float = 0.05, *, filled: Flags | None = None) -> Completed:
    """The share of each group by each threshold, with Clopper and Pearson's interval: arrays (R, A, K), p NaN.

    counts (R, A, K, 2). TOO_FEW where nobody counts. filled (R,): trials that are not get NOT_FILLED.
    """
    from leadin.engine.intervals import clopper_pearson

    reached, counted = counts[..., REACHED], counts[..., COUNTED]
    share, error = _share(reached, counted)
    # Few pairs of counts are distinct, and exact bounds take long.
    pairs, place = np.unique(counts.reshape(-1, 2), axis=0, return_inverse=True)
    low, high = (bound[place].reshape(share.shape) for bound in clopper_pearson(pairs[:, 0], pairs[:, 1], 1.0 - alpha))
    return _completed(alpha, (share, error, np.full(share.shape, np.nan), low, high), filled)


def differences(counts: Ints, reference: int = 0, alpha: float = 0.05, *, filled: Flags | None = None) -> Completed:
    """The share of each group but the reference minus its share, with Newcombe's interval (method 10) and the p of
    Fisher's exact test: arrays (R, A - 1, K).

    counts (R, A, K, 2). TOO_FEW where nobody counts in either group. filled (R,): trials that are not get NOT_FILLED.
    """
    from leadin.engine.intervals import newcombe

    others = [group for group in range(counts.shape[1]) if group != reference]
    mine = counts[:, others]
    control = np.broadcast_to(counts[:, [reference]], mine.shape)
    x, n, y, m = (each[..., column] for each in (mine, control) for column in (REACHED, COUNTED))
    (share, error), (other, other_error) = _share(x, n), _share(y, m)
    interval = newcombe(x, n, y, m, 1.0 - alpha)
    p = fisher(np.concatenate((mine, control), axis=-1))
    figures = (share - other, np.hypot(error, other_error), p, interval.low, interval.high)
    return _completed(alpha, figures, filled)


def fisher(tables: Ints) -> Floats:
    """Two-sided p of Fisher's exact test for tables (..., 4): events, n, other events, other n; NaN where an n is 0."""
    from scipy.special import gammaln

    rows = np.ascontiguousarray(tables.reshape(-1, 4))
    p = np.empty(rows.shape[0])
    fisher_tables(rows, gammaln(np.arange(int(rows.max(initial=0)) + 1) + 1.0), p)
    return p.reshape(tables.shape[:-1])


def _share(reached: Ints, counted: Ints) -> tuple[Floats, Floats]:
    share = np.divide(reached, counted, out=np.full(reached.shape, np.nan), where=counted > 0)
    return share, np.sqrt(share * (1.0 - share) / np.maximum(counted, 1))


def _completed(alpha: float, figures: tuple[Floats, ...], filled: Flags | None) -> Completed:
    """figures: estimate, standard error, p, low and high; NaN where the estimate is."""
    held = np.ones(figures[0].shape, dtype=np.bool_)
    if filled is not None:
        held &= filled[:, None, None]
    known = held & np.isfinite(figures[0])
    estimate, error, p, low, high = (np.where(known, each, np.nan) for each in figures)
    codes = np.where(known, CONVERGED, np.where(held, TOO_FEW, NOT_FILLED)).astype(np.int8)
    return Completed(alpha, estimate, error, p, low, high, codes)
