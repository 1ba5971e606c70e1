"""Adverse events by kind: participants, events, rates by exposure of all events and of first ones, arm beside arm and
between arms."""

from __future__ import annotations

from leadin.analysis.adverse_event_kinds import KIND_RULES, NOT_SAID
from leadin.analysis.adverse_event_rates import INCIDENCE, INCIDENCE_RATIO, RATE, RATE_RATIO
from leadin.analysis.adverse_event_shares import SHARE
from leadin.analysis.result import Result
from leadin.reports.answers import Answers
from leadin.reports.arms import arm_called
from leadin.reports.numbers import (
    ABSENT,
    count,
    decimals_for_interval,
    interval,
    number,
    p_value,
    percent_interval,
    significant,
)
from leadin.reports.tables import Column, Rows, Table
from leadin.reports.wording import capital

KIND_TITLES = {
    "any": "Any",
    "serious": "Serious",
    "related": "Related to treatment",
    "serious related": "Serious and related",
    "grade >= 3": "Grade 3 or more",
}


def kinds_table(answers: Answers, name: str = "adverse-event-kinds") -> Table | None:
    """A row a kind and arm; None where the method was not run."""
    columns = (
        Column("Adverse events"),
        Column("Participants", numeric=True),
        Column("95 % interval", numeric=True),
        Column("Events", numeric=True),
        Column("All events per 100 person-months", numeric=True),
        Column("First events per 100 person-months", numeric=True),
    )
    groups = []
    for rule in KIND_RULES:
        rows = []
        for arm in answers.arms:
            found = [_of(answers, rule, unit, arm.name) for unit in (SHARE, RATE, INCIDENCE)]
            share, rate, first = found
            if share is None or rate is None or first is None:
                continue
            title = arm.label if len(answers.arms) > 1 else KIND_TITLES[rule]
            shown = count(int(share.statistic or 0), share.n or 0)
            events = ABSENT if rate.statistic is None else f"{rate.statistic:.0f}"
            rows.append((title, shown, _share_interval(share), events, _rate(rate), _rate(first)))
        if rows:
            groups.append(Rows(tuple(rows), KIND_TITLES[rule] if len(answers.arms) > 1 else None))
    if not groups:
        return None
    notes = (
        "Participants with at least one such event of those at risk, exact interval (Clopper-Pearson). All events per "
        "time followed; first events per time until the first: exact 95 % intervals (Garwood), the former taking the "
        "events of one participant as independent.",
        *_silent(answers),
    )
    caption = "Adverse events by kind: participants, events, and rates by exposure."
    return Table(name, caption, columns, tuple(groups), notes, wide=True)


def contrasts_table(answers: Answers, name: str = "adverse-event-contrasts") -> Table | None:
    """Each kind between arms; None in a trial of one arm."""
    groups = []
    for arm in answers.arms:
        rows, words = [], ""
        for rule in KIND_RULES:
            found = [_between(answers, rule, unit, arm.name) for unit in (SHARE, RATE_RATIO, INCIDENCE_RATIO)]
            share, every, first = found
            if share is not None and every is not None and first is not None:
                words = answers.contrast_words(share)
                rows.append((KIND_TITLES[rule], *_points(share), *_ratio(every), *_ratio(first)))
        if rows:
            groups.append(Rows(tuple(rows), words))
    if not groups:
        return None
    titles = ("Participants (percentage points)", "All events (rate ratio)", "First events (rate ratio)")
    columns = [Column("Adverse events")]
    for title, heading in zip(titles, ("difference", "ratio", "ratio"), strict=True):
        columns += [Column(words, numeric=True, group=title) for words in (heading, "95 % interval", "p")]
    note = (
        "Difference: Newcombe's interval, Fisher's p. Ratios: exact, given the sum of the two counts; without an event "
        "in one arm they have one bound only. No p is adjusted for the others."
    )
    return Table(name, "Adverse events between arms.", tuple(columns), tuple(groups), (note,), wide=True)


def _between(answers: Answers, rule: str, unit: str, arm: str | None) -> Result | None:
    wanted = ("safety", rule, unit, arm)
    rows = (r for r in answers.rows if (r.method, r.rule, r.unit, r.arm) == wanted)
    return next((r for r in rows if answers.is_between(r)), None)


def terms_compared_table(answers: Answers, name: str = "terms-compared") -> Table | None:
    """The difference between arms of each preferred term that enough participants had, largest first."""
    rows = [
        row
        for row in answers.rows
        if row.method == "safety" and row.unit == SHARE and answers.is_between(row) and ": " in (row.rule or "")
    ]
    if not rows:
        return None
    rows.sort(key=lambda row: (-abs(row.estimate or 0.0), row.rule or ""))
    columns = (
        Column("Preferred term"),
        Column("Difference (percentage points)", numeric=True),
        Column("95 % interval", numeric=True),
        Column("p", numeric=True),
    )
    groups = [
        Rows(tuple((_term(row), *_points(row)) for row in rows if row.contrast == contrast), words)
        for contrast, words in dict.fromkeys((row.contrast, answers.contrast_words(row)) for row in rows)
    ]
    note = (
        "Share of participants with the term, arm minus arm: Newcombe's interval, Fisher's p. Terms that very few had "
        "are not compared. No p is adjusted: of many terms some differ by chance alone."
    )
    return Table(name, "Preferred terms between arms, the largest difference first.", columns, tuple(groups), (note,))


def _term(row: Result) -> str:
    return (row.rule or "").partition(": ")[2]


def _of(answers: Answers, rule: str, unit: str, arm: str | None) -> Result | None:
    wanted = ("safety", rule, unit, None)
    rows = (r for r in answers.rows if (r.method, r.rule, r.unit, r.contrast) == wanted)
    return next((r for r in rows if _same(answers, r, arm)), None)


def _same(answers: Answers, row: Result, arm: str | None) -> bool:
    found = arm_called(answers.arms, row.arm)
    return found is not None and found.name == arm


def _share_interval(row: Result) -> str:
    return ABSENT if row.ci_low is None or row.ci_high is None else percent_interval(row.ci_low, row.ci_high)


def _rate(row: Result) -> str:
    decimals = decimals_for_interval(None, row.ci_low, row.ci_high)
    if row.estimate is None:
        return ABSENT
    return f"{number(row.estimate, decimals)} ({interval(row.ci_low, row.ci_high, decimals)})"


def _points(row: Result) -> tuple[str, str, str]:
    value, low, high = (None if x is None else 100 * x for x in (row.estimate, row.ci_low, row.ci_high))
    return number(value, 0), interval(low, high, 0), p_value(row.p)


def _ratio(row: Result) -> tuple[str, str, str]:
    if row.ci_high is None:
        return ABSENT, ABSENT if row.ci_low is None else f"{significant(row.ci_low, 2)} or more", p_value(row.p)
    decimals = decimals_for_interval(None, row.ci_low, row.ci_high)
    return number(row.estimate, decimals), interval(row.ci_low, row.ci_high, decimals), p_value(row.p)


def _silent(answers: Answers) -> tuple[str, ...]:
    """What is said of events that do not say of which kind they are, a note an arm."""
    notes = []
    for arm in answers.arms:
        found = (_of(answers, rule, SHARE, arm.name) for rule in KIND_RULES)
        told = [words for row in found if row is not None for words in row.warnings if NOT_SAID in words]
        if told:
            who = f"{arm.label}: " if len(answers.arms) > 1 else ""
            notes.append(capital(f"{who}{'. '.join(told)}."))
    return tuple(notes)
