"""The arrays of the reference fits, and a plain twin of the fitter's mathematics with full matrices."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[3]
VALIDATION = REPOSITORY / "validation"
SAS = REPOSITORY.parent / "shared" / "data" / "mmrm-reference"


@dataclass(frozen=True)
class Arrays:
    """What `fit_mmrm` takes; base (n,), arm (n,) beside it."""

    y: np.ndarray
    fixed: np.ndarray
    visit: np.ndarray
    participant: np.ndarray
    arm: np.ndarray
    base: np.ndarray

    @property
    def given(self):
        return self.y, self.fixed, self.visit, self.participant


def from_json(path):
    return json.loads((VALIDATION / path).read_text())


def table(dataset):
    return np.genfromtxt(VALIDATION / "mixed-models" / "data" / f"{dataset}_long.csv", delimiter=",", names=True)


def arrays(dataset, baseline_month=0):
    """visit + visit:arm + visit:base over the visits after the baseline, base counted from 36."""
    rows = table(dataset)
    base = {int(row["id"]): row["y"] - 36.0 for row in rows if row["time"] == baseline_month}
    rows = rows[(rows["time"] > baseline_month) & np.isin(rows["id"], list(base))]
    visit, who = rows["time"].astype(int), rows["id"].astype(int)
    at = (visit[:, None] == np.unique(visit)).astype(float)
    baseline = np.array([base[each] for each in who.tolist()])
    fixed = np.column_stack([at, at * rows["arm"][:, None], at * baseline[:, None]])
    return Arrays(rows["y"], fixed, visit, who, rows["arm"], baseline)


def load_program(path):
    """A module of validation/."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, VALIDATION / path)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Dense:
    """The deviance of one Sigma and everything made of it, with matrices over all observations."""

    value: float
    gradient: np.ndarray
    hessian: np.ndarray
    expected: np.ndarray
    beta: np.ndarray
    covariance: np.ndarray
    covariance_gradient: np.ndarray
    p: np.ndarray
    q: np.ndarray
    r: np.ndarray

    def kenward_roger(self, spread, linear):
        """The formula of 1997 as it is printed."""
        c, total = self.covariance, 0.0
        for i in range(len(spread)):
            for j in range(len(spread)):
                term = self.q[i, j] - self.p[i] @ c @ self.p[j]
                total = total + spread[i, j] * (term if linear else term - self.r[i, j] / 4.0)
        return c + 2.0 * c @ total @ c


def dense(data, sigma):
    """From data (Arrays) and Sigma with its derivatives by the parameters."""
    place = np.searchsorted(np.unique(data.visit), data.visit)
    same = data.participant[:, None] == data.participant[None, :]

    def whole(small):
        return np.where(same, small[np.ix_(place, place)], 0.0)

    x, y = data.fixed, data.y
    v = whole(sigma.value)
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    c = np.linalg.inv(information)
    projection = inverse - inverse @ x @ c @ x.T @ inverse
    py = projection @ y
    value = (
        np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + y @ py + (y.size - x.shape[1]) * np.log(2 * np.pi)
    )
    k = len(sigma.first)
    v_1 = [whole(each) for each in sigma.first]
    pv = [projection @ each for each in v_1]
    w = [inverse @ each @ inverse @ x for each in v_1]
    gradient = np.array([np.trace(pv[i]) - py @ v_1[i] @ py for i in range(k)])
    hessian, expected = np.empty((k, k)), np.empty((k, k))
    q, r = np.empty((k, k, *c.shape)), np.empty((k, k, *c.shape))
    for i in range(k):
        for j in range(k):
            bend = whole(sigma.second[i, j])
            expected[i, j] = (pv[i] * pv[j].T).sum()
            hessian[i, j] = (
                -expected[i, j]
                + 2.0 * py @ v_1[i] @ projection @ v_1[j] @ py
                + (projection * bend).sum()
                - py @ bend @ py
            )
            q[i, j] = x.T @ inverse @ v_1[i] @ w[j]
            r[i, j] = x.T @ inverse @ bend @ inverse @ x
    p = np.array([-x.T @ each for each in w])
    grown = np.array([-c @ each @ c for each in p])
    return Dense(float(value), gradient, hessian, expected, c @ x.T @ inverse @ y, c, grown, p, q, r)
