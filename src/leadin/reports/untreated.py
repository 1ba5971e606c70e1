"""Each comparison of participants with their own lead-in beside what the same design shows with no treatment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from leadin.analysis.rerandomisation import is_rerandomised
from leadin.analysis.responders import WILSON
from leadin.analysis.result import Result
from leadin.designs.imitated import IMITATED, settings
from leadin.engine.intervals import clopper_pearson
from leadin.reports.answers import Answers
from leadin.reports.arms import arm_called
from leadin.reports.numbers import (
    ABSENT,
    decimals_for,
    interval,
    number,
    percent,
    percent_interval,
    plural,
)
from leadin.reports.tables import Column, Rows, Table
from leadin.reports.wording import capital, measure_words, method_words, rule_words

if TYPE_CHECKING:
    from leadin.designs.chance import Chance, ChanceLevel

COLUMN = "With no treatment: mean (95 % of trials)"
Z_95 = 1.959963984540054


def lead_in_rows(answers: Answers) -> tuple[Result, ...]:
    """The estimates of an arm by itself, after time zero against before it: change of slope, responders, and in a trial
    of one arm the broken-stick model."""
    return tuple(
        row
        for row in answers.of_method(*IMITATED)
        if row.estimate is not None
        and not answers.is_between(row)
        and not is_rerandomised(row)
        and not (row.rule or "").endswith(WILSON)
    )


def level_of(row: Result, answers: Answers, chance: Chance | None) -> ChanceLevel | None:
    """What chance shows of the figure in a row of `lead_in_rows`; None where nobody computed it."""
    if chance is None or row.method not in IMITATED or row.estimate is None or answers.is_between(row):
        return None
    made_by = answers.made_by.get(row)
    rule = row.rule if row.method == "responders" else None
    for level in chance.levels:
        same = (level.method, level.endpoint, level.rule) == (row.method, row.endpoint, rule)
        alike = made_by is None or level.analysis is None or level.analysis == settings(made_by)
        if same and alike and arm_called(answers.arms, level.arm) == arm_called(answers.arms, row.arm):
            return level
    return None


def untreated_words(level: ChanceLevel) -> str:
    """`−0.11 (−0.83 to 0.61)`, of responders `36 % (0 to 75 %)`."""
    if level.method == "responders":
        return f"{percent(level.mean)} ({percent_interval(level.low, level.high)})"
    decimals = decimals_for((level.high - level.low) / (2 * Z_95))
    return f"{number(level.mean, decimals)} ({interval(level.low, level.high, decimals)})"


def seen_words(row: Result, level: ChanceLevel) -> str:
    """The estimate in the digits of its level; of responders `5 of 8 (63 %)`."""
    if level.method == "responders":
        return f"{row.statistic or 0:.0f} of {row.n} ({percent(row.estimate)})"
    return number(row.estimate, decimals_for((level.high - level.low) / (2 * Z_95)))


def position_words(row: Result, level: ChanceLevel) -> str:
    """In how many of the simulated trials the figure is at least as large: `31 of 200 (16 %, Monte Carlo error 2.6 %)`;
    of none or all with the bound that so many trials leave."""
    if row.estimate is None or not level.figures:
        return ABSENT
    count, trials = level.at_least(row.estimate), len(level.figures)
    share = count / trials
    if count in (0, trials):
        bounds = clopper_pearson(count, trials)
        bound = f"below {percent(float(bounds.high), 1)}" if count == 0 else f"above {percent(float(bounds.low), 1)}"
        return f"{count} of {trials} ({bound})"
    error = math.sqrt(share * (1.0 - share) / trials)
    return f"{count} of {trials} ({percent(share)}, Monte Carlo error {percent(error, 1)})"


def untreated_table(answers: Answers, chance: Chance | None, name: str = "untreated") -> Table | None:
    """One row a lead-in comparison that chance has a level for; None without any."""
    if chance is None:
        return None
    groups: dict[str, list[tuple[str, ...]]] = {}
    missing: dict[str, int] = {}
    for row in lead_in_rows(answers):
        level = level_of(row, answers, chance)
        if level is None:
            continue
        cells = (_what(row, answers), seen_words(row, level), untreated_words(level), position_words(row, level))
        groups.setdefault(_heading(row), []).append(cells)
        if level.trials < chance.replicates:
            missing[f"{method_words(row.method)} of {measure_words(row.endpoint)}"] = chance.replicates - level.trials
    if not groups:
        return None
    columns = (
        Column("Endpoint (unit): comparison with the lead-in"),
        Column("Seen here", numeric=True),
        Column(COLUMN, numeric=True),
        Column("Untreated trials that show at least as much", numeric=True),
    )
    notes = (
        "Simulated: same entry criteria, visits, deaths and numbers of participants, and nobody is treated. Where many "
        "untreated trials show at least as much (slower decline, more responders), what was seen here needs no "
        "treatment to explain it; where few do, the natural course of this population does not easily explain it, "
        "which still does not make it the treatment's doing.",
        *(f"{plural(count, 'trial')} gave no {what} and {'is' if count == 1 else 'are'} not counted."
          for what, count in missing.items()),
    )  # fmt: skip
    caption = (
        "Each comparison with the lead-in beside what the same design shows with no treatment "
        f"({plural(chance.replicates, 'simulated trial')}, population {chance.population})."
    )
    return Table(name, caption, columns, tuple(Rows(tuple(rows), title) for title, rows in groups.items()), notes)


def _heading(row: Result) -> str:
    unit = "% of participants" if row.method == "responders" else row.unit
    return f"{capital(measure_words(row.endpoint))}{f' ({unit})' if unit else ''}"


def _what(row: Result, answers: Answers) -> str:
    """`Change of slope`, `Responders, ≥ 50 % slower`, of several arms with the arm and what tells analyses apart."""
    arm, label = arm_called(answers.arms, row.arm), answers.labels.get(row)
    rule = rule_words(row.rule or "") if row.method == "responders" else ""
    parts = (method_words(row.method), label, rule, arm.label if arm is not None and len(answers.arms) > 1 else "")
    return capital(", ".join(part for part in parts if part))
