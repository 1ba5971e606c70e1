"""Ratios against other programs: the same data, one run, one thread.

make bench

Fits the `random_slope` model with Satterthwaite degrees of freedom to every W1 data set of
`validation/mixed-models/data` with leadin and with whichever peers are installed. Peers that are not installed are
named. Figures are ratios of this run only.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from leadin.analysis.mixed_model import fit_mixed_model

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "validation" / "mixed-models" / "data"


def main() -> int:
    """Prints one line a program: milliseconds a fit in this run, and how many times leadin's."""
    files = sorted(DATA.glob("w1_*_long.csv"))
    if not files:
        print(f"No W1 data sets in {DATA}.", file=sys.stderr)
        return 2
    ours = milliseconds([arrays(file) for file in files], fit_with_leadin)
    print(f"random_slope with Satterthwaite df, {len(files)} data sets of 200 participants, one thread\n")
    print(f"{'leadin (plain fitter)':<34}{ours:>9.1f} ms   1.0 x")
    for name, found in peers(files):
        shown = f"{found:>9.1f} ms{found / ours:>6.1f} x" if found is not None else "   not installed, left out"
        print(f"{name:<34}{shown}")
    return 0


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


def milliseconds(data: list[tuple[np.ndarray, ...]], fit: Callable[..., None]) -> float:
    """Median milliseconds a fit over the data sets, after one fit to warm up."""
    fit(*data[0])
    taken = []
    for columns in data:
        began = time.perf_counter()
        fit(*columns)
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def peers(files: list[Path]) -> list[tuple[str, float | None]]:
    """Each peer with its median milliseconds a fit, None where it is not installed."""
    found: dict[str, float | None] = {"lme4 lmer()": None, "lmerTest with Satterthwaite df": None}
    if shutil.which("Rscript"):
        run = subprocess.run(
            ["Rscript", str(HERE / "lme4.R"), *map(str, files)], capture_output=True, text=True, check=False
        )
        if run.returncode == 0:
            found |= json.loads(run.stdout.strip().splitlines()[-1])
    statsmodels = None
    if importlib.util.find_spec("statsmodels"):
        statsmodels = milliseconds([arrays(file) for file in files[:5]], fit_with_statsmodels)
    return [*found.items(), ("statsmodels MixedLM (no df)", statsmodels)]


if __name__ == "__main__":
    sys.exit(main())
