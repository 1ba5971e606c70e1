"""Each participant against himself: slope after time zero minus slope before it, per arm and between arms.

The comparison that every early trial in this field makes. Without a control arm it mixes the effect with regression to
the mean and with the course of the disease: read it beside what the same design shows with no treatment.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.analysis.arms import arms_of, has_control, in_arm, of_arm
from leadin.analysis.assessment_matrix import assessment_matrix
from leadin.analysis.measures import measure_name, slope_unit
from leadin.analysis.responder_rules import EQUAL_WITHIN
from leadin.analysis.result import Result
from leadin.analysis.slopes import FEWEST_VISITS, paired_slopes
from leadin.engine.signed_rank import signed_rank_test
from leadin.engine.t_tests import MeanTest, one_sample_t, welch_t
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]

REFERENCES = (
    "Student (1908), The probable error of a mean, Biometrika 6:1-25, doi:10.1093/biomet/6.1.1",
    "Welch (1947), The generalization of Student's problem, Biometrika 34:28-35, doi:10.1093/biomet/34.1-2.28",
    "Wilcoxon (1945), Individual comparisons by ranking methods, Biometrics Bulletin 1:80-83, doi:10.2307/3001968",
)
TIE_DECIMALS = round(-np.log10(EQUAL_WITHIN))
"""Changes are rounded to so many decimals before they are ranked: equal ones must tie whatever their rounding."""
EVALUABLE = f"at least {FEWEST_VISITS} visits before and {FEWEST_VISITS} after time zero"
POLICY = "over the visits made while alive, whatever was given (treatment policy)"
UNCONTROLLED = (
    "no control arm: this difference mixes any effect with regression to the mean and the course of the disease"
)
SHARED = "the baseline visit counts in both slopes, as planned; its measurement error then looks like a change"


def participant_slopes(trial: Trial, measure: str = "alsfrs_r", share_baseline: bool = False) -> pl.DataFrame:
    """Lead-in and follow-up slope of every participant in the table, in units of the measure per month.

    Columns: participant_id, arm, lead_in, follow_up (null with fewer than two visits), n_lead_in, n_follow_up (visits
    used), evaluable (at least 3 visits in each). Lead-in: visits at or before time zero; follow-up: after it, and with
    `share_baseline` the last visit at or before time zero as well.
    """
    matrix = assessment_matrix(trial, measure)
    slopes = paired_slopes(matrix.months, matrix.values, share_baseline=share_baseline)
    return matrix.participants.with_columns(
        lead_in=pl.Series(slopes.lead_in).fill_nan(None),
        follow_up=pl.Series(slopes.follow_up).fill_nan(None),
        n_lead_in=pl.Series(slopes.n_lead_in, dtype=pl.Int64),
        n_follow_up=pl.Series(slopes.n_follow_up, dtype=pl.Int64),
        evaluable=pl.Series(slopes.evaluable),
    )


def slope_change(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Per arm the mean change of slope with t and Wilcoxon tests; each arm minus `reference` by Welch's test.

    Give it a trial that `usable_trial` has been through. Participants with fewer than 3 visits in the lead-in or the
    follow-up are not evaluable and counted. No interval is given where none can be: see `converged` and the warnings.
    """
    slopes = participant_slopes(trial, planned.measure, planned.share_baseline)
    arms = arms_of(trial)
    changes = {arm: _changes(slopes, arm) for arm in arms}
    sizes = {arm: in_arm(slopes, arm).height for arm in arms}
    blank = Result(
        method="slope_change",
        endpoint=planned.measure,
        unit=slope_unit(planned.measure),
        references=REFERENCES,
        warnings=(SHARED,) if planned.share_baseline else (),
    )
    rows: list[Result] = []
    for arm in arms:
        known = replace(
            blank,
            arm=arm,
            contrast="follow-up - lead-in",
            n=changes[arm].size,
            not_evaluable=sizes[arm] - changes[arm].size,
            estimand=_within(planned.measure, arm),
        )
        warned = known if has_control(trial) else replace(known, warnings=(*known.warnings, UNCONTROLLED))
        rows += [_t_row(warned, changes[arm], 1.0 - planned.alpha), _wilcoxon_row(known, changes[arm])]
    for arm in arms:
        if arm is not None and reference is not None and arm != reference:
            n = changes[arm].size + changes[reference].size
            known = replace(
                blank,
                arm=arm,
                contrast=f"{arm} - {reference}",
                n=n,
                not_evaluable=sizes[arm] + sizes[reference] - n,
                estimand=_between(planned.measure, arm, reference),
            )
            rows.append(_welch_row(known, changes[arm], changes[reference], reference, 1.0 - planned.alpha))
    return tuple(rows)


def _changes(slopes: pl.DataFrame, arm: str | None) -> Floats:
    mine = in_arm(slopes, arm).filter("evaluable")
    return (mine["follow_up"] - mine["lead_in"]).to_numpy()


def _t_row(known: Result, changes: Floats, level: float) -> Result:
    known = replace(known, rule="t test")
    if changes.size < 2:
        return _impossible(known, _too_few(changes.size, known.arm))
    if _all_equal(changes):
        reason = f"all {changes.size} changes of slope are equal, so that their error cannot be estimated"
        return replace(_impossible(known, reason), estimate=float(changes.mean()))
    return _filled(known, one_sample_t(changes, level))


def _wilcoxon_row(known: Result, changes: Floats) -> Result:
    known = replace(known, rule="Wilcoxon test", unit=None)
    if changes.size < 2:
        return _impossible(known, _too_few(changes.size, known.arm))
    if not np.round(changes, TIE_DECIMALS).any():
        return _impossible(known, f"none of the {changes.size} slopes changed, so that there is nothing to rank")
    test = signed_rank_test(changes, decimals=TIE_DECIMALS)
    way = "exact" if test.exact else "normal approximation"
    return replace(known, rule=f"Wilcoxon test ({way})", statistic=test.statistic, p=test.p)


def _welch_row(known: Result, changes: Floats, reference_changes: Floats, reference: str, level: float) -> Result:
    known = replace(known, rule="Welch t test")
    for arm, mine in ((known.arm, changes), (reference, reference_changes)):
        if mine.size < 2:
            return _impossible(known, _too_few(mine.size, arm))
    if _all_equal(changes) and _all_equal(reference_changes):
        reason = "the changes of slope are all equal within each arm, so that their error cannot be estimated"
        difference = float(changes.mean() - reference_changes.mean())
        return replace(_impossible(known, reason), estimate=difference)
    return _filled(known, welch_t(changes, reference_changes, level))


def _filled(known: Result, test: MeanTest) -> Result:
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


def _all_equal(changes: Floats) -> bool:
    """Equal but for rounding, which must not pass for a standard error."""
    return bool(np.ptp(changes) <= EQUAL_WITHIN)


def _impossible(known: Result, reason: str) -> Result:
    return replace(known, converged=False, warnings=(reason, *known.warnings))


def _too_few(n: int, arm: str | None) -> str:
    return (
        f"expected at least 2 participants {of_arm(arm)} with {FEWEST_VISITS} visits in the lead-in and "
        f"{FEWEST_VISITS} in the follow-up; got {n}"
    )


def _within(measure: str, arm: str | None) -> str:
    return (
        f"Among participants {of_arm(arm)} with {EVALUABLE}: the mean, over participants, of the slope of the "
        f"{measure_name(measure)} after time zero minus the slope before it, {POLICY}."
    )


def _between(measure: str, arm: str, reference: str) -> str:
    return (
        f"Among participants with {EVALUABLE}: the mean change of the slope of the {measure_name(measure)} from before "
        f"to after time zero, arm {arm} minus arm {reference}, {POLICY}."
    )
