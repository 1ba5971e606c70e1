"""`leadin analyse`: the results of a trial folder, on the screen, as a report, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from leadin.analysis.rerandomisation import Progress
    from leadin.analysis.results import Results
    from leadin.designs.chance import Chance
    from leadin.trials.trial import Trial


def analyse(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A trial folder.")],
    protocol: Annotated[
        str | None, typer.Option(metavar="NAME-or-FILE", help="A library protocol or a file; else the folder's own.")
    ] = None,
    plan: Annotated[Path | None, typer.Option(metavar="FILE", help="Analysis plan; else the protocol's.")] = None,
    method: Annotated[str | None, typer.Option(metavar="NAME,...", help="Only these methods.")] = None,
    reference: Annotated[
        str | None, typer.Option(metavar="ARM", help="Arm the others are held against; else the protocol's control.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the report: one HTML page, or a PDF by its suffix."),
    ] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write results as JSON; - for the screen.")] = None,
) -> None:
    """Analyse a trial: exit code 0 when it is done, 1 with findings to look at, 2 when it is refused.

    Runs the plan as given, else the protocol's, else every method that the tables can carry, labelled exploratory.
    """
    from leadin import front_door
    from leadin.analysis.arms import has_control
    from leadin.cli.destination import deliver
    from leadin.cli.progress import progress_bar

    if output is not None:
        from leadin.reports.report import refuse_other_forms

        refuse_other_forms(output)
    trial = _with_protocol(front_door.read(folder), protocol)
    names = None if method is None else [name.strip() for name in method.split(",") if name.strip()]
    with progress_bar() as progress:
        results = front_door.analyse(trial, plan=plan, methods=names, reference=reference, progress=progress)
        alone = json != "-" and not has_control(trial)
        chance = _chance(trial, results, progress, whole=output is not None) if output is not None or alone else None
    if output is not None:
        front_door.report(trial, results, output, chance=chance)
    if json is not None:
        deliver(results.to_json(), json)
    if json != "-":
        untreated = _untreated(trial, results, chance) if alone else []
        _tell(folder, trial, results, untreated, [str(path) for path in (output, json) if path is not None])
    if any(finding.severity != "note" for finding in results.findings):
        raise typer.Exit(1)


def _with_protocol(trial: Trial, protocol: str | None) -> Trial:
    """The trial under the protocol that was named, instead of its own."""
    from leadin import front_door
    from leadin.trials.under_protocol import under_protocol

    return trial if protocol is None else under_protocol(trial, front_door.protocol(protocol))


def _chance(trial: Trial, results: Results, progress: Progress | None, *, whole: bool) -> Chance | None:
    """What the same design shows with no treatment, with as many participants, by the analyses that were made: in the
    population that a simulated trial was drawn from, where that is one of the library's. None without a protocol, and
    where nothing can be imitated. whole: of all analyses, else of comparisons with the lead-in alone."""
    if trial.protocol is None:
        return None
    from leadin import front_door
    from leadin.designs.imitated import LEAD_IN_METHODS, NOT_SIMULATED, imitated
    from leadin.disease.populations import population_names

    made = tuple(each for each in dict.fromkeys(results.analyses) if whole or each.method in LEAD_IN_METHODS)
    wanted = imitated(trial.protocol, made)
    if not wanted.analyses and all(each.reason == NOT_SIMULATED for each in wanted.left_out):
        return None
    sizes = {arm.name: int((trial.participants["arm"] == arm.name).sum()) for arm in trial.protocol.arms}
    drawn_from = dict(trial.manifest.simulation or ()).get("population")
    return front_door.chance(
        trial.protocol,
        population=drawn_from if drawn_from in population_names() else "pro-act",
        analyses=made,
        n={name: number for name, number in sizes.items() if number},
        reference=results.reference,
        progress=progress,
    )


def _untreated(trial: Trial, results: Results, chance: Chance | None) -> list[str]:
    """What a trial without control cannot say by itself, in a sentence; nothing where nobody is compared with his own
    lead-in."""
    from leadin.designs.imitated import LEAD_IN_METHODS
    from leadin.reports.answers import Answers
    from leadin.reports.arms import report_arms
    from leadin.reports.no_treatment import no_treatment_sentence
    from leadin.trials.usable import usable_trial

    if not set(LEAD_IN_METHODS) & set(results.methods):
        return []
    answers = Answers.of(results, report_arms(usable_trial(trial), results.reference))
    told = no_treatment_sentence(answers, chance, trial.protocol is not None)
    return [f"{told.about}: {told.text}"]


def _tell(folder: Path, trial: Trial, results: Results, untreated: list[str], written: list[str]) -> None:
    name = trial.manifest.protocol or (trial.protocol.name if trial.protocol is not None else folder.name)
    by = "every method that the tables can carry, exploratory" if results.plan is None else "by plan"
    typer.echo(f"{name}, {trial.manifest.origin}: {trial.participants.height} participants, {by}")
    typer.echo()
    _show(results)
    typer.echo()
    for sentence in untreated:
        typer.echo(sentence)
        typer.echo()
    for finding in results.findings:
        typer.echo(f"{finding.severity} ({finding.id}): {finding.message}")
    for path in written:
        typer.echo(f"Written: {path}")


def _show(results: Results) -> None:
    """The table: drawn to fit on a terminal, plain text elsewhere."""
    import sys

    if not sys.stdout.isatty():
        typer.echo(repr(results))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from leadin.analysis.results_table import NUMBERS, footer, headings, short, shown_labels, table_cells

    shown, marks = short(results.rows), shown_labels(results.rows, results.marks)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading, number in zip(headings(results.interval), NUMBERS, strict=True):
        table.add_column(heading, justify="right" if number else "left", no_wrap=number)
    for cells in table_cells(shown, marks):
        table.add_row(*cells)
    console = Console(markup=False, highlight=False)
    console.print(table)
    for line in (*footer(results.rows, shown), *results.footer()):
        console.print(line)
