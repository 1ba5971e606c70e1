"""What the same design shows with no treatment, in the forms that figures and the first screen take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadin.analysis.responders import WILSON
from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.numbers import decimals_for, number, percent, percent_interval, plural
from leadin.reports.responders import ChanceShare
from leadin.reports.sentences import Sentence
from leadin.reports.slopes import SlopePairs
from leadin.reports.wording import measure_words, rule_words

if TYPE_CHECKING:
    from leadin.designs.chance import Chance, ChanceLevel

ABOUT = "With no treatment"
NOT_KNOWN = (
    "What the same design shows with no treatment was not computed, so nothing here says how much of a change chance "
    "alone makes."
)


def cloud_of(chance: Chance | None, measure: str = "alsfrs_r") -> SlopePairs | None:
    """Slopes of simulated untreated participants; None without them, or when they are of another measure."""
    if chance is None or chance.endpoint != measure or not chance.lead_in:
        return None
    return SlopePairs(chance.lead_in, chance.follow_up)


def shares_of(chance: Chance | None, arms: tuple[ReportArm, ...], several: bool) -> tuple[ChanceShare, ...]:
    """Responder shares with no treatment, by rule and arm. several: rules are told with their endpoint."""
    marks = []
    for level in chance.levels if chance is not None else ():
        arm = arm_called(arms, level.arm)
        if level.method == "responders" and level.rule is not None and arm is not None:
            rule = full_rule(level.endpoint, level.rule, several)
            marks.append(ChanceShare(rule, arm.name, level.mean, level.low, level.high))
    return tuple(marks)


def full_rule(endpoint: str, rule: str, several: bool) -> str:
    """The rule as people read it, with its endpoint when there is more than one."""
    return f"{measure_words(endpoint)}: {rule_words(rule)}" if several else rule_words(rule)


def no_treatment_sentence(answers: Answers, chance: Chance | None) -> Sentence:
    """What chance alone shows beside what was seen, for the first arm that has both."""
    if chance is None:
        return Sentence(ABOUT, NOT_KNOWN)
    parts: list[str] = []
    for method, told in (("slope_change", _change), ("responders", _share)):
        found = _pair(answers, chance, method)
        if found is not None:
            parts.append(told(*found, answers))
    if not parts:
        return Sentence(ABOUT, NOT_KNOWN)
    head = f"In {plural(chance.replicates, 'simulated trial')} of the same design in which nobody is treated, "
    return Sentence(ABOUT, f"{head}{'; '.join(parts)}.")


def _pair(answers: Answers, chance: Chance, method: str) -> tuple[Result, ChanceLevel] | None:
    """The first row of an arm by itself that chance has a level for."""
    for row in answers.of_method(method):
        if row.estimate is None or answers.is_between(row) or (row.rule or "").endswith(WILSON):
            continue
        rule = row.rule if method == "responders" else None
        for level in chance.levels:
            same = (level.method, level.endpoint, level.rule) == (method, row.endpoint, rule)
            if same and arm_called(answers.arms, level.arm) == arm_called(answers.arms, row.arm):
                return row, level
    return None


def _here(row: Result, answers: Answers) -> str:
    arm = arm_called(answers.arms, row.arm)
    return f"here, {arm.label}" if len(answers.arms) > 1 and arm is not None else "here"


def _change(row: Result, level: ChanceLevel, answers: Answers) -> str:
    decimals = decimals_for((level.high - level.low) / (2 * 1.96))
    unit = (row.unit or "").replace(" per month", " a month")
    return (
        f"the slope of {measure_words(row.endpoint)} changes at time zero by {number(level.mean, decimals)} {unit} "
        f"on average (95 % of trials: {number(level.low, decimals)} to {number(level.high, decimals)}; "
        f"{_here(row, answers)}: {number(row.estimate, decimals)})"
    )


def _share(row: Result, level: ChanceLevel, answers: Answers) -> str:
    return (
        f"{percent(level.mean)} of participants are responders by the rule {rule_words(row.rule or '')} "
        f"(95 % of trials: {percent_interval(level.low, level.high)}; {_here(row, answers)}: "
        f"{row.statistic or 0:.0f} of {row.n}, {percent(row.estimate)})"
    )
