"""Where output goes: a file, written whole or not at all, or standard output for `-`."""

from __future__ import annotations

from pathlib import Path


def deliver(content: str, destination: str) -> None:
    """Writes text to the file named `destination`, or to standard output when it is `-`."""
    if destination == "-":
        import typer

        typer.echo(content, nl=not content.endswith("\n"))
    else:
        from leadin.protocols.whole_file import write_whole

        write_whole(Path(destination), (content if content.endswith("\n") else f"{content}\n").encode())
