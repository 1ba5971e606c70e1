"""`random_slope` with Satterthwaite degrees of freedom, one arm against another, 200 participants."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.side_by_side import VALIDATION, from_r, milliseconds, told
from leadin.analysis.mixed_model import fit_mixed_model

FILES = sorted((VALIDATION / "mixed-models" / "data").glob("w1_*_long.csv"))


def compared() -> str:
    """Against lme4, lmerTest and statsmodels, whichever is installed."""
    peers = from_r("random_slope.R", ("lme4 lmer()", "lmerTest with Satterthwaite df"), *FILES)
    statsmodels = None
    if importlib.util.find_spec("statsmodels"):
        statsmodels = milliseconds([arrays(file) for file in FILES[:5]], fit_with_statsmodels)
    ours = milliseconds([arrays(file) for file in FILES], fit_with_leadin)
    title = f"random_slope with Satterthwaite df, {len(FILES)} data sets of 200 participants"
    return told(title, ours, {**peers, "statsmodels MixedLM (no df)": statsmodels})


def arrays(file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, fixed effects, random effects and participant of the visits from time zero on."""
    table = pl.read_csv(file).filter(pl.col("time") >= 0)
    months = table["time"].to_numpy().astype(float)
    one = np.ones_like(months)
    fixed = np.column_stack([one, months, months * table["arm"].to_numpy()])
    return table["y"].to_numpy().astype(float), fixed, np.column_stack([one, months]), table["id"].to_numpy()


def fit_with_leadin(y: np.ndarray, fixed: np.ndarray, random: np.ndarray, group: np.ndarray) -> None:
    """The fit and its test."""
    fit_mixed_model(y, fixed, random, group).test([0, 0, 1])


def fit_with_statsmodels(y: np.ndarray, fixed: np.ndarray, random: np.ndarray, group: np.ndarray) -> None:
    """The fit; statsmodels has no Satterthwaite degrees of freedom."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    MixedLM(y, fixed, groups=group, exog_re=random).fit(reml=True)
