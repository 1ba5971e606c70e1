"""Models with two random effects, intercept and slope, and any fixed effects, of many trials."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.engine.collapsed import AFTER, COUNT, SUMS, TT, TY, YY, ZERO, T, Y
from leadin.engine.fits import FIGURES, TOO_FEW, Fits
from leadin.engine.kernels.cross_products import ROWS, SMALL
from leadin.engine.kernels.two_effects_fit import LARGEST, LINE, two_effects_trials

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def two_effects(zz: Floats, zw: Floats, ww: Floats, counts: Floats, contrasts: Floats) -> Fits:
    """The fits of R trials from cross-products of n units: REML, Satterthwaite.

    zz (R, 3, n): of Z = [1, t] with itself, entries 11, 12, 22. zw (R, 2, k, n): of Z with the p fixed effects and,
    last, the outcome; k = p + 1, p at most 15. ww (R, k, k): of these with themselves, over all units. counts (R,):
    values. contrasts (C, p): of the fixed effects. Units without a value are zero everywhere. Raises ValueError for
    shapes that do not match.
    """
    zz, counts = np.ascontiguousarray(zz, dtype=np.float64), np.ascontiguousarray(counts, dtype=np.float64)
    zw, ww = np.array(zw, dtype=np.float64, order="C"), np.array(ww, dtype=np.float64, order="C")  # changed by the fit
    contrasts = np.ascontiguousarray(contrasts, dtype=np.float64)
    trials, units = zz.shape[0], zz.shape[-1]
    k = zw.shape[-2]
    wanted = ((trials, 3, units), (trials, 2, k, units), (trials, k, k), (trials,), (contrasts.shape[0], k - 1))
    came = (zz.shape, zw.shape, ww.shape, counts.shape, contrasts.shape)
    if came != wanted or not 2 <= k <= LARGEST:
        raise ValueError(f"zz, zw, ww, counts, contrasts: expected shapes {wanted}, k from 2 to {LARGEST}; got {came}")
    fits = Fits(np.empty((trials, contrasts.shape[0], FIGURES)), np.empty((trials, contrasts.shape[0]), dtype=np.int8))
    width = max(k, 4)
    two_effects_trials(
        0,
        trials,
        zz,
        zw,
        ww,
        counts,
        contrasts,
        fits.figures,
        fits.codes,
        np.empty((ROWS + 2 * k, units)),
        np.empty((SUMS, units)),
        np.empty((SMALL, width, width)),
        np.empty(LINE),
    )
    return fits


def random_slope_adjusted(
    sums: Floats, sizes: Ints, covariates: Floats, reference: int = 0, *, measure: int = 0
) -> Fits:
    """`random_slope` of R trials with covariates, which move the outcome, not its slope.

    sums (R, M, 16, n), sizes (A,): as in `random_slope`. covariates (R, c, n), or (c, n) for all trials: units with a
    missing one (NaN) are left out. Raises ValueError for shapes that do not match.
    """
    sizes = np.asarray(sizes, dtype=np.int64)
    if sums.ndim != 4 or sums.shape[2:] != (SUMS, sizes.sum()) or not 0 <= measure < sums.shape[1]:
        raise ValueError(
            f"sums: expected shape (trials, more than {measure} measures, {SUMS}, {sizes.sum()}); got {sums.shape}"
        )
    if not 0 <= reference < sizes.size:
        raise ValueError(f"reference: expected one of the {sizes.size} groups, counted from 0; got {reference}")
    shape = (sums.shape[0], covariates.shape[-2], sums.shape[3])
    known = np.broadcast_to(covariates, shape)
    complete = np.asarray(np.isfinite(known).all(axis=1), dtype=np.bool_)
    chosen = np.where(complete[:, None], sums[:, measure], 0.0)
    group = np.repeat(np.arange(sizes.size), sizes)
    followed = np.stack([chosen[:, AFTER + COUNT, group == g].sum(axis=1) > 0.0 for g in range(sizes.size)], axis=1)
    contrasts = max(sizes.size - 1, 1)
    fits = Fits(np.full((shape[0], contrasts, FIGURES), np.nan), np.full((shape[0], contrasts), TOO_FEW, dtype=np.int8))
    for here in np.unique(followed, axis=0):  # trials with the same groups have the same columns
        rows = np.flatnonzero((followed == here).all(axis=1))
        others = [g for g in range(sizes.size) if here[g] and g != reference]
        if not here[reference] or (sizes.size > 1 and not others):
            continue
        kept = chosen[rows] * here[group]
        pieces = _cross_products(
            kept, np.where(complete, 1.0, 0.0)[rows, None] * np.nan_to_num(known[rows]), group, others
        )
        p = pieces[1].shape[2] - 1
        found = two_effects(*pieces, np.eye(p)[2 : 2 + len(others)] if others else np.eye(p)[1:2])
        places = np.array([g - (g > reference) for g in others] or [0], dtype=np.int64)
        fits.figures[np.ix_(rows, places)], fits.codes[np.ix_(rows, places)] = found.figures, found.codes
    return fits


def _cross_products(
    sums: Floats, covariates: Floats, group: Ints, others: list[int]
) -> tuple[Floats, Floats, Floats, Floats]:
    """zz, zw, ww and counts of the columns 1, time, time of each of the other groups, covariates, outcome."""
    n, t, tt = sums[:, AFTER + COUNT] + sums[:, ZERO], sums[:, AFTER + T], sums[:, AFTER + TT]
    y, ty = sums[:, AFTER + Y] + sums[:, ZERO + 1], sums[:, AFTER + TY]
    yy = sums[:, AFTER + YY] + sums[:, ZERO + 1] ** 2
    middle = covariates.mean(axis=2, keepdims=True)
    level = [np.ones_like(n), *np.moveaxis(covariates - middle, 1, 0)]  # columns that are level * 1
    slope = [np.ones_like(n), *(np.broadcast_to(1.0 * (group == g), n.shape) for g in others)]  # and slope * t
    one, rest = level[0], level[1:]
    pairs = [(one, 0.0 * one), *((0.0 * one, each) for each in slope), *((each, 0.0 * one) for each in rest)]
    zw = np.stack(
        [
            np.stack([a * n + b * t for a, b in pairs] + [y], axis=1),
            np.stack([a * t + b * tt for a, b in pairs] + [ty], axis=1),
        ],
        axis=1,
    )
    k = len(pairs) + 1
    ww = np.empty((n.shape[0], k, k))
    for x, (a, b) in enumerate(pairs):
        ww[:, x, :] = (a[:, None] * zw[:, 0] + b[:, None] * zw[:, 1]).sum(axis=2)
        ww[:, -1, x] = ww[:, x, -1]
    ww[:, -1, -1] = yy.sum(axis=1)
    return np.stack([n, t, tt], axis=1), zw, ww, n.sum(axis=1)
