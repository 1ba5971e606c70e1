"""What is at work in a patient: administrations add, take a while to work, and wane.

    x(t) = sum over doses d given by then of (N_d p_d / N50) onset(t - t_d) exp(-(t - t_d) / lifetime)

with N_d cells of potency p_d on day t_d, and onset rising along a line from 0 on the day given to 1 after `onset_days`.
So x counts doses of half effect: at x = 1 a therapy does half of what it can.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.disease.therapy import Therapy

Floats = NDArray[np.float64]

GAUSS_POINTS, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(16)


def half_effect_doses(cells: Floats, potency: Floats, therapy: Therapy) -> Floats:
    """N p / N50 of each dose (n, d). A dose whose number of cells is not said (NaN) counts as N50 cells, one dose of
    half effect; potency 1: not measured."""
    doses: Floats = potency * np.where(np.isnan(cells), 1.0, cells / therapy.half_effect_cells)
    return doses


def exposure(days: Floats, dose_days: Floats, doses: Floats, therapy: Therapy) -> Floats:
    """x (n, m) on days (n, m) of doses (n, d), in doses of half effect, given on dose_days (n, d); NaN: never given.

    On the very day of a dose it is at work already where `onset_days` is 0.
    """
    total = np.zeros(np.broadcast_shapes(days.shape, (len(dose_days), 1)))
    for d in range(dose_days.shape[1]):
        since = days - dose_days[:, d : d + 1]
        given = since >= 0.0  # never where the day is NaN
        since = np.where(given, since, 0.0)
        at_work = np.minimum(since / therapy.onset_days, 1.0) if therapy.onset_days > 0.0 else 1.0
        total += np.where(given, doses[:, d : d + 1] * at_work * np.exp(-since / therapy.lifetime_days), 0.0)
    return total


def saturated(x: Floats, therapy: Therapy) -> Floats:
    """The effect E = Emax x / (1 + x), below Emax however large x >= 0 is."""
    effect: Floats = therapy.maximum_effect * (x / (1.0 + x))
    return effect


def mean_effect(days: Floats, dose_days: Floats, doses: Floats, therapy: Therapy) -> Floats:
    """The mean of E over each step (n, k) between days (n, k + 1), not decreasing; 0 for a step of no length.

    doses, dose_days (n, d): as in `exposure`. Steps are cut where a dose is given or comes to work in full; between
    these cuts x = (level + rise s) exp(-s / lifetime), which is integrated exactly where nothing rises and by sixteen
    Gauss-Legendre points where something does. A dose may fall anywhere in a step.
    """
    nodes = days.shape[1]
    given = np.where(np.isnan(dose_days), np.inf, dose_days)
    cuts = np.concatenate((given, given + therapy.onset_days), axis=1)
    points = np.concatenate((days, np.clip(cuts, days[:, :1], days[:, -1:])), axis=1)
    order = np.argsort(points, axis=1, kind="stable")
    ordered = np.take_along_axis(points, order, axis=1)
    area = np.zeros_like(ordered)
    np.cumsum(_areas(ordered, given, doses, therapy), axis=1, out=area[:, 1:])
    until = np.empty_like(area)
    np.put_along_axis(until, order, area, axis=1)
    over, length = np.diff(until[:, :nodes], axis=1), np.diff(days, axis=1)
    return np.divide(over, length, out=np.zeros_like(length), where=length > 0.0)


def _areas(points: Floats, given: Floats, doses: Floats, therapy: Therapy) -> Floats:
    """The integral of E (n, p) between neighbouring points (n, p + 1), which no dose and no end of an onset parts."""
    start, length = points[:, :-1], np.diff(points, axis=1)
    middle = start + length / 2.0  # decides, rather than an end that rounding may have moved across a cut
    level, rise = np.zeros_like(start), np.zeros_like(start)
    onset, lifetime = therapy.onset_days, therapy.lifetime_days
    for d in range(given.shape[1]):
        day = given[:, d : d + 1]
        since = np.maximum(start - day, 0.0)
        left = np.where(middle > day, doses[:, d : d + 1] * np.exp(-since / lifetime), 0.0)
        if onset > 0.0:
            rising = middle < day + onset
            level += np.where(rising, left * (since / onset), left)
            rise += np.where(rising, left / onset, 0.0)
        else:
            level += left
    area = lifetime * (np.log1p(level) - np.log1p(level * np.exp(-length / lifetime)))
    rows = rise > 0.0
    if rows.any():
        area[rows] = _area_while_rising(level[rows], rise[rows], length[rows], lifetime)
    return therapy.maximum_effect * area


def _area_while_rising(level: Floats, rise: Floats, length: Floats, lifetime: float) -> Floats:
    # s = length u^2: the points crowd where a large dose starts, and x/(1+x) with it, to rise steeply.
    u = (GAUSS_POINTS + 1.0) / 2.0
    s = length[:, None] * u**2
    x = (level[:, None] + rise[:, None] * s) * np.exp(-s / lifetime)
    area: Floats = (x / (1.0 + x)) @ (u * GAUSS_WEIGHTS) * length
    return area
