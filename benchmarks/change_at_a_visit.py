"""`ancova`, `slope_change` and `responders`, two arms, 200 participants."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np

from benchmarks.collapsed_trials import VISITS, collapsed_trials, series
from benchmarks.engine_runs import milliseconds_a_trial
from benchmarks.side_by_side import Comparison, from_r, milliseconds
from leadin.analysis.ancova import fit_ancova
from leadin.analysis.responder_rules import SpecialCases, judge, rules_of
from leadin.analysis.slopes import paired_slopes
from leadin.engine.t_tests import welch_t

LM = "R lm(), summary()"
SLOPES = "R .lm.fit() for each participant and side, t.test()"


def compared() -> tuple[Comparison, ...]:
    """Against R's lm and statsmodels' OLS; slopes against a loop in R."""
    peers = from_r("change_at_a_visit.R", (LM, SLOPES), *VISITS)
    months, values, _, _ = series()
    data, lines = [arrays(trial) for trial in range(len(values))], [(months, each) for each in values]
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
            {"leadin, one trial": milliseconds(lines, change_with_leadin), SLOPES: peers[SLOPES]},
        ),
        Comparison(
            f"`responders`, each participant's slopes and six thresholds, {what}",
            ("leadin, many trials", milliseconds_a_trial("responders")),
            {"leadin, one trial": milliseconds(lines, respond_with_leadin)},
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


def change_with_leadin(months: np.ndarray, values: np.ndarray) -> None:
    """The slopes, and Welch's test of their changes."""
    slopes = paired_slopes(months, values)
    change = np.where(slopes.evaluable, slopes.follow_up - slopes.lead_in, np.nan)
    control, cells = np.split(change, [values.shape[0] // 2])
    welch_t(cells[np.isfinite(cells)], control[np.isfinite(control)])


def respond_with_leadin(months: np.ndarray, values: np.ndarray) -> None:
    """The slopes, and who responds by each rule."""
    slopes, nobody = paired_slopes(months, values), np.zeros(values.shape[0], dtype=bool)
    for rule in rules_of((25.0, 50.0, 75.0, 100.0), (1.25, 1.5)):
        judge(slopes.lead_in, slopes.follow_up, slopes.evaluable, nobody, rule, SpecialCases())


def fit_with_statsmodels(change: np.ndarray, baseline: np.ndarray, arm: list[str]) -> None:
    """The fit with its tests, from arrays."""
    from statsmodels.api import OLS

    treated = np.array([name == "cells" for name in arm], dtype=float)
    fit = OLS(change, np.column_stack([np.ones(treated.size), treated, baseline])).fit()
    fit.pvalues  # noqa: B018  # made when asked for


def _if_there(package: str, data: list[tuple], fit: Callable[..., object]) -> float | None:
    return milliseconds(data, fit) if importlib.util.find_spec(package) else None
