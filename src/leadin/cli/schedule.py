"""`leadin schedule`: a protocol's dates for one participant."""

from __future__ import annotations

import typer


def schedule(
    protocol: str = typer.Argument(metavar="NAME-or-FILE", help="A library protocol or a YAML file."),
    start: str = typer.Option(..., "--start", metavar="DATE", help="Day of the first visit, such as 2026-01-12."),
    arm: str | None = typer.Option(None, "--arm", metavar="ARM", help="Only this arm; without it, every arm."),
    ics: str | None = typer.Option(None, "--ics", metavar="FILE", help="Write an iCalendar file; - for the screen."),
) -> None:
    """Print the dates of a protocol.

    Visits, isolations, expansions and injections of a participant, with their windows; --ics for calendars. Exit code 1
    when the cells cannot be made or kept for the days they are given on.
    """
    from leadin.cli.schedule_text import calendar_text, parse_date, schedule_lines
    from leadin.cli.text_table import page_width
    from leadin.protocols.checks.cells import cell_findings
    from leadin.protocols.load import load_protocol
    from leadin.protocols.schedule import dated_schedule

    first = parse_date(start)
    planned = load_protocol(protocol)
    activities = dated_schedule(planned, first, arm=arm)
    if ics is not None:
        from leadin.cli.destination import deliver

        deliver(calendar_text(planned, activities, first), ics)
    if ics != "-":
        typer.echo("\n".join(schedule_lines(planned, activities, page_width())))
    if ics is not None and ics != "-":
        typer.echo(f"\n{len(activities)} events written to {ics}")
    warnings = [finding for finding in cell_findings(planned) if finding.severity == "warning"]
    for warning in warnings:
        typer.echo(f"leadin: warning: {warning.message}", err=True)
    if warnings:
        raise typer.Exit(1)
