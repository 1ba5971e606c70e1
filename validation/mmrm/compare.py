"""Our fits beside R's mmrm, nlme, lme4, a textbook program in R and SAS: writes agreement.json and agreement.md here.

Run by hand from anywhere: OPENBLAS_NUM_THREADS=1 python validation/mmrm/compare.py [folder of the SAS listings]

The SAS listings are not part of the project; without them their part is taken from the agreement.json that is there.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import sas_listing
import sas_models

from leadin.analysis.mmrm.fit import MmrmFit, fit_mmrm
from leadin.protocols.planned_analysis import DegreesOfFreedom

HERE = Path(__file__).parent
WAYS: dict[str, DegreesOfFreedom] = {
    "Satterthwaite": "satterthwaite",
    "Kenward-Roger": "kenward_roger",
    "KRlin": "kenward_roger_linear",
}


def given(dataset: str, baseline_month: int) -> tuple[Any, ...]:
    """Outcome, columns visit + visit:arm + visit:base, visit and participant."""
    rows = np.genfromtxt(HERE.parent / "mixed-models" / "data" / f"{dataset}_long.csv", delimiter=",", names=True)
    base = {int(row["id"]): row["y"] - 36.0 for row in rows if row["time"] == baseline_month}
    rows = rows[(rows["time"] > baseline_month) & np.isin(rows["id"], list(base))]
    visit, who = rows["time"].astype(int), rows["id"].astype(int)
    at = (visit[:, None] == np.unique(visit)).astype(float)
    baseline = np.array([base[each] for each in who.tolist()])
    return rows["y"], np.column_stack([at, at * rows["arm"][:, None], at * baseline[:, None]]), visit, who


def against_mmrm(entry: dict[str, Any]) -> dict[str, Any]:
    """One fit of golden_B.json; differences relative unless said otherwise."""
    arrays = given(entry["dataset"], -1 if entry["model"] == "B7" else 0)
    way = WAYS[entry["peer"].removeprefix("mmrm_tight_")]
    fit = fit_mmrm(*arrays)
    contrast = np.zeros(arrays[1].shape[1])
    contrast[2 * len(fit.visits) - 1] = 1.0
    test = fit.test(contrast, way)
    return {
        "dataset": entry["dataset"],
        "model": entry["model"],
        "way": way,
        "ours": {"estimate": test.estimate, "standard_error": test.standard_error, "df": test.df, "p": test.p},
        "difference": {
            "estimate": abs(test.estimate / entry["est"] - 1),
            "standard_error": abs(test.standard_error / entry["se"] - 1),
            "df": abs(test.df / entry["df"] - 1),
            "p": abs(test.p / entry["p"] - 1),
            "log_likelihood": abs(fit.reml_log_likelihood - entry["reml_ll"]),
            "covariance": float(np.abs(fit.visit_covariance - np.array(entry["Sigma"])).max()),
        },
    }


def against_r(entry: dict[str, Any], program: str) -> dict[str, Any]:
    """One fit of structures.json or direct.json; coefficients in standard errors."""
    fit = fit_mmrm(*given(entry["dataset"], 0), structure=entry["structure"])
    errors = np.sqrt(np.diag(fit.covariance))
    difference = {
        "log_likelihood_above": fit.reml_log_likelihood - entry["reml_ll"],
        "coefficients_over_se": float(np.abs((fit.coefficients - entry["beta"]) / errors).max()),
        "standard_error": float(np.abs(errors / entry["se"] - 1).max()),
    }
    if "df" in entry:
        ours = np.array([fit.test(row).df for row in np.eye(errors.size)])
        difference["df"] = float(np.abs(ours / entry["df"] - 1).max())
    return {"dataset": entry["dataset"], "structure": entry["structure"], "program": program, "difference": difference}


def against_sas(name: str, folder: Path) -> dict[str, Any]:
    """One listing: the largest absolute differences of what it prints."""
    listing, model = sas_listing.read(folder / f"{name}.txt"), sas_models.model(name, folder)
    fit = fit_mmrm(
        model.y,
        model.columns,
        model.visit,
        model.participant,
        structure=sas_models.STRUCTURES[name],
        visits=model.visits,
    )
    printed = {**listing.effects, **listing.means, **listing.differences}
    rows = [
        (fit.test(model.contrasts[words]), numbers) for words, numbers in printed.items() if words in model.contrasts
    ]
    theirs = sas_models.covariance(listing.covariance, len(fit.visits))
    return {
        "listing": name,
        "structure": sas_models.STRUCTURES[name],
        "rows": len(rows),
        "deviance_below": listing.deviance[0] + 2.0 * fit.reml_log_likelihood,
        "estimate": max(abs(test.estimate - numbers[0][0]) for test, numbers in rows),
        "standard_error": max(abs(test.standard_error - numbers[1][0]) for test, numbers in rows),
        "df_not_the_same_rounded": sum(round(test.df) != numbers[2][0] for test, numbers in rows),
        "covariance": float(np.abs(fit.visit_covariance - theirs).max()),
    }


def milliseconds(way: DegreesOfFreedom) -> float:
    """CPU time of one fit with one test, 7 visits and 200 participants, unstructured: median of 15."""
    arrays = given("w1_01", -1)
    contrast = np.eye(arrays[1].shape[1])[13]
    taken = []
    for _ in range(15):
        start = time.process_time()
        fit: MmrmFit = fit_mmrm(*arrays)
        fit.test(contrast, way)
        taken.append(1000.0 * (time.process_time() - start))
    return float(np.median(taken))


def table(rows: list[dict[str, Any]], words: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """A markdown table: words of the row, then its differences."""
    lines = [f"| {' | '.join((*words, *columns))} |", "|" + "---|" * (len(words) + len(columns))]
    for row in rows:
        numbers = row.get("difference", row)
        cells = [str(row[word]) for word in words]
        for column in columns:
            value = numbers.get(column)
            cells.append("" if value is None else str(value) if isinstance(value, int) else f"{value:.1e}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Fit everything and write both files."""
    before = json.loads((HERE / "agreement.json").read_text()) if (HERE / "agreement.json").exists() else {"sas": []}
    golden = [against_mmrm(entry) for entry in json.loads((HERE / "golden_B.json").read_text())]
    found = json.loads((HERE / "structures.json").read_text())
    others = [against_r(entry, entry["kind"]) for entry in found if entry["kind"] != "emmeans"]
    others += [against_r(entry, "direct") for entry in json.loads((HERE / "direct.json").read_text())]
    sas = before["sas"]
    if len(sys.argv) > 1:
        sas = [against_sas(name, Path(sys.argv[1])) for name in sas_models.STRUCTURES]
    (HERE / "agreement.json").write_text(json.dumps({"mmrm": golden, "r": others, "sas": sas}, indent=1) + "\n")
    sizes = ("estimate", "standard_error", "df", "p", "log_likelihood", "covariance")
    largest = {"dataset": "**largest**", "model": "", "way": "", "difference": {}}
    largest["difference"] = {size: max(row["difference"][size] for row in golden) for size in sizes}
    parts = [
        "# Agreement of `mmrm` with R and SAS",
        "Written by `compare.py`. Differences are relative unless said otherwise.",
        "## R's mmrm, tightened: unstructured, the difference between arms at month 6",
        "Log-likelihood and covariance of the visits: absolute.",
        table([largest, *golden], ("dataset", "model", "way"), sizes),
        "## nlme's gls, lme4, and a textbook program in R",
        "`log_likelihood_above`: how much higher ours is (the higher one is nearer to the maximum). Coefficients: the "
        "largest difference in standard errors. `df`: lmerTest's Satterthwaite.",
        table(
            others,
            ("program", "dataset", "structure"),
            ("log_likelihood_above", "coefficients_over_se", "standard_error", "df"),
        ),
        "## SAS PROC MIXED",
        "Largest absolute differences from what is printed (4 decimals of most estimates). `deviance_below`: how much "
        "lower our -2 REML log-likelihood is: SAS stops when its criterion is below 1e-8. `df_not_the_same_rounded`: "
        "of `rows`.",
        table(
            sas,
            ("listing", "structure", "rows"),
            ("deviance_below", "estimate", "standard_error", "df_not_the_same_rounded", "covariance"),
        ),
    ]
    (HERE / "agreement.md").write_text("\n\n".join(parts) + "\n")
    for way in WAYS.values():
        print(f"{way}: {milliseconds(way):.0f} ms of CPU, 7 visits, 200 participants")


if __name__ == "__main__":
    main()
