"""Lots and administrations: what was made for whom, and what was given when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.disease.population import Population
from leadin.disease.truncated import truncated_normal
from leadin.engine.draws import Draws
from leadin.protocols.lots import PlannedLot, planned_lots
from leadin.protocols.product import Administration
from leadin.protocols.protocol import Arm, Protocol
from leadin.simulation.days import whole_days
from leadin.simulation.participants import SimulatedArrays
from leadin.trials.schema import SCHEMAS, empty_table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELLS_ROUNDED_TO = 1_000.0
FULL_VIABILITY = 100.0


@dataclass(frozen=True)
class Procedures:
    """Procedures done, each (m,): participant (row number), whole day, and the route of administrations, else ''."""

    participant: Ints
    day: Floats
    route: NDArray[np.str_]


@dataclass(frozen=True)
class Given:
    """The lots and administrations tables, and the procedures behind them."""

    lots: pl.DataFrame
    administrations: pl.DataFrame
    isolations: Procedures
    injections: Procedures


def lots_and_administrations(
    protocol: Protocol, population: Population, arrays: SimulatedArrays, ids: pl.Series, draws: Draws
) -> Given:
    """All lots that were started and all administrations; ids: participant ids, one a row of the arrays.

    A lot is started when its tissue is taken from a participant who is still there. Who dies or leaves before it is
    released leaves a rejected lot behind; every other lot passes release. Cells in a lot: those planned for its
    administrations, divided by its viability.
    """
    uniforms = draws.uniform("lots/viability", arrays.arm.size, _most_lots(protocol))
    lots, given = [empty_table("lots")], [empty_table("administrations")]
    isolations: list[Procedures] = []
    injections: list[Procedures] = []
    for position, arm in enumerate(protocol.arms):
        rows = np.flatnonzero(arrays.arm == position)
        for lot in planned_lots(arm, protocol):
            making = _Making(arm, lot, rows, arrays, ids)
            table, isolated = making.lots(population, uniforms[rows, lot.number - 1])
            lots.append(table)
            isolations.append(isolated)
            for place in lot.administrations:
                table, injected = making.administrations(arm.administrations[place])
                given.append(table)
                injections.append(injected)
    return Given(pl.concat(lots), pl.concat(given), _joined(isolations), _joined(injections))


def _most_lots(protocol: Protocol) -> int:
    return max((len(planned_lots(arm, protocol)) for arm in protocol.arms), default=0)


class _Making:
    """One planned lot in all participants of one arm."""

    def __init__(self, arm: Arm, lot: PlannedLot, rows: Ints, arrays: SimulatedArrays, ids: pl.Series) -> None:
        self._arm, self._lot, self._rows, self._arrays, self._ids = arm, lot, rows, arrays, ids
        self._dosing_days = sorted({dose.day for dose in arm.administrations})
        self._first = arrays.dose_days[rows, self._dosing_days.index(lot.released_day)]

    def lots(self, population: Population, uniforms: Floats) -> tuple[pl.DataFrame, Procedures]:
        """Rows of the lots table, and the isolations. uniforms (rows,)."""
        last = self._arrays.last_day[self._rows]
        late = self._first - self._lot.released_day
        isolated, harvested = (
            np.full(last.size, np.nan) if day is None else day + late
            for day in (self._lot.isolated_day, self._lot.harvested_day)
        )
        released = self._given(self._lot.released_day)
        started = released if self._lot.isolated_day is None else isolated < last
        cells = population.cells
        viability = np.round(
            truncated_normal(
                uniforms, cells.viability_mean, cells.viability_sd, cells.viability_minimum, FULL_VIABILITY
            ),
            1,
        )
        planned = [self._cells(self._arm.administrations[place]) for place in self._lot.administrations]
        made = sum(planned) / (viability / FULL_VIABILITY)
        made = CELLS_ROUNDED_TO * np.round(made / CELLS_ROUNDED_TO)
        died = np.isfinite(self._arrays.death_day[self._rows])
        failed = np.where(
            died, "rejected: participant died before release", "rejected: participant left before release"
        )
        nothing = np.full(last.size, np.nan)
        table = _table(
            "lots",
            {
                "lot_id": self._lot_ids(),
                "participant_id": self._ids.gather(self._rows),
                "isolated_day": isolated,
                "harvested_day": np.where(harvested < last, harvested, np.nan),
                "released_day": np.where(released, self._first, np.nan),
                "cells": np.where(released, made, np.nan),
                "viability_percent": np.where(released, viability, np.nan),
                "secretion_before": nothing,
                "secretion_after": nothing,
                "outcome": np.where(released, "released", failed),
            },
            started,
        )
        sampled = started & ~np.isnan(isolated)
        return table, _procedures(self._rows[sampled], isolated[sampled], "")

    def administrations(self, dose: Administration) -> tuple[pl.DataFrame, Procedures]:
        """Rows of the administrations table, and the procedures."""
        days = self._arrays.dose_days[self._rows, self._dosing_days.index(dose.day)]
        given = self._given(dose.day)
        table = _table(
            "administrations",
            {
                "participant_id": self._ids.gather(self._rows),
                "day": days,
                "lot_id": self._lot_ids(),
                "route": [dose.route] * days.size,
                "cells": self._cells(dose),
                "site_of_injection": [dose.site] * days.size,
            },
            given,
        )
        return table, _procedures(self._rows[given], days[given], dose.route)

    def _given(self, day: int) -> NDArray[np.bool_]:
        given: NDArray[np.bool_] = self._arrays.given[self._rows, self._dosing_days.index(day)]
        return given

    def _cells(self, dose: Administration) -> Floats:
        """Cells of one administration (rows,); NaN when the protocol does not say."""
        if dose.cells is None:
            return np.full(self._rows.size, np.nan)
        weight = np.round(self._arrays.people.weight_kg[self._rows], 1)
        times = weight if dose.cells.per == "kg" else np.ones(self._rows.size)
        return np.round(dose.cells.amount * times)

    def _lot_ids(self) -> list[str]:
        return [f"{name}-L{self._lot.number}" for name in self._ids.gather(self._rows).to_list()]


def _table(name: str, columns: dict[str, object], keep: NDArray[np.bool_]) -> pl.DataFrame:
    return pl.DataFrame(columns, schema=SCHEMAS[name], nan_to_null=True).filter(pl.Series(keep))


def _procedures(participant: Ints, day: Floats, route: str) -> Procedures:
    return Procedures(participant, whole_days(day), np.full(participant.size, route))


def _joined(parts: list[Procedures]) -> Procedures:
    if not parts:
        return _procedures(np.zeros(0, dtype=np.int64), np.zeros(0), "")
    return Procedures(
        np.concatenate([part.participant for part in parts]),
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.route for part in parts]),
    )
