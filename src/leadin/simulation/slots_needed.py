"""How many cultures ran at one time, as participants came one after the other: what a trial asks of a clean room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leadin.disease.population import Population
from leadin.engine.draws import Draws
from leadin.protocols.protocol import Protocol
from leadin.simulation.clean_room import calendar, most_at_once
from leadin.simulation.participants import SimulatedArrays, sites_of
from leadin.simulation.supplies import Batch
from leadin.simulation.treatment import accrual_per_month

Floats = NDArray[np.float64]


def cultures_at_once(
    protocol: Protocol, population: Population, arrays: SimulatedArrays, draws: Draws
) -> dict[str, int]:
    """The most cultures of each product that ran at one time; products from stock are left out.

    A culture counts from isolation until its cells are ready, it is given up, or its participant dies or leaves. The
    calendar is that of the queue for clean-room slots.
    """
    rows = arrays.rows
    per_month = accrual_per_month(protocol, population, sites_of(protocol, population, rows.size))
    enrolment = arrays.enrolment_day[rows] + arrays.time_zero[rows]
    zero = calendar(enrolment, per_month, draws.exponential("accrual", rows.size))
    spans: dict[str, list[tuple[Floats, Floats]]] = {}
    for batch in arrays.making.batches:
        if batch.cultures is not None:
            spans.setdefault(batch.plan.name, []).append(_spans(batch, arrays, zero))
    return {
        name: most_at_once(np.concatenate([begin for begin, _ in parts]), np.concatenate([end for _, end in parts]))
        for name, parts in spans.items()
    }


def _spans(batch: Batch, arrays: SimulatedArrays, zero: Floats) -> tuple[Floats, Floats]:
    assert batch.cultures is not None
    rows = arrays.rows[batch.rows]
    last = (arrays.last_day + arrays.time_zero)[rows, None]
    begin = batch.isolated.reshape(rows.size, -1)
    end = np.minimum(begin + batch.cultures.days, np.ceil(last))
    begun = begin < last
    shift = np.broadcast_to(zero[batch.rows, None], begin.shape)
    return (begin + shift)[begun], (end + shift)[begun]
