"""Rows of a mean: its t test, Wilcoxon's signed-rank test, and Welch's test of two means, with what cannot be told."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from leadin.analysis.arms import of_arm
from leadin.analysis.responder_rules import EQUAL_WITHIN
from leadin.analysis.result import Result
from leadin.engine.signed_rank import signed_rank_test
from leadin.engine.t_tests import MeanTest, one_sample_t, welch_t

Floats = NDArray[np.float64]

REFERENCES = (
    "Student (1908), The probable error of a mean, Biometrika 6:1-25, doi:10.1093/biomet/6.1.1",
    "Welch (1947), The generalization of Student's problem, Biometrika 34:28-35, doi:10.1093/biomet/34.1-2.28",
    "Wilcoxon (1945), Individual comparisons by ranking methods, Biometrics Bulletin 1:80-83, doi:10.2307/3001968",
)
TIE_DECIMALS = round(-np.log10(EQUAL_WITHIN))
"""Values are rounded to so many decimals before they are ranked: equal ones must tie whatever their rounding."""


@dataclass(frozen=True)
class Worded:
    """How the values are called in a reason. needs: what a participant must have, after `with`. values: what they are,
    in the plural. none: that all of them are zero, after their number."""

    needs: str
    values: str
    none: str


def t_row(known: Result, values: Floats, level: float, words: Worded) -> Result:
    """The mean of values (n,) against zero by Student's t; `rule` says so after what it said."""
    known = _ruled(known, "t test")
    if values.size < 2:
        return impossible(known, _too_few(values.size, known.arm, words))
    if _all_equal(values):
        reason = f"all {values.size} {words.values} are equal, so that their error cannot be estimated"
        return replace(impossible(known, reason), estimate=float(values.mean()))
    return filled(known, one_sample_t(values, level))


def wilcoxon_row(known: Result, values: Floats, words: Worded) -> Result:
    """Wilcoxon's signed-rank test of values (n,); a test without an estimate, and so without a unit."""
    known = replace(known, unit=None)
    if values.size < 2:
        return impossible(_ruled(known, "Wilcoxon test"), _too_few(values.size, known.arm, words))
    if not np.round(values, TIE_DECIMALS).any():
        reason = f"none of the {values.size} {words.none}, so that there is nothing to rank"
        return impossible(_ruled(known, "Wilcoxon test"), reason)
    test = signed_rank_test(values, decimals=TIE_DECIMALS)
    way = "exact" if test.exact else "normal approximation"
    return replace(_ruled(known, f"Wilcoxon test ({way})"), statistic=test.statistic, p=test.p)


def welch_row(known: Result, values: Floats, others: Floats, reference: str, level: float, words: Worded) -> Result:
    """The mean of values (n,) minus that of the reference arm's (m,) by Welch's test."""
    known = _ruled(known, "Welch t test")
    for arm, mine in ((known.arm, values), (reference, others)):
        if mine.size < 2:
            return impossible(known, _too_few(mine.size, arm, words))
    if _all_equal(values) and _all_equal(others):
        reason = f"the {words.values} are all equal within each arm, so that their error cannot be estimated"
        return replace(impossible(known, reason), estimate=float(values.mean() - others.mean()))
    return filled(known, welch_t(values, others, level))


def impossible(known: Result, reason: str) -> Result:
    """The row as one that could not be estimated, the reason before its other warnings."""
    return replace(known, converged=False, warnings=(reason, *known.warnings))


def _ruled(known: Result, test: str) -> Result:
    return replace(known, rule=test if known.rule is None else f"{known.rule}, {test}")


def filled(known: Result, test: MeanTest) -> Result:
    """The row with the numbers of a test."""
    return replace(
        known,
        estimate=test.estimate,
        standard_error=test.standard_error,
        statistic=test.statistic,
        df=test.df,
        ci_low=test.ci_low,
        ci_high=test.ci_high,
        p=test.p,
    )


def _all_equal(values: Floats) -> bool:
    """Equal but for rounding, which must not pass for a standard error."""
    return bool(np.ptp(values) <= EQUAL_WITHIN)


def _too_few(n: int, arm: str | None, words: Worded) -> str:
    return f"expected at least 2 participants {of_arm(arm)} with {words.needs}; got {n}"
