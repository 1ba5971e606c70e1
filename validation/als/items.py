"""Fits the item SDs of a population to Cronbach's alpha and holds the items against figures they were not fitted to:

    python validation/als/items.py

Writes items.json and items.md beside this file and prints the three SDs, which the population file then states.

Calibrated: Cronbach's alpha of items 1-3, 4-9 and 10-12 in 485 consecutive patients of tertiary centres (Franchignoni
2013, table 3). The article's spread of totals was not read; totals are taken as N(27, 9) within 0-48, from the table's
mean abilities, which lie somewhat below the middle for the motor items and above it for the others, and the fit is
repeated for other totals to show what that choice does. Everything else here is a prediction.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from leadin.als.items import domain_scores
from leadin.als.kings import kings_stages
from leadin.als.mitos import mitos_stages
from leadin.disease.items import draw_item_places, items_of_totals
from leadin.disease.load import load_population
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams

HERE = Path(__file__).parent
PATIENTS = 60_000
SUBSCALES = {"bulbar": (0, 3), "motor": (3, 9), "respiratory": (9, 12)}
ALPHA = {"bulbar": 0.88, "motor": 0.91, "respiratory": 0.82}
TERTIARY = (27.0, 9.0)
OTHER_TOTALS = ((23.0, 9.0), (31.0, 9.0), (27.0, 7.0), (27.0, 10.5))
POPULATION = load_population("pro-act")


def simulated(items, totals, *, seed=1, bulbar_share=None):
    """Items (n, 12) of patients with these totals (n,)."""
    draws = Draws(Streams(seed))
    share = POPULATION.demographics.bulbar_share if bulbar_share is None else bulbar_share
    bulbar = draws.uniform("people/bulbar", totals.size) < share
    places = draw_item_places(items, bulbar, draws).places
    normals = draws.normal("items/visit", totals.size, 1, 12)
    return items_of_totals(places, totals[:, None], items.visit_sd, normals)[:, 0]


def normal_totals(mean, sd, n=PATIENTS, low=0, high=48, seed=2):
    values = np.random.default_rng(seed).normal(mean, sd, 4 * n)
    return np.clip(np.rint(values[(values >= low) & (values <= high)][:n]), 0, 48)


def cronbach_alpha(items):
    k = items.shape[1]
    return k / (k - 1) * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1))


def alphas(items, totals, seed=1):
    scores = simulated(items, totals, seed=seed)
    return {name: float(cronbach_alpha(scores[:, a:b])) for name, (a, b) in SUBSCALES.items()}


def with_sds(sds):
    return POPULATION.items.model_copy(update={f"item_sd_{name}": float(sd) for name, sd in sds.items()})


def fitted(mean, sd):
    """The three SDs at which the three alphas are as published, by repeated small steps on the same random numbers."""
    totals = normal_totals(mean, sd)
    sds = {name: getattr(POPULATION.items, f"item_sd_{name}") for name in SUBSCALES}
    for _ in range(15):
        found = alphas(with_sds(sds), totals)
        sds = {name: float(np.clip(sds[name] * np.exp(4 * (found[name] - ALPHA[name])), 0.02, 5)) for name in sds}
    return sds


def sampling_sd(items):
    """SD of alpha between samples of 485 patients."""
    totals = normal_totals(*TERTIARY)
    scores = simulated(items, totals)
    parts = [scores[i : i + 485] for i in range(0, PATIENTS - 485, 485)]
    return {name: float(np.std([cronbach_alpha(part[:, a:b]) for part in parts])) for name, (a, b) in SUBSCALES.items()}


def share(flags):
    p = float(np.mean(flags))
    return {"percent": 100 * p, "monte_carlo_error": 100 * float(np.sqrt(p * (1 - p) / np.size(flags)))}


def said_sha256(population):
    """SHA-256 of what these figures depend on: the section `items` and the share of bulbar onset."""
    said = {"items": population.items.model_dump(mode="json"), "bulbar_share": population.demographics.bulbar_share}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def shipped_predictions():
    items = POPULATION.items
    rows = []

    def add(what, published, got, source, unit=""):
        rows.append({"what": what, "published": published, "simulated": got, "unit": unit, "source": source})

    centaur = "CENTAUR, both arms at baseline (n = 135), doi:10.1056/NEJMoa1916945, table 1"
    scores = domain_scores(simulated(items, normal_totals(36.0, 5.5), bulbar_share=0.27))
    for column, (name, mean, sd) in enumerate(
        (("bulbar", 9.7, 2.5), ("fine motor", 8.0, 2.7), ("gross motor", 7.6, 2.8), ("respiratory", 10.8, 1.9))
    ):
        add(f"{name} score, mean", mean, float(scores[:, column].mean()), centaur, "points")
        add(f"{name} score, SD", sd, float(scores[:, column].std()), centaur, "points")
    nurown = "NurOwn phase 3 (n = 21 and 23 with 25 points or fewer), doi:10.1002/mus.27472, table 1"
    for arm, mean, sd, published in (("placebo", 31.4, 6.1, (6, 33, 32, 0)), ("active", 30.3, 6.5, (7, 49, 42, 1))):
        totals = normal_totals(mean, sd, 4 * PATIENTS)
        low = simulated(items, totals[totals <= 25])
        for column, name in enumerate(("bulbar", "fine motor", "gross motor", "respiratory")):
            zero = float((low[:, 3 * column : 3 * column + 3] == 0).mean())
            add(
                f"{name} items at 0 of those with 25 points or fewer, {arm}", published[column], 100 * zero, nurown, "%"
            )
    dutch = (
        "a cohort of 192 with stages of 167 and 168, J Neurol Neurosurg Psychiatry (highwire markup 213998), table 1"
    )
    italian = "a cohort of 114, PMC9852391, table 1"
    for source, mean, sd, kings, mitos in (
        (dutch, 41.0, 4.5, (0, 71, 54, 42, 0), (163, 4, 1, 0, 0)),
        (italian, 40.0, 6.0, (0, 9, 28, 74, 3), (86, 25, 3, 0, 0)),
    ):
        scores = simulated(items, normal_totals(mean, sd))
        for name, counts, stage in (
            ("King's", kings, kings_stages(scores).stage),
            ("MiToS", mitos, mitos_stages(scores)),
        ):
            for number, count in enumerate(counts):
                got = share(stage == number)["percent"]
                add(f"{name} stage {number}", 100 * count / sum(counts), got, source, "%")
    return rows


def spread_from_onset():
    """Mean points lost per domain over 12 months, in thirds of a year, by region of onset, for a decline of one point a
    month from 42."""
    items, n = POPULATION.items, 20_000
    draws = Draws(Streams(3))
    bulbar = np.arange(n) < n // 2
    order = draw_item_places(items, bulbar, draws)
    totals = np.tile(np.array([48.0, 44, 40, 36, 32]), (n, 1))
    normals = draws.normal("items/visit", n, totals.shape[1], 12)
    lost = -np.diff(domain_scores(items_of_totals(order.places, totals, items.visit_sd, normals)), axis=1)
    groups = {"bulbar": bulbar, "arm": order.arm_onset, "leg": ~bulbar & ~order.arm_onset}
    return {name: lost[who].mean(axis=0).round(3).tolist() for name, who in groups.items()}


def main():
    sds = fitted(*TERTIARY)
    shipped = alphas(POPULATION.items, normal_totals(*TERTIARY))
    noise = sampling_sd(POPULATION.items)
    result = {
        "population": POPULATION.name,
        "said_sha256": said_sha256(POPULATION),
        "fitted_item_sd": sds,
        "shipped_item_sd": {name: getattr(POPULATION.items, f"item_sd_{name}") for name in SUBSCALES},
        "alpha": {
            name: {"published": ALPHA[name], "shipped": shipped[name], "sampling_sd_n485": noise[name]}
            for name in ALPHA
        },
        "fitted_item_sd_with_other_totals": [
            {"mean": mean, "sd": sd, "item_sd": fitted(mean, sd)} for mean, sd in OTHER_TOTALS
        ],
        "predictions": shipped_predictions(),
        "points_lost_by_domain_per_4_points": spread_from_onset(),
    }
    (HERE / "items.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (HERE / "items.md").write_text(told(result), encoding="utf-8")
    print({name: round(sd, 3) for name, sd in sds.items()})


def told(result):
    lines = ["# The twelve items: what was fitted and what follows", "", "Written by `items.py`.", ""]
    lines += ["| Cronbach's alpha | published | simulated | SD between samples of 485 |", "|---|---|---|---|"]
    for name, row in result["alpha"].items():
        lines.append(f"| {name} | {row['published']:.2f} | {row['shipped']:.3f} | {row['sampling_sd_n485']:.3f} |")
    lines += ["", "| totals assumed, mean (SD) | item SD bulbar | motor | respiratory |", "|---|---|---|---|"]
    cases = [{"mean": TERTIARY[0], "sd": TERTIARY[1], "item_sd": result["fitted_item_sd"]}]
    for case in cases + result["fitted_item_sd_with_other_totals"]:
        values = " | ".join(f"{case['item_sd'][name]:.2f}" for name in SUBSCALES)
        lines.append(f"| {case['mean']:g} ({case['sd']:g}) | {values} |")
    lines += [
        "",
        "Nothing below was fitted to.",
        "",
        "| prediction | published | simulated | source |",
        "|---|---|---|---|",
    ]
    for row in result["predictions"]:
        unit = f" {row['unit']}" if row["unit"] == "%" else ""
        lines.append(
            f"| {row['what']} | {row['published']:.3g}{unit} | {row['simulated']:.3g}{unit} | {row['source']} |"
        )
    lines += [
        "",
        "Points lost by domain (bulbar, fine motor, gross motor, respiratory) while the total falls from 48 by 4:",
    ]
    lines += ["", "| onset | 48 to 44 | 44 to 40 | 40 to 36 | 36 to 32 |", "|---|---|---|---|---|"]
    for onset, steps in result["points_lost_by_domain_per_4_points"].items():
        cells = " | ".join(", ".join(f"{value:.2f}" for value in step) for step in steps)
        lines.append(f"| {onset} | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
