"""One table of all estimates, a row each, and sentences for those that could not be estimated."""

from __future__ import annotations

from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.estimate_words import estimate_words, shown_value
from leadin.reports.numbers import ABSENT, number, p_value
from leadin.reports.safety_table import KINDS
from leadin.reports.tables import Column, Rows, Table
from leadin.reports.wording import capital, measure_words, method_words, rule_words


def method_and_rule(result: Result) -> str:
    """`Broken-stick model`, `Responders, ≥ 50 % slower`, `Change of slope, Welch t test`, `Repeated-measures model
    (MMRM), month 6`."""
    if result.method == "safety" and result.rule in KINDS:
        return capital(KINDS[result.rule])
    rule = f", {rule_words(result.rule)}" if result.rule else ""
    return capital(method_words(result.method)) + rule + month_of(result)


def month_of(result: Result) -> str:
    """`, month 6`, where the estimate belongs to a time; the month of a visit is told to a tenth."""
    if result.time_months is None:
        return ""
    return f", month {number(result.time_months, 1).removesuffix('.0')}"


def tabled(answers: Answers) -> tuple[Result, ...]:
    """The rows of the table: every estimate and test but those that other sections show."""
    return tuple(row for row in _asked(answers) if row.estimate is not None or row.p is not None)


def _asked(answers: Answers) -> tuple[Result, ...]:
    return tuple(row for row in answers.rows if _belongs(row, answers))


def _belongs(row: Result, answers: Answers) -> bool:
    """Survival at landmarks, shares of one arm, and single terms of adverse events stand in other sections."""
    if row.method in ("responders", "safety"):
        return answers.is_between(row) and (row.method == "responders" or row.rule in KINDS)
    return row.method != "kaplan_meier" or answers.is_between(row)


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
