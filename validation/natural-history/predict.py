"""Holds simulation without effect against everything that targets.yaml lists:

    python validation/natural-history/predict.py

`calibrate`: a simulated cohort, as in the fit, and whether the package's population still carries what was fitted.
`predict`: every control or placebo arm and every responder share of a single trial, through the real road (protocol,
screening, lead-in, making of cells, visits, death, leaving) and the analysis of a real trial. Writes predictions.json,
the tables of docs/methods/natural-history.md and docs/images/natural-history.svg. A figure is a hit when it lies within
two errors of what was published, sampling and Monte Carlo together; nothing is fitted to a `predict` figure, so a miss
stays a miss.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from drawn import draw
from figures import Arm, arm_of, figure
from fit import calibrate_targets, flat
from quantities import quantities
from ruamel.yaml import YAML
from told import estimates, into, markdown
from untreated import Numbers, simulate

from leadin.disease.load import load_population
from leadin.disease.population import Population, population_sha256
from leadin.disease.populations import population_names
from leadin.engine.streams import Streams
from leadin.protocols.identity import protocol_sha256
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol
from leadin.simulation.participants import simulate_arrays
from leadin.simulation.timetable import timetable
from leadin.version import __version__

PLACE = Path(__file__).parent
DOCS = Path(__file__).resolve().parents[2] / "docs"
SEED = 20261123
PARTICIPANTS = 4_000
COHORT = 200_000
UNPLANNED = 20
"""Participants of an arm whose protocol does not say how many."""
WITHIN = 2.0


@cache
def protocol_of(name: str) -> Protocol:
    own = PLACE / "protocols" / f"{name}.yaml"
    return load_protocol(own if own.exists() else name)


def simulated_sha256(name: str) -> str:
    """The hash of what a simulation sees of a protocol: everything but its analysis plan, and what is said about it."""
    said = protocol_of(name).model_dump()
    said["plan"] = None
    for field in ("provenance", "assumed"):
        said[field] = tuple(item for item in said[field] if item["field"].split(".")[0].split("[")[0] != "plan")
    return protocol_sha256(Protocol.model_validate(said))


@cache
def population_of(name: str) -> Population:
    return load_population(name if name in population_names() else PLACE / "populations" / f"{name}.yaml")


def predicted_targets() -> list[dict]:
    return YAML(typ="safe").load(PLACE / "targets.yaml")["predict"]


@cache
def simulated_arm(protocol: str, population: str, arm: str, participants: int = PARTICIPANTS) -> Arm:
    """At least so many participants of that arm: whole replicates of the protocol, without effect."""
    what, who = protocol_of(protocol), population_of(population)
    numbers = [each.planned or UNPLANNED for each in what.arms]
    mine = sum(number for each, number in zip(what.arms, numbers, strict=True) if arm in ("*", each.name))
    times, replicates = timetable(what), -(-participants // mine)
    drawn = [
        simulate_arrays(what, who, streams=Streams(SEED, i), planned=numbers, times=times)
        for i in range(1, replicates + 1)
    ]
    return arm_of(what, drawn, arm)


def predictions(only: tuple[str, ...] = ()) -> Iterator[dict]:
    """One row a figure of `predict`; only: of these trials."""
    for trial in predicted_targets():
        if only and trial["trial"] not in only:
            continue
        population = trial.get("population", "pro-act")
        arm = simulated_arm(trial["protocol"], population, trial["arm"])
        for said in trial["figures"]:
            value, mc_error, n = figure(arm, said)
            published = said["value"] if "value" in said else 100 * said["events"] / said["n"]
            yield {
                "trial": trial["trial"],
                "figure": called(said),
                "published": round(float(published), 3),
                "published_error": None if (error := sampling_error(said, value)) is None else round(error, 3),
                "simulated": round(value, 3),
                "mc_error": round(mc_error, 4),
                "n_simulated": n,
                "hit": judged(published, error, value, mc_error),
                "treated": trial.get("treated", False),
                "population": population,
                "source": trial["source"],
                "status": trial["status"],
                "note": "; ".join(filter(None, (trial.get("note"), said.get("note")))) or None,
            }


def called(said: dict) -> str:
    """A figure in words."""
    measure = {"alsfrs_r": "", "svc_percent": "SVC ", "fvc_percent": "FVC "}[said.get("measure", "alsfrs_r")]
    what = said["what"].replace("_", " ")
    if "relative" in said:
        by = "at all" if said["relative"] == 0 else f"by {said['relative']} % or more"
        what += f", slower {by}"
    if "absolute" in said:
        what += f", slower by {said['absolute']} points/month or more"
    if "at" in said:
        what += f" {said['at']}"
    if "points" in said:
        what = f"no more than {said['points']} point lost"
    windows = [f"months {a} to {b}" for a, b in (said[key] for key in ("early", "late") if key in said)]
    when = " against ".join(windows)
    if "from_months" in said:
        when = f"months {said['from_months']} to {said['months']} against the interval before"
    elif "months" in said:
        when = f"month {said['months']:g}"
    group = ""
    if "baseline_to" in said:
        group = f", baseline up to {said['baseline_to']}"
    elif "baseline_from" in said:
        group = f", baseline {said['baseline_from']} or more"
    return f"{measure}{what}{', ' if when else ''}{when}{group}"


SHARES = ("no_decline", "alive", "died", "completed", "gained", "not_lost", "score_at_most", "responders")


def sampling_error(said: dict, simulated: float) -> float | None:
    """Of the published figure; of a share, as if the simulated share were true."""
    if "standard_error" in said:
        return float(said["standard_error"])
    if "n" not in said:
        return None
    if said["what"] in SHARES or said["what"].endswith("responders"):
        share = float(np.clip(simulated / 100, 0.5 / said["n"], 1 - 0.5 / said["n"]))
        return float(100 * np.sqrt(share * (1 - share) / said["n"]))
    if said["what"].endswith("_sd"):
        return float(said["value"] / np.sqrt(2 * said["n"]))
    return float(said["sd"] / np.sqrt(said["n"]))


def judged(published: float, error: float | None, simulated: float, mc_error: float) -> bool | None:
    return None if error is None else bool(abs(simulated - published) <= WITHIN * np.hypot(error, mc_error))


def calibrated() -> list[dict]:
    """One row a `calibrate` target: the population as it ships against what was published."""
    numbers = [Numbers.drawn(COHORT // 10, SEED + i) for i in range(10)]
    found = [quantities(simulate(flat(population_of("pro-act")), each)) for each in numbers]
    rows = []
    for target in calibrate_targets():
        values = [each[target["quantity"]] for each in found]
        value, mc_error = float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(10))
        rows.append(
            {
                "target": target["id"],
                "cohort": target["cohort"],
                "unit": target.get("unit", ""),
                "published": target["value"],
                "sampling_error": target["standard_error"],
                "discrepancy": target["discrepancy"],
                "simulated": round(value, 3),
                "mc_error": round(mc_error, 4),
                "hit": judged(target["value"], target["error"], value, mc_error),
                "fitted": target["used"],
                "source": target["source"],
                "status": target["status"],
                "note": target.get("note"),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    began = time.perf_counter()
    calibrate, predict = calibrated(), list(predictions())
    trials = predicted_targets()
    used = sorted({trial.get("population", "pro-act") for trial in trials} | {"pro-act"})
    record = {
        "what": "python validation/natural-history/predict.py",
        "leadin": __version__,
        "seed": SEED,
        "within": WITHIN,
        "populations": {name: population_sha256(population_of(name)) for name in used},
        "protocols": {t["protocol"]: simulated_sha256(t["protocol"]) for t in trials},
        "calibrate": calibrate,
        "predict": predict,
    }
    (PLACE / "predictions.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    page = DOCS / "methods" / "natural-history.md"
    into(page, "estimates", estimates(json.loads((PLACE / "fit.json").read_text(encoding="utf-8"))))
    into(page, "tables", markdown(record))
    draw(record, DOCS / "images" / "natural-history.svg")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
