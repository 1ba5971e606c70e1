"""Estimates beside what the same design shows with no treatment, and each comparison with the lead-in among untreated
trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from leadin.analysis.rerandomisation import is_rerandomised
from leadin.analysis.responders import WILSON
from leadin.analysis.result import Result
from leadin.analysis.visit_grid import SAME_MONTH
from leadin.designs.imitated import LEAD_IN_METHODS, settings
from leadin.engine.intervals import clopper_pearson
from leadin.reports.answers import Answers
from leadin.reports.arms import arm_called
from leadin.reports.estimate_words import estimate_words
from leadin.reports.numbers import (
    ABSENT,
    decimals_for,
    number,
    percent,
    percent_interval,
    plural,
)
from leadin.reports.tables import Column, Rows, Table
from leadin.reports.wording import capital, measure_words, method_words, rule_words

if TYPE_CHECKING:
    from leadin.designs.chance import Chance, ChanceLevel

GROUP = "With no treatment"
"""Heading over the columns of the table of models."""
MEAN = "mean (95 % of trials)"
COLUMN = f"{GROUP}: {MEAN}"
FALSE_POSITIVES = "False positives"
Z_95 = 1.959963984540054


def lead_in_rows(answers: Answers) -> tuple[Result, ...]:
    """The estimates of an arm by itself, after time zero against before it: change of slope, responders, and in a trial
    of one arm the broken-stick model."""
    return tuple(
        row
        for row in answers.of_method(*LEAD_IN_METHODS)
        if row.estimate is not None
        and not answers.is_between(row)
        and not is_rerandomised(row)
        and not (row.rule or "").endswith(WILSON)
    )


def level_of(row: Result, answers: Answers, chance: Chance | None) -> ChanceLevel | None:
    """What chance shows of the figure in a row: of a comparison of arms, an arm against its own lead-in, or the course
    of the only arm; None where nobody computed it, or where another row answers for the figure."""
    told = row.estimate is not None or row.method == "log_rank"
    if chance is None or not told or is_rerandomised(row) or not _answers_first(row, answers):
        return None
    made_by, alone = answers.made_by.get(row), len(answers.arms) == 1
    known = None if made_by is None else settings(made_by, alone=alone)
    between = answers.is_between(row)
    for level in chance.levels:
        alike = known is None or level.analysis is None or level.analysis == known
        if alike and _same_figure(row, level, between) and _same_arm(row, level, answers):
            return level
    return None


def _answers_first(row: Result, answers: Answers) -> bool:
    """Whether the row is the first of its analysis for its comparison: others are second tests of the same."""
    first = next((each for each in answers.rows if _figure(each, answers) == _figure(row, answers)), row)
    return first == row


def _figure(row: Result, answers: Answers) -> tuple[object, ...]:
    rule = row.rule if row.method == "responders" else None
    return (answers.made_by.get(row), row.method, row.endpoint, row.arm, row.contrast, rule, row.time_months)


def _same_figure(row: Result, level: ChanceLevel, between: bool) -> bool:
    rule = row.rule if row.method == "responders" else None
    if (level.method, level.endpoint, level.rule) != (row.method, row.endpoint, rule):
        return False
    if level.time_months is not None and (
        row.time_months is None or abs(row.time_months - level.time_months) > SAME_MONTH
    ):
        return False
    return level.contrast == row.contrast if between else level.contrast is None


def _same_arm(row: Result, level: ChanceLevel, answers: Answers) -> bool:
    return arm_called(answers.arms, level.arm) == arm_called(answers.arms, row.arm)


def untreated_words(row: Result, level: ChanceLevel) -> str:
    """The mean, and the range that holds 95 % of trials, in the unit of the row as people read it: `−0.11 (−0.83 to
    0.61)`, of responders of one arm `36 % (0 to 75 %)`; a dash beside a test without an estimate."""
    if row.estimate is None:
        return ABSENT
    if level.method == "responders" and level.contrast is None:
        return f"{percent(level.mean)} ({percent_interval(level.low, level.high)})"
    spread = (level.high - level.low) / (2 * Z_95)
    told = replace(row, estimate=level.mean, standard_error=spread, ci_low=level.low, ci_high=level.high)
    value, range_words = estimate_words(told)
    return f"{value} ({range_words})"


def false_positive_words(level: ChanceLevel) -> str:
    """In what share of untreated trials p is below the level of the analysis: `5.2 %`; a dash where none is tested."""
    return ABSENT if level.false_positive is None else percent(level.false_positive, 1)


def left_out_sentence(rows: Sequence[Result], chance: Chance | None) -> str:
    """Of which analyses with a row here nothing is shown with no treatment, and why; empty where there are none."""
    reasons: dict[str, dict[str, None]] = {}
    for each in () if chance is None else chance.left_out:
        endpoints = [row.endpoint for row in rows if row.method == each.analysis.method]
        if endpoints:
            measure = each.analysis.measure
            of = f" of {measure_words(measure)}" if measure in endpoints else ""
            reasons.setdefault(each.reason, {})[f"{method_words(each.analysis.method)}{of}"] = None
    parts = [f"{', '.join(names)} ({reason})" for reason, names in reasons.items()]
    return f"With no treatment nothing is shown for: {'; '.join(parts)}." if parts else ""


def untreated_notes(levels: Sequence[ChanceLevel], rows: Sequence[Result], chance: Chance | None) -> tuple[str, ...]:
    """What the columns on no treatment say, beneath the table that has them."""
    notes = []
    if levels and chance is not None:
        notes.append(
            f"With no treatment: the same analyses of {plural(chance.replicates, 'simulated trial')} of the same "
            f"design (population {chance.population}) in which nobody is treated: the mean of their estimates, and the "
            "range that holds 95 % of the trials. An estimate inside that range needs no treatment to explain it. A "
            "dash: not computed, as for second tests of a comparison and for visits of a model that are not judged."
        )
    errors = [level.false_positive_mcse for level in levels if level.false_positive_mcse is not None]
    if errors:
        notes.append(
            "False positives: the share of those trials in which p is below the level of the analysis though nobody is "
            f"treated (Monte Carlo error up to {percent(max(errors), 1)}). Between arms made by chance it should lie "
            "near the level; within an arm it tells how often the course of the disease alone looks like a change."
        )
    return (*notes, *((told,) if (told := left_out_sentence(rows, chance)) else ()))


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
        cells = (_what(row, answers), seen_words(row, level), untreated_words(row, level), position_words(row, level))
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
