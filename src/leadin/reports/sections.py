"""The sections of the page, each as its list of figures, tables and sentences; an empty one says so in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from leadin.analysis.adverse_event_table import safety_table as count_adverse_events
from leadin.analysis.injection_windows import injection_windows
from leadin.reports.baseline import baseline_table
from leadin.reports.cells_made import cells_made_table
from leadin.reports.flow import flow_figure, participant_flow
from leadin.reports.forest import forest_figure
from leadin.reports.material import Material
from leadin.reports.models import favours, forest_rows, models_table, not_estimable
from leadin.reports.multiplicity import multiplicity_table
from leadin.reports.page import Block
from leadin.reports.redo import commands, plan_words, redo_table, references
from leadin.reports.safety import safety_figure
from leadin.reports.safety_table import nothing_happened, safety_table, term_shares, windows_table
from leadin.reports.survival import survival_figure
from leadin.reports.survival_tables import events_table, landmarks_table
from leadin.reports.swimmer import swimmer_figure
from leadin.reports.tables import Bullets, Heading, Paragraph
from leadin.reports.trust import analyses_entries, assumed_blocks, findings_blocks, not_planned
from leadin.reports.untreated import untreated_table
from leadin.reports.wording import method_words
from leadin.trials.fatal_events import fatal_kinds
from leadin.trials.manufacturing_summary import manufacturing_summary
from leadin.trials.survival_times import survival_origin

NO_HARM = (
    "The tables hold no adverse events. Whether none happened or none was recorded cannot be told: no rate is given."
)


def who_blocks(material: Material) -> tuple[Block, ...]:
    """Participant flow and the baseline table."""
    means = material.means.get("alsfrs_r")
    flow = participant_flow(
        material.arms,
        material.people,
        cells_planned(material),
        means.used if means is not None else None,
        method_words(means.method) if means is not None else "",
    )
    table = baseline_table(material.trial, material.arms)
    nothing = Paragraph("No baseline characteristic is recorded in these tables.")
    return (flow_figure(flow), table if table is not None else nothing)


def cells_planned(material: Material) -> Mapping[str | None, int]:
    """Planned administration days of each arm that the protocol declares."""
    protocol = material.trial.protocol
    if protocol is None:
        return {}
    planned = {arm.name: len({dose.day for dose in arm.administrations}) for arm in protocol.arms}
    if len(material.arms) == 1 and material.arms[0].name is None and len(protocol.arms) == 1:
        return {None: planned[protocol.arms[0].name]}
    return dict(planned.items())


def given_blocks(material: Material) -> tuple[Block, ...]:
    """The swimmer plot, how the cells were made, and what it cannot show."""
    people = material.in_arms
    if not people:
        return (Paragraph("Nobody was allocated to an arm, so there is nothing to show."),)
    blocks: list[Block] = [swimmer_figure(material.arms, people)]
    if not any(course.dosed for course in people):
        blocks.append(Paragraph("No administration of cells is recorded in these tables."))
    made = cells_made_table(manufacturing_summary(material.trial), material.arms)
    if made is not None:
        blocks.append(made)
    return tuple(blocks)


def models_blocks(material: Material) -> tuple[Block, ...]:
    """The table of estimates and the forest plot."""
    interval = material.results.interval
    table = models_table(material.answers, interval, chance=material.chance)
    failed = not_estimable(material.answers)
    missing: tuple[Block, ...] = (Bullets(failed, "Not estimable"),) if failed else ()
    family = multiplicity_table(material.results.multiplicity, material.answers)
    untreated = untreated_table(material.answers, material.chance)
    missing = (*((family,) if family else ()), *((untreated,) if untreated else ()), *missing)
    if table is None:
        return (Paragraph("No comparison was asked for or could be made with these tables."), *missing)
    rows = forest_rows(material.answers)
    nothing = Paragraph("No comparison has an interval, so there is no forest plot.")
    return (table, *missing, forest_figure(rows, favours(material.arms), interval) if rows else nothing)


def survival_blocks(material: Material) -> tuple[Block, ...]:
    """Kaplan-Meier curves with numbers at risk, survival at landmarks, and events by kind."""
    if material.came.events.is_empty():
        return (Paragraph("The tables hold no events, so nobody's survival is known."),)
    blocks: list[Block] = []
    if material.curves:
        only_death = fatal_kinds(material.trial.protocol) == ("death",)
        alive = "Alive" if only_death else "Alive without a fatal event"
        blocks.append(survival_figure(material.arms, material.curves, survival_origin(material.trial), alive))
    else:
        blocks.append(Paragraph("Nobody was at risk, so survival cannot be drawn."))
    landmarks = landmarks_table(material.answers, material.results.interval)
    if landmarks is not None:
        blocks.append(landmarks)
    events = events_table(material.trial, material.arms)
    blocks.append(events if events is not None else Paragraph("No event of anybody in an arm is recorded."))
    return tuple(blocks)


def safety_blocks(material: Material) -> tuple[Block, ...]:
    """The table of adverse events, what none seen leaves open, time since injection, and the dot plot of shares."""
    if material.came.adverse_events.is_empty():
        return (Paragraph(NO_HARM),)
    counts = count_adverse_events(material.trial)
    bounds = nothing_happened(material.answers, _dosed_arms(material))
    upper: tuple[Block, ...] = (Bullets(bounds, "What did not happen"),) if bounds else ()
    if counts.drop_nulls("term").is_empty():
        nothing = "No adverse event is recorded from time zero on of those who could have had one."
        return (Paragraph(nothing), *upper)
    windows = windows_table(injection_windows(material.trial), material.arms)
    return (
        safety_table(counts, material.arms),
        *upper,
        safety_figure(material.arms, term_shares(counts)),
        *((windows,) if windows is not None else ()),
    )


def _dosed_arms(material: Material) -> frozenset[str | None]:
    dosed = {course.participant_id for course in material.people if course.dosed}
    return frozenset(arm.name for arm in material.arms if arm.members & dosed)


def trust_blocks(material: Material) -> tuple[Block, ...]:
    """Estimands and assumptions, what was not planned, findings, assumed values."""
    entries = analyses_entries(material.answers)
    assumed = assumed_blocks(material.trial)
    return (
        not_planned(material.answers, material.results.plan is not None),
        *((entries,) if entries is not None else ()),
        Heading("The tables"),
        *findings_blocks(material.results.findings, material.left_out),
        *((Heading("The protocol"), *assumed) if assumed else ()),
    )


def redo_blocks(material: Material) -> tuple[Block, ...]:
    """Commands, plan, what the report was made from, references."""
    return (
        commands(material.came, material.results),
        plan_words(material.results.plan),
        redo_table(material.came, material.results),
        *references(material.came, material.answers.rows),
    )
