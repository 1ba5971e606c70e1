"""The sections of the page, each as its list of figures, tables and sentences; an empty one says so in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from leadin.analysis.arms import allocated
from leadin.analysis.cumulative_incidence import cumulative_incidences
from leadin.reports.baseline import baseline_table
from leadin.reports.cells_made import cells_made_table
from leadin.reports.comparisons import forest_rows, judged_of_many
from leadin.reports.fatal_causes import incidence_figure, incidence_table
from leadin.reports.flow import flow_figure, participant_flow
from leadin.reports.forest import forest_figures
from leadin.reports.material import Material
from leadin.reports.models import models_table, not_estimable, values_table
from leadin.reports.multiplicity import multiplicity_table
from leadin.reports.page import Block
from leadin.reports.redo import commands, plan_words, redo_table, references
from leadin.reports.survival import survival_figure
from leadin.reports.survival_tables import events_table, landmarks_table
from leadin.reports.swimmer import swimmer_figure
from leadin.reports.tables import Bullets, Heading, Paragraph
from leadin.reports.tipping_point import tipping_figures
from leadin.reports.trust import analyses_entries, assumed_blocks, estimands_table, findings_blocks, not_planned
from leadin.reports.untreated import untreated_table
from leadin.reports.wording import method_words
from leadin.trials.fatal_events import fatal_kinds
from leadin.trials.manufacturing_summary import manufacturing_summary
from leadin.trials.survival_times import survival_origin

JUDGED = "Of a model with several visits the month that is judged is drawn; the table has the others."


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
    """The table of comparisons, the forest plot, and what arms had by themselves."""
    interval = material.results.interval
    table = models_table(material.answers, interval, chance=material.chance)
    failed = not_estimable(material.answers)
    missing: tuple[Block, ...] = (Bullets(failed, "Not estimable"),) if failed else ()
    values = values_table(material.answers, interval)
    beside: tuple[Block, ...] = (values,) if values is not None else ()
    family = multiplicity_table(material.results.multiplicity, material.answers)
    untreated = untreated_table(material.answers, material.chance)
    missing = (*((family,) if family else ()), *((untreated,) if untreated else ()), *missing)
    if table is None:
        return (Paragraph("No comparison was asked for or could be made with these tables."), *missing, *beside)
    note = JUDGED if judged_of_many(material.answers) else ""
    forest = forest_figures(forest_rows(material.answers), interval, note)
    nothing = Paragraph("No comparison has an interval, so there is no forest plot.")
    return (table, *missing, *(forest or (nothing,)), *beside, *tipping_figures(material.answers))


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
    by_cause = incidence_figure(
        material.arms, cumulative_incidences(allocated(material.trial)), survival_origin(material.trial)
    )
    incidences = incidence_table(material.answers, material.results.interval)
    blocks += [block for block in (by_cause, incidences) if block is not None]
    events = events_table(material.trial, material.arms)
    blocks.append(events if events is not None else Paragraph("No event of anybody in an arm is recorded."))
    return tuple(blocks)


def trust_blocks(material: Material) -> tuple[Block, ...]:
    """Estimands and assumptions, what was not planned, findings, assumed values."""
    estimands = estimands_table(allocated(material.trial), material.results, material.answers)
    entries = analyses_entries(material.answers)
    assumed = assumed_blocks(material.trial)
    return (
        not_planned(material.answers, material.results.plan is not None),
        *((estimands,) if estimands is not None else ()),
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
