"""The comparisons that the forest plot draws: every row that holds one thing against another and has an interval."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from leadin.analysis.restricted_mean import LOG_RATIO
from leadin.analysis.result import Result
from leadin.reports.answers import PLACES, Answers
from leadin.reports.arms import arm_called, reference_arm, treated_arms
from leadin.reports.direction import higher_is_better, sides
from leadin.reports.estimate_words import PERCENT_UNITS, estimate_words, is_ratio, shown_value
from leadin.reports.forest import ForestRow
from leadin.reports.models import month_of, tabled
from leadin.reports.palette import INK
from leadin.reports.safety_table import KINDS
from leadin.reports.wording import capital, measure_words, rule_words, short_method

SHARES = {"responders": "percentage points of responders", "safety": "percentage points with an event"}
"""What stands beneath a scale of percentage points: points of what."""
COMPOSITE = ("joint_rank", "win_ratio")
"""Methods whose endpoint joins survival and function: their name says so, and stands alone."""


def forest_rows(answers: Answers) -> tuple[ForestRow, ...]:
    """Comparisons with an interval, by place in the plan: arm against arm, or in a trial of one arm after time zero
    against before it; in any trial the treated against the other side.

    Of a model with many visits the month that is judged; the table has the others. Estimates of which nobody can say
    which side they favour are left to the table too.
    """
    rows = answers.judged([row for row in tabled(answers) if _compares(row, answers)])
    made = [(row, made) for row in rows if (made := _forest_row(row, answers)) is not None]
    ordered = sorted(made, key=lambda pair: (PLACES.index(answers.place(pair[0])), not pair[1].primary))
    return _told_apart(ordered, answers)


def judged_of_many(answers: Answers) -> bool:
    """Whether the forest plot leaves visits of a model to the table."""
    rows = [row for row in tabled(answers) if _compares(row, answers)]
    return len(answers.judged(rows)) < len(rows)


def _compares(row: Result, answers: Answers) -> bool:
    if row.unit == LOG_RATIO:
        return False  # the difference of the same means stands there already
    return answers.compares(row) or (row.method == "paired_side" and row.contrast is not None)


def _forest_row(result: Result, answers: Answers) -> ForestRow | None:
    value, _, low, high, unit = shown_value(result)
    better_high = higher_is_better(result, unit)
    if value is None or low is None or high is None or better_high is None:
        return None
    ratio = is_ratio(unit)
    if ratio and not (low > 0 and high < math.inf):
        return None
    arm, reference = arm_called(answers.arms, result.arm), reference_arm(answers.arms)
    between = answers.is_between(result) and arm is not None and reference is not None
    labels = (arm.label, reference.label) if between and arm is not None and reference is not None else (None, None)
    several = len(treated_arms(answers.arms)) > 1 or (not between and len(answers.arms) > 1)
    text, spread = estimate_words(result)
    return ForestRow(
        label=_label(result),
        unit=SHARES.get(result.method, unit) if unit == PERCENT_UNITS[1] else unit,
        value=value,
        low=low,
        high=high,
        text=f"{text} ({spread})",
        comparison=capital(answers.contrast_words(result)) if several else None,
        place=answers.place(result),
        sides=sides(result, *labels),
        ratio=ratio,
        better_high=better_high,
        primary=answers.role(result) == "planned primary",
        colour=arm.look.colour if arm is not None else INK,
    )


def _label(result: Result) -> str:
    """`ALSFRS-R, broken-stick model`; `ALSFRS-R, MMRM, month 6`; of shares what they count, since the scale says that
    they are shares: `ALSFRS-R, ≥ 50 %`, `Serious adverse event`."""
    what = capital(measure_words(result.endpoint))
    if result.method == "responders" and result.rule is not None:
        return f"{what}, {rule_words(result.rule).removesuffix(' slower')}"
    if result.method == "safety" and result.rule is not None:
        return capital(KINDS.get(result.rule, result.rule))
    if result.method in COMPOSITE:
        rule = (
            f", {rule_words(result.rule)}" if result.rule is not None and result.rule != shown_value(result)[4] else ""
        )
        return f"{capital(short_method(result.method))}{rule}{month_of(result)}"
    return f"{what}, {short_method(result.method)}{month_of(result)}"


def _told_apart(made: Sequence[tuple[Result, ForestRow]], answers: Answers) -> tuple[ForestRow, ...]:
    """Rows that would have the same label are told apart by the rule, then by the endpoint, then by the name of the
    analysis."""

    def name_of(result: Result) -> str | None:
        made_by = answers.made_by.get(result)
        return None if made_by is None else made_by.name

    told = list(made)
    for also in (lambda r: r.rule and rule_words(r.rule), lambda r: measure_words(r.endpoint), name_of):
        labels = Counter((row.comparison, row.unit, row.label) for _, row in told)
        doubled = [labels[row.comparison, row.unit, row.label] > 1 for _, row in told]
        told = [
            (result, replace(row, label=f"{row.label}, {more}"))
            if again and (more := also(result)) and more.lower() not in row.label.lower()
            else (result, row)
            for again, (result, row) in zip(doubled, told, strict=True)
        ]
    return tuple(row for _, row in told)
