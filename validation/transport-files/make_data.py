"""The data sets of a small simulated trial as SAS transport files: python make_data.py; writes data/*.xpt."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl

import leadin
from leadin.trials.clinical_formats.export import export_trial
from leadin.trials.trial import Trial

HERE = Path(__file__).parent / "data"


def small_trial() -> Trial:
    """Eight participants of the simulated trial, and what a transport file finds hard: text beyond ASCII, days with a
    fraction, very large and very small numbers, missing cells.
    """
    trial = leadin.simulate("hanyang-phase1", seed=5)
    people = trial.participants.head(8)["participant_id"]
    tables = {
        name: trial.table(name).filter(pl.col("participant_id").is_in(people.implode()))
        for name in ("participants", "assessments", "lots", "administrations", "events", "adverse_events")
    }
    tables["assessments"] = tables["assessments"].filter(~pl.col("measure").str.contains(".", literal=True))
    hard = [None, 1 / 3, -1 / 3, 1e-70, -8.9e74, 0.1, 2.0**53, 123456.789]
    rows = tables["participants"].height
    tables["participants"] = tables["participants"].with_columns(
        pl.Series("HARD", hard[:rows], dtype=pl.Float64),
        pl.Series("NOTE", ["Größe", " blank before", "a 'quote'", None, "x" * 200, "é" * 100, ".", "0"][:rows]),
    )
    tables["adverse_events"] = tables["adverse_events"].with_columns(pl.col("start_day") + 0.25)
    return replace(trial.with_tables(tables), protocol=None, findings=())


def main() -> None:
    """Write the files."""
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        export_trial(small_trial(), Path(place) / "out", file_format="xpt")
        for path in sorted((Path(place) / "out").glob("*.xpt")):
            (HERE / path.name).write_bytes(path.read_bytes())


if __name__ == "__main__":
    main()
