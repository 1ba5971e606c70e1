"""Stopping rules on the page: where each arm stands, the boundary as a table, what it does under true shares."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from leadin.analysis.adverse_event_kinds import kind_named
from leadin.analysis.result import Result
from leadin.analysis.stopping import (
    KIND_WORDS,
    WATCHED,
    OperatingCharacteristics,
    boundary_of,
    is_stopping_row,
    operating_characteristics,
)
from leadin.engine.event_boundary import Boundary
from leadin.errors import DataError
from leadin.protocols.stopping_rule import StoppingRule
from leadin.reports.answers import Answers
from leadin.reports.arms import arm_called
from leadin.reports.numbers import number, percent
from leadin.reports.tables import Bullets, Column, Rows, Table
from leadin.reports.wording import capital
from leadin.reports.wording import rule_words as rule_text


def standing_words(answers: Answers) -> Bullets | None:
    """Where each arm stands against each rule, in sentences; None without a rule."""
    items = [_sentence(answers, row) for row in answers.rows if is_stopping_row(row)]
    return Bullets(tuple(items), "Stopping rules") if items else None


def _sentence(answers: Answers, row: Result) -> str:
    arm = arm_called(answers.arms, row.arm) if row.arm is not None else None
    who = f"{arm.label}, " if arm is not None and len(answers.arms) > 1 else ""
    said = ". ".join(capital(warning) for warning in row.warnings)
    return f"{capital(who + rule_text(row.rule or ''))}: {said}."


def stopping_tables(rule: StoppingRule, position: int = 1) -> tuple[Table, ...]:
    """The boundary of a rule and its operating characteristics; none where the rule has no boundary."""
    try:
        boundary, does = boundary_of(rule), operating_characteristics(rule)
    except DataError:
        return ()
    title = stopping_words(rule)
    first = Table(
        f"stopping-boundary-{position}",
        f"Boundary: {title}.",
        (Column("With the event"), Column("The rule stops when so many are seen among the first", numeric=True)),
        (Rows(tuple(_steps(boundary))),),
        (_made_words(rule),),
    )
    second = Table(
        f"stopping-characteristics-{position}",
        f"What this rule does: {title}.",
        (
            Column("True share"),
            Column("Stops", numeric=True),
            Column("Treated, expected", numeric=True),
            Column("With the event, expected", numeric=True),
        ),
        (Rows(tuple(_does(each) for each in does)),),
        (
            f"Exact, for up to {rule.participants} treated in one arm, alike and independent, each with the event or "
            "without before the next is treated.",
        ),
    )
    return first, second


def stopping_words(rule: StoppingRule) -> str:
    """`participants with a serious adverse event related to treatment, Bayesian, 10 % tolerated`."""
    kind = kind_named(WATCHED[rule.events]).words
    return f"participants with {kind}, {KIND_WORDS[rule.kind]}, {_percent(rule.tolerated)} tolerated"


def _steps(boundary: Boundary) -> Sequence[tuple[str, str]]:
    """`3`, `3 to 5`: a row for each number of participants with the event that stops."""
    rows = []
    for entry, run in groupby(enumerate(boundary, 1), key=lambda pair: pair[1]):
        ns = [n for n, _ in run]
        if entry is not None:
            rows.append((str(entry), str(ns[0]) if len(ns) == 1 else f"{ns[0]} to {ns[-1]}"))
    return rows


def _does(row: OperatingCharacteristics) -> tuple[str, ...]:
    return (_percent(row.share), percent(row.stops, 1), number(row.treated, 1), number(row.affected, 1))


def _percent(share: float | None) -> str:
    """Whole where it is: `90 %`, `2.5 %`."""
    whole = share is not None and abs(100 * share - round(100 * share)) < 1e-9
    return percent(share, 0 if whole else 1)


def _made_words(rule: StoppingRule) -> str:
    """How the boundary was made."""
    tolerated = _percent(rule.tolerated)
    if rule.kind == "bayesian":
        weight = f"{rule.prior_weight:g} participant{'' if rule.prior_weight == 1 else 's'}"
        return (
            f"Stops when the probability that the true share exceeds {tolerated} is above {_percent(rule.certainty)}, "
            f"from a prior with mean {_percent(rule.prior_mean)} that weighs as much as {weight}."
        )
    kept = f"set so that it stops with probability {_percent(rule.alpha)} at most while the true share is {tolerated}."
    if rule.kind == "exact":
        return (
            f"Stops when so many or more are too improbable at a share of {tolerated}, as improbable at every number, "
            f"{kept}"
        )
    return f"Stops when a share of {_percent(rule.unacceptable)} is too much likelier than {tolerated}, {kept}"
