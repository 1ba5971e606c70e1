"""Adverse events: which follow a procedure, which come with the disease, how grave they are and how long they last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.disease.harm_rates import BackgroundHarm, HarmTerm, ProcedureHarm
from leadin.months import DAYS_PER_MONTH

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Episodes:
    """Adverse events of one term, each (m,): participant (row number), start_day and end_day (whole days, both
    belonging to it), grade (CTCAE 1 to 4), serious."""

    harm: HarmTerm
    participant: Ints
    start_day: Floats
    end_day: Floats
    grade: Ints
    serious: Flags


def after_procedure(
    harm: ProcedureHarm, participant: Ints, day: Floats, until: Floats, generator: np.random.Generator
) -> Episodes:
    """Events of one term after m procedures; participant, day, until (m,): until is the last day that the participant
    is known, beyond which nothing starts."""
    chance = generator.random((participant.size, 2))
    start = day + np.floor(chance[:, 1] * (harm.last_onset_day + 1))
    occurs = (chance[:, 0] < harm.probability) & (start <= until)
    return _episodes(harm, participant[occurs], start[occurs], generator)


def in_background(
    harm: BackgroundHarm, participant: Ints, since: Floats, until: Floats, generator: np.random.Generator
) -> Episodes:
    """Events of one term at a constant rate while each of m participants is known, from day `since` to day `until`."""
    days = np.maximum(np.floor(until) - since, 0.0)
    counts = generator.poisson(harm.per_month * days / DAYS_PER_MONTH)
    rows = np.repeat(np.arange(participant.size), counts)
    start = since[rows] + np.floor(generator.random(rows.size) * (days[rows] + 1.0))
    return _episodes(harm, participant[rows], start, generator)


def _episodes(harm: HarmTerm, participant: Ints, start: Floats, generator: np.random.Generator) -> Episodes:
    """Grades, seriousness and ends; of events of one participant that start on one day, one is kept."""
    order = np.lexsort((start, participant))
    participant, start = participant[order], start[order]
    again = np.zeros(participant.size, dtype=np.bool_)
    again[1:] = (np.diff(participant) == 0) & (np.diff(start) == 0)
    participant, start = participant[~again], start[~again]
    n = participant.size
    bounds = np.cumsum(harm.grades)
    grade = 1 + np.minimum(np.searchsorted(bounds, generator.random(n), side="right"), len(bounds) - 1)
    lasts = np.ceil(harm.duration_days * generator.standard_exponential(n))
    return Episodes(
        harm=harm,
        participant=participant,
        start_day=start,
        end_day=start + np.maximum(lasts, 1.0) - 1.0,
        grade=grade.astype(np.int64),
        serious=generator.random(n) < harm.serious_share,
    )
