"""The `leadin` command: one verb a module; errors become one clear message and exit code 2."""

from __future__ import annotations

import sys

import typer

from leadin.cli.analyse import analyse
from leadin.cli.check import check
from leadin.cli.design import design
from leadin.cli.export import export
from leadin.cli.import_ import import_
from leadin.cli.protocols import protocols
from leadin.cli.schedule import schedule
from leadin.cli.show import show
from leadin.cli.simulate import simulate
from leadin.errors import LeadinError
from leadin.version import __version__

app = typer.Typer(
    name="leadin",
    help="Plan, simulate, analyse and report stem-cell trials in ALS from one protocol file.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb, name in (
    (protocols, "protocols"),
    (show, "show"),
    (check, "check"),
    (schedule, "schedule"),
    (simulate, "simulate"),
    (import_, "import"),
    (export, "export"),
    (analyse, "analyse"),
    (design, "design"),
):
    app.command(name=name)(verb)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"leadin {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


def run() -> None:
    """The console script: runs the command, turning every LeadinError into one message and exit code 2."""
    try:
        app()
    except LeadinError as error:
        sys.stderr.write(f"leadin: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("leadin: stopped; nothing half-written was left behind.\n")
        sys.exit(130)
