"""`leadin design`: power, false-positive rate, bias and coverage over a grid of numbers and slowings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from leadin.designs.design import Design

Number = TypeVar("Number", int, float)


def design(
    protocol: Annotated[str, typer.Argument(metavar="NAME-or-FILE", help="A library protocol or a protocol file.")],
    slowing: Annotated[
        str, typer.Option(metavar="S,...", help="Shares by which decline is slowed in everybody given cells.")
    ] = "0,0.3",
    n: Annotated[
        str | None,
        typer.Option(
            "--n", metavar="N,...", help="Participants in all, split in the protocol's ratio; else its own numbers."
        ),
    ] = None,
    analysis: Annotated[
        str | None,
        typer.Option(metavar="NAME,...", help="Analyses of the plan, or methods; else all of the plan that can be."),
    ] = None,
    replicates: Annotated[int, typer.Option(metavar="R", help="Simulated trials at each n and slowing.")] = 10_000,
    seed: Annotated[int, typer.Option(metavar="K", help="The same seed gives the same figures.")] = 1,
    population: Annotated[
        str,
        typer.Option(
            metavar="NAME-or-FILE",
            help="Who is enrolled: pro-act, korean-phase2, fast-progressor, early-stage, severe or a file.",
        ),
    ] = "pro-act",
    threads: Annotated[
        int | None, typer.Option(metavar="K", help="Threads; else one for each core. They change no figure.")
    ] = None,
    device: Annotated[str, typer.Option(metavar="cpu|gpu", help="Where the trials are computed.")] = "cpu",
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write it as JSON; - for the screen.")] = None,
) -> None:
    """Simulate and analyse a protocol many times: power or false-positive rate, bias, coverage.

    Power is the share of ALL replicates with two-sided p below alpha; one that is not evaluable counts as no.
    """
    from leadin.cli.destination import writable

    if json is not None:
        writable(json)
    asked: dict[str, Any] = {
        "n": None if n is None else _numbers("--n", n, int, "whole numbers, such as 32,64"),
        "slowing": _numbers("--slowing", slowing, float, "shares, such as 0,0.3"),
        "analysis": None if analysis is None else [name.strip() for name in analysis.split(",") if name.strip()],
        "replicates": replicates,
        "seed": seed,
        "population": population,
        "threads": threads,
        "device": device,
    }
    _run(protocol, asked, json)


def _run(protocol: str, asked: dict[str, Any], json: str | None) -> None:
    """Makes the design and delivers it; an interruption is told with what was finished, and leaves with 130."""
    from leadin import front_door
    from leadin.cli.destination import deliver
    from leadin.cli.progress import progress_bar
    from leadin.designs.stopped import DesignStoppedError

    try:
        with progress_bar() as progress:
            made = front_door.design(protocol, progress=progress, **asked)
    except DesignStoppedError as stopped:
        if stopped.design is not None and json != "-":
            _tell(stopped.design, None)
        typer.echo(f"leadin: {stopped}", err=True)  # an interruption that leaves here would leave without a word
        raise typer.Exit(130) from stopped
    if json is not None:
        deliver(made.to_json(), json)
    if json != "-":
        _tell(made, json)


def _numbers(option: str, text: str, number: Callable[[str], Number], expected: str) -> list[Number]:
    """`"0,0.3"` as numbers."""
    from leadin.errors import UsageError

    try:
        return [number(part.strip()) for part in text.split(",")]
    except ValueError as error:
        raise UsageError(f"{option}: expected {expected}; got {text!r}.") from error


def _tell(made: Design, json: str | None) -> None:
    """The table: drawn on a terminal, plain text elsewhere."""
    with_ = made.made_with
    typer.echo(
        f"{made.protocol}: {with_['replicates']:,} replicates at each n and slowing, population "
        f"{with_['population']}, seed {with_['seed']}"
    )
    typer.echo()
    _show(made)
    typer.echo(f"{made.seconds:,.1f} s, {made.trials_per_second:,.0f} trials per second.")
    if json is not None:
        typer.echo(f"Written: {json}")


def _show(made: Design) -> None:
    import sys

    if not sys.stdout.isatty():
        typer.echo(repr(made))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from leadin.designs.design_table import HEADINGS, blocks, footer

    console = Console(markup=False, highlight=False)
    for name, lines in blocks(made):
        table = Table(box=SIMPLE_HEAD, pad_edge=False, title=name, title_justify="left", title_style="bold")
        for heading in HEADINGS:
            table.add_column(heading, justify="right")
        for texts in lines:
            table.add_row(*texts)
        console.print(table)
    for text in footer(made):
        console.print(text)
