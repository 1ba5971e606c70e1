"""`leadin check`: is a protocol file valid, and does it fit together?"""

from __future__ import annotations

import typer


def check(
    protocol: str = typer.Argument(metavar="FILE", help="A protocol as YAML file (or the name of a library protocol)."),
    json: str | None = typer.Option(None, "--json", metavar="FILE", help="Write findings as JSON; - for the screen."),
) -> None:
    """Check a protocol file.

    Exit code 0 when it is fine (or has notes only), 1 with warnings, 2 when it cannot be used.
    """
    from leadin.cli.check_text import check_json, check_lines
    from leadin.cli.destination import deliver
    from leadin.cli.text_table import page_width
    from leadin.protocols.check import check_protocol
    from leadin.protocols.load import load_protocol

    checked = load_protocol(protocol)
    findings = check_protocol(checked)
    if json is not None:
        deliver(check_json(checked, findings), json)
    if json != "-":
        typer.echo("\n".join(check_lines(checked, findings, page_width())))
    if any(finding.severity == "warning" for finding in findings):
        raise typer.Exit(1)
