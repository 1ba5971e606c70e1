"""What the lots of one product offer for each dosing day: when, which lot, how many of the cells, how potent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.cell_rates import Cells
from leadin.disease.manufacturing import CultureChance, Cultures, potency, released
from leadin.simulation.dosing import NO_LOT, Supply
from leadin.simulation.lot_plans import ProductPlan

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """The lots of one product made for the m participants of one arm.

    arm, product: positions of the arm, and of the product within it. rows (m,): who they are, among the n. isolated
    (m, l, a): day of each sample from the SCHEDULED time zero, NaN for none; l planned lots, a samples each. cultures:
    of the same samples, each (m, l * a), and chance, what they were grown from; given_up (m, l): day on which nothing
    more was to be done for each lot; None for cells from stock.
    """

    arm: int
    product: int
    rows: Ints
    plan: ProductPlan
    isolated: Floats
    cultures: Cultures | None
    chance: CultureChance | None
    given_up: Floats | None


def ready_days(batch: Batch) -> Floats:
    """The day (m, l * a) from which the cells of each sample can be given, NaN where they never can."""
    assert batch.cultures is not None
    begun = batch.isolated.reshape(batch.rows.size, -1)
    return np.where(released(batch.cultures), begun + batch.cultures.days, np.nan)


def supply(batch: Batch, count: int) -> Supply:
    """The lots for each of `count` dosing days of the arm. Lots that are each made for one day are given in the order
    in which they are ready; other lots on the days that they were planned for."""
    plan, m = batch.plan, batch.rows.size
    ready, lot = np.full((m, count), np.nan), np.full((m, count), NO_LOT)
    if batch.cultures is None:
        for at, planned in enumerate(plan.lots):
            for place in planned.places:
                ready[:, place], lot[:, place] = -np.inf, at
        return Supply(ready, lot, plan.kept_days, plan.fresh)
    lots, rows = len(plan.lots), np.arange(m)[:, None]
    by_lot = ready_days(batch).reshape(m, lots, -1)
    # One sample of a lot succeeds at most.
    which = np.isfinite(by_lot).argmax(axis=2)
    number = np.arange(lots)[None, :]
    first = by_lot[rows, number, which]
    column = which + by_lot.shape[2] * number
    column[np.isnan(first)] = NO_LOT
    if plan.exchangeable and lots > 1:
        order = first.argsort(axis=1, kind="stable")
        first, column = first[rows, order], column[rows, order]
    for at, planned in enumerate(plan.lots):
        for place in planned.places:
            ready[:, place], lot[:, place] = first[:, at], column[:, at]
    return Supply(ready, lot, plan.kept_days, plan.fresh)


def part_held(batch: Batch, lot: Ints, planned: Floats) -> Floats:
    """Of the cells planned (m, d), how much the lot (m, d) given then holds, at most 1; 0 without a lot."""
    there = lot != NO_LOT
    if batch.cultures is None:
        return np.where(there, 1.0, 0.0)
    rows, plan = np.arange(batch.rows.size)[:, None], batch.plan
    part = batch.cultures.share[rows, lot]
    if plan.exchangeable and not plan.alike:
        samples = batch.isolated.shape[2]
        made_for = np.array([planned_lot.places[0] for planned_lot in plan.lots])[lot // samples]
        ratio = np.divide(planned[rows, made_for], planned, out=np.ones_like(planned), where=planned > 0)
        part = np.minimum(part * np.where(np.isnan(ratio), 1.0, ratio), 1.0)
    held: Floats = np.where(there, part, 0.0)
    return held


def mean_potency(batches: Sequence[Batch], lot: Ints, held: Floats, cells: Cells) -> Floats:
    """Potency (m, d) of what is given on each dosing day, by the cells held (p, m, d) of each product; equal parts
    where the protocol does not say how many, 1 where nothing is given."""
    values = np.ones_like(held)
    for position, batch in enumerate(batches):
        if batch.cultures is not None and batch.plan.differentiated:
            rows = np.arange(batch.rows.size)[:, None]
            values[position] = potency(cells, batch.cultures)[rows, lot[:, :, position]]
    there = np.moveaxis(lot != NO_LOT, 2, 0)
    weights = np.where(np.isnan(held).any(axis=0), there, held) * there
    total = weights.sum(axis=0)
    mean: Floats = np.divide((weights * values).sum(axis=0), total, out=np.ones_like(total), where=total > 0)
    return mean
