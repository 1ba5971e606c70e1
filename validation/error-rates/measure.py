"""How often each estimator rejects where nothing works, and how often its interval holds the value: writes rates.csv.

Run by hand from anywhere: python validation/error-rates/measure.py [situation[:mmrm|:others] ...]
Without names all situations are measured, which takes half an hour on two cores, nearly all of it `mmrm`. rates.md is
written from rates.csv by table.py.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import leadin
from leadin.designs.fast_generator import FastGenerator
from leadin.disease.load import load_population
from leadin.disease.population import Population
from leadin.engine.collapsed import EVENT
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol

HERE = Path(__file__).parent
W1 = HERE.parents[1] / "benchmarks" / "protocols" / "w1.yaml"
TRIALS = 100_000
SEED = 20261205
COUNTED_EVENTS = 2_000
"""Trials in which deaths are counted."""

BETWEEN: tuple[Mapping[str, Any], ...] = (
    {"method": "random_slope"},
    {"method": "broken_stick"},
    {"method": "mmrm", "name": "mmrm-satterthwaite"},
    {"method": "mmrm", "name": "mmrm-kenward-roger", "degrees_of_freedom": "kenward_roger_linear"},
    {"method": "ancova"},
    {"method": "slope_change"},
    {"method": "responders", "relative": [25, 50, 100], "absolute": [1.25]},
    {"method": "log_rank"},
    {"method": "cox"},
    {"method": "joint_rank"},
)
WITHIN: tuple[Mapping[str, Any], ...] = ({"method": "broken_stick"}, {"method": "slope_change"})


@dataclass(frozen=True)
class Situation:
    """Trials to measure in. n: participants in all; None: the protocol's. drift: whether rates of decline drift, as in
    the population; else everybody's decline is a straight line with independent errors, as the mixed models assume."""

    protocol: str
    analyses: tuple[Mapping[str, Any], ...] = BETWEEN
    n: int | None = None
    drift: bool = True


SITUATIONS = {
    "w1": Situation(str(W1)),
    "w1-no-drift": Situation(str(W1), drift=False),
    "hanyang-phase2": Situation("hanyang-phase2"),
    "hanyang-phase2-24": Situation("hanyang-phase2", n=24),
    "w1-20": Situation(str(W1), n=20),
    "w1-20-no-drift": Situation(str(W1), n=20, drift=False),
    "hanyang-phase1": Situation("hanyang-phase1", WITHIN),
    "hadassah-repeated": Situation("hadassah-repeated", WITHIN),
}
PARTS = {"others": False, "mmrm": True}
COLUMNS = (
    "situation",
    "n",
    "sizes",
    "deaths",
    "analysis",
    "rule",
    "replicates",
    "seed",
    "alpha",
    "rejected",
    "rejected_mcse",
    "coverage",
    "coverage_mcse",
    "value",
    "value_mcse",
    "mean_estimate",
    "sd_estimate",
    "mean_standard_error",
    "not_evaluable",
    "singular",
)


def protocol_of(situation: Situation, analyses: Sequence[Mapping[str, Any]]) -> Protocol:
    """The protocol with these analyses as its plan."""
    said = load_protocol(situation.protocol).model_dump()
    said["plan"] = {"analyses": list(analyses)}
    return Protocol.model_validate(said)


def population_of(situation: Situation) -> Population:
    """`pro-act`, with or without drift."""
    population = load_population("pro-act")
    if situation.drift:
        return population
    still = population.decline.model_copy(update={"drift_sd": 0.0})
    return population.model_copy(update={"decline": still})


def deaths(protocol: Protocol, population: Population, sizes: tuple[int, ...]) -> float:
    """Deaths in a trial that survival analyses count, on average."""
    made = FastGenerator(protocol, planned=sizes, population=population, seed=SEED, measures=(), keep_seen=False)
    return float(made.generate(1, COUNTED_EVENTS).survival[:, EVENT].sum(axis=1).mean())


def measured(name: str, part: str) -> list[dict[str, object]]:
    """The rows of one situation: those of mmrm, or the others."""
    situation = SITUATIONS[name]
    asked = tuple(each for each in situation.analyses if PARTS[part] == (each["method"] == "mmrm"))
    if not asked:
        return []
    protocol, population = protocol_of(situation, asked), population_of(situation)
    design = leadin.design(
        protocol, n=situation.n, slowing=0.0, replicates=TRIALS, seed=SEED, population=population, progress=tell
    )
    sizes = tuple(design.cells[0].sizes.values())
    died = deaths(protocol, population, sizes)
    return [
        {
            "situation": name,
            "n": cell.n,
            "sizes": "+".join(map(str, sizes)),
            "deaths": died,
            "analysis": cell.analysis,
            "rule": cell.rule or "",
            "replicates": cell.replicates,
            "seed": SEED,
            "alpha": cell.alpha,
            "rejected": cell.power,
            "rejected_mcse": cell.mcse,
            **{column: getattr(cell, column) for column in COLUMNS[11:]},
        }
        for cell in design.cells
    ]


def tell(what: str, done: int, total: int) -> None:
    """How far it is, once every 10,000 trials."""
    if done % 12_800 < 256:
        print(f"{what}: {done:,} of {total:,}", flush=True)


def main(names: list[str]) -> None:
    """Measures the situations and writes their rows, in the order of SITUATIONS; rows of others stay."""
    path = HERE / "rates.csv"
    kept: list[dict[str, object]] = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            kept = list(csv.DictReader(file))
    order = list(SITUATIONS)
    for name, part in _parts(names or order):
        rows = measured(name, part)
        kept = [row for row in kept if row["situation"] != name or PARTS[part] != _is_mmrm(row)] + rows
        kept.sort(key=lambda row: (order.index(str(row["situation"])), _is_mmrm(row)))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows({key: _text(value) for key, value in row.items()} for row in kept)


def _parts(names: Sequence[str]) -> list[tuple[str, str]]:
    """`w1:mmrm` as it says, `w1` as both parts."""
    said = [name.split(":") for name in names]
    return [(words[0], part) for words in said for part in (words[1:] or PARTS)]


def _is_mmrm(row: Mapping[str, object]) -> bool:
    return str(row["analysis"]).startswith("mmrm")


def _text(value: object) -> object:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float | np.floating) else value


if __name__ == "__main__":
    main(sys.argv[1:])
