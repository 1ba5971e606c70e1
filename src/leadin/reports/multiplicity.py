"""What is shown at the familywise level, as a short table in words."""

from __future__ import annotations

from leadin.analysis.multiplicity import FamilyOfTests, Hypothesis, verdict
from leadin.months import month_words
from leadin.reports.answers import Answers
from leadin.reports.numbers import p_value, significant
from leadin.reports.tables import Column, Rows, Table
from leadin.reports.wording import capital, measure_words, method_words, rule_words

PROCEDURES = {
    "fixed_sequence": "in a fixed sequence",
    "holm": "by Holm's procedure",
    "hochberg": "by Hochberg's procedure",
    "graphical": "by a graphical procedure",
}


def multiplicity_table(family: FamilyOfTests | None, answers: Answers, name: str = "multiplicity") -> Table | None:
    """One row a hypothesis, in the order of testing; None where the plan says nothing of multiplicity."""
    if family is None:
        return None
    level = significant(family.alpha, 3).rstrip("0")
    columns = (
        Column("Analysis, in the order of testing"),
        Column("p", numeric=True),
        Column("Adjusted p", numeric=True),
        Column("Held against", numeric=True),
        Column(f"At familywise two-sided level {level}"),
    )
    rows = tuple(_row(each, answers) for each in family.hypotheses)
    notes = [
        "Adjusted p: the smallest familywise level at which the analysis would be shown. Held against: its share of "
        "the level when it was last tested. Intervals elsewhere are not adjusted."
    ]
    if family.procedure == "hochberg":
        notes.append("Hochberg's procedure holds the level for independent or positively dependent tests.")
    caption = f"What is shown at the familywise two-sided level {level}, tested {PROCEDURES[family.procedure]}."
    return Table(name, caption, columns, (Rows(rows),), tuple(notes))


def _row(hypothesis: Hypothesis, answers: Answers) -> tuple[str, ...]:
    return (
        _about(hypothesis, answers),
        p_value(hypothesis.p),
        p_value(hypothesis.adjusted_p),
        "0" if hypothesis.level == 0.0 else significant(hypothesis.level, 2),
        capital(verdict(hypothesis)),
    )


def _about(hypothesis: Hypothesis, answers: Answers) -> str:
    analysis, row = hypothesis.analysis, hypothesis.row
    name = f"{analysis.name}: " if analysis.name is not None else ""
    if row is None:
        return f"{name}{method_words(analysis.method)} of {measure_words(analysis.measure)}"
    rule = f", {rule_words(row.rule)}" if row.rule else ""
    month = "" if row.time_months is None else f", month {month_words(row.time_months)}"
    return (
        f"{name}{method_words(row.method)} of {measure_words(row.endpoint)}, {answers.contrast_words(row)}{month}{rule}"
    )
