"""The models of the SAS listings in our columns, and what SAS printed of them as numbers of ours."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

STRUCTURES = {
    "sas_adh_reml": "heterogeneous_ante_dependence",
    "sas_ar1_reml": "autoregressive",
    "sas_ar1h_reml": "heterogeneous_autoregressive",
    "sas_coef_ci_reml_ar1": "autoregressive",
    "sas_coef_ci_reml_un": "unstructured",
    "sas_cs_reml": "compound_symmetry",
    "sas_csh_reml": "heterogeneous_compound_symmetry",
    "sas_log_reml": "unstructured",
    "sas_log_simple_reml": "unstructured",
    "sas_toeph_reml": "heterogeneous_toeplitz",
}
SAS_VISITS = ("VIS2", "VIS3", "VIS4", "VIS1")
"""The order of visits that the two listings named log have."""


@dataclass(frozen=True)
class Model:
    """y (n,), columns (n, p), visit (n,), participant (n,), visits in SAS's order; contrasts: by SAS's words."""

    y: np.ndarray
    columns: np.ndarray
    visit: np.ndarray
    participant: np.ndarray
    visits: tuple[str, ...]
    contrasts: dict[str, np.ndarray]


def model(name: str, folder: Path) -> Model:
    """The model of the listing of that name; fev_data.csv lies in `folder`."""
    rows = [row for row in csv.DictReader((folder / "fev_data.csv").open()) if row["FEV1"]]

    def column(field: str) -> np.ndarray:
        return np.array([row[field] for row in rows])

    y, visit, who = column("FEV1").astype(float), column("AVISIT"), column("USUBJID")
    treated, female = (column("ARMCD") == "TRT").astype(float), (column("SEX") == "Female").astype(float)
    visits = SAS_VISITS if "log" in name else tuple(sorted(set(visit)))
    if name == "sas_log_reml":
        race = column("RACE")
        cells = [(v, arm) for v in SAS_VISITS for arm in ("TRT", "PBO")]
        means = [(visit == v) & (column("ARMCD") == arm) for v, arm in cells]
        columns = np.column_stack(
            [*means, female - 0.5, (race == "Black or African American") - 1 / 3, (race == "White") - 1 / 3]
        )
        one = np.eye(11)
        contrasts = {f"AVISIT*ARMCD {v} {arm}": one[i] for i, (v, arm) in enumerate(cells)}
        for i, (v, arm) in enumerate(cells):
            for j, (w, other) in enumerate(cells):
                contrasts[f"AVISIT*ARMCD {v} {arm} {w} {other}"] = one[i] - one[j]
        contrasts |= {"SEX Female": one[8], "RACE Black or African American": one[9], "RACE White": one[10]}
        return Model(y, columns, visit, who, visits, contrasts)
    if "coef_ci" in name:
        columns = np.column_stack([np.ones(y.size), treated, female])
        contrasts = dict(zip(("Intercept", "ARMCD TRT", "SEX Female"), np.eye(3), strict=True))
        return Model(y, columns, visit, who, visits, contrasts)
    return Model(y, np.ones((y.size, 1)), visit, who, visits, {"Intercept": np.ones(1)})


def covariance(printed: dict[str, tuple[float, int]], visits: int) -> np.ndarray:
    """Sigma of the covariance parameters that SAS prints."""
    value = {name: number for name, (number, _) in printed.items()}
    lags = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    if "UN(1,1)" in value:
        sigma = np.zeros((visits, visits))
        for name, number in value.items():
            i, j = (int(each) - 1 for each in re.findall(r"\d+", name))
            sigma[i, j] = sigma[j, i] = number
        return sigma
    if "CS" in value:
        return value["CS"] + value["Residual"] * np.eye(visits)
    if "AR(1)" in value:
        return value["Residual"] * value["AR(1)"] ** lags
    deviation = np.sqrt([value[f"Var({i + 1})"] for i in range(visits)])
    scale = np.outer(deviation, deviation)
    if "ARH(1)" in value:
        return scale * value["ARH(1)"] ** lags
    if "CSH" in value:
        return scale * np.where(lags == 0, 1.0, value["CSH"])
    if "TOEPH(1)" in value:
        return scale * np.array([1.0, *(value[f"TOEPH({i})"] for i in range(1, visits))])[lags]
    correlation = np.eye(visits)
    for i in range(visits):
        for j in range(i + 1, visits):
            correlation[i, j] = correlation[j, i] = np.prod([value[f"Rho({k + 1})"] for k in range(i, j)])
    return scale * correlation
