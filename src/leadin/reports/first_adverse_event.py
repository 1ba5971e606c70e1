"""How soon the first adverse event of each kind came, as a table."""

from __future__ import annotations

from leadin.analysis.adverse_event_kinds import KIND_RULES
from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.arms import arm_called
from leadin.reports.numbers import ABSENT, interval, number, p_value, percent, percent_interval
from leadin.reports.safety_rates import KIND_TITLES
from leadin.reports.tables import Column, Rows, Table


def first_event_table(answers: Answers, name: str = "first-events") -> Table | None:
    """A row a kind and arm: the share with a first event by landmark months, the median; p between arms. None where
    nothing of it was estimated."""
    shares = [r for r in answers.rows if r.method == "safety" and r.unit == "proportion with a first event"]
    months = sorted({r.time_months for r in shares if r.time_months is not None})
    if not months:
        return None
    groups = []
    for rule in KIND_RULES:
        own = [r for r in shares if r.rule == f"{rule}, time to first"]
        rows = []
        for arm in answers.arms:
            mine = {r.time_months: r for r in own if arm_called(answers.arms, r.arm) == arm}
            if mine:
                title = arm.label if len(answers.arms) > 1 else KIND_TITLES[rule]
                tail = (_median(answers, rule, arm.name), _test(answers, rule, arm.name))
                rows.append((title, *(_share(mine.get(month)) for month in months), *tail))
        if rows:
            groups.append(Rows(tuple(rows), KIND_TITLES[rule] if len(answers.arms) > 1 else None))
    columns = (
        Column("First adverse event"),
        *(Column(f"by month {month:g}", numeric=True) for month in months),
        Column("Median (months)", numeric=True),
        Column("p", numeric=True),
    )
    notes = (
        "Cumulative incidence, death before the event competing, with log-log intervals; where none was seen the exact "
        "interval of 0 of those followed that long or to their death. p: log-rank test against the reference, of the "
        "hazards of those still alive.",
    )
    caption = "Time to the first adverse event: share of participants by month (95 % interval)."
    return Table(name, caption, columns, tuple(groups), notes, wide=True)


def _share(row: Result | None) -> str:
    if row is None or row.estimate is None:
        return ABSENT
    if row.ci_low is None or row.ci_high is None:
        return percent(row.estimate)
    return f"{percent(row.estimate)} ({percent_interval(row.ci_low, row.ci_high)})"


def _median(answers: Answers, rule: str, arm: str | None) -> str:
    for row in answers.rows:
        found = arm_called(answers.arms, row.arm)
        if row.rule == f"{rule}, median time to first" and found is not None and found.name == arm:
            if row.estimate is None:
                return "not reached"
            return f"{number(row.estimate, 1)} ({interval(row.ci_low, row.ci_high, 1)})"
    return ABSENT


def _test(answers: Answers, rule: str, arm: str | None) -> str:
    rows = (r for r in answers.rows if r.rule == f"{rule}, time to first" and r.arm == arm and answers.is_between(r))
    return p_value(next((r.p for r in rows), None))
