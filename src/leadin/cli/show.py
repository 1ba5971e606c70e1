"""`leadin show`: one protocol as people read it."""

from __future__ import annotations

import typer


def show(
    protocol: str = typer.Argument(metavar="NAME-or-FILE", help="A library protocol or a YAML file."),
    yaml: str | None = typer.Option(
        None, "--yaml", metavar="FILE", help="Write its YAML instead, to start one's own from; - for the screen."
    ),
) -> None:
    """Print a protocol as people read it.

    Like a registry entry: arms, cells, schedule of activities, who may enter, plan, sources, and what was assumed.
    """
    from leadin.protocols.load import load_protocol

    if yaml is not None:
        from leadin.cli.destination import deliver, keep_what_is_there
        from leadin.protocols.load import protocol_yaml

        text = protocol_yaml(protocol)
        keep_what_is_there(text, yaml)
        deliver(text, yaml)
        return
    from leadin.cli.entry_text import entry_lines
    from leadin.cli.text_table import page_width

    typer.echo("\n".join(entry_lines(load_protocol(protocol), page_width())))
