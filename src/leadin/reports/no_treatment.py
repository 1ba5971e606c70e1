"""What the same design shows with no treatment, in the forms that figures and the first screen take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.numbers import ABSENT, decimals_for, interval, number, percent, percent_interval, plural
from leadin.reports.responders import ChanceShare
from leadin.reports.sentences import Sentence
from leadin.reports.slopes import SlopePairs
from leadin.reports.untreated import Z_95, lead_in_rows, left_out_sentence, level_of, position_words, seen_words
from leadin.reports.wording import measure_words, rule_words

if TYPE_CHECKING:
    from leadin.designs.chance import Chance, ChanceLevel

ABOUT = "With no treatment"
NOT_KNOWN = (
    "What the same design shows with no treatment was not computed, so nothing here says how much of a change chance "
    "alone makes."
)
NO_PROTOCOL = (
    "What the same design shows with no treatment cannot be computed without a protocol, so nothing here says how much "
    "of a change chance alone makes. Name the trial's protocol with --protocol."
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
        if level.method != "responders" or level.contrast is not None:  # a difference between arms is no share
            continue
        if level.rule is not None and arm is not None:
            rule = full_rule(level.endpoint, level.rule, several)
            marks.append(ChanceShare(rule, arm.name, level.mean, level.low, level.high))
    return tuple(marks)


def full_rule(endpoint: str, rule: str, several: bool) -> str:
    """The rule as people read it, with its endpoint when there is more than one."""
    return f"{measure_words(endpoint)}: {rule_words(rule)}" if several else rule_words(rule)


def no_treatment_sentence(answers: Answers, chance: Chance | None, has_protocol: bool = True) -> Sentence:
    """What chance alone shows beside what was seen: of the planned primary of the two, the model and
    each participant's slopes (else of the model), and of responders, for the first arm and rule that has both.

    has_protocol: the trial has one, without which nothing can be simulated.
    """
    planned = {row.method for row in answers.primary}
    slopes = tuple(sorted(("broken_stick", "slope_change"), key=lambda method: method not in planned))
    told = [_first(answers, chance, methods) for methods in (slopes, ("responders",))]
    parts = [_told(row, level, answers) for found in told if found is not None for row, level in (found,)]
    if chance is None or not parts:
        reason = left_out_sentence(lead_in_rows(answers), chance)
        return Sentence(ABOUT, " ".join((NOT_KNOWN, reason)).rstrip() if has_protocol else NO_PROTOCOL)
    head = f"{plural(chance.replicates, 'trial')} of the same design were simulated in which nobody is treated."
    return Sentence(ABOUT, " ".join((head, *parts)))


def _first(answers: Answers, chance: Chance | None, methods: tuple[str, ...]) -> tuple[Result, ChanceLevel] | None:
    """The first row, of the first of these methods, that chance has a level for."""
    rows = lead_in_rows(answers)
    for method in methods:
        for row in rows:
            level = level_of(row, answers, chance) if row.method == method else None
            if level is not None:
                return row, level
    return None


def _told(row: Result, level: ChanceLevel, answers: Answers) -> str:
    arm = arm_called(answers.arms, row.arm)
    here = f"with {arm.label} here" if len(answers.arms) > 1 and arm is not None else "here"
    count, _, share = position_words(row, level).partition(" (")
    among = "" if count == ABSENT else f"; as much or more in {count} trials ({share}"
    if level.method == "responders":
        return (
            f"By the rule {rule_words(row.rule or '')}, {percent(level.mean)} of their participants are responders (95 "
            f"% of trials: {percent_interval(level.low, level.high)}); {here} {seen_words(row, level)}{among}."
        )
    decimals = decimals_for((level.high - level.low) / (2 * Z_95))
    unit = (row.unit or "").replace(" per month", " a month")
    by = " by the broken-stick model" if level.method == "broken_stick" else ""
    return (
        f"On average the slope of {measure_words(row.endpoint)} changes in them at time zero by "
        f"{number(level.mean, decimals)} {unit}{by} (95 % of trials: {interval(level.low, level.high, decimals)}); "
        f"{here} {seen_words(row, level)}{among}."
    )
