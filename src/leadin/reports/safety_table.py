"""Adverse events by system organ class and preferred term, by arm, with a column a grade; what none seen leaves
open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import polars as pl

from leadin.analysis.adverse_event_kinds import SERIOUS_RELATED
from leadin.analysis.adverse_event_table import GRADES
from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.numbers import ABSENT, cell_count, decimals_for_interval, interval, number, percent, plural
from leadin.reports.safety import TermShare
from leadin.reports.tables import Column, Rows, Table
from leadin.reports.wording import capital

GradeColumns: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
SEVERE = 3
KINDS = {
    "any": "adverse event",
    "serious": "serious adverse event",
    "related": "adverse event related to treatment",
    SERIOUS_RELATED: "serious adverse event related to treatment",
    "grade >= 3": "adverse event of grade 3 or more",
}
"""Kinds of event as `safety` names them in `rule`, and in words."""


def safety_table(counts: pl.DataFrame, arms: tuple[ReportArm, ...], name: str = "adverse-events") -> Table:
    """The table. counts: what `adverse_event_table.safety_table` gives.

    A participant counts once a row, under the worst grade he had; grade columns are left out when no grade is
    recorded, and are one, of grade 3 and more, with more than two arms.
    """
    everything = counts.filter(pl.col("system_organ_class").is_null())
    graded = bool(sum(int(everything[f"grade_{grade}"].sum()) for grade in GRADES))
    ungraded = int(everything["grade_unknown"].sum())
    shown = _grade_columns(len(arms)) if graded else ()
    columns = [Column("Preferred term")]
    for arm in arms:
        group = f"{arm.label}, n\u00a0=\u00a0{_at_risk(everything, arm, arms)}"
        columns += [Column("Any grade (%)", True, group), Column("Events", True, group)]
        columns += [Column(title, True, group) for title, _ in shown]
    groups = [Rows((_row("Any adverse event", everything, arms, shown),))]
    terms = counts.drop_nulls("term")
    for title in counts.drop_nulls("system_organ_class")["system_organ_class"].unique(maintain_order=True):
        of_class = terms.filter(pl.col("system_organ_class") == title)
        rows = tuple(
            _row(term, of_class.filter(pl.col("term") == term), arms, shown)
            for term in of_class["term"].unique(maintain_order=True)
        )
        groups.append(Rows(rows, title))
    notes = [
        "Participants with the event at least once (share of those at risk); number of events"
        + ("; participants by the worst grade (Gr, CTCAE) they had." if graded else "; no grade is recorded.")
        + " Counted from time zero, in those given cells where an arm was given any."
    ]
    if graded and ungraded:
        notes.append(f"{plural(ungraded, 'participant')} had events without a grade only.")
    caption = "Adverse events by system organ class and preferred term."
    return Table(name, caption, tuple(columns), tuple(groups), tuple(notes), wide=True)


def _grade_columns(arms: int) -> GradeColumns:
    """A column a grade; with more than two arms one column alone, or the page is too narrow."""
    if arms > 2:
        return ((f"Gr {SEVERE}+", GRADES[SEVERE - 1 :]),)
    return tuple((f"Gr {grade}", (grade,)) for grade in GRADES)


def _of_arm(rows: pl.DataFrame, arm: ReportArm, arms: tuple[ReportArm, ...]) -> dict[str, Any] | None:
    return next((row for row in rows.iter_rows(named=True) if arm_called(arms, row["arm"]) == arm), None)


def _at_risk(everything: pl.DataFrame, arm: ReportArm, arms: tuple[ReportArm, ...]) -> int:
    row = _of_arm(everything, arm, arms)
    return int(row["n"]) if row is not None else 0


def _row(title: str, rows: pl.DataFrame, arms: tuple[ReportArm, ...], shown: GradeColumns) -> tuple[str, ...]:
    cells = [title]
    for arm in arms:
        row = _of_arm(rows, arm, arms) or {}
        cells += [cell_count(row.get("participants", 0), row.get("n", 0)), str(row.get("events", 0))]
        cells += [str(sum(row.get(f"grade_{grade}", 0) for grade in grades) or ABSENT) for _, grades in shown]
    return tuple(cells)


def term_shares(counts: pl.DataFrame) -> tuple[TermShare, ...]:
    """The share of participants with each term, for every arm (0 where it did not happen), with exact intervals."""
    return tuple(
        TermShare(row["term"], row["arm"], row["participants"], row["n"], row["ci_low"], row["ci_high"])
        for row in counts.drop_nulls("term").iter_rows(named=True)
    )


def kind_rows(results: Sequence[Result], rule: str) -> tuple[Result, ...]:
    """The share of participants with an event of that kind, a row an arm."""
    return tuple(
        r
        for r in results
        if r.method == "safety" and r.rule == rule and r.contrast is None and (r.unit or "").startswith("proportion")
    )


def nothing_happened(answers: Answers, dosed: frozenset[str | None]) -> tuple[str, ...]:
    """A sentence for each arm and kind of event that nobody had: the largest share that 0 of n leaves open.

    dosed: names of the arms in which anybody was given cells; in the others nothing can be related to treatment. That
    nobody had a serious related event is said only where somebody had a serious and somebody a related one.
    """
    said = []
    none = {(row.rule, row.arm) for rule in KINDS for row in kind_rows(answers.rows, rule) if row.statistic == 0}
    for rule, words in KINDS.items():
        for row in kind_rows(answers.rows, rule):
            arm = arm_called(answers.arms, row.arm)
            if arm is None or row.statistic != 0 or not row.n or row.ci_high is None:
                continue
            if "related" in rule and arm.name not in dosed:
                continue
            if rule == SERIOUS_RELATED and {("serious", row.arm), ("related", row.arm)} & none:
                continue
            who = f"{arm.label}: no" if len(answers.arms) > 1 else "no"
            said.append(
                f"{capital(who)} {words} in {plural(row.n, 'participant')}; the true share may be as high as "
                f"{percent(row.ci_high)} (upper end of the exact {answers.interval(row)})."
            )
    return tuple(said)


def windows_table(windows: pl.DataFrame, arms: tuple[ReportArm, ...], name: str = "since-injection") -> Table | None:
    """Events by time since the latest injection. windows: what `injection_windows` gives; None when it has no rows."""
    if windows.is_empty():
        return None
    columns = (
        Column("Since the latest injection"),
        Column("Participants with an event", numeric=True),
        Column("Events", numeric=True),
        Column("Person-months", numeric=True),
        Column("Events per 100 person-months", numeric=True),
        Column("95 % interval", numeric=True),
    )
    groups = []
    for arm in arms:
        rows = tuple(
            (
                capital(str(row["window"])),
                f"{row['participants']} of {row['n']}",
                str(row["events"]),
                number(row["person_months"], 1),
                *_rate_words(row),
            )
            for row in windows.iter_rows(named=True)
            if arm_called(arms, row["arm"]) == arm
        )
        if rows:
            groups.append(Rows(rows, arm.label if len(arms) > 1 else None))
    caption = "Adverse events by time since the latest injection."
    return Table(name, caption, columns, tuple(groups)) if groups else None


def _rate_words(row: dict[str, Any]) -> tuple[str, str]:
    decimals = decimals_for_interval(None, row["rate_low"], row["rate_high"])
    return number(row["rate"], decimals), interval(row["rate_low"], row["rate_high"], decimals)
