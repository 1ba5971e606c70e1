"""Cox's model and the log-rank test of two arms, 200 participants."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.side_by_side import VALIDATION, from_r, milliseconds, told
from leadin.analysis.log_rank import log_rank_test
from leadin.analysis.proportional_hazards import proportional_hazards

FILES = sorted((VALIDATION / "survival" / "data").glob("w1_*_surv.csv"))
COX, LOG_RANK = "R survival coxph()", "R survival survdiff()"


def compared() -> str:
    """Against R's survival and lifelines, whichever is installed."""
    data = [arrays(file) for file in FILES]
    peers = from_r("survival.R", (COX, LOG_RANK), *FILES)
    lifelines: list[float | None] = [None, None]
    if importlib.util.find_spec("lifelines"):
        lifelines = [milliseconds(data[:5], fit) for fit in (cox_with_lifelines, log_rank_with_lifelines)]
    what = f"{len(FILES)} data sets of 200 participants"
    first = told(f"Cox, {what}", milliseconds(data, cox), {COX: peers[COX], "lifelines CoxPHFitter": lifelines[0]})
    test = {LOG_RANK: peers[LOG_RANK], "lifelines logrank_test": lifelines[1]}
    return f"{first}\n\n{told(f'log-rank, {what}', milliseconds(data, log_rank_test), test)}"


def arrays(file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Months, whether they end in death, and arm."""
    table = pl.read_csv(file)
    return table["time"].to_numpy().astype(float), table["event"].to_numpy() == 1, table["arm"].to_numpy()


def cox(months: np.ndarray, event: np.ndarray, arm: np.ndarray) -> None:
    """The fit, at full precision."""
    proportional_hazards(months, event, arm[:, None], ("arm",))


def cox_with_lifelines(months: np.ndarray, event: np.ndarray, arm: np.ndarray) -> None:
    """The fit, at its default precision."""
    from lifelines import CoxPHFitter
    from pandas import DataFrame

    CoxPHFitter().fit(DataFrame({"months": months, "event": event, "arm": arm}), "months", "event")


def log_rank_with_lifelines(months: np.ndarray, event: np.ndarray, arm: np.ndarray) -> None:
    """The test."""
    from lifelines.statistics import logrank_test

    logrank_test(months[arm == 1], months[arm == 0], event[arm == 1], event[arm == 0])
