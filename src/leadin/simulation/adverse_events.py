"""The adverse events table: harm after administrations and tissue samples, and in the background."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.disease.harm import Episodes, after_procedure, in_background
from leadin.disease.harm_rates import ProcedureHarm
from leadin.disease.population import Population
from leadin.engine.draws import Draws
from leadin.simulation.administrations import Procedures
from leadin.simulation.entry import Outcome
from leadin.simulation.participants import SimulatedArrays
from leadin.trials.schema import KEYS, SCHEMAS, empty_table

Floats = NDArray[np.float64]


def adverse_events(
    population: Population,
    arrays: SimulatedArrays,
    injections: Procedures,
    isolations: Procedures,
    ids: pl.Series,
    draws: Draws,
) -> pl.DataFrame:
    """Adverse events of everybody enrolled, from enrolment to the last day known. An event that outlasts that day has
    no end. Of events with one term that start on one day in one participant, the first is kept."""
    until = np.floor(arrays.last_day)
    harm = population.harm
    tables = [empty_table("adverse_events")]
    for entry in harm.after_administration:
        here = np.isin(injections.route, entry.routes)
        who, day = injections.participant[here], injections.day[here]
        for event in entry.events:
            stream = draws.generator(f"harm/{entry.name}/{event.name}")
            tables.append(_table(after_procedure(event, who, day, until[who], stream), until, ids))
    for event in harm.after_isolation:
        who, day = isolations.participant, isolations.day
        stream = draws.generator(f"harm/isolation/{event.name}")
        tables.append(_table(after_procedure(event, who, day, until[who], stream), until, ids))
    enrolled = np.flatnonzero(arrays.outcome >= Outcome.LEFT_IN_LEAD_IN)
    since = np.ceil(arrays.enrolment_day[enrolled])
    for background in harm.background:
        stream = draws.generator(f"harm/background/{background.name}")
        tables.append(_table(in_background(background, enrolled, since, until[enrolled], stream), until, ids))
    return pl.concat(tables).unique(subset=KEYS["adverse_events"], keep="first", maintain_order=True)


def _table(episodes: Episodes, until: Floats, ids: pl.Series) -> pl.DataFrame:
    harm, n = episodes.harm, episodes.participant.size
    related = harm.relatedness if isinstance(harm, ProcedureHarm) else "not related"
    return pl.DataFrame(
        {
            "participant_id": ids.gather(episodes.participant),
            "start_day": episodes.start_day,
            "term": [harm.name] * n,
            "end_day": np.where(episodes.end_day <= until[episodes.participant], episodes.end_day, np.nan),
            "system_organ_class": [harm.system_organ_class] * n,
            "ctcae_grade": episodes.grade,
            "serious": episodes.serious,
            "relatedness": [related] * n,
        },
        schema=SCHEMAS["adverse_events"],
        nan_to_null=True,
    )
