"""When each participant's cells can come, how many and how potent: what making them hands on to the follow-up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.engine.draws import Draws
from leadin.simulation.timetable import Timetable, jittered

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Doses:
    """The doses ready for n participants on the d dosing days of their arms, whether or not they live to have them.

    days (n, d): actual dosing days from the SCHEDULED time zero, NaN where no dose can come (beyond the number of the
    participant's arm, or because no lot was released for it). cells (n, d): cells of all administrations of that day,
    NaN when the protocol does not say how many. potency (n, d): relative to the population's mean lot, 1 when not
    measured. wait (n,): days by which the participant's own time zero is later than the scheduled one: the delay of
    the first dose in trials that are not randomised, 0 in randomised ones and where nothing can be dosed.
    """

    days: Floats
    cells: Floats
    potency: Floats
    wait: Floats


def planned_doses(arm: Ints, times: Timetable, jitter_sd: float, draws: Draws, weight_kg: Floats) -> Doses:
    """Doses as the protocol plans them, about the planned days, from cells that are always ready; arm (n,): position
    of each participant's arm; weight_kg (n,): for doses per kg, rounded to 0.1 kg as it is recorded."""
    days = target_days(arm, times, jitter_sd, draws)
    cells = np.full(days.shape, np.nan)
    for position, planned in enumerate(times.cells):
        rows = arm == position
        cells[rows, : planned.shape[1]] = planned_cells(planned, weight_kg[rows])
    return Doses(days=days, cells=cells, potency=np.ones(days.shape), wait=np.zeros(arm.size))


def target_days(arm: Ints, times: Timetable, jitter_sd: float, draws: Draws) -> Floats:
    """The days (n, d) for which cells are made: about the planned ones of each arm, within their windows; NaN beyond
    their number."""
    days = np.full((arm.size, times.most_doses), np.nan)
    normals = draws.normal("doses", *days.shape)
    for position, window in enumerate(times.doses):
        rows, count = arm == position, window.days.size
        days[rows, :count] = jittered(window, jitter_sd, normals[rows, :count])
    return days


def planned_cells(cells: Floats, weight_kg: Floats) -> Floats:
    """Cells (n, d) of each dosing day; cells (2, d): fixed and per kg, NaN when the protocol does not say."""
    fixed, per_kg = cells
    planned: Floats = np.round(fixed + per_kg * np.round(weight_kg, 1)[:, None])
    return planned
