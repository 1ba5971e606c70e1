"""`random_slope` and `broken_stick` with Satterthwaite degrees of freedom, two arms, 200 participants."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.engine_runs import milliseconds_a_trial
from benchmarks.side_by_side import VALIDATION, Comparison, from_r, milliseconds
from leadin.analysis.mixed_model import fit_mixed_model

FILES = sorted((VALIDATION / "mixed-models" / "data").glob("w1_*_long.csv"))
FROM_R = ("lme4 refit() (no df)", "lme4 lmer() (no df)", "lmerTest with Satterthwaite df", "nlme lme() (no such df)")
NORMALS = 2 * 200 + 10 * 200
"""Of a trial of 200 participants and 10 visits under random slopes."""

DRAW = np.random.default_rng(1)


def compared() -> tuple[Comparison, ...]:
    """Against lme4, lmerTest, nlme, mixedlm and statsmodels, whichever is installed."""
    what = f"with Satterthwaite df, {len(FILES)} data sets of 200 participants, 10 visits"
    return (
        Comparison(
            f"`random_slope` {what}",
            ("leadin, many trials", milliseconds_a_trial("random_slope")),
            {
                "leadin, one trial": milliseconds([arrays(file) for file in FILES], fit_with_leadin),
                **from_r("random_slope.R", FROM_R, "random_slope", *FILES),
                "mixedlm lmer() (no df)": _if_there("mixedlm", fit_with_mixedlm),
                "statsmodels MixedLM (no df)": _if_there("statsmodels", fit_with_statsmodels),
                f"numpy: {NORMALS:,} normals drawn, nothing fitted": milliseconds([()] * 200, draw_normals),
            },
        ),
        Comparison(
            f"`broken_stick` {what}",
            ("leadin, many trials", milliseconds_a_trial("broken_stick")),
            {
                "leadin, one trial": milliseconds([broken_arrays(file) for file in FILES], fit_broken_stick),
                **from_r("random_slope.R", FROM_R[:3], "broken_stick", *FILES),
            },
        ),
    )


def _if_there(package: str, fit: Callable[..., object]) -> float | None:
    if importlib.util.find_spec(package) is None:
        return None
    return milliseconds([arrays(file) for file in FILES[:5]], fit)


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
    """The fit; statsmodels has no Satterthwaite degrees of freedom, and says much on the way."""
    import warnings

    from statsmodels.regression.mixed_linear_model import MixedLM

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        MixedLM(y, fixed, groups=group, exog_re=random).fit(reml=True)


def fit_with_mixedlm(y: np.ndarray, fixed: np.ndarray, random: np.ndarray, group: np.ndarray) -> None:
    """The fit; data frame and all, as one calls it."""
    from mixedlm import lmer
    from pandas import DataFrame

    data = DataFrame({"y": y, "time": fixed[:, 1], "treated": fixed[:, 2], "id": group})
    lmer("y ~ time + treated + (time | id)", data)


def broken_arrays(file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """All visits; the random effects are intercept, slope, and change of slope at time zero."""
    table = pl.read_csv(file)
    months = table["time"].to_numpy().astype(float)
    one, after = np.ones_like(months), np.maximum(months, 0.0)
    random = np.column_stack([one, months, after])
    fixed = np.column_stack([random, after * table["arm"].to_numpy()])
    return table["y"].to_numpy().astype(float), fixed, random, table["id"].to_numpy()


def fit_broken_stick(y: np.ndarray, fixed: np.ndarray, random: np.ndarray, group: np.ndarray) -> None:
    """The fit and its test."""
    fit_mixed_model(y, fixed, random, group).test([0, 0, 0, 1])


def draw_normals() -> None:
    """What it takes to make up the data alone."""
    DRAW.standard_normal(NORMALS)
