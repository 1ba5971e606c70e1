"""One table of all comparisons and tests, a row each, one of what each arm had by itself, and sentences for what could
not be estimated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from leadin.analysis.missing_data.deltas import deltas_of
from leadin.analysis.rerandomisation import RULE, beside
from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.estimate_words import estimate_words, shown_value
from leadin.reports.numbers import ABSENT, number, p_value
from leadin.reports.safety_table import KINDS
from leadin.reports.tables import Column, Rows, Table
from leadin.reports.untreated import (
    FALSE_POSITIVES,
    GROUP,
    MEAN,
    false_positive_words,
    level_of,
    untreated_notes,
    untreated_words,
)
from leadin.reports.wording import capital, measure_words, method_words, rule_words, short_method

if TYPE_CHECKING:
    from leadin.designs.chance import Chance, ChanceLevel

LONG_RULES = ("mmrm",)
"""Methods whose rule is so long that a table has room for their short name alone."""


def method_and_rule(result: Result, label: str | None = None) -> str:
    """`Broken-stick model`, `Responders, ≥ 50 % slower`, `Change of slope, Welch t test`, `MMRM, month 6, unstructured
    covariance, Satterthwaite`; label: what tells its analysis apart, `MMRM (first), month 6`."""
    if result.method == "safety" and result.rule in KINDS:
        return capital(KINDS[result.rule])
    method = short_method(result.method) if result.method in LONG_RULES else method_words(result.method)
    month = month_of(result)
    apart = f" ({label})" if label and label not in month else ""
    rule = f", {rule_words(result.rule)}" if result.rule and result.rule != short_method(result.method) else ""
    if month and re.search(rf"{re.escape(month[2:])}(?![.\d])", rule):
        month = ""
    return f"{capital(method)}{apart}{month}{rule}"


def month_of(result: Result) -> str:
    """`, month 6`, where the estimate belongs to a time; the month of a visit is told to a tenth."""
    if result.time_months is None:
        return ""
    return f", month {number(result.time_months, 1).removesuffix('.0')}"


def tabled(answers: Answers) -> tuple[Result, ...]:
    """The rows of the table: every estimate and test but those that other sections show; a re-randomisation test stands
    beside the estimate that it tests."""
    asked = _asked(answers)
    shown = [row for row in asked if row.estimate is not None or row.p is not None]
    placed = {id(test) for row in shown if (test := beside(row, asked)) is not None}
    return tuple(row for row in shown if id(row) not in placed)


def _asked(answers: Answers) -> tuple[Result, ...]:
    return tuple(row for row in answers.rows if _belongs(row, answers))


def _belongs(row: Result, answers: Answers) -> bool:
    """Survival at landmarks, shares of one arm, of adverse events all but the shares compared, and what shifts of
    imputed values do stand elsewhere."""
    if row.method == "responders":
        return answers.is_between(row)
    if row.method == "safety":
        return answers.is_between(row) and row.rule in KINDS and (row.unit or "").startswith("proportion")
    if deltas_of(row.rule) is not None:
        return False
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
    """The table of comparisons and tests, grouped by endpoint, unit and contrast, comparisons between arms first; None
    when there is no row.

    interval_name: heading of the intervals, with their level. A test without an estimate has its p alone. Where any row
    has them, there are columns for the p of the re-randomisation test, and for what the same design shows with no
    treatment.
    """
    rows = tuple(row for row in tabled(answers) if not _is_value(row))
    tests = {row: test for row in rows if (test := beside(row, answers.rows)) is not None and test.p is not None}
    levels = {row: level for row in rows if (level := level_of(row, answers, chance)) is not None}
    columns = (
        Column("Endpoint (unit): contrast, and method"),
        Column("Estimate", numeric=True),
        Column(interval_name, numeric=True),
        *(
            (Column(capital(MEAN), numeric=True, group=GROUP), Column(FALSE_POSITIVES, numeric=True, group=GROUP))
            if levels
            else ()
        ),
        Column("p", numeric=True),
        *((Column("p, re-randomised", numeric=True),) if tests else ()),
        Column("n", numeric=True),
        Column("Left out", numeric=True),
        Column("In the plan"),
    )
    groups = []
    for title, of in _grouped(rows, answers).items():
        told = []
        for row in of:
            words = _untreated(row, levels.get(row)) if levels else ()
            exact = (p_value(tests[row].p) if row in tests else ABSENT,) if tests else ()
            told.append((*_cells(row, answers, words, exact), answers.role(row)))
        groups.append(Rows(tuple(told), title))
    notes = (*_notes(tests), *untreated_notes(tuple(levels.values()), rows, chance))
    return Table(name, "Every comparison and test.", columns, tuple(groups), notes, wide=True) if rows else None


def _untreated(row: Result, level: ChanceLevel | None) -> tuple[str, str]:
    return (ABSENT, ABSENT) if level is None else (untreated_words(row, level), false_positive_words(level))


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


def values_table(answers: Answers, interval_name: str = "95 % interval", name: str = "arm-values") -> Table | None:
    """The table of what arms had by themselves (means at visits, mean ranks) and of what decided pairs; None when there
    is no such row."""
    rows = tuple(row for row in tabled(answers) if _is_value(row))
    columns = (
        Column("Endpoint (unit): arm, and method"),
        Column("Estimate", numeric=True),
        Column(interval_name, numeric=True),
        Column("n", numeric=True),
        Column("Left out", numeric=True),
    )
    groups = tuple(
        Rows(tuple((*cells[:3], *cells[4:]) for cells in (_cells(row, answers) for row in of)), title)
        for title, of in _grouped(rows, answers).items()
    )
    caption = "What each arm had by itself, and what decided pairs of participants. Nothing here is compared or tested."
    return Table(name, caption, columns, groups, wide=True) if rows else None


def _is_value(row: Result) -> bool:
    """The row compares nothing: no test, and no contrast or no interval of it."""
    return row.p is None and (row.contrast is None or row.ci_low is None)


def _grouped(rows: tuple[Result, ...], answers: Answers) -> dict[str, list[Result]]:
    """Rows by the heading they stand under, in order of first use, comparisons between arms first."""
    groups: dict[str, list[Result]] = {}
    for endpoint in dict.fromkeys(row.endpoint for row in rows):
        of_endpoint = [row for row in rows if row.endpoint == endpoint]
        for row in sorted(of_endpoint, key=lambda each: not answers.compares(each)):
            groups.setdefault(_heading(row, of_endpoint, answers), []).append(row)
    return groups


def _heading(row: Result, of_endpoint: list[Result], answers: Answers) -> str:
    """`ALSFRS-R (points per month): cells − control`. A test without a unit goes with the estimates it belongs to."""
    alike = [each for each in of_endpoint if each.contrast == row.contrast and each.unit is not None]
    same_method = [each for each in alike if each.method == row.method]
    units = [shown_value(each)[4] for each in ([row] if row.unit is not None else (same_method or alike)[:1])]
    unit = f" ({units[0]})" if units and units[0] else ""
    return f"{capital(measure_words(row.endpoint))}{unit}: {answers.contrast_words(row)}"


def _cells(
    result: Result, answers: Answers, untreated: tuple[str, ...] = (), exact: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Method, estimate, interval, what no treatment shows, p, p re-randomised, n, left out."""
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
    )
