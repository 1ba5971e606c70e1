"""`leadin protocols`: the library of published protocols."""

from __future__ import annotations

import sys

import typer


def protocols(
    json: str | None = typer.Option(None, "--json", metavar="FILE", help="Write the list as JSON; - for the screen."),
    schema: str | None = typer.Option(
        None, "--schema", metavar="FILE", help="Write the JSON Schema of protocol files, for editors; - for the screen."
    ),
) -> None:
    """List the library of protocols.

    In a pipe, one bare name a line.
    """
    from leadin.cli.destination import deliver
    from leadin.cli.library_table import library_json, library_lines
    from leadin.cli.text_table import page_width
    from leadin.protocols.library import library_names

    if schema is not None:
        from leadin.protocols.json_schema import protocol_schema

        deliver(protocol_schema(), schema)
    if json is not None:
        deliver(library_json(), json)
    if schema is None and json is None:
        lines = library_lines(page_width()) if sys.stdout.isatty() else list(library_names())
        typer.echo("\n".join(lines))
