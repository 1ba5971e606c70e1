"""Our fits beside lme4 + lmerTest's on every reference data set: writes agreement.json and agreement.md in this folder.

Run by hand from anywhere: python validation/mixed-models/compare.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from leadin.analysis.mixed_model import MixedModelFit, fit_mixed_model

HERE = Path(__file__).parent
GOLDEN = ("golden_D.json", "golden_A.json", "golden_C.json")
HEADINGS = {
    "D": "D: `y ~ time + time:arm + (time | id)`, visits with time >= 0 (the method `random_slope`)",
    "C": "C: `y ~ time + pos + arm:pos + (time + pos | id)`, pos = max(time, 0) (the method `broken_stick`)",
    "A": "A: `y ~ time + time:arm + (time | id)`, all visits (to check the fitter; not an analysis)",
    "A2": "A2: `y ~ time + arm:pos + (time | id)`, all visits (to check the fitter; not an analysis)",
}
COLUMNS = ("estimate", "estimate_over_se", "standard_error", "df", "p", "log_likelihood", "variances")


def fit(dataset: str, model: str) -> MixedModelFit:
    """Our fit of one of the four models; the contrast is its last coefficient."""
    table = np.genfromtxt(HERE / "data" / f"{dataset}_long.csv", delimiter=",", names=True)
    if model == "D":
        table = table[table["time"] >= 0]
    one, time, arm = np.ones(table.size), table["time"], table["arm"]
    pos = np.maximum(time, 0)
    fixed = {"D": (one, time, time * arm), "A": (one, time, time * arm), "A2": (one, time, arm * pos)}
    random = (one, time, pos) if model == "C" else (one, time)
    columns = fixed.get(model, (one, time, pos, arm * pos))
    return fit_mixed_model(table["y"], np.column_stack(columns), np.column_stack(random), table["id"])


def reference_variances(entry: dict[str, Any]) -> list[float]:
    """Variances, covariances and residual variance in lme4's order."""
    if "vcov" in entry:
        return [float(value) for value in entry["vcov"]]
    return [entry["var_int"], entry["var_slope"], entry["cov"], entry["var_res"]]


def differences(entry: dict[str, Any]) -> dict[str, Any]:
    """One row: differences of ours from the reference, relative unless said otherwise."""
    ours = fit(entry["dataset"], entry["model"])
    test = ours.test(np.eye(ours.coefficients.size)[-1])
    covariance = ours.random_covariance
    variances = np.array(
        [*np.diag(covariance), *covariance[np.triu_indices_from(covariance, 1)], ours.residual_variance]
    )
    return {
        "model": entry["model"],
        "dataset": entry["dataset"],
        "singular": [ours.singular, bool(entry["singular"])],
        "ours": {"estimate": test.estimate, "standard_error": test.standard_error, "df": test.df, "p": test.p},
        "difference": {
            "estimate": test.estimate / entry["est"] - 1,
            "estimate_over_se": (test.estimate - entry["est"]) / entry["se"],
            "standard_error": test.standard_error / entry["se"] - 1,
            "df": test.df / entry["df"] - 1,
            "p": test.p / entry["p"] - 1 if "p" in entry else None,
            "log_likelihood": ours.reml_log_likelihood - entry["reml_ll"],
            "variances": float(np.abs(variances - reference_variances(entry)).max()),
        },
    }


def table(rows: list[dict[str, Any]]) -> str:
    """A markdown table of one model, the largest differences first."""
    names = "| data | singular | estimate | estimate / SE | SE | df | p | log-likelihood (abs.) | variances (abs.) |"
    lines = [names, "|---|---|---|---|---|---|---|---|---|"]
    largest = {c: max(abs(row["difference"][c] or 0.0) for row in rows) for c in COLUMNS}
    lines.append("| **largest** | | " + " | ".join(f"**{largest[c]:.1e}**" for c in COLUMNS) + " |")
    for row in rows:
        values = (row["difference"][c] for c in COLUMNS)
        cells = " | ".join("" if value is None else f"{abs(value):.1e}" for value in values)
        ours, theirs = row["singular"]
        said = ("yes" if ours else "no") if ours == theirs else "DIFFERS"
        lines.append(f"| {row['dataset']} | {said} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    """Fit everything and write both files."""
    entries = [entry for name in GOLDEN for entry in json.loads((HERE / name).read_text())]
    rows = [differences(entry) for entry in entries]
    (HERE / "agreement.json").write_text(json.dumps(rows, indent=1) + "\n")
    parts = [
        "# Agreement with lme4 + lmerTest",
        "Written by `compare.py`. Differences are relative unless said otherwise.",
    ]
    for model, heading in HEADINGS.items():
        parts += [f"## {heading}", table([row for row in rows if row["model"] == model])]
    (HERE / "agreement.md").write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
