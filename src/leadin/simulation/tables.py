"""From arrays to the tables of a trial, sorted by their keys."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.als.alsfrs_r import ITEMS, item_measure
from leadin.disease.items import ItemPlaces, draw_item_places
from leadin.disease.people import People
from leadin.disease.population import Population
from leadin.engine.draws import Draws
from leadin.protocols.protocol import Protocol
from leadin.simulation.administrations import administrations, joined
from leadin.simulation.adverse_events import adverse_events
from leadin.simulation.events import events
from leadin.simulation.item_scores import item_scores
from leadin.simulation.lots import lots
from leadin.simulation.participants import SimulatedArrays, stratum_values
from leadin.simulation.prognosis import prognostic_columns
from leadin.simulation.sham_procedures import sham_procedures
from leadin.trials.schema import KEYS, SCHEMAS, conform, empty_table


def tables(
    protocol: Protocol, population: Population, arrays: SimulatedArrays, draws: Draws
) -> dict[str, pl.DataFrame]:
    """The tables of a trial by name. Everybody screened is in them; who never entered has no arm."""
    ids = participant_ids(arrays.arm.size)
    made_lots, isolations = lots(population, arrays, ids, draws)
    given, injections = administrations(protocol, arrays, ids)
    sham_injections, sham_isolations = sham_procedures(protocol, arrays)
    order = draw_item_places(population.items, arrays.people.bulbar, draws)
    made = {
        "participants": _participants(protocol, population, arrays, order, ids, draws),
        "assessments": _assessments(protocol, population, arrays, order, ids, draws),
        "lots": made_lots,
        "administrations": given,
        "events": events(protocol, arrays, ids),
        "adverse_events": adverse_events(
            population,
            arrays,
            joined([injections, sham_injections]),
            joined([isolations, sham_isolations]),
            ids,
            draws,
        ),
    }
    return {name: table.sort(KEYS[name], maintain_order=True) for name, table in made.items()}


def participant_ids(n: int) -> pl.Series:
    """P0001, P0002, ... in the order of screening, all of one width."""
    width = max(4, len(str(n)))
    return pl.Series("participant_id", [f"P{number:0{width}d}" for number in range(1, n + 1)], dtype=pl.String)


def _participants(
    protocol: Protocol,
    population: Population,
    arrays: SimulatedArrays,
    order: ItemPlaces,
    ids: pl.Series,
    draws: Draws,
) -> pl.DataFrame:
    people, names = arrays.people, [arm.name for arm in protocol.arms]
    known = {
        "age_years": np.round(people.age_years, 1),
        "months_since_onset": np.round(people.months_since_onset, 1),
        "diagnostic_delay_months": np.round(people.diagnostic_delay_months, 1),
    }
    table = pl.DataFrame(
        {
            "participant_id": ids,
            "arm": [names[arm] if arm >= 0 else None for arm in arrays.arm.tolist()],
            "stratum": _strata(protocol, arrays),
            "site": [f"{site + 1:02d}" for site in arrays.site.tolist()],
            "sex": np.where(people.male, "male", "female"),
            "weight_kg": np.round(people.weight_kg, 1),
            **known,
            "onset_region": np.where(people.bulbar, "bulbar", "limb"),
            "riluzole": people.riluzole | _given_riluzole(protocol)[arrays.arm],
            "onset_site": np.where(people.bulbar, "bulbar", np.where(order.arm_onset, "arm", "leg")),
            **prognostic_columns(population, arrays, known, draws),
        },
        schema_overrides=SCHEMAS["participants"],
    )
    return conform("participants", table.with_columns(pl.col(pl.Float64).fill_nan(None)))


def _given_riluzole(protocol: Protocol) -> NDArray[np.bool_]:
    """Per arm, and last for no arm: the protocol gives riluzole to everybody in it."""
    everybody = [arm.name for arm in protocol.arms]
    given = {
        name
        for co in protocol.co_interventions
        if co.kind == "drug" and co.name.strip().lower() == "riluzole"
        for name in (co.arms or everybody)
    }
    return np.array([name in given for name in everybody] + [False])


def _strata(protocol: Protocol, arrays: SimulatedArrays) -> list[str | None]:
    """The stratum of each participant in words, such as `onset_region: bulbar; riluzole: yes`."""
    how, people = protocol.randomisation, arrays.people
    if how is None or not how.strata:
        return [None] * arrays.arm.size
    words = [_stratum_words(name, people, arrays) for name in how.strata]
    return [
        "; ".join(f"{name}: {word}" for name, word in zip(how.strata, row, strict=True)) if arm >= 0 else None
        for arm, row in zip(arrays.arm.tolist(), zip(*words, strict=True), strict=True)
    ]


def _stratum_words(name: str, people: People, arrays: SimulatedArrays) -> list[str]:
    values = stratum_values(name, people, arrays.site).tolist()
    if name == "site":
        return [f"{site + 1:02d}" for site in values]
    yes, no = {"onset_region": ("bulbar", "limb"), "sex": ("male", "female"), "riluzole": ("yes", "no")}[name]
    return [yes if value else no for value in values]


def _assessments(
    protocol: Protocol,
    population: Population,
    arrays: SimulatedArrays,
    order: ItemPlaces,
    ids: pl.Series,
    draws: Draws,
) -> pl.DataFrame:
    names = np.array([visit.name for visit in protocol.visits])
    parts = [empty_table("assessments")]
    for measure, values in arrays.observed.items():
        rows, visits = np.nonzero(np.isfinite(values))
        recorded = {measure: values[rows, visits]}
        if measure == "alsfrs_r":
            items = item_scores(order, values, population, draws)
            recorded |= {item_measure(number): items[:, number - 1] for number in range(1, ITEMS + 1)}
        when = {
            "participant_id": ids.gather(rows),
            "day": arrays.visit_days[rows, visits],
            "visit": names[visits],
        }
        seen = pl.DataFrame(when, schema_overrides=SCHEMAS["assessments"])
        parts += [
            seen.select("participant_id", "day", measure=pl.lit(name), value=pl.Series(value), visit="visit")
            for name, value in recorded.items()
        ]
    return pl.concat(parts)
