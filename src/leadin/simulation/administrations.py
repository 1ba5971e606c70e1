"""The administrations table: what was given when, from which lot, and the procedures that harm may follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.protocols.product import Administration
from leadin.protocols.protocol import Arm, Protocol
from leadin.simulation.days import whole_days
from leadin.simulation.dosing import NO_LOT
from leadin.simulation.lot_names import lot_names
from leadin.simulation.participants import SimulatedArrays
from leadin.simulation.supplies import Batch
from leadin.trials.schema import SCHEMAS, empty_table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Procedures:
    """Procedures done, each (m,): participant (row number), whole day, and the route of administrations, else ''."""

    participant: Ints
    day: Floats
    route: NDArray[np.str_]


def administrations(protocol: Protocol, arrays: SimulatedArrays, ids: pl.Series) -> tuple[pl.DataFrame, Procedures]:
    """All administrations, and the procedures behind them; ids: participant ids, one a row of the arrays. A lot that
    holds less than was planned is given as it is."""
    tables, done = [empty_table("administrations")], []
    for batch in arrays.making.batches:
        arm = protocol.arms[batch.arm]
        for dose in arm.administrations:
            if dose.product == batch.plan.name:
                table, given = _given(arm, dose, batch, arrays, ids)
                tables.append(table)
                done.append(given)
    return pl.concat(tables), joined(done)


def _given(
    arm: Arm, dose: Administration, batch: Batch, arrays: SimulatedArrays, ids: pl.Series
) -> tuple[pl.DataFrame, Procedures]:
    """One administration to everybody in an arm who was given it."""
    place = sorted({each.day for each in arm.administrations}).index(dose.day)
    lot = arrays.making.lot[batch.rows, place, batch.product]
    got = arrays.given[arrays.rows[batch.rows], place] & (lot != NO_LOT)
    within, lot = batch.rows[got], lot[got]
    rows = arrays.rows[within]
    days = arrays.dose_days[rows, place]
    part = arrays.making.part[within, place, batch.product]
    table = pl.DataFrame(
        {
            "participant_id": ids.gather(rows),
            "day": days,
            "lot_id": lot_names(ids.gather(rows), batch, lot),
            "route": [dose.route] * rows.size,
            "cells": np.floor(part * _planned(dose, arrays.people.weight_kg[rows])),
            "site_of_injection": _places(dose, arrays.treated_side[rows]),
        },
        schema=SCHEMAS["administrations"],
        nan_to_null=True,
    )
    return table, procedures(rows, days, dose.route)


def _planned(dose: Administration, weight_kg: Floats) -> Floats:
    """Cells planned for one administration (n,); NaN when the protocol does not say."""
    if dose.cells is None:
        return np.full(weight_kg.size, np.nan)
    times = np.round(weight_kg, 1) if dose.cells.per == "kg" else np.ones(weight_kg.size)
    return np.round(dose.cells.amount * times)


def _places(dose: Administration, treated_side: NDArray[np.str_]) -> list[str | None]:
    """Where each was injected, with the side where one side alone is treated."""
    if dose.side is None:
        return [dose.site] * treated_side.size
    sides = treated_side.tolist() if dose.side == "either" else [dose.side] * treated_side.size
    return [side if dose.site is None else f"{dose.site}, {side}" for side in sides]


def procedures(participant: Ints, day: Floats, route: str) -> Procedures:
    """Procedures of one kind; days rounded away from time zero."""
    return Procedures(participant, whole_days(day), np.full(participant.size, route))


def joined(parts: list[Procedures]) -> Procedures:
    """The procedures of all parts, in order."""
    if not parts:
        return procedures(np.zeros(0, dtype=np.int64), np.zeros(0), "")
    return Procedures(
        np.concatenate([part.participant for part in parts]),
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.route for part in parts]),
    )
