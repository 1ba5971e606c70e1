"""`ancova`, and `slope_change`, two arms, 200 participants."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np

from benchmarks.collapsed_trials import VISITS, collapsed_trials
from benchmarks.engine_runs import milliseconds_a_trial
from benchmarks.side_by_side import Comparison, from_r, milliseconds
from leadin.analysis.ancova import fit_ancova

LM = "R lm(), summary()"
SLOPES = "R .lm.fit() for each participant and side, t.test()"


def compared() -> tuple[Comparison, ...]:
    """Against R's lm and statsmodels' OLS; slopes against a loop in R."""
    peers = from_r("change_at_a_visit.R", (LM, SLOPES), *VISITS)
    data = [arrays(trial) for trial in range(collapsed_trials().survival.shape[0])]
    what = f"{len(VISITS)} data sets of 200 participants"
    return (
        Comparison(
            f"`ancova` of the change to the last visit, {what}",
            ("leadin, many trials", milliseconds_a_trial("ancova")),
            {
                "leadin, one trial": milliseconds(data, fit_with_leadin),
                LM: peers[LM],
                "statsmodels OLS": _if_there("statsmodels", data, fit_with_statsmodels),
            },
        ),
        Comparison(
            f"`slope_change`, each participant's slopes and Welch's test, {what}",
            ("leadin, many trials", milliseconds_a_trial("slope_change")),
            {SLOPES: peers[SLOPES]},
        ),
        Comparison(
            f"`responders`, each participant's slopes and six thresholds, {what}",
            ("leadin, many trials", milliseconds_a_trial("responders")),
            {},
        ),
    )


def arrays(trial: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Change, baseline and arm of those who have both."""
    batch = collapsed_trials()
    baseline, last = batch.sums[trial, 0, 15], batch.seen[trial, 0, -1]
    arm = np.repeat(["control", "cells"], batch.sizes)
    known = np.isfinite(baseline + last)
    return (last - baseline)[known], baseline[known], arm[known].tolist()


def fit_with_leadin(change: np.ndarray, baseline: np.ndarray, arm: list[str]) -> None:
    """The fit and the difference between the arms."""
    fit_ancova(change, baseline, arm).difference("cells", "control")


def fit_with_statsmodels(change: np.ndarray, baseline: np.ndarray, arm: list[str]) -> None:
    """The fit with its tests, from arrays."""
    from statsmodels.api import OLS

    treated = np.array([name == "cells" for name in arm], dtype=float)
    fit = OLS(change, np.column_stack([np.ones(treated.size), treated, baseline])).fit()
    fit.pvalues  # noqa: B018  # made when asked for


def _if_there(package: str, data: list[tuple], fit: Callable[..., object]) -> float | None:
    return milliseconds(data, fit) if importlib.util.find_spec(package) else None
