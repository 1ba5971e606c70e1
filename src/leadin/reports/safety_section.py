"""The section on safety, in the order in which a monitoring committee asks."""

from __future__ import annotations

from leadin.analysis.adverse_event_table import safety_table as count_adverse_events
from leadin.analysis.injection_numbers import injection_numbers
from leadin.analysis.injection_windows import injection_windows
from leadin.analysis.serious_events import serious_events
from leadin.analysis.stopping import boundary_of, standings_of
from leadin.errors import DataError
from leadin.protocols.stopping_rule import StoppingRule
from leadin.reports.first_adverse_event import first_event_table
from leadin.reports.injection_numbers import injection_numbers_table
from leadin.reports.material import Material
from leadin.reports.page import Block
from leadin.reports.safety import safety_figure
from leadin.reports.safety_by_term import seriousness_table
from leadin.reports.safety_rates import contrasts_table, kinds_table, terms_compared_table
from leadin.reports.safety_table import nothing_happened, safety_table, term_shares, windows_table
from leadin.reports.serious_events import serious_events_table
from leadin.reports.stopping import standing_words, stopping_tables, stopping_words
from leadin.reports.stopping_figure import stopping_figure
from leadin.reports.tables import Bullets, Heading, Paragraph

NO_HARM = (
    "The tables hold no adverse events. Whether none happened or none was recorded cannot be told: no rate is given."
)
NO_SERIOUS = "No adverse event is recorded as serious."


def safety_blocks(material: Material) -> tuple[Block, ...]:
    """Where the arms stand against stopping rules, counts by kind and between arms, what did not
    happen, the serious events one by one, terms, time and number of injections, time to first events, and the stopping
    rules of the plan."""
    rules = stopping_rules(material)
    stands = standing_words(material.answers)
    first: tuple[Block, ...] = (stands,) if stands is not None else ()
    if material.came.adverse_events.is_empty():
        return (Paragraph(NO_HARM), *first, *_stopping(material, rules))
    counts = count_adverse_events(material.trial)
    bounds = nothing_happened(material.answers, _dosed_arms(material))
    upper: tuple[Block, ...] = (Bullets(bounds, "What did not happen"),) if bounds else ()
    listing = serious_events_table(serious_events(material.trial), material.arms)
    serious: Block = listing if listing is not None else Paragraph(NO_SERIOUS)
    if counts.drop_nulls("term").is_empty():
        nothing = "No adverse event is recorded from time zero on of those who could have had one."
        return (Paragraph(nothing), *first, *upper, serious, *_stopping(material, rules))
    answers, arms = material.answers, material.arms
    blocks = (
        *first,
        kinds_table(answers),
        contrasts_table(answers),
        *upper,
        Heading("Serious adverse events"),
        serious,
        Heading("By system organ class and preferred term"),
        safety_table(counts, arms),
        safety_figure(arms, term_shares(counts)),
        seriousness_table(counts, arms),
        terms_compared_table(answers),
        Heading("By time"),
        windows_table(injection_windows(material.trial), arms),
        injection_numbers_table(injection_numbers(material.trial), arms),
        first_event_table(answers),
        *_stopping(material, rules),
    )
    return tuple(block for block in blocks if block is not None)


def stopping_rules(material: Material) -> tuple[StoppingRule, ...]:
    """The stopping rules of the analyses that were run, each once."""
    ran = (a for a in dict.fromkeys(material.results.analyses) if a.method == "safety")
    return tuple(dict.fromkeys(rule for analysis in ran for rule in analysis.stopping))


def _stopping(material: Material, rules: tuple[StoppingRule, ...]) -> tuple[Block, ...]:
    """For each rule its figure and tables."""
    blocks: list[Block] = [Heading("Stopping rules")] if rules else []
    for position, rule in enumerate(rules, 1):
        try:
            boundary, found = boundary_of(rule), standings_of(material.trial, rule)
        except DataError:
            found = ()
        if found:
            what = stopping_words(rule)
            blocks.append(stopping_figure(boundary, found, material.arms, what, f"stopping-{position}"))
        blocks += stopping_tables(rule, position)
    return tuple(blocks)


def _dosed_arms(material: Material) -> frozenset[str | None]:
    dosed = {course.participant_id for course in material.people if course.dosed}
    return frozenset(arm.name for arm in material.arms if arm.members & dosed)
