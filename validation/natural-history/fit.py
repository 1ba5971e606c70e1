"""Fits how untreated patients decline to what pooled cohorts and registers published:

    python validation/natural-history/fit.py

By simulated moments: the parameters are those at which a simulated cohort comes closest to the `calibrate` targets of
targets.yaml, in squares of (simulated - published) / error, the error made of the target's sampling error and its
stated discrepancy. Nothing under `predict` is read. The same random numbers serve every trial value (Gauss-Newton needs
that); refits in other people, to targets moved by their errors, give the standard errors. Writes fit.json;
with --write the fitted values go into the population file, whose survival scale must then be solved again:

    python -m leadin.disease.solve_scale pro-act
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import time
from pathlib import Path

import numpy as np
import scipy
from quantities import quantities
from ruamel.yaml import YAML
from scipy.optimize import least_squares
from untreated import Numbers, simulate

from leadin.disease.load import load_population
from leadin.disease.population import Population
from leadin.version import __version__

PLACE = Path(__file__).parent
POPULATION = Path(__file__).resolve().parents[2] / "src/leadin/disease/populations/pro-act.yaml"
SEED = 20261122
NOT_UNIQUE = (
    "The split of fast change between drift and measurement error is pinned by the reliability studies alone: see the "
    "profile over the correlation time. Steady spell and practice cannot be told apart: see the alternatives."
)

FREE = {  # where it stands in a population: start, lowest, highest, digits kept
    "decline.rate_mean": (1.0, 0.3, 2.0, 2),
    "decline.rate_sd": (0.6, 0.15, 1.5, 2),
    "decline.drift_sd": (1.0, 0.05, 5.0, 2),
    "decline.drift_months": (1.5, 0.1, 12.0, 2),
    "decline.steady_at_enrolment": (0.5, -2.0, 3.0, 2),
    "score.measurement_sd": (1.6, 0.5, 3.0, 2),
    "survival.hazard_per_rate": (1.0, 0.0, 4.0, 2),
    "demographics.onset_goes_with_loss": (0.5, 0.0, 0.98, 2),
}
FIRST = {  # the default before any fit, as in emulation.json
    "rate_mean": 1.0,
    "rate_sd": 0.6,
    "drift_sd": 0.9,
    "drift_months": 2.0,
    "steady_at_enrolment": 0.0,
    "measurement_sd": 1.6,
    "hazard_per_rate": 0.0,
    "onset_goes_with_loss": 0.0,
}
ALTERNATIVES = {  # what else might mend the fit, or is left out of it; see untreated.py
    "no steady spell at enrolment": ({}, ("decline.steady_at_enrolment",)),
    "no dependence of death on the rate": ({}, ("survival.hazard_per_rate",)),
    "neither": ({}, ("decline.steady_at_enrolment", "survival.hazard_per_rate")),
    "no drift of the rate": ({}, ("decline.drift_sd", "decline.drift_months", "decline.steady_at_enrolment")),
    "and a class of slow decliners": ({"slow_share": (0.1, 0.0, 0.6), "slow_factor": (0.2, 0.01, 0.7)}, ()),
    "and a free power of the rate in the drift": ({"drift_power": (0.6, 0.0, 2.0)}, ()),
    "and a second, slow drift": ({"slow_drift_sd": (0.2, 0.0, 2.0), "slow_drift_months": (12.0, 4.0, 60.0)}, ()),
    "and decline that slows near the floor": ({"floor_points": (5.0, 0.2, 30.0)}, ()),
    "and practice besides": ({"practice_points": (0.3, 0.0, 4.0)}, ()),
    "practice instead of the steady spell": ({"practice_points": (0.7, 0.0, 4.0)}, ("decline.steady_at_enrolment",)),
}


def flat(population: Population) -> dict[str, float]:
    """The population as the twin wants it."""
    who, score = population.demographics, population.score
    said = {**population.decline.model_dump(), **population.survival.model_dump()}
    said |= {f"score_{name}": getattr(score, name) for name in ("mean", "sd", "minimum", "maximum")}
    said |= {
        f"onset_{name}": getattr(who, f"months_since_onset_{name}") for name in ("mean", "sd", "minimum", "maximum")
    }
    said |= {"measurement_sd": score.measurement_sd, "bulbar_share": who.bulbar_share}
    return said | {"onset_goes_with_loss": who.onset_goes_with_loss}


def calibrate_targets() -> list[dict]:
    said = YAML(typ="safe").load(PLACE / "targets.yaml")["calibrate"]
    for target in said:
        target["error"] = float(np.hypot(target["standard_error"], target["discrepancy"]))
        target.setdefault("used", True)
    return said


class Fit:
    """Closest parameters to targets: free and fixed (both by the twin's names), for one set of people."""

    def __init__(self, fixed: dict[str, float], free: dict[str, tuple[float, float, float]], people: int, seed: int):
        self.fixed, self.free, self.numbers = fixed, free, Numbers.drawn(people, seed)
        self.targets = [target for target in calibrate_targets() if target["used"]]
        self.goal = np.array([target["value"] for target in self.targets])
        self.error = np.array([target["error"] for target in self.targets])

    def moments(self, x: np.ndarray, **how: bool) -> np.ndarray:
        found = quantities(simulate(self.fixed | dict(zip(self.free, x, strict=True)), self.numbers), **how)
        return np.array([found[target["quantity"]] for target in self.targets])

    def run(self, start: np.ndarray | None = None, **how: bool):
        first, low, high = np.array(list(self.free.values())).T
        return least_squares(
            lambda x: (self.moments(x, **how) - self.goal) / self.error,
            np.clip(first if start is None else start, low + 1e-6, high - 1e-6),
            bounds=(low, high),
            x_scale=np.maximum(np.abs(first), 0.1),
            diff_step=0.03,
            xtol=1e-4,
            ftol=1e-4,
            max_nfev=30,
        )


def misfit(fit: Fit, values: dict[str, float]) -> float:
    found = fit.moments(np.array([values[key] for key in fit.free]))
    return float(np.sum(((found - fit.goal) / fit.error) ** 2))


def short(name: str) -> str:
    return name.split(".")[1]


def uncertainty(fixed: dict, free: dict, people: int, refits: int) -> np.ndarray:
    """Estimates (refits, k) in other people, with the targets moved by their errors, each from the first start: from
    the optimum, a flat valley would look narrow."""
    rng, found = np.random.default_rng(SEED + 1), []
    for i in range(refits):
        fit = Fit(fixed, free, people, SEED + 100 + i)
        fit.goal = fit.goal + fit.error * rng.standard_normal(fit.goal.size)
        found.append(fit.run().x)
    return np.array(found)


def alternatives(fixed: dict, free: dict, best: dict, people: int) -> list[dict]:
    """The misfit with a mechanism less or more, in the same people."""
    off, rows = {"steady_at_enrolment": 0.0, "hazard_per_rate": 0.0, "drift_sd": 0.0, "drift_months": 1.0}, []
    for name, (more, less) in {"as fitted": ({}, ()), **ALTERNATIVES}.items():
        some = {key: value for key, value in free.items() if key not in {short(each) for each in less}}
        start = [best[key] for key in some] + [value[0] for value in more.values()]
        fit = Fit(fixed | {short(each): off[short(each)] for each in less}, some | more, people, SEED)
        result = fit.run(np.array(start))
        values = dict(zip(fit.free, np.round(result.x, 3).tolist(), strict=True))
        rows.append(
            {"mechanisms": name, "parameters": len(fit.free), "misfit": round(2 * result.cost, 1), "at": values}
        )
    return rows


def profile(fixed: dict, free: dict, best: dict, people: int) -> list[dict]:
    """The misfit along the correlation time of the drift, everything else fitted again."""
    rows = []
    some = {key: value for key, value in free.items() if key != "drift_months"}
    for months in (0.25, 0.5, 1.0, 2.0, 3.0, 4.5):
        fit = Fit(fixed | {"drift_months": months}, some, people, SEED)
        result = fit.run(np.array([best[key] for key in some]))
        values = dict(zip(some, np.round(result.x, 3).tolist(), strict=True))
        rows.append({"drift_months": months, "misfit": round(2 * result.cost, 1), "at": values})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=40_000, help="simulated people of the main fit")
    parser.add_argument("--refits", type=int, default=24, help="refits for the standard errors")
    parser.add_argument("--write", action="store_true", help="write the fitted values into the population file")
    parser.add_argument("-o", type=Path, default=PLACE / "fit.json", help="where the result goes")
    said = parser.parse_args()
    began = time.perf_counter()
    free = {short(name): value[:3] for name, value in FREE.items()}
    fixed = {key: value for key, value in flat(load_population("pro-act")).items() if key not in free}
    fit = Fit(fixed, free, said.people, SEED)
    result = fit.run()
    best = dict(zip(free, result.x, strict=True))
    again = uncertainty(fixed, free, said.people // 2, said.refits)
    spread = again.std(axis=0, ddof=1)
    kept = {name: round(float(best[short(name)]), FREE[name][3]) for name in FREE}
    settled = fixed | {short(name): value for name, value in kept.items()}
    shown = quantities(simulate(settled, Numbers.drawn(4 * said.people, SEED + 7)))
    record = {
        "what": "python validation/natural-history/fit.py",
        "versions": {
            "leadin": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
        "seed": SEED,
        "people": said.people,
        "refits": said.refits,
        "misfit": round(2 * float(result.cost), 2),
        "misfit_of_the_first_default": round(misfit(fit, FIRST), 1),
        "targets_fitted": len(fit.targets),
        "parameters_fitted": len(free),
        "estimates": {
            name: {
                "value": kept[name],
                "standard_error": round(float(spread[i]), 3),
                "low": round(float(np.quantile(again[:, i], 0.025)), 3),
                "high": round(float(np.quantile(again[:, i], 0.975)), 3),
            }
            for i, name in enumerate(FREE)
        },
        "correlations": {
            f"{a} with {b}": round(float(np.corrcoef(again.T)[i, j]), 2)
            for i, a in enumerate(FREE)
            for j, b in enumerate(FREE)
            if i < j and abs(np.corrcoef(again.T)[i, j]) >= 0.5
        },
        "not_unique": NOT_UNIQUE,
        "targets": [
            {
                "id": target["id"],
                "published": target["value"],
                "error": round(target["error"], 3),
                "simulated": round(shown[target["quantity"]], 3),
                "errors_away": round((shown[target["quantity"]] - target["value"]) / target["error"], 2),
                "fitted": target["used"],
            }
            for target in calibrate_targets()
        ],
        "profile": profile(fixed, free, best, said.people // 2),
        "alternatives": alternatives(fixed, free, best, said.people // 2),
        "later_slope_from_two_visits": two_visits(fixed, free, result.x, said.people // 2),
        "seconds": round(time.perf_counter() - began),
    }
    said.o.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if said.write:
        write(kept)


def two_visits(fixed: dict, free: dict, best: np.ndarray, people: int) -> dict:
    """The fit if the later CASI slope is the difference of two visits, months 3 and 12."""
    result = Fit(fixed, free, people, SEED).run(best, late_by_two_visits=True)
    return {
        "misfit": round(2 * float(result.cost), 1),
        "at": dict(zip(free, np.round(result.x, 3).tolist(), strict=True)),
    }


def write(kept: dict[str, float]) -> None:
    """The fitted values into the population file, each on its line."""
    text = POPULATION.read_text(encoding="utf-8")
    for name, value in kept.items():
        group, field = name.split(".")
        line = rf"(?ms)^({group}:\n(?:  [^\n]*\n)*?  {field}: )[^\n]+$"
        text, count = re.subn(line, rf"\g<1>{value:g}", text)
        if count != 1:
            raise SystemExit(f"{name}: expected one line in {POPULATION.name}; found {count}.")
    POPULATION.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
