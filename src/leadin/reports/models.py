"""One table of all estimates, a row each, and the same rows as comparisons for the forest plot."""

from __future__ import annotations

import math

from leadin.analysis.missing_data.deltas import deltas_of
from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.arms import ReportArm, arm_called, reference_arm, treated_arms
from leadin.reports.forest import ForestRow
from leadin.reports.numbers import ABSENT, decimals_for_interval, interval, number, p_value
from leadin.reports.palette import INK
from leadin.reports.tables import Column, Rows, Table
from leadin.reports.wording import capital, measure_words, method_words, rule_words

LEFT_TO_OTHER_SECTIONS = ("kaplan_meier", "safety")


def shown_value(result: Result) -> tuple[float | None, float | None, float | None, float | None, str]:
    """Estimate, standard error, interval and unit as people read them.

    The log of a ratio is shown as the ratio (its standard error by the delta method), a share as percentage points.
    """
    values = (result.estimate, result.standard_error, result.ci_low, result.ci_high)
    if result.unit is not None and result.unit.startswith("log "):
        ratio = _exp(result.estimate)
        error = ratio * result.standard_error if ratio is not None and result.standard_error is not None else None
        return ratio, error, _exp(result.ci_low), _exp(result.ci_high), result.unit.removeprefix("log ")
    if result.unit is not None and result.unit.startswith("proportion"):
        value, error, low, high = (None if each is None else 100 * each for each in values)
        return value, error, low, high, "% of participants" if result.contrast is None else "percentage points"
    return *values, result.unit or ""


def _exp(value: float | None) -> float | None:
    return None if value is None else math.exp(min(value, 700.0))


def estimate_words(result: Result) -> tuple[str, str]:
    """The estimate and its interval, to the digits its standard error supports; shares never finer than a whole percent
    unless their error is below one."""
    value, error, low, high, unit = shown_value(result)
    decimals = decimals_for_interval(error, low, high)
    if decimals is not None and unit in ("% of participants", "percentage points"):
        decimals = max(decimals - 1, 0)
    return number(value, decimals), interval(low, high, decimals)


def method_and_rule(result: Result) -> str:
    """`Broken-stick model`, `Responders, ≥ 50 % slower`, `Change of slope, Welch t test`."""
    rule = f", {rule_words(result.rule)}" if result.rule else ""
    return capital(method_words(result.method)) + rule


def tabled(answers: Answers) -> tuple[Result, ...]:
    """The rows of the table: every estimate and test but those that other sections show."""
    return tuple(row for row in _asked(answers) if row.estimate is not None or row.p is not None)


def _asked(answers: Answers) -> tuple[Result, ...]:
    return tuple(
        row
        for row in answers.rows
        if row.method not in LEFT_TO_OTHER_SECTIONS
        and deltas_of(row.rule) is None
        and (row.method != "responders" or answers.is_between(row))
    )


def first_reason(row: Result) -> str:
    """Why a row has no estimate: its first warning, without the name of the measure that may stand before it."""
    return row.warnings[0].removeprefix(f"{row.endpoint}: ").rstrip(".") if row.warnings else "no reason recorded"


def not_estimable(answers: Answers) -> tuple[str, ...]:
    """A sentence for each analysis with rows that could not be estimated, and each reason: which, and why."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in _asked(answers):
        if row.estimate is None and row.p is None:
            reason = first_reason(row)
            about = f"{capital(method_words(row.method))} of {measure_words(row.endpoint)}"
            contrast = answers.contrast_words(row)
            said = reasons.setdefault((about, reason), [])
            if contrast not in said:
                said.append(contrast)
    return tuple(f"{about} ({'; '.join(contrasts)}): {reason}." for (about, reason), contrasts in reasons.items())


def models_table(answers: Answers, interval_name: str = "95 % interval", name: str = "models") -> Table | None:
    """The table, grouped by endpoint, unit and contrast, comparisons between arms first; None when there is no row.

    interval_name: heading of the intervals, with their level. A test without an estimate has its p alone.
    """
    rows = tabled(answers)
    if not rows:
        return None
    groups: dict[str, list[Result]] = {}
    for endpoint in dict.fromkeys(row.endpoint for row in rows):
        of_endpoint = [row for row in rows if row.endpoint == endpoint]
        for row in sorted(of_endpoint, key=lambda each: not answers.compares(each)):
            groups.setdefault(_heading(row, of_endpoint, answers), []).append(row)
    columns = (
        Column("Endpoint (unit): contrast, and method"),
        Column("Estimate", numeric=True),
        Column(interval_name, numeric=True),
        Column("p", numeric=True),
        Column("n", numeric=True),
        Column("Left out", numeric=True),
        Column("In the plan"),
    )
    notes = [
        "n: participants used; left out: participants who could not be used. A positive difference in slope is slower "
        "decline; a hazard ratio below 1 is fewer fatal events."
    ]
    made = tuple(Rows(tuple(_row(row, answers) for row in of), title) for title, of in groups.items())
    return Table(name, "Every estimate of the analysis.", columns, made, tuple(notes), wide=True)


def _heading(row: Result, of_endpoint: list[Result], answers: Answers) -> str:
    """`ALSFRS-R (points per month): cells − control`. A test without a unit goes with the estimates it belongs to."""
    alike = [each for each in of_endpoint if each.contrast == row.contrast and each.unit is not None]
    same_method = [each for each in alike if each.method == row.method]
    units = [shown_value(each)[4] for each in ([row] if row.unit is not None else (same_method or alike)[:1])]
    unit = f" ({units[0]})" if units and units[0] else ""
    return f"{capital(measure_words(row.endpoint))}{unit}: {answers.contrast_words(row)}"


def _row(result: Result, answers: Answers) -> tuple[str, ...]:
    value, spread = estimate_words(result)
    return (
        method_and_rule(result),
        value,
        spread,
        p_value(result.p),
        ABSENT if result.n is None else str(result.n),
        ABSENT if result.not_evaluable is None else str(result.not_evaluable),
        answers.role(result),
    )


def forest_rows(answers: Answers) -> tuple[ForestRow, ...]:
    """Comparisons with an interval: arm against arm, or in a trial of one arm after time zero against before it."""
    return tuple(
        row
        for result in tabled(answers)
        if answers.compares(result) and (row := _forest_row(result, answers)) is not None
    )


def _forest_row(result: Result, answers: Answers) -> ForestRow | None:
    value, _, low, high, unit = shown_value(result)
    if value is None or low is None or high is None:
        return None
    ratio = (result.unit or "").startswith("log ")
    if ratio and not (low > 0 and high < math.inf):
        return None
    arm = arm_called(answers.arms, result.arm)
    text, spread = estimate_words(result)
    if result.method == "responders":
        unit = "percentage points of responders"
    several = len(treated_arms(answers.arms)) > 1
    return ForestRow(
        label=_short_label(result),
        unit=unit,
        value=value,
        low=low,
        high=high,
        text=f"{text} ({spread})",
        comparison=capital(answers.contrast_words(result)) if several else None,
        ratio=ratio,
        better_high=unit != "hazard ratio",
        primary=answers.role(result) == "planned primary",
        colour=arm.look.colour if arm is not None else INK,
    )


def _short_label(result: Result) -> str:
    """`ALSFRS-R, broken-stick model`; of responders `ALSFRS-R, ≥ 50 %`, since the scale says that it counts them; of a
    method with several estimates of one contrast which one, `ALSFRS-R, win odds`."""
    by_rule = result.method in ("responders", "ancova", "win_ratio") and result.rule is not None
    what = rule_words(result.rule or "").removesuffix(" slower") if by_rule else method_words(result.method)
    return f"{capital(measure_words(result.endpoint))}, {what}"


def favours(arms: tuple[ReportArm, ...]) -> tuple[str, str]:
    """Words for the left and the right side of the forest plot."""
    reference, treated = reference_arm(arms), treated_arms(arms)
    if reference is None:
        return "faster after time zero", "slower after time zero"
    right = treated[0].label if len(treated) == 1 else "the other arm"
    return f"favours {reference.label}", f"favours {right}"
