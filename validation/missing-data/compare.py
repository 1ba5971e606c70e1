"""Our imputation beside R's answers: writes agreement.md in this folder.

Run by hand from anywhere: python validation/missing-data/compare.py
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from leadin.analysis.missing_data.completed_ancova import completed_ancova
from leadin.analysis.missing_data.incomplete_visits import IncompleteVisits
from leadin.analysis.missing_data.posterior import Posterior, posterior_draws
from leadin.analysis.missing_data.reference_based import completed
from leadin.analysis.missing_data.rubin import pool
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams

HERE = Path(__file__).parent
IMPUTATIONS = 1000


class Known:
    """Stands for random numbers: one column has `value`, the others zero."""

    def __init__(self, column: int | None = None) -> None:
        self.column = column

    def normal(self, name: str, n: int, *shape: int) -> np.ndarray:
        out = np.zeros((n, *shape))
        if self.column is not None:
            out[..., self.column] = 1.0
        return out


def table(values: np.ndarray, arm: np.ndarray, names: list[str]) -> IncompleteVisits:
    seen = np.isfinite(values)
    last = values.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
    return IncompleteVisits(tuple(names), arm, ("control", "cells"), values, 1, last)


def conditionals() -> dict[str, float]:
    """Per assumption the largest relative difference of a mean or a covariance."""
    given = json.loads((HERE / "data" / "parameters.json").read_text())
    means, covariances = np.array(given["means"]), np.array(given["covariances"])
    worst: dict[str, float] = {}
    for case in json.loads((HERE / "conditional.json").read_text()):
        values = np.array([[np.nan if x is None else x for x in given["people"][case["person"]]["values"]]])
        data = table(np.vstack([np.zeros(5), values]), np.array([0, 1]), ["a", "b"])
        second = covariances[0 if case["common"] else 1]
        known = Posterior(means[None], np.stack([covariances[0], second])[None])
        missing = case["missing"]
        mean = completed(data, known, case["assumption"], Known())[0, 1]
        moved = [completed(data, known, case["assumption"], Known(k))[0, 1] - mean for k in missing]
        root = np.array(moved)[:, missing]
        ours = np.concatenate([mean[missing], (root.T @ root).ravel()])
        theirs = np.concatenate([case["mean"], np.ravel(case["covariance"])])
        apart = float((np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1.0)).max())
        worst[case["assumption"]] = max(worst.get(case["assumption"], 0.0), apart)
    return worst


def pooling() -> float:
    """The largest relative difference from mice of estimate, standard error, df, p and interval."""
    worst = 0.0
    for theirs in json.loads((HERE / "pooled.json").read_text()):
        test = pool(theirs["estimates"], theirs["variances"], theirs["complete_df"]).test()
        pairs = {
            "estimate": test.estimate,
            "standard_error": test.standard_error,
            "df": test.df,
            "p": test.p,
            "low": test.ci_low,
            "high": test.ci_high,
        }
        worst = max(worst, *(abs(value - theirs[name]) / abs(theirs[name]) for name, value in pairs.items()))
    return worst


def at_random(name: str) -> tuple[float, float, float]:
    """Estimate, standard error and Monte Carlo error of the estimate under missing at random."""
    with (HERE / "data" / f"{name}.csv").open() as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    values = np.array([[float(row[f"m{m}"] or "nan") for m in (0, 2, 4, 6, 8)] for row in rows])
    arm = np.array([int(row["arm"] == "cells") for row in rows])
    data, draws = table(values, arm, [row["id"] for row in rows]), Draws(Streams(1))
    tables = completed(data, posterior_draws(data, IMPUTATIONS, draws), "missing_at_random", draws)
    fits = completed_ancova(values[None, :, 0], np.empty((arm.size, 0)), arm, 2).fit(tables[:, :, 4] - tables[:, :, 0])
    pooled = pool(fits.estimates[:, 0], fits.variances[:, 0], fits.df)
    return pooled.estimate, pooled.test().standard_error, pooled.monte_carlo_error


def main() -> None:
    """Compare everything and write the table."""
    lines = [
        "# Agreement of imputation with R",
        "",
        "Written by `compare.py`.",
        "",
        "| what | held against | largest relative difference |",
        "|---|---|---|",
        *(
            f"| what a value is drawn from, {assumption.replace('_', ' ')} | base R (`conditional.R`) | {apart:.1e} |"
            for assumption, apart in conditionals().items()
        ),
        f"| pooling: estimate, SE, df, p, interval | mice | {pooling():.1e} |",
        "",
        f"Missing at random, {IMPUTATIONS} imputations, against the likelihood answer (`gls.R`):",
        "",
        "| data | imputed: estimate | SE | Monte Carlo error | gls: estimate | SE |",
        "|---|---|---|---|---|---|",
    ]
    for theirs in json.loads((HERE / "gls.json").read_text()):
        ours = at_random(theirs["dataset"])
        told = " | ".join(f"{value:.4f}" for value in (*ours, theirs["estimate"], theirs["standard_error"]))
        lines.append(f"| {theirs['dataset']} | {told} |")
    (HERE / "agreement.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
