"""Any trial without a fault comes back from a folder as it went in."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.trials.delimited_text import CONTROL
from leadin.trials.read import read_trial
from leadin.trials.schema import SCHEMAS
from leadin.trials.trial import TABLES, Manifest, empty_trial
from leadin.trials.write import as_written, write_trial

numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda text: not CONTROL.search(text)
)
CELLS = {
    pl.Float64: numbers,
    pl.String: texts,
    pl.Int64: st.none() | st.integers(-(2**53), 2**53),
    pl.Boolean: st.none() | st.booleans(),
}


@st.composite
def trials(draw):
    """Any text and numbers in any table, and further columns; two participants at least."""
    tables = {}
    for name in TABLES:
        schema = dict(SCHEMAS[name])
        for column in draw(st.lists(st.sampled_from(["ward", "Größe", "n°, x", 'q"uote']), unique=True, max_size=2)):
            schema[column] = draw(st.sampled_from(list(CELLS)))
        rows = draw(st.lists(st.tuples(*(CELLS[dtype] for dtype in schema.values())), max_size=4))
        tables[name] = pl.DataFrame(rows, schema=schema, orient="row")
    people = pl.DataFrame({"participant_id": ["P1", "P2"]}, schema={"participant_id": pl.String})
    tables["participants"] = pl.concat([tables["participants"], people], how="diagonal")
    return empty_trial(Manifest(origin="conducted")).with_tables(tables)


@settings(max_examples=10, deadline=None)
@given(trials(), st.sampled_from(["csv", "parquet"]))
def test_any_trial_comes_back_as_it_went_in(trial, table_format):
    with tempfile.TemporaryDirectory() as place:
        read = read_trial(write_trial(trial, Path(place) / "t", table_format=table_format))
    for name in TABLES:
        written = as_written(name, trial.table(name))
        assert read.table(name).schema == written.schema
        assert read.table(name).equals(written, null_equal=True)
    assert not [
        f for f in read.findings if f.id in ("unreadable-cell", "missing-word", "changed-since-written", "cut-off")
    ]


@settings(max_examples=5, deadline=None)
@given(trials())
def test_what_was_read_is_written_to_the_same_bytes(trial):
    with tempfile.TemporaryDirectory() as place:
        one = write_trial(trial, Path(place) / "one")
        two = write_trial(read_trial(one), Path(place) / "two")
        assert {path.name: path.read_bytes() for path in one.iterdir()} == {
            path.name: path.read_bytes() for path in two.iterdir()
        }
