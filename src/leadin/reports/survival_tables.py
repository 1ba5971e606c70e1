"""Survival at landmark months, and events counted by kind."""

from __future__ import annotations

import polars as pl

from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.numbers import ABSENT, cell_count, number, percent, percent_interval
from leadin.reports.tables import Column, Rows, Table
from leadin.reports.wording import EVENTS, capital
from leadin.trials.trial import Trial


def landmarks_table(answers: Answers, interval: str = "95 % interval", name: str = "landmarks") -> Table | None:
    """Survival of each arm at landmark months by Kaplan-Meier; None when it was not asked for."""
    arms = answers.arms
    told = answers.of_method("kaplan_meier")
    rows = [row for row in told if row.time_months is not None and row.rule is None]
    if not rows:
        return None
    columns = (
        Column("Month"),
        Column("Alive (%)", numeric=True),
        Column(capital(interval), numeric=True),
        Column("n", numeric=True),
        Column("Left out", numeric=True),
    )
    groups = []
    for arm in arms:
        own = [result for result in rows if arm_called(arms, result.arm) == arm]
        if own:
            groups.append(Rows(tuple(_landmark(row) for row in own), arm.label if len(arms) > 1 else None))
    notes = ("Kaplan-Meier with the log-log interval, which does not exist while nobody, or once everybody, has died.",)
    return Table(name, "Survival at landmark months.", columns, tuple(groups), notes)


def _landmark(row: Result) -> tuple[str, ...]:
    low, high = row.ci_low, row.ci_high
    return (
        number(row.time_months, 1).removesuffix(".0"),
        percent(row.estimate),
        ABSENT if low is None or high is None else percent_interval(low, high),
        ABSENT if row.n is None else str(row.n),
        ABSENT if row.not_evaluable is None else str(row.not_evaluable),
    )


def events_table(trial: Trial, arms: tuple[ReportArm, ...], name: str = "events") -> Table | None:
    """Participants with each kind of event, by arm; None when none of these kinds is recorded of anybody in an arm."""
    rows = []
    for kind, words in EVENTS.items():
        having = set(trial.events.filter(pl.col("kind") == kind)["participant_id"])
        counts = [len(having & arm.members) for arm in arms]
        if any(counts):
            cells = (cell_count(n, arm.n) for n, arm in zip(counts, arms, strict=True))
            rows.append((capital(words), *cells))
    if not rows:
        return None
    columns = (Column("Event"), *(Column(f"{arm.label}, n\u00a0=\u00a0{arm.n}", numeric=True) for arm in arms))
    return Table(name, "Participants with each kind of event, number (share).", columns, (Rows(tuple(rows)),))
