"""`mmrm`, unstructured, Satterthwaite degrees of freedom at the last visit: 7 visits of 200 participants."""

from __future__ import annotations

import numpy as np
import polars as pl

from benchmarks.engine_runs import milliseconds_a_trial
from benchmarks.side_by_side import VALIDATION, Comparison, from_r, milliseconds
from leadin.analysis.mmrm.fit import fit_mmrm

FILE = VALIDATION / "mixed-models" / "data" / "w1_01_long.csv"


MMRM = "mmrm, Satterthwaite"
STORED = {MMRM: 520.0}
"""Milliseconds on the machine where the golden values were made; the package is in no distribution of Debian."""


def compared() -> tuple[Comparison, ...]:
    """Against R's mmrm where it is installed, and nlme's gls, which gives no such degrees of freedom."""
    plain = {"leadin, one trial": milliseconds([arrays()] * 5, fit_with_leadin)}
    peers = from_r("repeated_measures.R", (MMRM, "nlme gls() (no df)"), FILE)
    return (
        Comparison(
            "`mmrm`, unstructured, 7 visits of 200 participants, with Satterthwaite df",
            ("leadin, many trials", milliseconds_a_trial("mmrm")),
            {**plain, **peers},
            STORED,
        ),
    )


def arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, fixed effects, visit and participant: the mean, the arm and the baseline by visit."""
    table = pl.read_csv(FILE)
    baseline = table.filter(pl.col("time") == -1).select("id", base=pl.col("y") - 36.0)
    table = table.filter(pl.col("time") > -1).join(baseline, on="id", maintain_order="left")
    visit = table["time"].to_numpy()
    at = (visit[:, None] == np.unique(visit)).astype(float)
    arm, base = table["arm"].to_numpy()[:, None], table["base"].to_numpy()[:, None]
    return table["y"].to_numpy().astype(float), np.hstack([at, at * arm, at * base]), visit, table["id"].to_numpy()


def fit_with_leadin(y: np.ndarray, fixed: np.ndarray, visit: np.ndarray, participant: np.ndarray) -> None:
    """The fit, and the test of the arms at the last visit."""
    fit_mmrm(y, fixed, visit, participant).test(np.eye(fixed.shape[1])[13])
