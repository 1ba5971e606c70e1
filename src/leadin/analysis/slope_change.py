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
from leadin.analysis.mean_rows import REFERENCES as REFERENCES
from leadin.analysis.mean_rows import Worded, t_row, welch_row, wilcoxon_row
from leadin.analysis.measures import measure_name, slope_unit
from leadin.analysis.result import Result
from leadin.analysis.slopes import FEWEST_VISITS, paired_slopes
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]

WORDS = Worded(
    f"{FEWEST_VISITS} visits in the lead-in and {FEWEST_VISITS} in the follow-up", "changes of slope", "slopes changed"
)
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
        rows += [t_row(warned, changes[arm], 1.0 - planned.alpha, WORDS), wilcoxon_row(known, changes[arm], WORDS)]
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
            rows.append(welch_row(known, changes[arm], changes[reference], reference, 1.0 - planned.alpha, WORDS))
    return tuple(rows)


def _changes(slopes: pl.DataFrame, arm: str | None) -> Floats:
    mine = in_arm(slopes, arm).filter("evaluable")
    return (mine["follow_up"] - mine["lead_in"]).to_numpy()


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
