"""`leadin import`: outside tables into a trial folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILES", help="Outside tables (CSV, .xpt, .json).")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write the trial to.")],
    mapping: Annotated[
        Path | None, typer.Option("--mapping", metavar="FILE", help="YAML file that says which column becomes what.")
    ] = None,
    table_format: Annotated[str, typer.Option("--format", metavar="csv|parquet", help="Format of the tables.")] = "csv",
) -> None:
    """Bring outside tables into a trial folder, with a report of every row dropped or recoded.

    ADaM and SDTM data sets (SAS transport files, Dataset-JSON 1.1) and REDCap-style CSV of `leadin export` need no
    mapping. The report is printed in short and stands beside the tables, line by line, as import_report.csv. Leaves
    with 1 when there is something to look at (rows dropped, cells that could not be read, findings of the checks), else
    with 0.
    """
    import leadin
    from leadin.trials.write import write_trial

    trial, report = leadin.import_tables(files, mapping)
    write_trial(trial, output, table_format=table_format, import_report=report)
    typer.echo(report.summary())
    for finding in trial.findings:
        typer.echo(f"{finding.severity} ({finding.id}): {finding.message}")
    typer.echo(f"Trial of {trial.participants.height} participants written to {output}")
    if any(finding.severity != "note" for finding in trial.findings):
        raise typer.Exit(1)
