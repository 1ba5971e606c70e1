"""One table of all estimates, a row each, and the same rows as comparisons for the forest plot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from leadin.analysis.rerandomisation import RULE, beside
from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.arms import ReportArm, arm_called, reference_arm, treated_arms
from leadin.reports.forest import ForestRow
from leadin.reports.numbers import ABSENT, decimals_for_interval, interval, number, p_value
from leadin.reports.palette import INK
from leadin.reports.tables import Column, Rows, Table
from leadin.reports.untreated import COLUMN, level_of, untreated_words
from leadin.reports.wording import capital, measure_words, method_words, rule_words

if TYPE_CHECKING:
    from leadin.designs.chance import Chance

LEFT_TO_OTHER_SECTIONS = ("kaplan_meier", "safety")


def shown_value(result: Result) -> tuple[float | None, float | None, float | None, float | None, str]:
    """Estimate, standard error, interval and unit as people read them.

    A log hazard ratio is shown as the hazard ratio (its standard error by the delta method), a share as percentage
    points.
    """
    values = (result.estimate, result.standard_error, result.ci_low, result.ci_high)
    if result.unit == "log hazard ratio":
        ratio = _exp(result.estimate)
        error = ratio * result.standard_error if ratio is not None and result.standard_error is not None else None
        return ratio, error, _exp(result.ci_low), _exp(result.ci_high), "hazard ratio"
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


def method_and_rule(result: Result, label: str | None = None) -> str:
    """`Broken-stick model`, `Responders, ≥ 50 % slower`, `Change of slope, Welch t test`; label: what tells its
    analysis apart, `MMRM (month 6)`."""
    rule = f", {rule_words(result.rule)}" if result.rule else ""
    return capital(method_words(result.method)) + (f" ({label})" if label else "") + rule


def tabled(answers: Answers) -> tuple[Result, ...]:
    """The rows of the table: every estimate and test but those that other sections show; a re-randomisation test stands
    beside the estimate that it tests."""
    asked = _asked(answers)
    shown = [row for row in asked if row.estimate is not None or row.p is not None]
    placed = {id(test) for row in shown if (test := beside(row, asked)) is not None}
    return tuple(row for row in shown if id(row) not in placed)


def _asked(answers: Answers) -> tuple[Result, ...]:
    return tuple(
        row
        for row in answers.rows
        if row.method not in LEFT_TO_OTHER_SECTIONS and (row.method != "responders" or answers.is_between(row))
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
            label = f" ({answers.labels[row]})" if row in answers.labels else ""
            about = f"{capital(method_words(row.method))}{label} of {measure_words(row.endpoint)}"
            contrast = answers.contrast_words(row)
            said = reasons.setdefault((about, reason), [])
            if contrast not in said:
                said.append(contrast)
    return tuple(f"{about} ({'; '.join(contrasts)}): {reason}." for (about, reason), contrasts in reasons.items())


def models_table(
    answers: Answers, interval_name: str = "95 % interval", name: str = "models", chance: Chance | None = None
) -> Table | None:
    """The table, grouped by endpoint, unit and contrast, comparisons between arms first; None when there is no row.

    interval_name: heading of the intervals, with their level. A test without an estimate has its p alone. Where any row
    has them, there are columns for the p of the re-randomisation test and, of comparisons with the lead-in, for what
    the same design shows with no treatment.
    """
    rows = tabled(answers)
    if not rows:
        return None
    groups: dict[str, list[Result]] = {}
    for endpoint in dict.fromkeys(row.endpoint for row in rows):
        of_endpoint = [row for row in rows if row.endpoint == endpoint]
        for row in sorted(of_endpoint, key=lambda each: not answers.compares(each)):
            groups.setdefault(_heading(row, of_endpoint, answers), []).append(row)
    tests = {row: test for row in rows if (test := beside(row, answers.rows)) is not None and test.p is not None}
    levels = {row: level for row in rows if (level := level_of(row, answers, chance)) is not None}
    columns = (
        Column("Endpoint (unit): contrast, and method"),
        Column("Estimate", numeric=True),
        Column(interval_name, numeric=True),
        *((Column(COLUMN, numeric=True),) if levels else ()),
        Column("p", numeric=True),
        *((Column("p, re-randomised", numeric=True),) if tests else ()),
        Column("n", numeric=True),
        Column("Left out", numeric=True),
        Column("In the plan"),
    )
    made = []
    for title, of in groups.items():
        told = []
        for row in of:
            words = (untreated_words(levels[row]) if row in levels else ABSENT,) if levels else ()
            exact = (p_value(tests[row].p) if row in tests else ABSENT,) if tests else ()
            told.append(_row(row, answers, words, exact))
        made.append(Rows(tuple(told), title))
    return Table(name, "Every estimate of the analysis.", columns, tuple(made), _notes(tests), wide=True)


def _notes(tests: Mapping[Result, Result]) -> tuple[str, ...]:
    notes = [
        "n: participants used; left out: participants who could not be used. A positive difference in slope is slower "
        "decline; a hazard ratio below 1 is fewer fatal events."
    ]
    if tests:
        how = dict.fromkeys((test.rule or "").partition(f"{RULE} (")[2].removesuffix(")") for test in tests.values())
        notes.append(
            "p, re-randomised: the share of allocations by the protocol's own randomisation that give an estimate at "
            f"least as far from no difference as the one seen ({'; '.join(how)})."
        )
    return tuple(notes)


def _heading(row: Result, of_endpoint: list[Result], answers: Answers) -> str:
    """`ALSFRS-R (points per month): cells − control`. A test without a unit goes with the estimates it belongs to."""
    alike = [each for each in of_endpoint if each.contrast == row.contrast and each.unit is not None]
    same_method = [each for each in alike if each.method == row.method]
    units = [shown_value(each)[4] for each in ([row] if row.unit is not None else (same_method or alike)[:1])]
    unit = f" ({units[0]})" if units and units[0] else ""
    return f"{capital(measure_words(row.endpoint))}{unit}: {answers.contrast_words(row)}"


def _row(
    result: Result, answers: Answers, untreated: tuple[str, ...] = (), exact: tuple[str, ...] = ()
) -> tuple[str, ...]:
    value, spread = estimate_words(result)
    return (
        method_and_rule(result, answers.labels.get(result)),
        value,
        spread,
        *untreated,
        p_value(result.p),
        *exact,
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
    ratio = unit == "hazard ratio"
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
        better_high=not ratio,
        primary=answers.role(result) == "planned primary",
        colour=arm.look.colour if arm is not None else INK,
    )


def _short_label(result: Result) -> str:
    """`ALSFRS-R, broken-stick model`; of responders `ALSFRS-R, ≥ 50 %`, since the scale says that it counts them."""
    responders = result.method == "responders" and result.rule is not None
    what = rule_words(result.rule or "").removesuffix(" slower") if responders else method_words(result.method)
    return f"{capital(measure_words(result.endpoint))}, {what}"


def favours(arms: tuple[ReportArm, ...]) -> tuple[str, str]:
    """Words for the left and the right side of the forest plot."""
    reference, treated = reference_arm(arms), treated_arms(arms)
    if reference is None:
        return "faster after time zero", "slower after time zero"
    right = treated[0].label if len(treated) == 1 else "the other arm"
    return f"favours {reference.label}", f"favours {right}"
