"""Any trial comes back from data sets and REDCap-style CSV in everything that both sides can hold."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leadin.trials.clinical_formats.export import export_trial
from leadin.trials.clinical_formats.import_known import import_known
from leadin.trials.clinical_formats.rules import MEASURES
from leadin.trials.delimited_text import CONTROL
from leadin.trials.schema import EVENT_KINDS, SCHEMAS
from leadin.trials.trial import TABLES, Manifest, empty_trial
from leadin.trials.write import as_written

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
    lambda text: text.strip() == text and not CONTROL.search(text)
)
texts = st.none() | words
sizes = st.none() | st.just(0.0) | st.floats(1e-70, 1e70) | st.floats(-1e70, -1e-70)
days = st.integers(-900, 900).map(float) | st.floats(-1e4, 1e4).filter(lambda day: abs(day) > 1e-9)
CELLS = {
    pl.Float64: sizes,
    pl.String: texts,
    pl.Int64: st.none() | st.integers(-(2**53), 2**53),
    pl.Boolean: st.none() | st.booleans(),
}
PEOPLE = ["P1", "P2", "P3"]


def column(draw, name, rows, *, whole_days):
    """Cells of a column that a trial without a fault could hold."""
    day = st.integers(-900, 900).map(float) if whole_days else days
    special = {
        "participant_id": st.sampled_from(PEOPLE),
        "kind": st.sampled_from(EVENT_KINDS),
        "measure": st.sampled_from([*MEASURES, "GRIP"]),
        "day": day,
        "start_day": day,
        "value": sizes.filter(lambda value: value is not None),
        "term": words,
    }
    special |= dict.fromkeys(("end_day", "isolated_day", "harvested_day", "released_day"), st.none() | day)
    return draw(st.lists(special[name], min_size=rows, max_size=rows)) if name in special else None


@st.composite
def trials(draw):
    """Three participants and a few rows of anything; whole days in some, fractions in others; further columns."""
    whole = draw(st.booleans())
    tables = {}
    for name in TABLES:
        rows = 3 if name == "participants" else draw(st.integers(0, 3))
        cells = {}
        for column_name, dtype in SCHEMAS[name].items():
            said = column(draw, column_name, rows, whole_days=whole)
            cells[column_name] = said or draw(st.lists(CELLS[dtype], min_size=rows, max_size=rows))
        if name == "participants":
            cells["participant_id"] = PEOPLE
        if name == "lots":
            cells["lot_id"] = [f"L{number}" for number in range(rows)]
        schema = dict(SCHEMAS[name])
        if name != "assessments":
            for further in draw(st.lists(st.sampled_from(["ward", "WARD1", "born_in", "q"]), unique=True, max_size=2)):
                schema[further] = draw(st.sampled_from([pl.Float64, pl.String, pl.Int64, pl.Boolean]))
                cells[further] = draw(st.lists(CELLS[schema[further]], min_size=rows, max_size=rows))
        tables[name] = pl.DataFrame(cells, schema=schema)
    return empty_trial(Manifest(origin="conducted")).with_tables(tables)


def sorted_rows(name, table, columns):
    return as_written(name, table.select(columns)).sort(columns, nulls_last=False)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(trials(), st.sampled_from(["dataset-json", "xpt", "redcap"]))
def test_any_trial_comes_back_from_every_format(trial, file_format):
    with tempfile.TemporaryDirectory() as place:
        losses = export_trial(trial, Path(place) / "out", file_format=file_format)
        files = sorted((Path(place) / "out").iterdir())
        back, _ = import_known([path for path in files if path.name != "export_report.csv"])
    renamed = {
        loss.place: loss.message.split()[-1].rstrip(".") for loss in losses if loss.message.startswith("The name is")
    }
    for name in TABLES:
        here, there = trial.table(name), back.table(name)
        if file_format == "xpt":
            homes = {"participants": "ADSL", "adverse_events": "ADAE", "events": "DS", "administrations": "EX"}
            named = {column: renamed.get(f"{homes.get(name, 'ADLOT')}.{column}", column) for column in here.columns}
            there = there.rename({new: old for old, new in named.items() if new in there.columns and new != old})
            booleans = [c for c in here.columns if c not in SCHEMAS[name] and here[c].dtype == pl.Boolean]
            here = here.with_columns(
                here[c].replace_strict({True: "Y", False: "N"}, default=None, return_dtype=pl.String) for c in booleans
            )
        assert there.height == here.height
        columns = [column for column in here.columns if column in there.columns or here[column].count()]
        there = there.with_columns(there[c].cast(here[c].dtype) for c in columns)
        assert sorted_rows(name, there, columns).equals(sorted_rows(name, here, columns), null_equal=True), name
    assert all(loss.severity == "note" or loss.message.startswith("The name is") for loss in losses)


@pytest.mark.parametrize("file_format", ["dataset-json", "xpt", "redcap"])
def test_the_same_trial_gives_the_same_bytes_whatever_the_order_of_its_rows(trial, file_format, tmp_path):
    turned = trial.with_tables({name: trial.table(name).reverse() for name in TABLES if name != "participants"})
    written = []
    for number, each in enumerate((trial, trial, turned)):
        folder = tmp_path / str(number)
        export_trial(each, folder, file_format=file_format)
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert written[0] == written[1]
    if file_format == "redcap":
        assert written[0] == written[2]
