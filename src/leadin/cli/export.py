"""`leadin export`: a trial folder into files that others read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The trial folder.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write the files to.")],
    file_format: Annotated[
        str, typer.Option("--format", metavar="dataset-json|xpt|redcap", help="Format of the files.")
    ] = "dataset-json",
) -> None:
    """Write a trial as Dataset-JSON, SAS transport files or REDCap-style CSV, and say what they cannot hold.

    What they cannot hold is printed, and stands beside the files as export_report.csv. Leaves with 1 when something
    does not come back as it was, else with 0.
    """
    import leadin

    losses = leadin.export(leadin.read(folder), output, file_format=file_format)
    for loss in losses:
        typer.echo(f"{loss.severity}, {loss.place}: {loss.message}")
    typer.echo(f"Trial written to {output} as {file_format}")
    if any(loss.severity != "note" for loss in losses):
        raise typer.Exit(1)
