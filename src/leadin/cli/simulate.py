"""leadin simulate: one simulated trial as a trial folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from leadin.protocols.finding import ProtocolFinding


def simulate(
    protocol: Annotated[str, typer.Argument(metavar="NAME-or-FILE", help="A library protocol or a protocol file.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="The trial folder to write.")],
    population: Annotated[
        str,
        typer.Option(
            metavar="NAME-or-FILE",
            help="Who is enrolled: pro-act, korean-phase2, fast-progressor, early-stage, severe or a file.",
        ),
    ] = "pro-act",
    slowing: Annotated[
        float, typer.Option(metavar="S", help="Share by which decline is slowed in everybody given cells, e.g. 0.3.")
    ] = 0.0,
    therapy: Annotated[
        str | None,
        typer.Option(
            metavar="NAME-or-FILE",
            help="Instead: an effect that follows from the doses given, such as hypothetical-waning.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="K", help="The same seed gives the same trial, byte for byte.")] = 1,
    n: Annotated[
        list[str] | None, typer.Option("--n", metavar="ARM=K", help="Participants in an arm; once for each arm.")
    ] = None,
    table_format: Annotated[str, typer.Option("--format", metavar="csv|parquet", help="Format of the tables.")] = "csv",
) -> None:
    """Simulate one trial and write it as a trial folder."""
    import leadin
    from leadin.cli.cells_text import cells_lines
    from leadin.errors import UsageError
    from leadin.trials.manufacturing_summary import manufacturing_summary

    if table_format not in ("csv", "parquet"):
        raise UsageError(f"--format: expected csv or parquet; got {table_format!r}.")
    trial = leadin.simulate(
        protocol, slowing=slowing, therapy=therapy, seed=seed, population=population, n=_numbers(n or [])
    )
    folder = leadin.write(trial, output, table_format=table_format)
    arms = trial.participants["arm"].drop_nulls()
    names = [arm.name for arm in trial.protocol.arms] if trial.protocol is not None else []
    counts = ", ".join(f"{name} {int((arms == name).sum())}" for name in names)
    deaths = int((trial.events["kind"] == "death").sum())
    made = dict(trial.manifest.simulation or ())
    effect = f"decline slowed by {100 * slowing:g} % in everybody given cells" if slowing else "no effect"
    effect = f"therapy {made['therapy']}" if "therapy" in made else effect
    typer.echo(f"Simulated {trial.manifest.protocol}, seed {seed}, {effect}: {folder}")
    if "therapy_cells_not_said" in made:
        typer.echo(
            "No source says how many cells these arms are given; each such dose counts as one dose of half effect: "
            f"{made['therapy_cells_not_said']}."
        )
    typer.echo(
        f"{trial.participants.height} screened, {len(arms)} in arms ({counts}), "
        f"{trial.assessments.height} assessments, {trial.administrations.height} administrations, deaths: {deaths}."
    )
    for line in cells_lines(manufacturing_summary(trial)):
        typer.echo(f"{line}.")
    _warn(leadin.check(protocol))


def _warn(findings: tuple[ProtocolFinding, ...]) -> None:
    """What of the protocol itself does not fit together, told where its consequences have just been simulated."""
    for finding in findings:
        if finding.severity == "warning":
            typer.echo(f"Warning ({finding.id}), {finding.field}: {finding.message}")


def _numbers(texts: list[str]) -> dict[str, int]:
    """`["cells=40"]` as `{"cells": 40}`."""
    from leadin.errors import UsageError

    numbers: dict[str, int] = {}
    for text in texts:
        name, equals, number = text.partition("=")
        if not equals or not name or not number.isascii() or not number.isdigit() or len(number) > 9:
            raise UsageError(f"--n: expected ARM=K with a whole number K, such as --n cells=40; got {text!r}.")
        if name in numbers:
            raise UsageError(f"--n: expected each arm once; got {name!r} twice. Remove one.")
        numbers[name] = int(number)
    return numbers
