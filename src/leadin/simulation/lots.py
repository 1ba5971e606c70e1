"""The lots table: every lot begun, what it came to, and the tissue samples taken for it."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.disease.cell_rates import Cells
from leadin.disease.lot_release import FAILURES, FULL_VIABILITY, NO_SAMPLE, RELEASED
from leadin.disease.manufacturing import findings
from leadin.disease.population import Population
from leadin.disease.truncated import truncated_normal
from leadin.engine.draws import Draws
from leadin.simulation.administrations import Procedures, joined, procedures
from leadin.simulation.doses import planned_cells
from leadin.simulation.dosing import NO_LOT
from leadin.simulation.lot_names import lot_names
from leadin.simulation.participants import SimulatedArrays
from leadin.simulation.supplies import Batch, ready_days
from leadin.trials.schema import SCHEMAS, empty_table

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

CELLS_ROUNDED_TO = 1_000.0
DIED, LEFT, OVER = (
    f"rejected: {why} before release" for why in ("participant died", "participant left", "trial ended")
)


def lots(
    population: Population, arrays: SimulatedArrays, ids: pl.Series, draws: Draws
) -> tuple[pl.DataFrame, Procedures]:
    """All lots that were begun, and the samples taken for them; ids: participant ids, one a row of the arrays.

    A lot is begun when its tissue is taken from a participant who is still there; from stock, when it is given. Cells
    in a lot: those needed for its administrations, as far as they grew, divided by its viability. What is measured on a
    lot is told when it was released or failed a test, not when it was given up because its participant was gone.
    """
    most = max((len(plan.lots) for plans in arrays.times.products for plan in plans), default=0)
    uniforms = draws.uniform("lots/viability", arrays.rows.size, most)
    tables, taken = [empty_table("lots")], []
    for batch in arrays.making.batches:
        if batch.cultures is None:
            tables.append(_from_stock(batch, population.cells, arrays, ids, uniforms))
        else:
            table, samples = _made(batch, population.cells, arrays, ids)
            tables.append(table)
            taken.append(samples)
    return pl.concat(tables), joined(taken)


def _made(batch: Batch, cells: Cells, arrays: SimulatedArrays, ids: pl.Series) -> tuple[pl.DataFrame, Procedures]:
    """The lots of one product made for the participants of one arm."""
    assert batch.plan.made is not None
    assert batch.cultures is not None
    assert batch.chance is not None
    made, cultures, rows = batch.plan.made, batch.cultures, arrays.rows[batch.rows]
    zero, last = arrays.time_zero[rows, None], _last_day(arrays, rows)[:, None]
    isolated = batch.isolated.reshape(rows.size, -1) - zero
    tested = made.differentiation_days + made.release_days
    release = _release_days(batch, arrays.making.doses.days, arrays.making.lot) - zero
    success = cultures.failure == RELEASED
    done = np.where(success, release < last, isolated + cultures.days < last)
    harvest = np.where(success & batch.plan.fresh, release - tested, isolated + cultures.growth_days)
    found = findings(made, cells, batch.chance, cultures)
    seen = done & (cultures.failure != NO_SAMPLE)
    held = cultures.share * _needed(batch, arrays) / (found.viability / FULL_VIABILITY)
    begun = isolated < last
    who, column = np.nonzero(begun)
    table = pl.DataFrame(
        {
            "lot_id": lot_names(ids.gather(rows[who]), batch, column),
            "participant_id": ids.gather(rows[who]),
            "isolated_day": isolated[begun],
            "harvested_day": np.where(harvest < last, harvest, np.nan)[begun],
            "released_day": np.where(success & done, release, np.nan)[begun],
            "cells": np.where(seen, CELLS_ROUNDED_TO * np.ceil(held / CELLS_ROUNDED_TO), np.nan)[begun],
            "viability_percent": np.where(seen, found.viability, np.nan)[begun],
            "secretion_before": np.where(seen, np.round(found.before, 3), np.nan)[begun],
            "secretion_after": np.where(seen, np.round(found.after, 3), np.nan)[begun],
            "outcome": _outcomes(arrays, rows, done, cultures.failure)[begun],
        },
        schema=SCHEMAS["lots"],
        nan_to_null=True,
    )
    return table, procedures(rows[who], isolated[begun], "")


def _last_day(arrays: SimulatedArrays, rows: Ints) -> Floats:
    """The day (m,) before which everything about these participants happens: who is followed to the end is still there
    on his last day, who dies or leaves on it is not."""
    last = arrays.last_day[rows]
    gone = np.isfinite(arrays.death_day[rows]) | np.isfinite(arrays.drop_out_day[rows])
    return np.where(gone, last, np.nextafter(last, np.inf))


def _release_days(batch: Batch, doses: Floats, lot: Ints) -> Floats:
    """Day of release (m, l * a), from the scheduled time zero: when the cells are ready, or when fresh cells are given
    for the first time."""
    ready = ready_days(batch)
    if not batch.plan.fresh:
        return ready
    release = ready.copy()
    own, days = lot[batch.rows, :, batch.product], doses[batch.rows]
    for place in reversed(range(days.shape[1])):
        who = np.flatnonzero((own[:, place] != NO_LOT) & np.isfinite(days[:, place]))
        release[who, own[who, place]] = days[who, place]
    return release


def _needed(batch: Batch, arrays: SimulatedArrays) -> Floats:
    """Cells that each lot (m, l * a) is made for; NaN when the protocol does not say."""
    planned = planned_cells(batch.plan.cells, arrays.people.weight_kg[arrays.rows[batch.rows]])
    needed = np.stack([planned[:, list(lot.places)].sum(axis=1) for lot in batch.plan.lots], axis=1)
    return np.repeat(needed, batch.isolated.shape[2], axis=1)


def _outcomes(arrays: SimulatedArrays, rows: Ints, done: Flags, failure: Ints) -> NDArray[np.str_]:
    """The outcome of each lot (m, l * a) in words."""
    words = np.array([FAILURES[RELEASED], *(f"rejected: {why}" for why in FAILURES[1:])])
    died, left = np.isfinite(arrays.death_day[rows]), np.isfinite(arrays.drop_out_day[rows])
    gone = np.where(died, DIED, np.where(left, LEFT, OVER))
    return np.where(done, words[failure], gone[:, None])


def _from_stock(batch: Batch, cells: Cells, arrays: SimulatedArrays, ids: pl.Series, uniforms: Floats) -> pl.DataFrame:
    """The lots from stock of one product in one arm: one for each dosing day on which it was given."""
    parts = [empty_table("lots")]
    rows = arrays.rows[batch.rows]
    for number, lot in enumerate(batch.plan.lots):
        place = lot.places[0]
        got = np.flatnonzero(arrays.given[rows, place])
        who = rows[got]
        viability = truncated_normal(
            uniforms[batch.rows[got], number],
            cells.viability_mean,
            cells.viability_sd,
            cells.viability_minimum,
            FULL_VIABILITY,
        )
        viability = np.round(viability, 1)
        planned = planned_cells(batch.plan.cells, arrays.people.weight_kg[who])[:, place]
        held = planned / (viability / FULL_VIABILITY)
        nothing = np.full(who.size, np.nan)
        parts.append(
            pl.DataFrame(
                {
                    "lot_id": lot_names(ids.gather(who), batch, np.full(who.size, number)),
                    "participant_id": ids.gather(who),
                    "isolated_day": nothing,
                    "harvested_day": nothing,
                    "released_day": arrays.dose_days[who, place],
                    "cells": CELLS_ROUNDED_TO * np.ceil(held / CELLS_ROUNDED_TO),
                    "viability_percent": viability,
                    "secretion_before": nothing,
                    "secretion_after": nothing,
                    "outcome": [FAILURES[RELEASED]] * who.size,
                },
                schema=SCHEMAS["lots"],
                nan_to_null=True,
            )
        )
    return pl.concat(parts)
