"""Cox's model and the log-rank test of two arms, 200 participants."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.engine_runs import milliseconds_a_trial
from benchmarks.side_by_side import VALIDATION, Comparison, from_r, milliseconds
from leadin.analysis.kaplan_meier import survival_curve
from leadin.analysis.log_rank import log_rank_test
from leadin.analysis.proportional_hazards import proportional_hazards

FILES = sorted((VALIDATION / "survival" / "data").glob("w1_*_surv.csv"))
UNTIL = 6.0
COX, LOG_RANK, ALL = "R survival coxph()", "R survival survdiff()", "R survival survfit(), survdiff(), coxph()"


def compared() -> tuple[Comparison, ...]:
    """Against R's survival and lifelines, whichever is installed."""
    data = [arrays(file) for file in FILES]
    what = f"{len(FILES)} data sets of 200 participants"
    peers = from_r("survival.R", (COX, LOG_RANK, ALL), *FILES)
    lifelines: list[float | None] = [None, None, None]
    if importlib.util.find_spec("lifelines"):
        fits = (cox_with_lifelines, log_rank_with_lifelines, all_with_lifelines)
        lifelines = [milliseconds(data[:5], fit) for fit in fits]
    return (
        Comparison(
            f"Kaplan-Meier at a month, log-rank and Cox together, {what}",
            ("leadin, many trials", milliseconds_a_trial("survival")),
            {"leadin, one trial": milliseconds(data, all_of_leadin), ALL: peers[ALL], "lifelines": lifelines[2]},
        ),
        Comparison(
            f"Cox, {what}",
            ("leadin, one trial", milliseconds(data, cox)),
            {COX: peers[COX], "lifelines CoxPHFitter": lifelines[0]},
        ),
        Comparison(
            f"Log-rank, {what}",
            ("leadin, one trial", milliseconds(data, log_rank_test)),
            {LOG_RANK: peers[LOG_RANK], "lifelines logrank_test": lifelines[1]},
        ),
    )


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


def all_of_leadin(months: np.ndarray, event: np.ndarray, arm: np.ndarray) -> None:
    """The curves, the test and the fit."""
    for mine in (0, 1):
        survival_curve(months[arm == mine], event[arm == mine])
    log_rank_test(months, event, arm)
    cox(months, event, arm)


def all_with_lifelines(months: np.ndarray, event: np.ndarray, arm: np.ndarray) -> None:
    """The curves, the test and the fit."""
    from lifelines import KaplanMeierFitter

    for mine in (0, 1):
        KaplanMeierFitter().fit(months[arm == mine], event[arm == mine]).predict(UNTIL)
    log_rank_with_lifelines(months, event, arm)
    cox_with_lifelines(months, event, arm)
