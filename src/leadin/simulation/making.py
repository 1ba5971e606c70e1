"""Making the cells of those in an arm: when each sample is taken, which cultures fail, and when each dose can come.

Cells are made one lot at a time for one participant. Without a limit on clean-room slots nobody waits for anybody, and
all participants are worked out at once; with a limit their cultures queue (`clean_room`). Both use the same random
numbers, which belong to a participant and a lot, so that the same lot goes the same way on every pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.cell_rates import Cells
from leadin.disease.manufacturing import CultureChance, Cultures, grow, released
from leadin.disease.population import Population
from leadin.engine.draws import Draws
from leadin.protocols.product import Manufacturing
from leadin.simulation.clean_room import queued_isolations
from leadin.simulation.doses import Doses, planned_cells, target_days
from leadin.simulation.dosing import NO_LOT, dose_days
from leadin.simulation.isolations import Orders, given_up_days, unlimited_isolations
from leadin.simulation.lot_plans import ProductPlan
from leadin.simulation.supplies import Batch, mean_potency, part_held, supply
from leadin.simulation.timetable import Timetable

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Making:
    """What was made for n participants. doses: what is handed on. batches: the products of each arm, in order of arm
    and product. lot (n, d, p): the lot given on each dosing day for each product of the arm, as a column of its batch
    (l * a), NO_LOT for none. part (n, d, p): of the cells planned, how much the lot holds, at most 1."""

    doses: Doses
    batches: tuple[Batch, ...]
    lot: Ints
    part: Floats


@dataclass(frozen=True)
class _Work:
    """One product in one arm, with its cultures grown in advance."""

    arm: int
    product: int
    rows: Ints
    plan: ProductPlan
    cultures: Cultures | None
    chance: CultureChance | None


class Laboratory:
    """The cultures of n participants, grown once from their random numbers; `make` may be asked again and again.

    arm (n,): position of each one's arm. earliest (n,): first whole day on which a sample may be taken.
    """

    def __init__(
        self,
        arm: Ints,
        earliest: Floats,
        weight_kg: Floats,
        population: Population,
        times: Timetable,
        draws: Draws,
        *,
        randomised: bool,
    ) -> None:
        self._earliest, self._weight, self._times = earliest, weight_kg, times
        self._cells: Cells = population.cells
        self._randomised = randomised
        self._arms = tuple(np.flatnonzero(arm == position) for position in range(len(times.doses)))
        self._n = arm.size
        self._targets = target_days(arm, times, population.attendance.administration_jitter_days, draws)
        self._work = tuple(self._grown(draws))

    @property
    def limited(self) -> bool:
        """Whether a product is made in a limited number of clean-room slots."""
        return any(slots_of(work.plan) is not None for work in self._work)

    def make(self, last_day: Floats, zero: Floats | None = None) -> Making:
        """What is made when participants die or leave on `last_day` (n,), infinite for who does not. zero (n,): the
        calendar day of each scheduled time zero, needed where slots are limited."""
        orders = [self._orders(work, last_day) for work in self._work]
        isolated = self._isolations(orders, zero)
        batches = tuple(
            Batch(
                work.arm, work.product, work.rows, work.plan, days, work.cultures, work.chance, _given_up(order, days)
            )
            for work, order, days in zip(self._work, orders, isolated, strict=True)
        )
        return self._given(batches)

    def _grown(self, draws: Draws) -> Iterator[_Work]:
        times = self._times
        lots = max((sum(len(plan.lots) for plan in plans) for plans in times.products), default=0)
        plans = [plan for plans in times.products for plan in plans]
        samples = max((samples_of(plan.made, self._cells) for plan in plans if plan.made is not None), default=0)
        normals = draws.normal("lots/growth", self._n, 3 + 3 * lots * samples)
        person, of_lots = normals[:, :3], normals[:, 3:].reshape(self._n, lots, samples, 3)
        uniforms = draws.uniform("lots/release", self._n, lots, samples, 3)
        for arm, (rows, plans_of_arm) in enumerate(zip(self._arms, times.products, strict=True)):
            for product, plan in enumerate(plans_of_arm):
                cultures = chance = None
                if plan.made is not None:
                    own = np.array([lot.number - 1 for lot in plan.lots])
                    chance = CultureChance(
                        person[rows],
                        of_lots[rows[:, None], own].reshape(rows.size, -1, 3),
                        uniforms[rows[:, None], own].reshape(rows.size, -1, 3),
                    )
                    cultures = grow(plan.made, self._cells, chance)
                yield _Work(arm, product, rows, plan, cultures, chance)

    def _orders(self, work: _Work, last_day: Floats) -> Orders | None:
        """What is ordered of the laboratory, lot by lot of one participant after the other; None: from stock."""
        made, cultures = work.plan.made, work.cultures
        if made is None or cultures is None:
            return None
        lots, m = work.plan.lots, work.rows.size
        targets = self._targets[work.rows][:, [lot.places[0] for lot in lots]]
        lead = np.array([float(lot.lead_days) for lot in lots])
        wanted = np.maximum(targets - lead, self._earliest[work.rows, None])
        latest = wanted + self._cells.longest_wait_days
        if self._randomised:  # else the follow-up begins with the first dose
            latest = np.minimum(latest, self._times.latest - lead)
        return Orders(
            wanted=wanted.reshape(-1),
            latest=latest.reshape(-1),
            last=np.repeat(last_day[work.rows], len(lots)),
            days=cultures.days.reshape(m * len(lots), -1),
            success=released(cultures).reshape(m * len(lots), -1),
            samples=np.full(wanted.size, samples_of(made, self._cells)),
            pause=float(self._cells.repeat_wait_days),
        )

    def _isolations(self, orders: list[Orders | None], zero: Floats | None) -> list[Floats]:
        """Days of all samples (m, l, a) of each work; the arms that share a product share its slots."""
        days: list[Floats] = []
        queues: dict[str, list[int]] = {}
        for place, (work, order) in enumerate(zip(self._work, orders, strict=True)):
            if order is None:
                days.append(np.full((work.rows.size, len(work.plan.lots), 1), np.nan))
            elif slots_of(work.plan) is None:
                days.append(unlimited_isolations(order).reshape(work.rows.size, len(work.plan.lots), -1))
            else:
                queues.setdefault(work.plan.name, []).append(place)
                days.append(np.zeros(0))
        for places in queues.values():
            assert zero is not None
            self._queue(places, orders, zero, days)
        return days

    def _queue(self, places: list[int], orders: list[Orders | None], zero: Floats, days: list[Floats]) -> None:
        slots = slots_of(self._work[places[0]].plan)
        assert slots is not None
        parts = [order for order in (orders[place] for place in places) if order is not None]
        who = np.concatenate([np.repeat(self._work[i].rows, len(self._work[i].plan.lots)) for i in places])
        order = np.argsort(who, kind="stable")  # in the order of enrolment, whatever the arm
        joined = Orders(
            wanted=np.concatenate([part.wanted for part in parts])[order],
            latest=np.concatenate([part.latest for part in parts])[order],
            last=np.concatenate([part.last for part in parts])[order],
            days=np.concatenate([part.days for part in parts])[order],
            success=np.concatenate([part.success for part in parts])[order],
            samples=np.concatenate([part.samples for part in parts])[order],
            pause=parts[0].pause,
        )
        isolated = np.empty_like(joined.days)
        isolated[order] = queued_isolations(joined, zero[who][order], slots)
        ends = np.cumsum([part.wanted.size for part in parts])
        for place, rows in zip(places, np.split(isolated, ends[:-1]), strict=True):
            work = self._work[place]
            days[place] = rows.reshape(work.rows.size, len(work.plan.lots), -1)

    def _given(self, batches: tuple[Batch, ...]) -> Making:
        most = self._times.most_doses
        products = max((len(plans) for plans in self._times.products), default=0)
        days, cells = np.full((self._n, most), np.nan), np.full((self._n, most), np.nan)
        strength = np.ones((self._n, most))
        lots, parts = np.full((self._n, most, products), NO_LOT), np.zeros((self._n, most, products))
        for arm, (rows, window) in enumerate(zip(self._arms, self._times.doses, strict=True)):
            count = window.days.size
            mine = [batch for batch in batches if batch.arm == arm]
            if not count or not rows.size:
                continue
            given = dose_days(
                [supply(batch, count) for batch in mine],
                self._targets[rows, :count],
                window,
                float(self._cells.longest_wait_days),
            )
            planned = [planned_cells(batch.plan.cells, self._weight[rows]) for batch in mine]
            part = np.stack([part_held(batch, given.lot[:, :, p], planned[p]) for p, batch in enumerate(mine)])
            held = np.where(part > 0, planned * part, 0.0)
            days[rows, :count], cells[rows, :count] = given.days, held.sum(axis=0)
            lots[rows, :count, : len(mine)] = given.lot
            parts[rows, :count, : len(mine)] = np.moveaxis(part, 0, 2)
            if any(batch.plan.differentiated for batch in mine):
                strength[rows, :count] = mean_potency(mine, given.lot, held, self._cells)
        return Making(Doses(days, cells, strength, self._wait(days)), batches, lots, parts)

    def _wait(self, days: Floats) -> Floats:
        """By how much time zero moves: to the first dose, where trials are not randomised."""
        if self._randomised or not days.size:
            return np.zeros(self._n)
        first = np.full(self._n, np.inf)
        for rows, window in zip(self._arms, self._times.doses, strict=True):
            if window.days.size:
                first[rows] = np.fmin.reduce(days[rows], axis=1) - window.days[0]
        return np.where(np.isfinite(first), np.maximum(first, 0.0), 0.0)


def _given_up(order: Orders | None, isolated: Floats) -> Floats | None:
    if order is None:
        return None
    return given_up_days(order, isolated.reshape(order.days.shape)).reshape(isolated.shape[:2])


def samples_of(made: Manufacturing, cells: Cells) -> int:
    """How many samples may be taken for one lot: the first, and the repeats of the protocol or of the population."""
    return 1 + (cells.repeats if made.repeats is None else made.repeats)


def slots_of(plan: ProductPlan) -> int | None:
    """The clean-room slots of a product; None when there is always one."""
    return None if plan.made is None else plan.made.clean_room_slots
