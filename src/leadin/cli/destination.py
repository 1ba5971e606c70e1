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


def writable(destination: str) -> None:
    """Raises UsageError, before long work, where a file of that name cannot be written; leaves nothing behind."""
    import os

    from leadin.errors import UsageError

    path = Path(destination)
    if destination == "-":
        return
    if path.is_dir():
        raise UsageError(f"{path}: expected the name of a file to write; got a folder. Add a file name.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"{path}: expected a place to write to; {path.parent} cannot be written to. Check the path.")


def keep_what_is_there(content: str, destination: str) -> None:
    """Raises UsageError where a file of that name holds something else, such as a protocol somebody has edited."""
    from leadin.errors import UsageError

    path = Path(destination)
    if destination == "-" or not path.is_file() or path.read_bytes().rstrip() == content.encode().rstrip():
        return
    raise UsageError(
        f"{destination}: expected the name of a new file; got one that is there and holds something else. Choose "
        "another name, or remove it first."
    )
